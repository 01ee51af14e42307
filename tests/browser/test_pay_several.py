"""A payer of ten invoices: seven by one payment, one of them partly; by bank, which fails, then by card; two are refunded."""

import pytest
from frappe.utils import add_days, today
from playwright.sync_api import expect

from tests.browser.support.axe import serious
from tests.browser.support.desk import DeskForm, PayDialog, whole
from tests.support.records import PASSWORD

PHONE = {"width": 390, "height": 844}
HOME = ".stripe-home"


@pytest.fixture
def world(make_world, branch):
	world = make_world(unit=branch)
	assert world.invoice
	return world


@pytest.fixture
def invoices(world):
	world.emulator.hold_webhooks()
	yield [world.make_invoice(total="10.00", title=f"Parking space {number:02}") for number in range(1, 11)]
	world.emulator.clear_webhook_rules()
	world.emulator.forget_webhooks()


@pytest.fixture
def at_home(login, http):
	def open_(user, **options):
		page = login(user, **options)
		page.goto(f"{http.url}/app/payments")
		page.locator(f"{HOME} .stripe-home-rows").first.wait_for()
		return page

	return open_


def rows(page):
	return page.get_by_role("list", name="To pay").get_by_role("listitem")


def pay_chosen(page, invoices) -> PayDialog:
	for invoice in invoices:
		page.get_by_role("checkbox", name=f"Choose {invoice.title}").check()
	page.get_by_role("button", name="Pay chosen").click()
	return PayDialog(page)


def amount_of(form, invoice):
	return form.root.get_by_label(invoice.title, exact=True)


def payment_of(site, world):
	site.db.rollback()
	return site.get_last_doc("Invoice Payment", {"user": world.payer})


@pytest.fixture
def payment_form(http, login, make_user, world):
	"""`payment_form(name)`: the form of a payment, for an administrator."""

	def open_(name):
		user = make_user(roles=("Stripe Administrator",), unit=world.unit, password=PASSWORD)
		return DeskForm.open(login(user), http.url, "Invoice Payment", name)

	return open_


def test_seven_of_ten_by_one_payment(site, at_home, world, invoices, payment_form, picture):
	from tests.support.several import hear

	seven = invoices[:7]
	world.add_bank_account()
	page = at_home(world.payer)
	expect(rows(page)).to_have_count(11)
	form = pay_chosen(page, seven)
	expect(form.root.get_by_text("7 documents")).to_be_visible()
	form.choose("Bank account")

	amount_of(form, seven[6]).fill("11")
	amount_of(form, seven[0]).focus()
	expect(form.root.get_by_text("You can pay $ 10.00 at most.")).to_be_visible()
	amount_of(form, seven[6]).fill("4")
	expect(form.pay_button).to_have_text("Pay $ 64.00")
	assert not serious(page, ".stripe-pay-dialog"), serious(page, ".stripe-pay-dialog")
	picture(page, "pay-several-by-bank")
	page.evaluate("document.documentElement.setAttribute('data-theme', 'dark')")
	picture(page, "pay-several-dark")
	page.evaluate("document.documentElement.setAttribute('data-theme', 'light')")
	form.pay()
	expect(form.heading).to_contain_text("$ 64.00")
	form.close()
	expect(rows(page).filter(has_text="of it under way")).to_have_count(7)

	debit = payment_of(site, world)
	assert [row.reserved_minor for row in debit.references] == [1000] * 6 + [400]
	world.emulator.fail_debit(debit.payment_intent_id, "insufficient_funds")
	hear(world, {"payment": debit.name})
	page.reload()
	expect(rows(page)).to_have_count(11, timeout=60_000)
	expect(rows(page).filter(has_text="of it under way")).to_have_count(0)

	form = pay_chosen(page, seven)
	form.choose("Card")
	expect(form.card_frame.get_by_label("Card number")).to_be_visible()
	with whole(page):
		picture(page, "pay-several", docs=True)
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $ 70.00")
	form.close()
	expect(rows(page)).to_have_count(4)
	picture(page, "home-after-several")

	paid = payment_of(site, world)
	assert (paid.status, len(paid.references), paid.settled_minor) == ("Succeeded", 7, 7000)
	form = payment_form(paid.name)
	form.act("Refund")
	dialog = form.dialog
	expect(dialog.root.get_by_text("Up to $ 70.00. The documents are due again")).to_be_visible()
	for invoice, bound in (
		(seven[1], "Up to $ 10.00. The document is"),
		(seven[3], "Up to $ 20.00. The documents are"),
	):
		dialog.root.get_by_role("checkbox", name=invoice.title).check()
		expect(dialog.root.get_by_text(bound)).to_be_visible()
	expect(dialog.field("Amount in USD").locator("input")).to_have_value("20.00")
	picture(form.page, "refund-of-several")
	dialog.press("Refund $ 20.00")
	expect(form.page.locator(".desk-alert", has_text="$ 20.00 is being refunded to")).to_be_visible()
	picture(form.page, "payment-of-several", full_page=True)
	hear(world, {"payment": paid.name})
	assert [row.settled_minor for row in payment_of(site, world).references] == [
		1000,
		0,
		1000,
		0,
		1000,
		1000,
		1000,
	]


def test_of_more_than_forty_the_first_forty_are_paid_at_once(at_home, world, picture):
	"""Those that are due first."""
	for number in range(1, 42):
		world.make_invoice(total="1.00", title=f"Week {number:02}", due_date=add_days(today(), number - 60))
	page = at_home(world.payer)
	pay_first = page.get_by_role("button", name="Pay the first 40")
	expect(pay_first).to_be_visible()
	picture(page, "home-more-than-forty", full_page=True)
	pay_first.click()
	form = PayDialog(page)
	expect(form.root.get_by_text("40 documents")).to_be_visible()
	expect(form.root.get_by_label("Week 40", exact=True)).to_have_value("1.00")
	expect(form.root.get_by_label("Week 41", exact=True)).to_have_count(0)
	picture(page, "pay-first-forty")
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $ 40.00")
	form.close()
	expect(rows(page)).to_have_count(2)
	expect(page.get_by_role("button", name="Pay all")).to_be_visible()


def test_on_a_phone_all_at_once_and_what_is_left_out(at_home, world, picture):
	world.make_invoice(total="20.00", title="In dollars")
	world.make_invoice(total="30.00", title="In euros", currency="EUR")
	page = at_home(world.payer, viewport=PHONE)
	page.get_by_role("button", name="Pay all").click()
	form = PayDialog(page)
	expect(form.root.get_by_text("In euros is left out", exact=False)).to_be_visible()
	expect(form.root.get_by_text("2 documents")).to_be_visible()
	picture(page, "pay-several-phone")
	amount_of(form, world.invoice).fill("")
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $ 20.00")
	form.close()
	expect(rows(page)).to_have_count(2)
	picture(page, "home-phone-choose")
