"""Disputes in all statuses of the API version, several of one charge, and the money that each takes and gives back."""

import typing

import pytest
import stripe

from stripe_emulator.control import ControlError

WITHDRAWN = ("needs_response", "under_review", "lost", "appeal_needs_response", "appeal_under_review")
CLOSED = ("won", "lost", "warning_closed", "prevented")
STATUSES = (
	"warning_needs_response", "warning_under_review", "warning_closed", "needs_response", "under_review", "won", "lost",
	"appeal_needs_response", "appeal_under_review", "prevented",
)  # fmt: skip


def on_balance(dispute) -> int:
	return sum(entry.amount for entry in dispute.balance_transactions)


def types(client) -> list[str]:
	return [event.type for event in client.events.list({"limit": 100}).data]


@pytest.fixture
def dispute(client, pay, control):
	"""`dispute(status="won")`: a dispute of a new card payment of 20 dollars, as Stripe shows it."""

	def dispute(**how):
		intent = pay(amount=2000)
		control.advance(seconds=10)
		return client.disputes.retrieve(control.dispute(intent.id, **how)["dispute"])

	return dispute


@pytest.mark.emulator_only
def test_every_status_that_the_sdk_names_is_known():
	hint = stripe.Dispute.__annotations__["status"]
	named = {name for part in typing.get_args(hint) for name in typing.get_args(part)} or set(
		typing.get_args(hint)
	)
	assert {name for name in named if isinstance(name, str)} <= set(STATUSES)


@pytest.mark.parametrize("status", STATUSES)
def test_a_dispute_begins_in_any_status(client, dispute, status):
	found = dispute(status=status)
	assert found.status == status
	assert on_balance(found) == (-2000 if status in WITHDRAWN else 0)
	assert found.is_charge_refundable is (status not in WITHDRAWN)
	told = types(client)
	assert ("charge.dispute.funds_withdrawn" in told) is (status in WITHDRAWN)
	assert ("charge.dispute.closed" in told) is (status in CLOSED)
	assert (found.evidence_details.due_by > 0) is status.endswith("needs_response")


@pytest.mark.parametrize("status", STATUSES)
def test_a_dispute_moves_to_any_status_and_its_money_follows(client, dispute, control, status):
	found = dispute()
	assert on_balance(found) == -2000
	control.move_dispute(found.id, status)
	moved = client.disputes.retrieve(found.id)
	assert moved.status == status
	assert on_balance(moved) == (-2000 if status in WITHDRAWN else 0)
	assert ("charge.dispute.funds_reinstated" in types(client)) is (status not in WITHDRAWN)
	assert client.charges.retrieve(found.charge).disputed is True


def test_a_lost_dispute_that_is_appealed_stays_withdrawn_until_it_is_won(client, dispute, control):
	found = dispute(status="lost")
	for status in ("appeal_needs_response", "appeal_under_review"):
		control.move_dispute(found.id, status)
		assert on_balance(client.disputes.retrieve(found.id)) == -2000
	control.close_dispute(found.id, "won")
	won = client.disputes.retrieve(found.id)
	assert [entry.amount for entry in won.balance_transactions] == [-2000, 2000]
	assert [entry.reporting_category for entry in won.balance_transactions] == ["dispute", "dispute_reversal"]


@pytest.mark.parametrize(
	("case_type", "taken", "refundable"), [("block", 0, True), ("resolution", -2000, False)]
)
def test_a_prevented_dispute_was_blocked_or_paid_back(dispute, case_type, taken, refundable):
	found = dispute(status="prevented", case_type=case_type)
	assert found.payment_method_details.card.case_type == case_type
	assert (on_balance(found), found.is_charge_refundable) == (taken, refundable)
	assert found.evidence_details.due_by == 0


@pytest.mark.parametrize(
	("how", "case_type"),
	[
		({}, "chargeback"),
		({"inquiry": True}, "inquiry"),
		({"case_type": "compliance"}, "compliance"),
		({"status": "warning_closed"}, "inquiry"),
	],
)
def test_case_types(dispute, how, case_type):
	assert dispute(**how).payment_method_details.card.case_type == case_type


def test_several_disputes_of_one_charge(client, pay, control):
	intent = pay(amount=3000)
	first = control.dispute(intent.id, amount=1000)["dispute"]
	control.close_dispute(first, "lost")
	second = control.dispute(intent.id, "product_not_received", amount=500)["dispute"]
	control.close_dispute(second, "won")
	found = client.disputes.list({"charge": intent.latest_charge}).data
	assert [(row.id, row.status, on_balance(row)) for row in found] == [
		(second, "won", 0),
		(first, "lost", -1000),
	]
	assert [row.id for row in client.disputes.list({"payment_intent": intent.id}).data] == [second, first]
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.refunds.create({"payment_intent": intent.id, "amount": 100})
	assert caught.value.code == "charge_disputed", "the newest was won, but an older one was lost"


