"""Paying by ACH: add a bank account, verify it, pay with it."""

import re

import pytest
from playwright.sync_api import expect

ACH = "Bank account (ACH)"


@pytest.fixture
def bank_form(open_form):
	"""The form at its bank accounts, for a payer who has none yet."""

	def open_(**given):
		form = open_form(**given)
		form.choose(ACH)
		return form

	return open_


@pytest.fixture
def deposits_of_amounts(emulator):
	emulator.settings(microdeposit_type="amounts")
	yield
	emulator.settings(microdeposit_type="descriptor_code")


def test_an_account_linked_at_its_bank_can_pay_at_once(bank_form, charged):
	form = bank_form(total="119.00")
	expect(form.pay_button).to_be_disabled()
	form.root.get_by_role("button", name="Add a bank account").click()
	form.link_bank()
	expect(form.bank_frame.get_by_text("By continuing, you authorize")).to_be_visible()
	form.add_account()
	expect(form.bank_row("6789").get_by_text("Verified")).to_be_visible()
	expect(form.root.get_by_text("By pressing Pay you authorise a debit of $119.00")).to_be_visible()
	form.pay()
	expect(form.heading).to_have_text("Your payment of $119.00 is on its way")
	expect(form.root.get_by_text("up to 4 business days")).to_be_visible()
	assert charged(form.user) == [11900]


def test_an_account_entered_by_its_numbers_is_verified_by_the_code_of_a_deposit(bank_form, charged):
	form = bank_form(total="80.00")
	form.add_by_numbers()
	row = form.bank_row("6789")
	expect(row.get_by_text("Verification pending")).to_be_visible()
	expect(row.get_by_text("A deposit of $0.01 arrives by")).to_be_visible()
	expect(row.get_by_text("enter the code of six characters")).to_be_visible()
	expect(row.get_by_role("radio")).to_be_disabled()
	expect(form.pay_button).to_be_disabled()

	row.get_by_label("Code").fill("sm11aa")
	row.get_by_role("button", name="Verify").click()
	expect(row.get_by_text("Verified", exact=True)).to_be_visible()
	form.pay()
	expect(form.heading).to_have_text("Your payment of $80.00 is on its way")
	assert charged(form.user) == [8000]


def test_an_account_is_verified_by_two_amounts(bank_form, deposits_of_amounts):
	form = bank_form(total="80.00")
	form.add_by_numbers()
	row = form.bank_row("6789")
	expect(row.get_by_text("enter their amounts in cents")).to_be_visible()
	row.get_by_label("First amount").fill("32")
	row.get_by_label("Second amount").fill("45")
	row.get_by_label("Second amount").press("Enter")
	expect(row.get_by_text("Verified", exact=True)).to_be_visible()
	expect(form.pay_button).to_be_enabled()


def test_wrong_amounts_tell_the_tries_left(bank_form, deposits_of_amounts):
	form = bank_form()
	form.add_by_numbers()
	row = form.bank_row("6789")
	expect(row.get_by_text("3 tries left.")).to_be_visible()
	row.get_by_label("First amount").fill("11")
	row.get_by_label("Second amount").fill("12")
	row.get_by_role("button", name="Verify").click()
	expect(row.get_by_role("alert")).to_contain_text("do not match")
	expect(row.get_by_text("2 tries left.")).to_be_visible()
	expect(row.get_by_label("First amount")).to_have_value("11")


def test_amounts_that_cannot_be_right_are_not_sent(bank_form, deposits_of_amounts):
	form = bank_form()
	form.add_by_numbers()
	row = form.bank_row("6789")
	row.get_by_label("First amount").fill("0.3")
	row.get_by_role("button", name="Verify").click()
	expect(row.get_by_role("alert")).to_contain_text("Enter both amounts in cents")
	expect(row.get_by_text("3 tries left.")).to_be_visible()


def test_after_too_many_tries_the_bank_is_to_be_asked(bank_form):
	form = bank_form()
	form.add_by_numbers()
	row = form.bank_row("6789")
	row.get_by_label("Code").fill("SM33CC")
	row.get_by_role("button", name="Verify").click()
	expect(row.get_by_text("Failed", exact=True)).to_be_visible()
	expect(row.get_by_text("contact your bank")).to_be_visible()
	expect(row.get_by_role("radio")).to_be_disabled()
	expect(form.pay_button).to_be_disabled()
	expect(form.pay_button).to_have_accessible_description(
		"This bank account can't be used to pay. Please add another one."
	)
	expect(form.root.get_by_role("button", name="Add a bank account")).to_be_enabled()


