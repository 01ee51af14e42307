"""Which amounts can be paid at once: by Stripe's limits of each currency, and by what Stripe says when it refuses all the same."""

import frappe
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripe_service.gateway import errors, money
from stripe_service.payables.balance import Balance
from stripe_service.payments import limits

CURRENCIES = ["USD", "EUR", "GBP", "JPY", "KWD", "ISK", "UGX", "IDR", "INR", "COP", "XAF", "TND"]


def balance(outstanding: int, currency: str, reserved: int = 0) -> Balance:
	return Balance(currency, outstanding, 0, reserved, outstanding, 0)


@settings(deadline=None)  # the first call loads what it needs
@given(
	outstanding=st.integers(0, 10**11),
	reserved=st.integers(0, 10**6),
	currency=st.sampled_from(CURRENCIES),
	partial=st.booleans(),
	least_partial=st.integers(0, 10**5),
	share=st.floats(0, 1),
)
def test_what_the_bounds_allow_stripe_takes_and_no_rest_is_left_that_nobody_can_pay(
	outstanding, reserved, currency, partial, least_partial, share
):
	owed = balance(outstanding, currency, reserved)
	allowed = limits.bounds(owed, partial, least_partial)
	step = money.step_minor(currency)
	if not allowed.max_minor:
		assert allowed.reason
		return
	assert allowed.min_minor <= allowed.max_minor <= owed.available_minor
	for amount in {allowed.max_minor, allowed.min_minor, int(allowed.max_minor * share) // step * step}:
		try:
			limits.check(amount, allowed)
		except limits.AmountRefused:
			frappe.clear_messages()
			continue
		money.check_chargeable(amount, currency)
		rest = owed.available_minor - amount
		assert amount == allowed.max_minor or rest >= money.minimum_minor(currency)
		assert partial or rest < step, "a payer is not asked for a part where parts are not allowed"


@pytest.mark.parametrize(
	"currency, total, most",
	[
		("USD", 99_999_999, 99_999_999),
		("USD", 100_000_000, 99_999_999),
		("IDR", 150_000_000, 150_000_000),
		("IDR", 10**12, 10**12 - 1),
		("INR", 10**11, 10**11),
		("COP", 10**10 - 1, 10**10 - 1),
		("JPY", 10**8, 10**8 - 1),
		("KWD", 10**8, 99_999_990),
		("ISK", 10**8, 99_999_900),
	],
)
def test_the_greatest_amount_is_that_of_the_currency(site_only, currency, total, most):
	assert limits.bounds(balance(total, currency)).max_minor == most


def test_who_owes_more_than_can_be_paid_at_once_reads_what_to_do_about_the_rest(world):
	form = world.form(invoice=world.make_invoice(total="1234567.89"))
	assert form["amount"]["max"] == "999999.99"
	assert form["amount"]["reason"] == (
		"More than that can't be paid online at once. Pay the rest by another payment."
	)
	assert world.form()["amount"]["reason"] is None


@pytest.mark.parametrize("currency, total", [("USD", 100_000_000), ("JPY", 10**8)])
def test_with_partial_payments_off_nobody_is_asked_for_a_part(site_only, currency, total):
	allowed = limits.bounds(balance(total, currency), partial_allowed=False)
	assert allowed.max_minor == 0
	assert "takes no partial payments" in allowed.reason and "administrator" in allowed.reason


def test_an_indonesian_invoice_of_95_dollars_is_paid_at_once(world):
	invoice = world.make_invoice(total="1500000", currency="IDR")
	assert world.form(invoice=invoice)["amount"]["max_minor"] == 150_000_000
	assert world.pay("1500000", invoice=invoice)["outcome"] == "paid"
	assert world.received_minor(invoice) == 150_000_000


@pytest.mark.parametrize(
	"currency, typed, message", [("KWD", "2.345", "steps of.*0.010"), ("ISK", "10.50", "steps of.*1.00")]
)
def test_an_amount_between_stripes_steps_is_refused(world, currency, typed, message):
	invoice = world.make_invoice(total="1000", currency=currency)
	with pytest.raises(limits.AmountRefused, match=message):
		world.pay(typed, invoice=invoice)


def test_the_least_partial_amount_counts_in_its_own_currency_only(world):
	account = frappe.get_doc("Stripe Account", "Emulator")
	before = account.minimum_partial_amount
	frappe.db.set_value("Stripe Account", "Emulator", "minimum_partial_amount", 80)
	frappe.clear_document_cache("Stripe Account", "Emulator")
	frappe.db.commit()
	try:
		assert world.form()["amount"]["min_minor"] == 8000
		with pytest.raises(limits.AmountRefused, match="at least.*80.00"):
			world.pay("79.99")
		yen = world.make_invoice(total="5000", currency="JPY")
		assert world.form(invoice=yen)["amount"]["min_minor"] == money.minimum_minor("JPY")
	finally:
		frappe.db.set_value("Stripe Account", "Emulator", "minimum_partial_amount", before)
		frappe.clear_document_cache("Stripe Account", "Emulator")
		frappe.db.commit()


@pytest.fixture
def nothing_learnt(site):
	yield
	for currency in ("USD", "JPY", "XAF"):
		frappe.cache.delete_value(limits._key("Emulator", currency, "card"))


def refusal(code: str, message: str) -> errors.InvalidRequest:
	return errors.InvalidRequest(message, code=code)


def test_what_stripe_refuses_for_its_amount_is_answered_with_one_that_would_do(
	world, nothing_learnt, monkeypatch
):
	told = limits.learn_from_refusal(
		"Emulator", refusal("amount_too_small", "Amount must be at least $7.50 usd"), 500, "USD", "card"
	)
	assert "7.50" in told and "Nothing was charged" in told
	offered = world.form()["amount"]
	assert (offered["min_minor"], offered["least_rest_minor"]) == (750, 750)
	with pytest.raises(limits.AmountRefused, match="at least.*7.50"):
		world.pay("5.00")
	with pytest.raises(limits.AmountRefused, match="too little to be paid online"):
		world.pay("95.00")
	small = world.make_invoice(total="6.00")
	assert "write it off" in world.form(invoice=small)["amount"]["reason"]

	told = limits.learn_from_refusal(
		"Emulator", refusal("amount_too_large", "Amount must be no more than $60.00"), 10000, "USD", "card"
	)
	assert "60.00" in told
	assert world.form()["amount"]["max_minor"] == 6000
	by_debit = limits.limits_of("Emulator", "USD", "us_bank_account")
	assert (by_debit.least_minor, by_debit.most_minor > 6000) == (
		50,
		True,
	), "another method has limits of its own"


def test_another_refusal_teaches_nothing(site, nothing_learnt):
	assert (
		limits.learn_from_refusal(
			"Emulator", refusal("parameter_invalid", "Amount must be at least $7.50"), 1, "USD", "card"
		)
		is None
	)
	assert limits.limits_of("Emulator", "USD").least_minor == 50


def test_stripe_itself_refuses_and_the_payer_reads_what_would_do(world, nothing_learnt):
	"""50 yen are Stripe's minimum for an account that receives yen; one that receives dollars needs more."""
	invoice = world.make_invoice(total="5000", currency="JPY")
	outcome = world.pay("50", invoice=invoice)
	assert outcome["outcome"] == "failed"
	assert "Nothing was charged" in outcome["message"], outcome["message"]
	least = world.form(invoice=invoice)["amount"]["min_minor"]
	assert least > 50
	assert world.pay(str(least), invoice=invoice)["outcome"] == "paid"
	assert world.reread(invoice).reserved_amount == 0
