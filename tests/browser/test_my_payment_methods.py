"""The page My Payment Methods, as a payer uses it: add a bank account, verify it, choose a default, remove."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.support.desk import log_in

CARDS = ("pm_card_visa", "pm_card_amex")


@pytest.fixture
def my_methods(site, http_server, emulator, make_payer, new_page):
	"""The page of a payer who has a VISA and an American Express card; `path` is the desk's or the portal's page."""
	emulator.settings(microdeposit_type="descriptor_code")

	def open_page(path="/app/my-payment-methods", **user):
		payer = make_payer(**user)
		if not user:
			_save_cards(payer)
		page = new_page()
		log_in(page, http_server.url, payer)
		page.goto(f"{http_server.url}{path}", wait_until="domcontentloaded")
		return MyMethodsPage(page)

	return open_page


def _save_cards(payer):
	from stripe_service.accounts.customers import customer_for
	from stripe_service.accounts.stripe_account import gateway_for
	from stripe_service.saved_methods.cards import remember

	customer = customer_for("Emulator", payer)
	for token in CARDS:
		attached = gateway_for("Emulator").call(
			"payment_methods.attach", token, params={"customer": customer}
		)
		remember("Emulator", customer, attached, consent=True)


class MyMethodsPage:
	def __init__(self, page):
		self.page = page
		self.root = page.locator(".stripe-methods")
		self.dialog = self.root.locator("dialog[open]")
		self.panel = self.root.get_by_role("group", name="Add a bank account")
		self.said = self.root.locator(".stripe-methods-status")

	def row(self, name):
		return self.root.get_by_role("listitem").filter(has_text=name)

	def press(self, name):
		self.root.get_by_role("button", name=name, exact=True).click()

	def begin_adding(self):
		"""Stripe's fields, once they have taken the focus: pressing a button before would race with it."""
		self.press("Add a bank account")
		frame = self.panel.frame_locator("iframe").first
		expect(frame.locator("input:focus")).to_have_count(1)
		return frame

	def enter_numbers(self, account="000123456789", routing="110000000"):
		frame = self.begin_adding()
		frame.get_by_label("Full name").fill("Jenny Rosen")
		frame.get_by_role("button", name="Enter bank details manually instead").click()
		frame.get_by_label("Routing number").fill(routing)
		frame.get_by_label("Account number").fill(account)
		self.add_account()

	def add_account(self):
		"""By the keyboard: Stripe's frame grows and shrinks with what it shows, and moves the button under a pointer."""
		self.panel.get_by_role("button", name="Add this account").press("Enter")

	def link_bank(self):
		frame = self.begin_adding()
		frame.get_by_label("Full name").fill("Jenny Rosen")
		frame.get_by_role("button", name="Test Institution").click()
		bank = self.page.frame_locator("iframe[title='Link your bank account']")
		bank.get_by_role("button", name="Agree and continue").click()
		bank.get_by_role("button", name="Success").click()
		self.add_account()


def test_cards_show_brand_last_four_expiry_and_the_default(my_methods):
	page = my_methods()
	expect(page.row("VISA •••• 4242")).to_contain_text(re.compile(r"Default.*Expires \d\d/20\d\d"))
	expect(page.row("American Express •••• 0005")).not_to_contain_text("Default")
	expect(page.root).to_contain_text("No bank account is saved.")
	expect(page.root).to_contain_text("Test mode: no real money moves.")


def test_a_typed_account_is_verified_with_the_code_after_a_wrong_guess(my_methods, picture):
	page = my_methods()
	page.enter_numbers(routing="110000001")
	account = page.row("•••• 6789")
	expect(account).to_contain_text("Verification pending")
	expect(account).to_contain_text("A deposit of $0.01 arrives by")
	expect(page.panel).to_have_count(0)

	account.get_by_role("button", name="Verify").click()
	page.dialog.get_by_label("Code").fill("SM99ZZ")
	page.dialog.get_by_role("button", name="Verify").click()
	expect(page.dialog.get_by_role("alert")).to_contain_text("You have 9 tries left")
	expect(page.dialog).to_contain_text("9 tries left.")
	page.dialog.get_by_label("Code").fill("SM11AA")
	page.dialog.get_by_label("Code").press("Enter")

	expect(page.dialog).to_have_count(0)
	expect(account).to_contain_text("Verified")
	expect(account).to_contain_text("Default")
	expect(page.said).to_contain_text("is verified and can be used")
	picture(page.page, "my-payment-methods", docs=True, height=600)


