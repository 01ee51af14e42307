"""Exact to the minor unit, in every currency, whatever the figure."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripe_service.gateway import money

TWO_DECIMAL = ["USD", "EUR", "GBP", "CHF", "MXN"]
ALL = sorted(money.ZERO_DECIMAL | money.THREE_DECIMAL | money.WHOLE_UNITS_ONLY) + TWO_DECIMAL
minor_amounts = st.integers(min_value=0, max_value=10**8 - 1)


@given(minor=minor_amounts, currency=st.sampled_from(ALL))
def test_an_amount_survives_the_way_to_major_units_and_back(minor, currency):
	assert money.to_minor(money.from_minor(minor, currency), currency) == minor


@given(minor=minor_amounts, currency=st.sampled_from(ALL))
def test_a_float_as_the_database_layer_hands_it_over_loses_no_cent(minor, currency):
	as_float = float(money.from_minor(minor, currency))
	assert money.to_minor(as_float, currency) == minor
	assert money.round_to_minor(as_float, currency) == minor


@given(minor=minor_amounts, currency=st.sampled_from(ALL))
def test_the_chargeable_part_is_taken_by_stripe_and_is_the_greatest_such(minor, currency):
	part = money.chargeable_minor(minor, currency)
	if part:
		assert part <= minor
		money.check_chargeable(part, currency)
		assert minor - part < money.step_minor(currency)
	else:
		assert minor < money.minimum_minor(currency) + money.step_minor(currency)


@pytest.mark.parametrize(
	"amount, currency, minor",
	[
		(19.99, "USD", 1999),
		(8.35 * 100, "USD", 83500),
		("19.99", "usd", 1999),
		(1, "JPY", 1),
		(500.0, "JPY", 500),
		("1.234", "KWD", 1234),
		(12.5, "KWD", 12500),
		("7", "ISK", 700),
		(Decimal("0.5"), "EUR", 50),
	],
)
def test_known_amounts(amount, currency, minor):
	assert money.to_minor(amount, currency) == minor


@pytest.mark.parametrize("amount, currency", [("0.001", "USD"), ("10.5", "JPY"), ("1.2345", "KWD")])
def test_more_decimals_than_the_currency_has_are_refused_not_rounded(amount, currency):
	with pytest.raises(money.AmountError) as refused:
		money.to_minor(amount, currency)
	assert refused.value.reason == money.AmountError.NOT_EXACT


@pytest.mark.parametrize(
	"minor, currency, reason",
	[
		(49, "USD", money.AmountError.TOO_SMALL),
		(29, "GBP", money.AmountError.TOO_SMALL),
		(100_000_000, "USD", money.AmountError.TOO_LARGE),
		(1234, "KWD", money.AmountError.NOT_EXACT),
		(750, "ISK", money.AmountError.NOT_EXACT),
	],
)
def test_what_stripe_would_refuse_is_refused_here_with_the_same_reason(minor, currency, reason):
	with pytest.raises(money.AmountError) as refused:
		money.check_chargeable(minor, currency)
	assert refused.value.reason == reason


def test_a_computed_total_is_rounded_half_up():
	assert money.round_to_minor(10.005, "USD") == 1001
	assert money.round_to_minor("0.4999", "JPY") == 0
	assert money.round_to_minor("0.5", "JPY") == 1
