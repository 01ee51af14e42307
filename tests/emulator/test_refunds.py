"""Refunds in all their statuses, and what a failed or refused one leaves behind."""

import uuid

import pytest
import stripe

from stripe_emulator.control import ControlError


def types(client) -> list[str]:
	return [event.type for event in client.events.list({"limit": 100}).data]


@pytest.fixture
def refund(client, account, pay, control):
	"""`refund("stays_pending")`: half of a new payment of 20 dollars, refunded as was ordered."""

	def refund(outcome: str, **more):
		intent = pay(amount=2000)
		control.advance(seconds=10)
		control.next_refund(outcome, account=account["name"], **more)
		return client.refunds.create({"payment_intent": intent.id, "amount": 1000})

	return refund


def test_metadata_and_reason_are_kept(client, pay):
	made = client.refunds.create(
		{"payment_intent": pay().id, "reason": "duplicate", "metadata": {"attempt": "4711"}}
	)
	found = client.refunds.retrieve(made.id)
	assert (found.reason, found.metadata["attempt"]) == ("duplicate", "4711")
	client.refunds.update(made.id, {"metadata": {"asked_by": "jane@example.com"}})
	assert client.refunds.retrieve(made.id).metadata["attempt"] == "4711"


def test_refunds_are_listed_by_intent_and_by_charge(client, pay, control):
	intent, other = pay(amount=3000), pay()
	made = [client.refunds.create({"charge": intent.latest_charge, "amount": 500}).id for _ in range(3)]
	client.refunds.create({"payment_intent": other.id})
	for query in ({"payment_intent": intent.id}, {"charge": intent.latest_charge}):
		assert [row.id for row in client.refunds.list(query).data] == made[::-1]


def test_pending_until_a_test_moves_it_on(client, refund, control):
	made = refund("stays_pending")
	assert (made.status, made.pending_reason) == ("pending", "processing")
	control.advance(days=40)
	assert client.refunds.retrieve(made.id).status == "pending"
	control.settle_refund(made.id)
	assert client.refunds.retrieve(made.id).status == "succeeded"
	assert types(client)[:2] == ["charge.refund.updated", "refund.updated"]


def test_pending_refund_of_a_debit_can_be_held(client, debit, control):
	intent = debit()
	control.settle(intent.id)
	made = client.refunds.create({"payment_intent": intent.id})
	control.hold_refund(made.id)
	control.advance(days=40)
	assert client.refunds.retrieve(made.id).status == "pending"


def test_waiting_for_funds_takes_them_when_they_are_there(client, refund, control):
	made = refund("waits_for_funds")
	assert (made.status, made.pending_reason, made.balance_transaction) == (
		"pending",
		"insufficient_funds",
		None,
	)
	control.settle_refund(made.id)
	assert client.refunds.retrieve(made.id).balance_transaction


@pytest.mark.parametrize("outcome", ["succeeds_then_fails", "pending_then_fails", "fails"])
def test_refund_that_fails_sooner_or_later(client, refund, control, outcome):
	made = refund(outcome, reason="lost_or_stolen_card")
	if outcome != "fails":
		assert made.status == outcome.split("_")[0].replace("succeeds", "succeeded")
		control.advance(days=8)
	failed = client.refunds.retrieve(
		made.id, {"expand": ["balance_transaction", "failure_balance_transaction"]}
	)
	assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
	assert (failed.balance_transaction.amount, failed.failure_balance_transaction.amount) == (-1000, 1000)
	charge = client.charges.retrieve(made.charge)
	assert (charge.amount_refunded, charge.refunded) == (0, False)
	assert {"refund.created", "refund.failed", "refund.updated", "charge.refund.updated"} <= set(
		types(client)
	)
	again = client.refunds.create({"charge": made.charge, "amount": 1000})
	assert again.status == "succeeded", "it can be tried again"


def test_refund_that_waits_for_the_customer_can_be_canceled(client, refund, control):
	made = refund("requires_action")
	assert (made.status, made.next_action.type) == ("requires_action", "display_details")
	assert client.refunds.cancel(made.id).status == "canceled"
	assert client.charges.retrieve(made.charge).amount_refunded == 0
	other = refund("requires_action")
	control.cancel_refund(other.id)
	assert client.refunds.retrieve(other.id).status == "canceled"


def test_other_refunds_can_not_be_canceled(client, refund):
	with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
		client.refunds.cancel(refund("succeeds").id)


def test_refusal_for_lack_of_funds_is_remembered_under_its_key(client, account, pay, control):
	intent = pay()
	control.next_refund("insufficient_funds", account=account["name"])
	options = {"idempotency_key": uuid.uuid4().hex}
	for _ in range(2):
		with pytest.raises(stripe.InvalidRequestError, match="Insufficient funds in your Stripe") as caught:
			client.refunds.create({"payment_intent": intent.id}, options)
	assert (caught.value.http_status, caught.value.code) == (400, None)
	assert caught.value.json_body["error"]["message_code"] == "insufficient_balance_for_refund"
	assert client.refunds.list({"payment_intent": intent.id}).data == []
	assert client.refunds.create({"payment_intent": intent.id}).status == "succeeded", "under a new key"


def test_balance_that_does_not_cover_the_refund(client, account, pay, control):
	intent = pay(amount=10_000)
	control.advance(days=5)
	control.payout(account["name"])
	control.settings(refunds_need_balance=True)
	with pytest.raises(stripe.InvalidRequestError, match="Insufficient funds"):
		client.refunds.create({"payment_intent": intent.id})
	pay(amount=20_000)
	control.advance(seconds=10)
	assert client.refunds.create({"payment_intent": intent.id}).status == "succeeded"


def test_orders_are_taken_one_by_one(client, account, pay, control):
	intent = pay()
	control.next_refund("stays_pending", account=account["name"])
	control.next_refund("requires_action", account=account["name"])
	made = [client.refunds.create({"payment_intent": intent.id, "amount": 100}).status for _ in range(3)]
	assert made == ["pending", "requires_action", "succeeded"]


def test_unknown_outcome_or_reason_is_refused(account, control):
	with pytest.raises(ControlError, match="outcome must be one of"):
		control.next_refund("evaporates", account=account["name"])
	with pytest.raises(ControlError, match="reason must be one of"):
		control.next_refund("fails", reason="bad mood", account=account["name"])