def test_a_bank_that_does_not_answer_leaves_the_numbers(bank_form):
	form = bank_form()
	form.root.get_by_role("button", name="Add a bank account").click()
	form.bank_frame.get_by_label("Full name").fill("Jenny Rosen")
	form.bank_frame.get_by_role("button", name="Down Bank (Unscheduled)").click()
	dialog = form.page.frame_locator("iframe[title='Link your bank account']")
	dialog.get_by_role("button", name="Agree and continue").click()
	dialog.get_by_role("button", name="Enter details manually").click()
	form.bank_frame.get_by_label("Routing number").fill("110000000")
	form.bank_frame.get_by_label("Account number").fill("000123456789")
	form.add_account()
	expect(form.bank_row("6789").get_by_text("Verification pending")).to_be_visible()


def test_linking_can_be_cancelled(bank_form):
	form = bank_form()
	form.root.get_by_role("button", name="Add a bank account").click()
	form.bank_frame.get_by_role("button", name="Test Institution").click()
	form.page.frame_locator("iframe[title='Link your bank account']").get_by_role(
		"button", name="Cancel"
	).click()
	form.root.get_by_role("button", name="Cancel").click()
	expect(form.root.get_by_role("button", name="Add a bank account")).to_be_focused()
	expect(form.root.get_by_text("You have not added a bank account yet.")).to_be_visible()


def test_what_is_missing_is_told_inside_stripes_fields(bank_form):
	form = bank_form()
	form.root.get_by_role("button", name="Add a bank account").click()
	form.bank_frame.get_by_label("Full name").fill("")
	form.add_account()
	expect(form.bank_frame.get_by_text("Please provide your full name.")).to_be_visible()
	expect(form.root.get_by_role("group", name="Add a bank account").get_by_role("alert")).to_contain_text(
		"full name"
	)


def test_an_unknown_account_number_is_refused_by_stripe_and_can_be_mended(bank_form):
	form = bank_form()
	form.add_by_numbers("000999999999")
	problem = form.root.get_by_role("group", name="Add a bank account").get_by_role("alert")
	expect(problem).to_contain_text("test bank account number")
	form.bank_frame.get_by_label("Account number").fill("000123456789")
	form.add_account()
	expect(form.bank_row("6789")).to_be_visible()


def test_a_lost_answer_while_adding_adds_the_account_once(bank_form, emulator):
	form = bank_form()
	form.page.route("**/call/methods.bank_account_confirmed", lambda route: route.abort(), times=1)
	form.root.get_by_role("button", name="Add a bank account").click()
	form.link_bank()
	form.add_account()
	expect(form.root.get_by_text("There was no answer.")).to_be_visible()
	form.add_account()
	expect(form.bank_row("6789").get_by_text("Verified")).to_be_visible()
	expect(form.root.locator(".stripe-pay-row", has_text="6789")).to_have_count(1)


def test_account_numbers_never_reach_our_server(bank_form):
	form = bank_form()
	sent = []
	form.page.on("request", lambda request: sent.append((request.url, request.post_data or "")))
	form.add_by_numbers("000123456789")
	expect(form.bank_row("6789")).to_be_visible()
	assert not any("000123456789" in body for url, body in sent if "/call/" in url)


def test_invoices_in_another_currency_say_why_ach_is_not_possible(open_form):
	form = open_form(total="100.00", currency="EUR")
	expect(form.root.get_by_role("radio", name=ACH)).to_be_disabled()
	expect(form.root.get_by_text("Bank accounts can only pay invoices in USD.")).to_be_visible()


def test_a_second_payer_sees_what_is_under_way(bank_form, open_form):
	first = bank_form(total="119.00")
	first.root.get_by_role("button", name="Add a bank account").click()
	first.link_bank()
	first.add_account()
	expect(first.bank_row("6789").get_by_text("Verified")).to_be_visible()
	first.amount.fill("100")
	first.pay()
	expect(first.heading).to_contain_text("is on its way")

	second = open_form(first.invoice, user="colleague@example.com")
	expect(second.root.get_by_text(f"{first.user} is paying $100.00 of this invoice")).to_be_visible()
	expect(second.amount).to_have_value("19.00")
	again = open_form(first.invoice)
	expect(again.root.get_by_text("Your payment of $100.00 (Bank account) is under way.")).to_be_visible()
	expect(again.root).not_to_contain_text("Processing")


def test_when_all_is_under_way_nothing_more_is_offered(bank_form, open_form):
	first = bank_form(total="119.00")
	first.root.get_by_role("button", name="Add a bank account").click()
	first.link_bank()
	first.add_account()
	expect(first.bank_row("6789").get_by_text("Verified")).to_be_visible()
	first.pay()
	expect(first.heading).to_contain_text("is on its way")
	second = open_form(first.invoice, user="colleague@example.com")
	expect(second.root.get_by_text("The whole amount is under way already.")).to_be_visible()
	expect(second.pay_button).to_be_hidden()


