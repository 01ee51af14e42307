"""Amounts as people and programs write them: read exactly, or refused with what may have been meant; never computed with first."""

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripe_service.gateway import money

CURRENCIES = ["USD", "EUR", "JPY", "KRW", "KWD", "BHD", "ISK", "UGX", "IDR"]
BLANKS = st.sampled_from(["", " ", "  "])


def refused(amount, currency="USD") -> money.AmountError:
	with pytest.raises(money.AmountError) as error:
		money.parse_amount(amount, currency)
	return error.value


@settings(deadline=None)  # the first call loads what it needs
@given(minor=st.integers(0, 10**11), currency=st.sampled_from(CURRENCIES), before=BLANKS, after=BLANKS)
def test_every_amount_of_the_currency_is_read_exactly(minor, currency, before, after):
	text = f"{before}{money.from_minor(minor, currency):f}{after}"
	assert money.parse_amount(text, currency) == minor
	assert money.parse_amount(Decimal(text.strip()), currency) == minor


@settings(deadline=None)  # the first call loads what it needs
@given(text=st.text(max_size=60), currency=st.sampled_from(CURRENCIES))
def test_any_text_is_read_or_refused_and_what_is_read_is_plain_ascii_digits(text, currency):
	try:
		minor = money.parse_amount(text, currency)
	except money.AmountError:
		return
	whole, _point, decimals = text.strip(" ").partition(".")
	assert (whole + decimals).isascii() and (whole + decimals).isdigit()
	assert len(whole) <= 12 and len(decimals) <= money.exponent(currency)
	assert minor == int(whole + decimals.ljust(money.exponent(currency), "0"))


@settings(deadline=None)  # the first call loads what it needs
@given(
	text=st.from_regex(r"[0-9]{0,3}[.,' ]?[0-9]{1,3}[.,]?[0-9]{0,3}", fullmatch=True),
	currency=st.sampled_from(CURRENCIES),
)
def test_each_reading_that_is_named_consists_of_the_digits_that_were_typed(text, currency):
	try:
		money.parse_amount(text, currency)
	except money.AmountError as error:
		assert len(error.readings) <= 2
		typed = [digit for digit in text if digit.isdigit()]
		for reading in error.readings:
			digits = [digit for digit in reading if digit.isdigit()]
			assert digits == typed[: len(digits)] and set(typed[len(digits) :]) <= {"0"}
			money.read_amount_text(reading)


@pytest.mark.parametrize(
	"amount",
	["1e3", "1E999997", "5_0", "٥", "５", "²", "+5", "-5", "-0", "", " ", ".5", "5.", "1.2.3", "0x10", "NaN", "Infinity",
	 "sNaN", "5\n", "\t5", "5\u00a0", "$5", "5 USD", "1" * 13, "1" * 100_000, None, True, 1.5, [5], {"a": 5}, b"5",
	 10**13, -1, 10**9000, Decimal("1e999997"), Decimal("NaN"), Decimal("-Infinity"), Decimal("-1")],
	ids=lambda amount: str(type(amount).__name__),
)  # fmt: skip
def test_what_is_no_plain_number_is_refused(amount):
	assert refused(amount).reason == money.AmountError.NOT_A_NUMBER
	with pytest.raises(money.AmountError):
		money.read_amount_text(amount)


@pytest.mark.parametrize(
	"amount",
	["1e999997", Decimal("1e999997"), 10**200_000, "9" * 10_000_000, "1." + "0" * 5_000_000],
	ids=["exponent", "Decimal", "int", "digits", "decimals"],
)
def test_it_is_refused_at_once_however_large(amount):
	begun = time.process_time()
	refused(amount)
	assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
	"amount, currency, readings",
	[
		("1.190", "USD", ("1.19", "1190")),
		("1.000", "EUR", ("1", "1000")),
		("1,190", "USD", ("1.19", "1190")),
		("1,190", "KWD", ("1.19", "1190")),
		("1.190", "JPY", ("1.19", "1190")),
		("1.234,50", "USD", ("1234.50",)),
		("1,234.5", "USD", ("1234.5",)),
		("1'234", "USD", ("1234",)),
		("1,234,567", "USD", ("1234567",)),
		("12,50", "EUR", ("12.50",)),
		("0,500", "EUR", ("0.5",)),
		("0.500", "EUR", ("0.5",)),
		("1234.567", "USD", ()),
		("1.2345", "USD", ()),
		("1,23,4", "USD", ()),
	],
)
def test_what_may_have_been_meant_is_named(amount, currency, readings):
	assert refused(amount, currency).readings == readings


@pytest.mark.parametrize(
	"amount, currency", [("100.00", "JPY"), ("5.00", "KRW"), ("1.0000", "KWD"), ("19.990", "USD")]
)
def test_zeros_count_as_decimals(amount, currency):
	assert refused(amount, currency).reason == money.AmountError.NOT_EXACT


@pytest.mark.parametrize(
	"amount, currency, minor", [(5, "USD", 500), ("1.190", "KWD", 1190), ("7", "ISK", 700), (" 5 ", "JPY", 5)]
)
def test_what_is_read(amount, currency, minor):
	assert money.parse_amount(amount, currency) == minor