def test_a_verification_with_no_tries_left_says_to_contact_the_bank(my_methods):
	page = my_methods()
	page.enter_numbers()
	page.row("•••• 6789").get_by_role("button", name="Verify").click()
	page.dialog.get_by_label("Code").fill("SM33CC")
	page.dialog.get_by_role("button", name="Verify").click()
	expect(page.row("•••• 6789")).to_contain_text("Failed")
	expect(page.row("•••• 6789")).to_contain_text("Contact your bank")


def test_a_linked_account_is_verified_at_once(my_methods):
	page = my_methods()
	page.link_bank()
	expect(page.row("•••• 6789")).to_contain_text("Verified")


def test_adding_can_be_cancelled_and_the_focus_comes_back(my_methods):
	page = my_methods()
	page.press("Add a bank account")
	expect(page.panel.frame_locator("iframe").first.get_by_label("Full name")).to_be_visible()
	page.panel.get_by_role("button", name="Cancel").click()
	expect(page.panel).to_have_count(0)
	expect(page.root.get_by_role("button", name="Add a bank account", exact=True)).to_be_focused()


def test_the_default_is_changed_by_keyboard_alone(my_methods):
	page = my_methods()
	amex = page.row("American Express •••• 0005")
	amex.get_by_role("button", name="Make American Express •••• 0005 the default").focus()
	page.page.keyboard.press("Enter")
	expect(amex).to_contain_text("Default")
	expect(page.said).to_be_focused()
	expect(page.row("VISA •••• 4242")).not_to_contain_text("Default")


def test_a_card_is_removed_after_a_question_that_escape_takes_back(my_methods):
	page = my_methods()
	page.press("Remove VISA •••• 4242")
	expect(page.dialog).to_contain_text("Payments made with it stay as they are")
	page.page.keyboard.press("Escape")
	expect(page.dialog).to_have_count(0)
	expect(page.root.get_by_role("button", name="Remove VISA •••• 4242")).to_be_focused()

	page.press("Remove VISA •••• 4242")
	page.dialog.get_by_role("button", name="Remove").click()
	expect(page.row("VISA •••• 4242")).to_have_count(0)
	expect(page.said).to_have_text("VISA •••• 4242 was removed.")


def test_a_removal_that_stripe_does_not_answer_says_so_and_removes_nothing(my_methods, emulator):
	page = my_methods()
	expect(page.row("VISA •••• 4242")).to_be_visible()
	emulator.fault("error_before", path="/v1/payment_methods/*", count=-1)
	try:
		page.press("Remove VISA •••• 4242")
		page.dialog.get_by_role("button", name="Remove").click()
		expect(page.dialog.get_by_role("alert")).to_contain_text(
			"Stripe can't be reached just now", timeout=20_000
		)
	finally:
		emulator.clear_faults()
	page.page.keyboard.press("Escape")
	expect(page.row("VISA •••• 4242")).to_be_visible()


def test_without_the_right_to_pay_the_page_says_what_is_missing(my_methods):
	page = my_methods(roles=["Stripe Reader"])
	expect(page.root.get_by_role("alert").first).to_contain_text("You need the right to pay")


def test_the_portal_has_the_same_page(my_methods):
	page = my_methods("/my-payment-methods")
	page.enter_numbers()
	expect(page.row("•••• 6789")).to_contain_text("Verification pending")
	expect(page.row("VISA •••• 4242")).to_contain_text("Default")
