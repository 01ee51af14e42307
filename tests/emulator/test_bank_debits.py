"""ACH: processing for days, settled, returned, returned late, refused at once; mandates and blocked accounts."""

import pytest
import stripe

from tests.emulator.conftest import ACCEPTED, bank_details


def test_debit_settles_after_four_business_days(client, debit, control):
	intent = debit()
	assert (intent.status, intent.amount_received) == ("processing", 0)
	charge = client.charges.retrieve(intent.latest_charge)
	assert (charge.status, charge.paid) == ("pending", False)
	assert charge.payment_method_details.us_bank_account.last4 == "6789"

	control.advance(days=2)
	assert client.payment_intents.retrieve(intent.id).status == "processing"
	control.advance(days=5)
	paid = client.payment_intents.retrieve(intent.id, {"expand": ["latest_charge.balance_transaction"]})
	assert (paid.status, paid.amount_received) == ("succeeded", 10_000)
	assert paid.latest_charge.balance_transaction.fee == 80  # 0.8 %


def test_fee_is_at_most_five_dollars(client, debit, control):
	intent = debit(amount=5_000_000)
	control.settle(intent.id)
	control.advance(seconds=10)
	paid = client.payment_intents.retrieve(intent.id, {"expand": ["latest_charge.balance_transaction"]})
	assert paid.latest_charge.balance_transaction.fee == 500


def test_debit_under_way_can_neither_be_confirmed_nor_canceled(client, debit, control):
	intent = debit()
	for call in (client.payment_intents.confirm, client.payment_intents.cancel):
		with pytest.raises(stripe.InvalidRequestError, match="status of processing") as caught:
			call(intent.id)
		assert caught.value.code == "payment_intent_unexpected_state"
	control.settings(cancel_while_processing=True)
	assert client.payment_intents.cancel(intent.id).status == "canceled"
	control.advance(days=10)
	assert client.payment_intents.retrieve(intent.id).status == "canceled"


@pytest.mark.parametrize(
	("token", "code", "blocks"),
	[
		("pm_usBankAccount_accountClosed", "account_closed", True),
		("pm_usBankAccount_noAccount", "no_account", True),
		("pm_usBankAccount_insufficientFunds", "insufficient_funds", False),
		("pm_usBankAccount_debitNotAuthorized", "debit_not_authorized", True),
		("pm_usBankAccount_invalidCurrency", "invalid_currency", False),
	],
)
def test_debit_comes_back(client, customer, debit, control, token, code, blocks):
	intent = debit(token, customer=customer.id, setup_future_usage="off_session")
	method = intent.payment_method
	control.advance(days=7)
	failed = client.payment_intents.retrieve(intent.id)
	assert failed.status == "requires_payment_method"
	assert failed.last_payment_error.code == code
	assert failed.last_payment_error.payment_method.id == method
	charge = client.charges.retrieve(intent.latest_charge)
	assert (charge.status, charge.failure_code) == ("failed", code)
	blocked = getattr(client.payment_methods.retrieve(method).us_bank_account.status_details, "blocked", None)
	assert bool(blocked) is blocks
	assert not blocked or blocked.network_code in ("R02", "R03", "R10")
	told = [event.type for event in client.events.list({"type": "payment_method.automatically_updated"}).data]
	assert bool(told) is blocks


def test_blocked_account_is_refused(client, customer, debit, control):
	intent = debit("pm_usBankAccount_accountClosed", customer=customer.id, setup_future_usage="off_session")
	control.advance(days=7)
	with pytest.raises(stripe.StripeError) as caught:
		debit(intent.payment_method, customer=customer.id)
	assert (caught.value.http_status, caught.value.code) == (402, "bank_account_unusable")
	assert caught.value.error.payment_intent.status == "requires_payment_method"
	details = client.payment_methods.retrieve(intent.payment_method).us_bank_account.status_details
	assert (details.blocked.network_code, details.blocked.reason) == ("R02", "bank_account_closed")


def test_account_that_stays_processing_until_the_test_says(client, debit, control):
	intent = debit("pm_usBankAccount_processing")
	control.advance(days=30)
	assert client.payment_intents.retrieve(intent.id).status == "processing"
	control.fail_debit(intent.id, "account_closed")
	assert client.payment_intents.retrieve(intent.id).last_payment_error.code == "account_closed"


def test_weekly_limit(debit):
	with pytest.raises(stripe.StripeError) as caught:
		debit("pm_usBankAccount_weeklyLimitExceeded")
	assert caught.value.code == "charge_exceeds_weekly_limit"
	assert caught.value.error.payment_intent.status == "requires_payment_method"


