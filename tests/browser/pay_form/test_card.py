"""Paying by card, as a payer does it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.support.pay_form import GOOD_CARD

THREE_D_SECURE = "4000002760003184"


def test_a_new_card_pays_the_whole_invoice(open_form, charged):
	form = open_form(total="119.00")
	expect(form.pay_button).to_have_text("Pay $119.00")
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $119.00")
	expect(form.root.get_by_role("link", name="Receipt")).to_be_visible()
	assert charged(form.user) == [11900]


def test_the_card_number_stays_in_stripes_frame(open_form):
	form = open_form()
	sent = []
	form.page.on("request", lambda request: sent.append((request.url, request.post_data or "")))
	form.pay_by_new_card()
	expect(form.heading).to_contain_text("You have paid")
	own = [body for url, body in sent if "/call/" in url]
	assert len(own) >= 1
	assert not any("4242" in body for body in own)
	assert "4242" not in form.page.content()


@pytest.mark.parametrize(
	("number", "cvc"),
	[
		("4242424242424242", "123"),
		("5555555555554444", "123"),
		("378282246310005", "1234"),
		("6011111111111117", "123"),
		("3056930009020004", "123"),
		("3566002020360505", "123"),
	],
	ids=["VISA", "MasterCard", "American Express", "Discover", "Diners Club", "JCB"],
)
def test_the_six_brands_are_accepted(open_form, charged, number, cvc):
	form = open_form(total="20.00")
	form.pay_by_new_card(number, cvc=cvc)
	expect(form.heading).to_have_text("You have paid $20.00")
	assert charged(form.user) == [2000]


def test_the_accepted_brands_are_shown(open_form):
	form = open_form()
	shown = form.root.get_by_role("group", name="Cards accepted here").get_by_role("img")
	expect(shown).to_have_count(6)
	names = [shown.nth(index).get_attribute("aria-label") for index in range(6)]
	assert names == ["VISA", "MasterCard", "American Express", "Discover", "Diners Club", "JCB"]


def test_the_test_cards_are_at_hand_with_test_keys_alone(open_form):
	form = open_form()
	cards = form.root.locator("summary", has_text="Test cards")
	number = form.root.get_by_text("4000 0027 6000 3184")
	expect(number).to_have_count(0)
	cards.press("Enter")
	expect(number).to_be_visible()
	live = open_form(test_mode=False)
	expect(live.card_frame.get_by_label("Card number")).to_be_visible()
	expect(live.root.locator("summary", has_text="Test cards")).to_be_hidden()


def test_another_brand_is_refused_before_anything_is_charged(open_form, charged):
	form = open_form()
	form.enter_card("6200000000000005")
	expect(form.root.get_by_text("UnionPay is not accepted here.")).to_be_visible()
	expect(form.pay_button).to_be_disabled()
	expect(form.pay_button).to_have_accessible_description(re.compile("Please use VISA, MasterCard"))
	form.amount.press("Enter")
	assert charged(form.user) == []
	form.pay_by_new_card(GOOD_CARD)
	expect(form.heading).to_contain_text("You have paid")


def test_a_card_is_saved_only_if_the_payer_says_so(open_form):
	first = open_form()
	expect(first.root.get_by_label("Save this card for next time")).not_to_be_checked()
	first.pay_by_new_card()
	expect(first.heading).to_contain_text("You have paid")
	second = open_form()
	expect(second.card_frame.get_by_label("Card number")).to_be_visible()
	expect(second.root.get_by_role("radio", name="VISA")).to_have_count(0)


def test_a_saved_card_is_offered_first_and_pays_without_being_entered_again(open_form, charged):
	first = open_form(total="30.00")
	first.save_card()
	first.pay_by_new_card("5555555555554444")
	expect(first.heading).to_contain_text("You have paid")

	second = open_form(total="45.00")
	saved = second.root.get_by_role("radio", name="MasterCard •••• 4444")
	expect(saved).to_be_checked()
	expect(second.root.get_by_text("Expires 12/34")).to_be_visible()
	second.pay()
	expect(second.heading).to_have_text("You have paid $45.00")
	assert charged(second.user) == [3000, 4500]


def test_another_card_can_be_entered_beside_saved_ones(open_form, charged):
	first = open_form(total="30.00")
	first.save_card()
	first.pay_by_new_card()
	expect(first.heading).to_contain_text("You have paid")

	second = open_form(total="31.00")
	second.choose("Another card")
	second.pay_by_new_card("378282246310005", cvc="1234")
	expect(second.heading).to_have_text("You have paid $31.00")
	assert charged(second.user) == [3000, 3100]


def test_a_decline_leaves_the_form_usable_with_what_was_entered(open_form, charged):
	form = open_form(total="50.00")
	form.pay_by_new_card("4000000000009995")
	expect(form.alert).to_contain_text("insufficient funds")
	expect(form.alert).to_be_focused()
	expect(form.card_frame.get_by_label("Card number")).to_have_value("4000 0000 0000 9995")
	expect(form.card_frame.get_by_label("ZIP code")).to_have_value("94107")
	assert charged(form.user) == []

	form.card_frame.get_by_label("Card number").fill(GOOD_CARD)
	form.pay()
	expect(form.heading).to_have_text("You have paid $50.00")
	assert charged(form.user) == [5000]


@pytest.mark.parametrize(
	("number", "words"),
	[
		("4000000000000002", "declined"),
		("4000000000000069", "expired"),
		("4000000000000127", "security code is incorrect"),
		("4000000000000119", "error occurred while processing"),
		("4100000000000019", "declined"),
	],
)
def test_each_decline_is_told_in_words(open_form, charged, number, words):
	form = open_form(total="50.00")
	form.pay_by_new_card(number)
	expect(form.alert).to_contain_text(words)
	expect(form.pay_button).to_be_enabled()
	assert charged(form.user) == []


@pytest.mark.parametrize(
	("entered", "words"),
	[
		({"number": "4242"}, "Your card number is incomplete."),
		({"number": "4242424242424241"}, "Your card number is invalid."),
		({"expiry": "12/20"}, "Your card's expiration year is in the past."),
		({"cvc": "1"}, "Your card's security code is incomplete."),
		({"postal": ""}, "Your ZIP is incomplete."),
	],
	ids=["number too short", "number wrong", "expired", "code too short", "no ZIP"],
)
def test_an_entry_that_cannot_be_right_is_not_sent(open_form, charged, entered, words):
	form = open_form()
	sent = []
	form.page.on("request", lambda request: sent.append(request.url))
	form.pay_by_new_card(**entered)
	expect(form.card_frame.get_by_role("alert").filter(has_text=words)).to_be_visible()
	expect(form.alert).to_contain_text(words)
	assert not any("pay.pay" in url for url in sent)
	assert charged(form.user) == []


def test_three_d_secure_completed(open_form, charged):
	form = open_form(total="70.00")
	form.pay_by_new_card(THREE_D_SECURE)
	expect(form.status).to_contain_text("Your bank asks you to confirm")
	form.answer_bank("Complete")
	expect(form.heading).to_have_text("You have paid $70.00")
	assert charged(form.user) == [7000]


def test_three_d_secure_failed_leaves_the_form_usable(open_form, charged):
	form = open_form(total="70.00")
	form.pay_by_new_card(THREE_D_SECURE)
	form.answer_bank("Fail")
	expect(form.alert).to_contain_text("unable to authenticate your payment method")
	assert charged(form.user) == []
	form.card_frame.get_by_label("Card number").fill(GOOD_CARD)
	form.pay()
	expect(form.heading).to_have_text("You have paid $70.00")
	assert charged(form.user) == [7000]


def test_three_d_secure_with_a_saved_card(open_form, charged):
	first = open_form(total="10.00")
	first.save_card()
	first.pay_by_new_card(THREE_D_SECURE)
	first.answer_bank("Complete")
	expect(first.heading).to_contain_text("You have paid")
	second = open_form(total="12.00")
	second.pay()
	second.answer_bank("Complete")
	expect(second.heading).to_have_text("You have paid $12.00")
	assert charged(second.user) == [1000, 1200]


def test_a_payment_left_at_the_bank_is_taken_up_again(open_form, charged):
	left = open_form(total="70.00")
	left.pay_by_new_card(THREE_D_SECURE)
	expect(left.status).to_contain_text("Your bank asks you to confirm")
	left.page.close()

	again = open_form(left.invoice)
	expect(again.heading).to_have_text("Your bank is waiting for your confirmation")
	expect(again.root.get_by_text("You started a payment of $70.00")).to_be_visible()
	again.root.get_by_role("button", name="Continue").click()
	again.answer_bank("Complete")
	expect(again.heading).to_have_text("You have paid $70.00")
	assert charged(again.user) == [7000]


def test_a_payment_left_at_the_bank_can_be_given_up(open_form, charged):
	left = open_form(total="70.00")
	left.pay_by_new_card(THREE_D_SECURE)
	expect(left.status).to_contain_text("Your bank asks you to confirm")
	left.page.close()

	again = open_form(left.invoice)
	again.root.get_by_role("button", name="Cancel this payment").click()
	expect(again.pay_button).to_have_text("Pay $70.00")
	again.pay_by_new_card()
	expect(again.heading).to_have_text("You have paid $70.00")
	assert charged(again.user) == [7000]


def test_pressing_pay_twice_quickly_pays_once(open_form, charged):
	form = open_form(total="33.00")
	form.enter_card()
	form.pay_button.dblclick()
	expect(form.heading).to_have_text("You have paid $33.00")
	assert charged(form.user) == [3300]
