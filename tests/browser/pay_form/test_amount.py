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
	expect(form.amount).to_have_value("1.234,56")
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


# What is typed, as people write amounts

GERMAN = "&number_format=comma&locale=de-DE"


@pytest.fixture(scope="module")
def read(chromium, form_page_url):
	"""`read(text, exponent, **separators)`: what the form makes of an entry, asked of its own module."""
	page = chromium.new_page()
	page.goto(form_page_url)
	yield lambda text, exponent=2, **separators: page.evaluate(
		"async given => (await import('/pay_form/amount.js')).parse_amount(...given)",
		[text, exponent, separators],
	)
	page.close()


US = {"decimal": ".", "group": ",", "names": ["US$", "USD", "$"]}
DE = {"decimal": ",", "group": ".", "names": ["EUR", "€"]}
FR = {"decimal": ",", "group": " ", "names": ["EUR", "€"]}
CH = {"decimal": ".", "group": "'", "names": ["CHF"]}
IN = {"decimal": ".", "group": ",", "pairs": True, "names": ["INR", "₹"]}
AR = {"decimal": "٫", "group": "٬", "names": ["KWD", "د.ك.\u200f"]}


@pytest.mark.parametrize(
	("typed", "exponent", "format", "minor"),
	[
		("50", 2, US, 5000),
		("50 USD", 2, US, 5000),
		("usd 50", 2, US, 5000),
		("USD50.5", 2, US, 5050),
		("$ 50", 2, US, 5000),
		("$50", 2, US, 5000),
		("50 $", 2, US, 5000),
		("US$ 1,234.56", 2, US, 123456),
		("$\u00a01,234.56", 2, US, 123456),
		("1 234.56", 2, US, 123456),
		("1,234,567", 2, US, 123456700),
		("0.190", 2, US, 19),
		(".5", 2, US, 50),
		("50.", 2, US, 5000),
		("５０", 2, US, 5000),
		("15,000", 0, US, 15000),
		("15.000", 0, DE, 15000),
		("12.340", 3, US, 12340),
		("12,340", 3, DE, 12340),
		("1,234.560", 3, US, 1234560),
		("1.234,56 €", 2, DE, 123456),
		("1\u202f234,56 €", 2, FR, 123456),
		("CHF 1'234.50", 2, CH, 123450),
		("CHF 1’234.50", 2, CH, 123450),
		("₹ 1,00,000.00", 2, IN, 10000000),
		("١٬٢٣٤٫٥٦٠ د.ك.\u200f", 3, AR, 1234560),
		("1, 234.00", 2, {"decimal": ".", "group": ", "}, 123400),
	],
)
def test_whatever_the_form_prints_can_be_typed_back(read, typed, exponent, format, minor):
	assert read(typed, exponent, **format) == {"minor": minor}


@pytest.mark.parametrize(
	("typed", "exponent", "format", "readings"),
	[
		("1.190", 2, US, ["1190", "1.19"]),
		("1,234", 2, US, ["1234", "1.234"]),
		("$ 1,190", 2, US, ["1190", "1.19"]),
		("119.000", 2, US, ["119000", "119"]),
		("15.000", 0, US, ["15000", "15"]),
		("15,000", 0, DE, ["15000", "15"]),
		("1.190", 2, DE, ["1190", "1.19"]),
		("1,190", 2, DE, ["1190", "1.19"]),
		("1,234", 3, US, ["1234", "1.234"]),
		("1.234", 3, DE, ["1234", "1.234"]),
		("1.500", 2, FR, ["1500", "1.5"]),
	],
)
def test_what_can_be_read_in_two_ways_is_refused(read, typed, exponent, format, readings):
	found = read(typed, exponent, **format)
	assert found == {"problem": "doubtful", "readings": readings}


@pytest.mark.parametrize(
	("typed", "problem"),
	[
		("1,50", "unreadable"),
		("0,500", "unreadable"),
		("1,2345", "unreadable"),
		("12 34", "unreadable"),
		("1.2.3", "unreadable"),
		("1.234,56", "unreadable"),
		("1e3", "unreadable"),
		("5²", "unreadable"),
		("+50", "unreadable"),
		("fifty", "unreadable"),
		("$", "empty"),
		("50 EUR", "other_currency"),
		("€ 50", "other_currency"),
		("1.234", "too_many_decimals"),
		("1.005", "too_many_decimals"),
		("99999999999999999999", "too_large"),
	],
)
def test_what_is_no_amount_of_the_invoice_is_refused(read, typed, problem):
	assert read(typed, **US)["problem"] == problem


@pytest.mark.parametrize(
	("query", "currency", "total", "typed", "words"),
	[
		("", "USD", "2000.00", "1.190", "Do you mean $1,190.00 or $1.19? Write 1,190.00 or 1.19."),
		("", "USD", "2000.00", "1,234", "Do you mean $1,234.00 or $1.234? For $1,234.00, write 1,234.00."),
		(GERMAN, "EUR", "2000.00", "1.190", "Do you mean 1.190,00 € or 1,19 €? Write 1.190,00 or 1,19."),
		("", "JPY", "20000", "15.000", "Do you mean ¥15,000 or ¥15? Write 15,000 or 15."),
		(
			"",
			"USD",
			"2000.00",
			"50 EUR",
			"This invoice is in USD. Enter only the amount, for example 123.45.",
		),
	],
)
def test_a_doubt_is_told_with_both_readings(open_form, charged, query, currency, total, typed, words):
	form = open_form(total=total, currency=currency, query=query)
	form.amount.fill(typed)
	form.amount.blur()
	problem = form.root.locator(".stripe-pay-amount").get_by_role("alert")
	expect(problem).to_have_text(words)
	expect(form.pay_button).to_have_text("Pay")


@pytest.mark.parametrize(
	("query", "currency", "total", "proposed", "button"),
	[
		("", "USD", "1234.56", "1,234.56", "Pay $1,234.56"),
		("", "JPY", "15000", "15,000", "Pay ¥15,000"),
		("", "KWD", "1042.750", "1,042.750", "Pay KWD 1,042.750"),
		(GERMAN, "EUR", "1250.50", "1.250,50", "Pay 1.250,50 €"),
	],
)
def test_the_printed_amount_is_pasted_back(open_form, query, currency, total, proposed, button):
	form = open_form(total=total, currency=currency, query=query)
	expect(form.amount).to_have_value(proposed)
	printed = form.root.locator(".stripe-pay-outstanding-amount").inner_text()
	form.amount.fill(printed)
	form.amount.blur()
	expect(form.root.locator(".stripe-pay-amount").get_by_role("alert")).to_be_hidden()
	expect(form.pay_button).to_have_text(button)