def test_card_that_is_disputed_more_than_once(client, pay, wait):
	intent = pay("pm_card_createMultipleDisputes", amount=3000)
	wait(10)
	found = client.disputes.list({"payment_intent": intent.id}).data
	assert [(row.amount, row.status) for row in found] == [(1500, "needs_response")] * 2


def test_refund_after_a_won_dispute(client, dispute, control):
	found = dispute()
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.refunds.create({"charge": found.charge})
	assert caught.value.code == "charge_disputed"
	control.close_dispute(found.id, "won")
	assert client.disputes.retrieve(found.id).is_charge_refundable is True
	assert client.refunds.create({"charge": found.charge}).status == "succeeded"


def test_inquiry_that_is_refunded_costs_nothing_more(client, dispute, control):
	inquiry = dispute(inquiry=True)
	assert client.refunds.create({"charge": inquiry.charge}).status == "succeeded"
	control.move_dispute(inquiry.id, "needs_response")
	assert on_balance(client.disputes.retrieve(inquiry.id)) == 0


def test_inquiry_that_escalates_takes_the_money(client, pay, wait):
	intent = pay("pm_card_createDisputeInquiry", amount=2000)
	wait(10)
	inquiry = client.disputes.list({"payment_intent": intent.id}).data[0]
	client.disputes.update(inquiry.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}})
	assert client.disputes.retrieve(inquiry.id).status == "warning_under_review"
	wait(10)
	escalated = client.disputes.retrieve(inquiry.id)
	assert (escalated.status, on_balance(escalated)) == ("needs_response", -2000)
	assert escalated.payment_method_details.card.case_type == "chargeback"


def test_inquiry_can_be_neither_won_nor_lost(client, dispute, control):
	for verdict in ("won", "lost"):
		inquiry = dispute(inquiry=True)
		assert control.close_dispute(inquiry.id, verdict)["status"] == "warning_closed"


def test_entries_are_in_the_currency_that_settles(client, pay, control):
	intent = pay(amount=10_000, currency="eur")
	control.advance(seconds=10)
	found = client.disputes.retrieve(control.dispute(intent.id)["dispute"])
	control.close_dispute(found.id, "won")
	assert (found.amount, found.currency) == (10_000, "eur")
	entries = client.disputes.retrieve(found.id).balance_transactions
	assert [(entry.currency, entry.amount) for entry in entries] == [("usd", -11_000), ("usd", 11_000)]
	assert all(entry.exchange_rate for entry in entries)


def test_return_of_a_debit_is_a_dispute_that_nobody_can_answer(client, debit, control):
	intent = debit()
	control.settle(intent.id)
	control.advance(seconds=10)
	control.late_return(intent.id)
	found = client.disputes.list({"payment_intent": intent.id}).data[0]
	assert (found.status, found.evidence_details.due_by) == ("lost", 0)
	assert on_balance(found) == -10_000
	assert found.payment_method_details is None


def test_first_unauthorised_debit_ends_the_mandate_and_a_second_blocks_the_account(
	client, customer, debit, control
):
	def blocked():
		details = client.payment_methods.retrieve(saved.payment_method).us_bank_account.status_details
		return getattr(details, "blocked", None)

	saved = debit(customer=customer.id, setup_future_usage="off_session")
	again = debit(saved.payment_method, customer=customer.id)
	for intent in (saved, again):
		control.settle(intent.id)
	control.dispute(saved.id, "debit_not_authorized")
	mandate = client.charges.retrieve(saved.latest_charge).payment_method_details.us_bank_account.mandate
	assert client.mandates.retrieve(mandate).status == "inactive"
	assert blocked() is None
	control.dispute(again.id, "debit_not_authorized")
	assert (blocked().network_code, blocked().reason) == ("R10", "debit_not_authorized")


def test_unknown_status_or_case_type_is_refused(dispute, control):
	found = dispute()
	with pytest.raises(ControlError, match="status must be one of"):
		control.move_dispute(found.id, "forgotten")
	with pytest.raises(ControlError, match="case_type must be one of"):
		control.move_dispute(found.id, "prevented", case_type="mystery")
	with pytest.raises(ControlError, match="status must be one of"):
		control.close_dispute(found.id, "under_review")
