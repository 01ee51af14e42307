"""The least and the greatest amount, per currency, payment method and settlement currency."""

import uuid

import pytest
import stripe

from tests.emulator.conftest import make_client


@pytest.fixture
def create(client):
	"""`create(50, "usd")`: a PaymentIntent of so many minor units."""

	def create(amount: int, currency: str, **more):
		return client.payment_intents.create({"amount": amount, "currency": currency, **more})

	return create


@pytest.mark.parametrize(
	("currency", "least"),
	[("usd", 50), ("eur", 50), ("gbp", 30), ("jpy", 50), ("huf", 17_500), ("czk", 1_500), ("mxn", 1_000)],
)
def test_least_amount_of_what_settles_in_its_own_currency(client, account, control, currency, least):
	control.update_account(account["name"], settlement_currencies=[currency])
	client.payment_intents.create({"amount": least, "currency": currency})
	with pytest.raises(stripe.InvalidRequestError, match="Amount must be at least") as caught:
		client.payment_intents.create({"amount": least - 1, "currency": currency})
	assert (caught.value.code, caught.value.param) == ("amount_too_small", "amount")


def test_least_amount_follows_the_currency_that_settles(create, account, control):
	"""50 yen are enough for an account that is paid in yen, not for one that is paid in dollars."""
	with pytest.raises(stripe.InvalidRequestError, match="at least 50 cents. ¥50 jpy converts to") as caught:
		create(50, "jpy")
	assert caught.value.code == "amount_too_small"
	create(75, "jpy")
	control.update_account(account["name"], settlement_currencies=["jpy"])
	create(50, "jpy")


def test_dollars_of_an_account_that_is_paid_in_forints(emulator_url, control):
	account = control.create_account(f"forints-{uuid.uuid4().hex[:8]}", country="HU", default_currency="huf")
	client = make_client(account["keys"]["secret"][0], emulator_url)
	with pytest.raises(stripe.InvalidRequestError, match="at least 17500 fillér"):
		client.payment_intents.create({"amount": 46, "currency": "usd"})
	client.payment_intents.create({"amount": 48, "currency": "usd"})


@pytest.mark.parametrize(
	("currency", "digits"),
	[("usd", 8), ("eur", 8), ("jpy", 8), ("kwd", 8), ("cop", 10), ("idr", 12), ("inr", 12)],
)
def test_greatest_amount_by_card(create, currency, digits):
	step = 10 if currency == "kwd" else 1
	most = (10**digits - 1) // step * step
	assert create(most, currency, allowed_payment_method_types=["card"]).amount == most
	with pytest.raises(stripe.InvalidRequestError, match="Amount must be no more than") as caught:
		create(10**digits, currency, allowed_payment_method_types=["card"])
	assert (caught.value.code, caught.value.param) == ("amount_too_large", "amount")


def test_amount_beyond_a_signed_integer_is_paid_and_settled(client, wait):
	intent = client.payment_intents.create(
		{
			"amount": 999_999_999_999, "currency": "idr", "payment_method": "pm_card_visa", "confirm": True,
			"allowed_payment_method_types": ["card"],
		}
	)  # fmt: skip
	assert intent.amount_received == 999_999_999_999 > 2**31
	wait(10)
	charge = client.charges.retrieve(intent.latest_charge, {"expand": ["balance_transaction"]})
	assert charge.balance_transaction.currency == "usd"


@pytest.mark.parametrize(
	("amount", "currency", "step"), [(5_005, "kwd", 10), (50_050, "isk", 100), (500_050, "ugx", 100)]
)
def test_least_step(create, amount, currency, step):
	with pytest.raises(stripe.InvalidRequestError, match=f"divisible by {step}"):
		create(amount, currency)
	assert create(amount // step * step, currency).amount == amount // step * step