@pytest.mark.parametrize("reason", ["insufficient_funds", "incorrect_account_details", "bank_cannot_process"])
def test_late_return_is_a_dispute_that_ends_the_mandate(client, customer, debit, control, reason):
	intent = debit(customer=customer.id, setup_future_usage="off_session")
	mandate = client.charges.retrieve(intent.latest_charge).payment_method_details.us_bank_account.mandate
	assert client.mandates.retrieve(mandate).status == "active"
	control.advance(days=30)
	control.late_return(intent.id, reason)

	dispute = client.disputes.list({"payment_intent": intent.id}).data[0]
	assert (dispute.reason, dispute.status, dispute.amount) == (reason, "lost", 10_000)
	assert client.payment_intents.retrieve(intent.id).status == "succeeded"
	assert client.charges.retrieve(intent.latest_charge).disputed is True
	assert client.mandates.retrieve(mandate).status == "inactive"
	told = {event.type for event in client.events.list({"limit": 100}).data}
	assert {
		"charge.dispute.created",
		"charge.dispute.funds_withdrawn",
		"charge.dispute.closed",
		"mandate.updated",
	} <= told


def test_account_that_is_disputed_after_success(client, debit, control):
	intent = debit("pm_usBankAccount_dispute")
	control.advance(days=8)
	dispute = client.disputes.list({"payment_intent": intent.id}).data[0]
	assert dispute.reason == "debit_not_authorized"


def test_debit_needs_a_mandate(client, customer, debit, control):
	with pytest.raises(stripe.InvalidRequestError, match="requires a mandate") as caught:
		debit(mandate_data=None)
	assert caught.value.code == "payment_intent_mandate_invalid"
	saved = debit(customer=customer.id, setup_future_usage="off_session")
	mandate = client.charges.retrieve(saved.latest_charge).payment_method_details.us_bank_account.mandate
	again = debit(saved.payment_method, customer=customer.id, mandate=mandate, mandate_data=None)
	assert again.status == "processing"
	control.end_mandate(mandate)
	with pytest.raises(stripe.InvalidRequestError) as caught:
		debit(saved.payment_method, customer=customer.id, mandate=mandate, mandate_data=None)
	assert caught.value.code == "payment_intent_mandate_invalid"


def test_acceptance_needs_address_and_agent(debit):
	with pytest.raises(stripe.InvalidRequestError) as caught:
		debit(
			mandate_data={"customer_acceptance": {"type": "online", "online": {"ip_address": "203.0.113.7"}}}
		)
	assert caught.value.code == "parameter_missing"


def test_unverified_account_waits_for_microdeposits(client, control):
	intent = client.payment_intents.create(
		{
			"amount": 10_000,
			"currency": "usd",
			"allowed_payment_method_types": ["us_bank_account"],
			"payment_method_data": bank_details(),
			"mandate_data": ACCEPTED,
			"confirm": True,
		}
	)
	assert (intent.status, intent.next_action.type) == ("requires_action", "verify_with_microdeposits")
	assert (
		client.payment_intents.verify_microdeposits(intent.id, {"descriptor_code": "SM11AA"}).status
		== "processing"
	)
	control.settle(intent.id)
	assert client.payment_intents.retrieve(intent.id).status == "succeeded"


def test_browsers_token_carries_the_acceptance(client, browser, control):
	linked = browser.post("financial_connections/accounts", account_number="000123456789")
	token = browser.post(
		"confirmation_tokens",
		payment_method_data={
			"type": "us_bank_account",
			"us_bank_account": {
				"financial_connections_account": linked["id"],
				"account_holder_type": "company",
			},
			"billing_details": {"name": "Rosen Inc."},
		},
		return_url="https://example.com/",
	)
	assert token["mandate_data"]["customer_acceptance"]["type"] == "online"
	intent = client.payment_intents.create({"amount": 10_000, "currency": "usd"})
	assert (
		client.payment_intents.confirm(intent.id, {"confirmation_token": token["id"]}).status == "processing"
	)


def test_account_without_the_capability(account, client, control):
	control.update_account(account["name"], capabilities={"us_bank_account_ach_payments": "inactive"})
	assert client.payment_intents.create({"amount": 1000, "currency": "usd"}).payment_method_types == ["card"]
	with pytest.raises(stripe.InvalidRequestError, match="No valid payment method types"):
		client.payment_intents.create(
			{"amount": 1000, "currency": "usd", "allowed_payment_method_types": ["us_bank_account"]}
		)
