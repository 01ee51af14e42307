"""Strings are as long as Stripe's own, so that a field that is too short for them fails in a test and not for a payer."""

import uuid

import pytest

from tests.emulator.conftest import ACCEPTED, bank_details, make_client, plain

MOST = {"statement_descriptor": 22, "statement_descriptor_suffix": 22, "calculated_statement_descriptor": 22}


def test_receipt_addresses_have_the_length_of_stripes(client, pay):
	assert 150 <= len(client.charges.retrieve(pay().latest_charge).receipt_url) <= 200


def test_receipt_of_a_debit(client, debit, control):
	intent = debit()
	control.settle(intent.id)
	assert 150 <= len(client.charges.retrieve(intent.latest_charge).receipt_url) <= 200


def test_descriptor_on_the_bank_statement_uses_what_is_allowed(client, pay):
	charge = plain(client.charges.retrieve(pay().latest_charge))
	assert 15 < len(charge["calculated_statement_descriptor"]) <= 22
	suffixed = plain(client.charges.retrieve(pay(statement_descriptor_suffix="INV 0001").latest_charge))
	assert suffixed["calculated_statement_descriptor"].endswith("* INV 0001")
	for name, most in MOST.items():
		assert len(suffixed[name] or "") <= most


def test_banks_and_businesses_have_long_names(client, account, debit, control):
	bank = client.charges.retrieve(debit().latest_charge).payment_method_details.us_bank_account
	assert 80 <= len(bank.bank_name) <= 140
	assert 80 <= len(client.accounts.retrieve(account["id"]).business_profile.name) <= 140


def test_pages_that_the_payer_is_sent_to_have_long_addresses(client, pay, control):
	asked = pay("pm_card_authenticationRequired", return_url="https://example.com/")
	assert 250 <= len(asked.next_action.redirect_to_url.url) <= 1000
	setup = client.setup_intents.create(
		{
			"payment_method_data": bank_details(), "mandate_data": ACCEPTED, "confirm": True,
			"allowed_payment_method_types": ["us_bank_account"],
		}
	)  # fmt: skip
	assert 150 <= len(setup.next_action.verify_with_microdeposits.hosted_verification_url) <= 300


@pytest.mark.parametrize(("paid", "settled"), [("eur", "usd"), ("jpy", "usd"), ("usd", "usd")])
def test_fee_is_in_the_currency_that_the_account_is_paid_in(client, pay, wait, paid, settled):
	charge = pay(amount=10_000, currency=paid).latest_charge
	wait(10)
	entry = client.charges.retrieve(charge, {"expand": ["balance_transaction"]}).balance_transaction
	assert (entry.currency, entry.fee_details[0].currency) == (settled, settled)
	assert (entry.exchange_rate is None) == (paid == settled)
	assert entry.net == entry.amount - entry.fee


def test_dollars_settle_in_euros_where_the_account_has_only_those(emulator_url, control):
	account = control.create_account(f"euros-{uuid.uuid4().hex[:8]}", country="DE", default_currency="eur")
	client = make_client(account["keys"]["secret"][0], emulator_url)
	intent = client.payment_intents.create(
		{
			"amount": 11_000, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa",
			"allowed_payment_method_types": ["card"],
		}
	)  # fmt: skip
	control.advance(seconds=10)
	entry = client.charges.retrieve(
		intent.latest_charge, {"expand": ["balance_transaction"]}
	).balance_transaction
	assert (entry.currency, entry.amount) == ("eur", 10_000)
	assert entry.fee == round(10_000 * 0.029) + 27, "the fixed 30 cents are converted, too"


def test_account_with_a_bank_account_for_a_second_currency(client, account, pay, control):
	control.update_account(account["name"], settlement_currencies=["eur"])
	charge = pay(amount=10_000, currency="eur").latest_charge
	control.advance(seconds=10)
	entry = client.charges.retrieve(charge, {"expand": ["balance_transaction"]}).balance_transaction
	assert (entry.currency, entry.amount, entry.exchange_rate) == ("eur", 10_000, None)