def test_without_an_account_the_form_says_what_to_do(bank_form):
	form = bank_form()
	add = form.root.get_by_role("button", name="Add a bank account")
	expect(add).to_have_class(re.compile("btn-primary"))
	expect(form.pay_button).to_be_disabled()
	expect(form.pay_button).to_have_accessible_description("Add a bank account to pay with it.")
	add.click()
	expect(form.pay_button).to_have_accessible_description("Finish adding the bank account, or cancel it.")


def test_an_account_that_waits_says_why_pay_is_disabled_and_says_it_once(bank_form):
	form = bank_form()
	form.add_by_numbers()
	row = form.bank_row("6789")
	expect(form.pay_button).to_have_accessible_description(re.compile("as soon as it is verified"))
	shown = row.inner_text()
	assert shown.count("tries left") == 1
	assert shown.count("deposit of $0.01") == 2, "once when it arrives, once where to look for it"


@pytest.mark.parametrize("pasted", [" sm11aa ", "SM11 AA", "\tSM11AA\n"])
def test_a_code_is_pasted_with_blanks(bank_form, pasted):
	form = bank_form()
	form.add_by_numbers()
	row = form.bank_row("6789")
	row.get_by_label("Code").fill(pasted)
	row.get_by_role("button", name="Verify").click()
	expect(row.get_by_text("Verified", exact=True)).to_be_visible()


def test_the_amounts_are_taken_as_the_statement_has_them(bank_form, deposits_of_amounts):
	form = bank_form()
	form.add_by_numbers()
	row = form.bank_row("6789")
	row.get_by_label("First amount").fill("$ 0.32")
	row.get_by_label("Second amount").fill(" .45 ")
	row.get_by_role("button", name="Verify").click()
	expect(row.get_by_text("Verified", exact=True)).to_be_visible()


@pytest.mark.parametrize("code", [None, "SM33CC"], ids=["pending", "failed"])
def test_an_account_that_cannot_pay_is_removed_in_the_form(bank_form, code):
	form = bank_form()
	form.add_by_numbers()
	row = form.bank_row("6789")
	if code:
		row.get_by_label("Code").fill(code)
		row.get_by_role("button", name="Verify").click()
		expect(row.get_by_text("Failed", exact=True)).to_be_visible()
	row.get_by_role("button", name="Remove").click()
	expect(form.root.get_by_text("•••• 6789 was removed.")).to_be_visible()
	expect(row).to_have_count(0)
	expect(form.root.get_by_role("button", name="Add a bank account")).to_be_enabled()


def test_a_removal_that_fails_says_so_and_keeps_the_account(bank_form):
	form = bank_form()
	form.add_by_numbers()
	row = form.bank_row("6789")
	form.page.route("**/call/methods.remove_method", lambda route: route.abort(), times=1)
	row.get_by_role("button", name="Remove").click()
	expect(row.get_by_role("alert")).to_contain_text("There was no answer")
	expect(row).to_be_visible()


def test_what_was_begun_and_cancelled_is_not_left_behind(bank_form):
	form = bank_form()
	removed = []
	form.page.route(
		"**/call/methods.start_bank_account",
		lambda route: _named(route, "BANK-BEGUN"),
	)
	form.page.on(
		"request", lambda r: removed.append(r.post_data_json["name"]) if "remove_method" in r.url else None
	)
	form.root.get_by_role("button", name="Add a bank account").click()
	expect(form.bank_frame.get_by_label("Full name")).to_be_visible()
	with form.page.expect_response("**/call/methods.remove_method"):
		form.root.get_by_role("button", name="Cancel").click()
	assert removed == ["BANK-BEGUN"]


def _named(route, name: str) -> None:
	"""The site's answer names the row that it made; the test page makes none."""
	answer = route.fetch()
	route.fulfill(json={"message": {**answer.json()["message"], "name": name}})


def test_who_paid_by_bank_account_last_time_finds_it_chosen(bank_form, open_form):
	form = bank_form()
	form.root.get_by_role("button", name="Add a bank account").click()
	form.link_bank()
	form.add_account()
	expect(form.bank_row("6789").get_by_text("Verified")).to_be_visible()
	form.pay()
	expect(form.heading).to_contain_text("is on its way")
	card = open_form(page=form.page)
	expect(card.root.get_by_role("radio", name=ACH)).to_be_checked()
	card.choose("Card")
	card.pay_by_new_card()
	expect(card.heading).to_contain_text("You have paid")
	expect(open_form(page=form.page).root.get_by_role("radio", name="Card", exact=True)).to_be_checked()
