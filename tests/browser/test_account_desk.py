"""An administrator connects the Stripe account in the desk, looks at it, and removes it; a viewer looks at the dashboard."""

import re

import frappe
import pytest
from playwright.sync_api import expect

from stripe_service.api import methods
from stripe_service.utils import frappe_versions
from tests.browser.support.desk import settle
from tests.support.accounts import RemoteAccount
from tests.support.records import PASSWORD

TEST_MODE = re.compile("Test mode")


@pytest.fixture
def account(emulator, emulator_url):
	return RemoteAccount(emulator, emulator_url, business_name="Faber & Sons")


@pytest.fixture
def administrator(make_user, login):
	"""The desk of a user whose only role of ours is Stripe Administrator."""
	return login(make_user(roles=["Stripe Administrator"], password=PASSWORD))


class AccountForm:
	def __init__(self, page, url):
		self.page, self.url = page, url

	def open(self, name: str):
		self.page.goto(f"{self.url}/app/stripe-account/{name}", wait_until="domcontentloaded")
		self.page.wait_for_function(
			"window.cur_frm && cur_frm.doc && cur_frm.doc.doctype === 'Stripe Account'"
		)

	def fill(self, **values):
		for field, value in values.items():
			self.page.evaluate("([field, value]) => cur_frm.set_value(field, value)", [field, value])

	def save(self):
		self.page.get_by_role("button", name="Save", exact=True).filter(visible=True).first.click()

	def action(self, group: str, label: str):
		self.page.locator(".inner-group-button button", has_text=group).filter(visible=True).first.click()
		self.page.locator(".inner-group-button .dropdown-item", has_text=label).filter(
			visible=True
		).first.click()

	def field(self, name: str):
		return self.page.locator(f"[data-fieldname={name}]").filter(visible=True).first

	@property
	def headline(self):
		return self.page.locator(".form-message").filter(visible=True).first

	@property
	def dialog(self):
		return self.page.locator(".modal.show .modal-dialog").last

	def close_dialog(self):
		self.dialog.locator(".btn-modal-close").click()
		expect(self.page.locator(".modal.show")).to_have_count(0)


def test_keys_are_entered_refused_and_taken_and_removed_again(login, http, account, picture, new_page):
	# The addresses of the emulator are Administrator's to enter.
	administrator = login("Administrator", "admin")
	form = AccountForm(administrator, http.url)
	form.open("new")
	expect(form.headline).to_contain_text("Enter both API keys")
	swapped = {"publishable_key": account.keys["secret_key"], "secret_key": account.keys["publishable_key"]}
	form.fill(
		account_name=account.name, api_base=account.url, stripe_js_url=f"{account.url}/stripe.js", **swapped
	)
	form.save()
	expect(form.dialog).to_contain_text("The two keys are swapped")
	picture(administrator, "account-swapped-keys")
	form.close_dialog()

	form.fill(**account.keys)
	form.save()
	expect(form.field("business_name")).to_contain_text("Faber & Sons")
	expect(form.field("webhook_status")).to_contain_text("Registered")
	expect(form.headline).to_contain_text(TEST_MODE)
	assert administrator.evaluate("cur_frm.doc.secret_key").strip("*") == ""
	picture(administrator, "stripe-account")

	form.action("View", "Where Payouts Went")
	expect(form.dialog).to_contain_text("Stripe has made no payout yet.")
	form.close_dialog()
	form.action("Actions", "Check the Key's Permissions")
	expect(form.dialog).to_contain_text("PaymentIntents")
	form.close_dialog()

	form.action("Actions", "Remove")
	expect(form.dialog).to_contain_text("60 days")
	picture(administrator, "account-remove")
	form.dialog.get_by_role("button", name="Remove").click()
	expect(form.dialog).to_contain_text("The keys are forgotten")
	form.close_dialog()
	expect(form.headline).to_contain_text("The keys were removed")
	expect(form.field("status")).to_contain_text("Removed")
	assert account.endpoints() == []
	assert new_page.errors == []


def test_a_copy_of_the_site_asks_to_be_confirmed(administrator, http, account):
	account.connect()
	frappe.db.set_value("Stripe Account", account.name, "bound_host", "portal.example.com")
	frappe.db.commit()
	form = AccountForm(administrator, http.url)
	form.open(account.name)
	expect(form.headline).to_contain_text("connected by the site")
	administrator.get_by_role("button", name="Confirm This Site").click()
	form.dialog.get_by_role("button", name="Yes").click()
	expect(form.headline).to_contain_text(TEST_MODE)
	assert account.document().bound_host != "portal.example.com"


def test_a_reader_sees_the_account_and_no_action_on_it(login, make_user, http, account):
	account.connect()
	page = login(make_user(roles=["Stripe Reader", "Stripe Viewer"], password=PASSWORD))
	form = AccountForm(page, http.url)
	form.open(account.name)
	expect(form.headline).to_contain_text(TEST_MODE)
	groups = page.locator(".inner-group-button button").filter(visible=True)
	expect(groups.filter(has_text="View")).to_have_count(1)
	expect(groups.filter(has_text="Actions")).to_have_count(0)


