"""A payer lets a saved card pay: agrees on the page, is told, finds it paid, and stops it. The jobs' days are run by hand."""

import pytest
from frappe.utils import add_days, getdate, nowdate
from playwright.sync_api import expect

from tests.browser.support.axe import serious
from tests.browser.support.desk import log_in
from tests.support.settings import set_settings


@pytest.fixture
def page_of(site, http_server, make_world, branch, lakeside, new_page):
	"""The page My Payment Methods of a payer of a new unit who has this card; `.unit` is the unit."""
	set_settings(automatic_payments=1)

	def open_page(card, **options):
		world = make_world(unit=branch, account=lakeside)
		world.save_card(card)
		page = new_page(**options)
		log_in(page, http_server.url, world.payer)
		page.goto(f"{http_server.url}/app/my-payment-methods", wait_until="domcontentloaded")
		return AutomaticPage(page, world.payer, world.unit)

	yield open_page
	site.db.rollback()
	set_settings(automatic_payments=0)


class AutomaticPage:
	def __init__(self, page, payer, unit):
		self.page, self.payer, self.unit = page, payer, unit
		self.root = page.locator(".stripe-methods")
		self.section = self.root.locator(".stripe-methods-automatic")
		self.dialog = self.root.locator("dialog[open]")
		self.said = self.root.locator(".stripe-methods-status")

	def press(self, name):
		self.root.get_by_role("button", name=name, exact=True).click()

	def fill_in(self, title, each="500", month="1000"):
		self.press(f"Pay automatically with {title}…")
		self.dialog.get_by_label("What is paid").select_option(
			label=f"all invoices of {self.unit} and the units below it"
		)
		self.dialog.get_by_label("At most for each").fill(each)
		self.dialog.get_by_label("At most in a calendar month").fill(month)
		self.dialog.get_by_role("button", name="Next").click()

	def agree(self):
		start = self.dialog.get_by_role("button", name="Start")
		expect(start).to_be_disabled()
		self.dialog.get_by_label("I agree to this").check()
		start.click()

	def row(self, text):
		return self.section.get_by_role("listitem").filter(has_text=text)


def run_day(days):
	import frappe

	from stripe_service.payments.automatic import paying, planning

	frappe.db.rollback()
	day = getdate(add_days(nowdate(), days))
	planning.announce_all(day=day)
	for name in frappe.get_all(
		"Scheduled Payment", {"status": "Announced", "next_attempt_on": ("<=", day)}, pluck="name"
	):
		paying.pay(name, day)


def test_a_payer_lets_a_card_pay_is_told_finds_it_paid_and_stops_it(page_of, make_invoice, drain, picture):
	mine = page_of("pm_card_visa")
	mine.fill_in("VISA •••• 4242", month="400")
	expect(mine.dialog.get_by_role("alert")).to_contain_text("must not be below")
	assert serious(mine.page, ".stripe-methods") == []
	mine.dialog.get_by_label("At most in a calendar month").fill("1000")
	picture(mine.page, "automatic-payment-choose")
	mine.dialog.get_by_role("button", name="Next").click()
	expect(mine.dialog).to_contain_text("without asking me each time")
	assert serious(mine.page, ".stripe-methods") == []
	picture(mine.page, "automatic-payment-agree", docs=True, height=620)
	mine.agree()
	expect(mine.said).to_contain_text("VISA •••• 4242 now pays automatically.")
	expect(mine.row("VISA •••• 4242")).to_contain_text("Active")

	invoice = make_invoice(unit=mine.unit, total="120.00", due_date=add_days(nowdate(), 3))
	run_day(0)
	drain()
	mine.page.reload()
	expect(mine.row(invoice.title)).to_contain_text("will be paid on")
	run_day(3)
	drain()
	mine.page.reload()
	expect(mine.row(invoice.title)).to_contain_text("Paid")
	picture(mine.page, "automatic-payments", docs=True, height=700)
	assert serious(mine.page, ".stripe-methods") == []
	invoice.reload()
	assert invoice.workflow_state == "Paid"

	mine.page.goto(mine.page.url.replace("my-payment-methods", f"portal-invoice/{invoice.name}"))
	expect(mine.page.get_by_text("VISA •••• 4242, paid automatically").first).to_be_visible()
	mine.page.go_back()
	mine.root.get_by_role("button", name="Stop paying automatically with VISA •••• 4242").click()
	mine.dialog.get_by_role("button", name="Stop", exact=True).click()
	expect(mine.said).to_contain_text("Stopped.")
	expect(mine.row("VISA •••• 4242")).to_contain_text("Stopped")


def test_the_bank_asks_once_when_it_is_begun(page_of, picture):
	mine = page_of("pm_card_authenticationRequiredOnSetup", viewport={"width": 390, "height": 844})
	mine.fill_in("VISA •••• 3155")
	expect(mine.dialog.get_by_label("I agree to this")).to_be_visible()
	mine.page.evaluate("document.documentElement.dataset.theme = 'dark'")
	assert serious(mine.page, ".stripe-methods") == []
	picture(mine.page, "automatic-payment-phone")
	mine.agree()
	mine.page.frame_locator("iframe[title='3-D Secure authentication']").get_by_role(
		"button", name="Complete"
	).click()
	expect(mine.said).to_contain_text("VISA •••• 3155 now pays automatically.")
	mine.row("VISA •••• 3155").get_by_text("What you agreed to").click()
	expect(mine.row("VISA •••• 3155")).to_contain_text("without asking me each time")
	picture(mine.page, "automatic-payments-phone", full_page=True)
