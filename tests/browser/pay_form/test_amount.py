"""How much is paid: any part up to what is allowed, exact to the minor unit, never leaving what can't be paid."""

import pytest
from playwright.sync_api import expect


def test_a_part_is_paid_and_the_rest_is_offered_next_time(open_form, charged):
	first = open_form(total="119.00")
	first.amount.fill("50")
	expect(first.pay_button).to_have_text("Pay $50.00")
	first.pay_by_new_card()
	expect(first.heading).to_have_text("You have paid $50.00")
	expect(first.root.get_by_text("$69.00 of the invoice is still to be paid.")).to_be_visible()

	second = open_form(first.invoice)
	expect(second.amount).to_have_value("69.00")
	second.pay_by_new_card()
	expect(second.heading).to_have_text("You have paid $69.00")
	assert charged(second.user) == [5000, 6900]


@pytest.mark.parametrize(
	("currency", "total", "part", "button", "minor"),
	[
		("USD", "1234.56", "19.99", "Pay $19.99", 1999),
		("JPY", "15000", "5001", "Pay ¥5,001", 5001),
		("KWD", "42.750", "12.340", "Pay KWD 12.340", 12340),
		("EUR", "1250.50", "1,000.05", "Pay €1,000.05", 100005),
	],
)
def test_amounts_are_exact_in_every_kind_of_currency(
	open_form, charged, currency, total, part, button, minor
):
	form = open_form(total=total, currency=currency)
	form.amount.fill(part)
	expect(form.pay_button).to_have_text(button)
	form.pay_by_new_card()
	expect(form.heading).to_contain_text("You have paid")
	assert charged(form.user) == [minor]


@pytest.mark.parametrize(
	("currency", "total", "typed", "words"),
	[
		("USD", "119.00", "119.01", "You can pay $119.00 at most."),
		("USD", "119.00", "0.49", "The least you can pay is $0.50."),
		("USD", "119.00", "118.60", "$0.40 would be left"),
		("USD", "119.00", "1.234", "does not have that many decimals"),
		("USD", "119.00", "1,50", "This is not an amount."),
		("USD", "119.00", "-5", "This is not an amount."),
		("USD", "119.00", "", "Enter the amount you want to pay."),
		("JPY", "15000", "100.5", "does not have that many decimals"),
		("KWD", "42.750", "12.345", "must be a multiple of KWD 0.010"),
	],
)
def test_a_wrong_amount_is_told_beside_the_field_and_not_sent(
	open_form, charged, currency, total, typed, words
):
	form = open_form(total=total, currency=currency)
	form.enter_card()
	form.amount.fill(typed)
	form.pay()
	problem = form.root.locator(".stripe-pay-amount").get_by_role("alert")
	expect(problem).to_contain_text(words)
	expect(form.amount).to_be_focused()
	expect(form.amount).to_have_attribute("aria-invalid", "true")
	assert problem.get_attribute("id") in form.amount.get_attribute("aria-describedby").split()
	assert charged(form.user) == []

	form.amount.fill("50" if currency == "JPY" else "1")
	expect(problem).to_be_hidden()


def test_a_decimal_comma_is_read_where_the_payer_writes_one(open_form, charged):
	form = open_form(total="1234.56", currency="EUR", query="&number_format=comma&locale=de-DE")
	expect(form.amount).to_have_value("1234,56")
	form.amount.fill("1.000,05")
	form.pay_by_new_card()
	expect(form.heading).to_contain_text("You have paid")
	assert charged(form.user) == [100005]


def test_where_no_part_may_be_paid_the_amount_is_fixed(open_form, charged):
	form = open_form(total="80.00", partial_allowed=False)
	expect(form.amount).not_to_be_editable()
	expect(form.root.get_by_text("The whole amount of $80.00 is paid at once.")).to_be_visible()
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $80.00")
	assert charged(form.user) == [8000]


def test_enter_in_the_amount_pays(open_form, charged):
	form = open_form(total="80.00")
	form.enter_card()
	form.amount.fill("20")
	form.amount.press("Enter")
	expect(form.heading).to_have_text("You have paid $20.00")
	assert charged(form.user) == [2000]
