"""What Stripe says of an amount it did not take is read as the limit that it names, as an amount that it takes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripe_service.gateway import money
from stripe_service.gateway.amount_refusals import limit_in

SMALL, LARGE = "amount_too_small", "amount_too_large"


@pytest.mark.parametrize(
	"code, message, refused, currency, limit",
	[
		(SMALL, "Amount must be at least $0.50 usd", 10, "USD", 50),
		(SMALL, "Amount must be at least 50 cents", 10, "USD", 50),
		(SMALL, "Amount must be at least 30 pence", 10, "GBP", 30),
		(SMALL, "Amount must be at least ¥50 jpy", 10, "JPY", 50),
		(SMALL, "Amount must be at least 0.155 kwd", 10, "KWD", 160),
		(
			SMALL,
			"Amount must convert to at least 50 cents. ¥5 converts to approximately $0.03.",
			5,
			"JPY",
			100,
		),
		(LARGE, "Amount must be no more than $999,999.99", 10**9, "USD", 99_999_999),
		(LARGE, "Amount must be no more than 99,999.999 kwd", 10**9, "KWD", 99_999_990),
		(
			SMALL,
			"Amount must convert to at least 50 cents. ¥1 converts to approximately $0.00.",
			1,
			"JPY",
			None,
		),
		(SMALL, "The amount is not right.", 1, "USD", None),
		(LARGE, "Amount must be at least $0.50 usd", 10, "USD", None),
		("card_declined", "Amount must be at least $0.50 usd", 10, "USD", None),
		(None, None, 10, "USD", None),
	],
)
def test_the_limit_is_read(code, message, refused, currency, limit):
	assert limit_in(code, message, refused, currency) == limit


@settings(deadline=None)  # the first call loads what it needs
@given(
	refused=st.integers(100, 10**6),
	cents=st.integers(1, 49),
	off=st.floats(-0.499, 0.499),
	currency=st.sampled_from(["JPY", "IDR", "ISK", "KWD"]),
)
def test_an_amount_that_is_converted_is_enough_at_whatever_rate_was_rounded(refused, cents, off, currency):
	"""`off`: what Stripe rounded away when it said what the refused amount comes to."""
	rate = (cents + off) / refused
	message = (
		f"Amount must convert to at least 50 cents. X{refused} converts to approximately ${cents / 100:.2f}."
	)
	limit = limit_in(SMALL, message, refused, currency)
	assert limit % money.step_minor(currency) == 0
	assert limit * rate >= 50 - 1e-6


@settings(deadline=None)  # the first call loads what it needs
@given(st.text(max_size=200), st.sampled_from([SMALL, LARGE]))
def test_no_text_breaks_it(text, code):
	limit = limit_in(code, text, 100, "USD")
	assert limit is None or limit >= 0