def test_the_workspace_shows_the_account_and_its_figures(
	without_onboarding, login, make_user, http, world, picture, new_page
):
	assert world.pay()["outcome"] == "paid"
	world.does(methods.start_bank_account)  # and given up again
	world.add_bank_account()
	page = login(make_user(roles=["Stripe Reader", "Stripe Viewer"], password=PASSWORD))
	page.goto(f"{http.url}/app/stripe", wait_until="domcontentloaded")
	expect(page.get_by_text("Emulated Goods Inc.").first).to_be_visible()
	expect(page.get_by_text(TEST_MODE).first).to_be_visible()
	for label in ("Received This Month", "Under Way", "Failed This Week", "Needing Attention"):
		# A reader of the account need not be one of the invoices: those two cards are not theirs.
		expect(page.locator(".number-widget-box", has_text=label).locator(".number")).to_have_text(
			re.compile(r"\d")
		)
	expect(
		page.locator(".dashboard-widget-box", has_text="Received by Method").locator("svg").first
	).to_be_visible()
	latest = page.locator(".stripe-latest-payments")
	expect(latest.get_by_role("link", name="$ 100.00").first).to_be_visible()
	expect(latest).to_contain_text("Succeeded")
	for label in ("Customers", "Bank Accounts Added"):
		expect(page.locator(".quick-list-widget-box", has_text=label)).to_be_visible()
	accounts = page.locator(".quick-list-widget-box", has_text="Bank Accounts Added").locator(
		".quick-list-item"
	)
	expect(accounts.first).to_be_visible()
	expect(accounts.filter(has_text="New")).to_have_count(0)
	settle(page)
	picture(page, "workspace-of-a-viewer")
	page.locator(".number-widget-box", has_text="Received This Month").locator(".number a").first.click()
	expect(page.locator(".list-row", has_text="$ 100.00").first).to_be_visible()
	expect(page).to_have_url(re.compile(r"/invoice-payment\?.*currency=USD"))
	# Frappe's charts redraw themselves while they are still being drawn, and say so; that is not ours.
	assert [error for error in new_page.errors if "removeChild" not in error] == []


def test_the_dots_of_the_workspace_keep_their_colours_in_the_dark_theme(
	without_onboarding, login, make_user, http, world
):
	page = login(make_user(roles=["Stripe Reader", "Stripe Viewer"], password=PASSWORD))
	page.goto(f"{http.url}/app/stripe", wait_until="domcontentloaded")
	for theme in ("light", "dark"):
		page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
		connected, test = (dot_of(page, text) for text in ("Connected", "Test"))
		red, green, blue = connected
		assert green > red + 40 and green > blue + 40, f"{theme}: connected is not green"
		red, green, blue = test
		assert red > green + 40 and red > blue + 40, f"{theme}: test mode is not orange"


def dot_of(page, text: str) -> list[int]:
	pill = page.locator(".indicator-pill", has_text=re.compile(rf"^{text}$")).first
	expect(pill).to_be_visible()
	colour = pill.evaluate("pill => getComputedStyle(pill, '::before').backgroundColor")
	return [int(part) for part in re.findall(r"\d+", colour)[:3]]


@pytest.fixture
def onboarding(site):
	"""Switched on, as the setup wizard leaves a site, and with nothing done yet; afterwards as it was."""

	def switch(value):
		site.db.set_single_value("System Settings", "enable_onboarding", value)
		site.db.set_value("Onboarding Step", "Stripe Service Keys", "is_complete", 0)
		site.clear_cache(doctype="System Settings")
		site.db.commit()

	before = site.db.get_single_value("System Settings", "enable_onboarding")
	switch(1)
	yield
	site.db.rollback()
	switch(before)


def test_the_onboarding_leads_an_administrator_to_the_keys(
	lakeside, onboarding, administrator, http, picture
):
	page = administrator
	page.goto(f"{http.url}/app/stripe", wait_until="domcontentloaded")
	expect(page.get_by_text("Set up payments with Stripe").first).to_be_visible()
	# 15 has the steps on the page, 16 beside it.
	expect(page.get_by_text("Enter the API keys").filter(visible=True).last).to_be_visible()
	expect(page.locator(".number-widget-box .number").first).to_have_text(re.compile(r"\d"))
	settle(page)
	picture(page, "onboarding", docs=True)
	step = page.get_by_text("Enter the API keys", exact=True).filter(visible=True)
	step.first.click()
	if frappe_versions.major() < 16:  # 15 shows first what the step is about, with a button of the same words
		step.last.click()
	page.wait_for_url("**/stripe-account/new*")


def test_the_checklist_makes_what_is_missing(login, make_user, http, site, picture):
	from stripe_service.setup.after_payment_script import NAME

	# Frappe lets nobody else make a Server Script.
	administrator = login(make_user(roles=["Stripe Administrator", "Script Manager"], password=PASSWORD))

	frappe.delete_doc("Server Script", NAME, force=True)
	frappe.db.commit()
	administrator.goto(f"{http.url}/app/stripe-service-settings", wait_until="domcontentloaded")
	part = administrator.locator(".stripe-checklist [data-part=script]")
	expect(part).to_contain_text("To Do")
	part.get_by_role("button", name="Create").click()
	expect(part).to_contain_text("Done")
	picture(administrator, "checklist", full_page=True)
	frappe.db.rollback()
	assert frappe.db.exists("Server Script", NAME)


def test_a_customer_is_deleted_in_the_desk(administrator, http, world, picture, new_page):
	world.pay()
	customer = frappe.db.get_value("Stripe Customer", {"user": world.payer, "status": "Active"})
	administrator.goto(f"{http.url}/app/stripe-customer/{customer}", wait_until="domcontentloaded")
	expect(administrator.get_by_text(TEST_MODE).first).to_be_visible()
	administrator.get_by_role("button", name="Delete", exact=True).filter(visible=True).first.click()
	dialog = administrator.locator(".modal.show .modal-dialog").last
	expect(dialog).to_contain_text("The payments stay listed")
	picture(administrator, "customer-delete", docs=True, height=500)
	dialog.get_by_role("button", name="Delete").click()
	expect(administrator.get_by_text("Customer deleted")).to_be_visible()
	frappe.db.rollback()
	assert frappe.db.get_value("Stripe Customer", customer, "status") == "Deleted"
	assert new_page.errors == []
