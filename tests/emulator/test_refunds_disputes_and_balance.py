"""What happens to money afterwards: refunds, disputes, fees, payouts."""

import pytest
import stripe


def test_card_refund_is_done_at_once_and_may_be_partial(client, pay, wait):
	charge = pay(amount=1000).latest_charge
	wait(10)
	first = client.refunds.create({"charge": charge, "amount": 300, "reason": "requested_by_customer"})
	assert (first.status, first.amount) == ("succeeded", 300)
	assert client.charges.retrieve(charge).amount_refunded == 300
	with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount") as caught:
		client.refunds.create({"charge": charge, "amount": 701})
	assert caught.value.param == "amount"
	second = client.refunds.create({"charge": charge})
	assert second.amount == 700
	refunded = client.charges.retrieve(charge, {"expand": ["refunds"]})
	assert (refunded.refunded, refunded.amount_refunded) == (True, 1000)
	assert [row.id for row in refunded.refunds.data] == [second.id, first.id]
	assert [row.id for row in client.refunds.list({"charge": charge}).data] == [second.id, first.id]
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.refunds.create({"charge": charge})
	assert caught.value.code == "charge_already_refunded"


def test_refund_by_payment_intent(client, pay):
	intent = pay()
	assert client.refunds.create({"payment_intent": intent.id}).charge == intent.latest_charge
	unpaid = client.payment_intents.create({"amount": 1000, "currency": "usd"})
	with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
		client.refunds.create({"payment_intent": unpaid.id})


def test_debit_refund_takes_days(client, debit, control):
	intent = debit()
	with pytest.raises(stripe.InvalidRequestError):
		client.refunds.create({"payment_intent": intent.id})
	control.settle(intent.id)
	refund = client.refunds.create({"payment_intent": intent.id, "amount": 4000})
	assert refund.status == "pending"
	control.advance(days=8)
	assert client.refunds.retrieve(refund.id).status == "succeeded"


def test_refund_that_fails_gives_the_amount_back(client, pay, control):
	intent = pay("pm_card_refundFail")
	refund = client.refunds.create({"payment_intent": intent.id})
	assert refund.status == "succeeded"
	control.advance(days=8)
	failed = client.refunds.retrieve(refund.id)
	assert (failed.status, failed.failure_reason) == ("failed", "unknown")
	charge = client.charges.retrieve(intent.latest_charge)
	assert (charge.refunded, charge.amount_refunded) == (False, 0)
	assert {"refund.failed", "refund.updated"} <= {event.type for event in client.events.list().data}


def test_pending_refund_of_a_card(client, pay, control):
	refund = client.refunds.create({"payment_intent": pay("pm_card_pendingRefund").id})
	assert refund.status == "pending"
	control.settle_refund(refund.id)
	assert client.refunds.retrieve(refund.id).status == "succeeded"


@pytest.mark.parametrize(("evidence", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_card_dispute_takes_the_money_until_it_is_won(client, pay, wait, evidence, status):
	intent = pay("pm_card_createDispute", amount=2000)
	wait(10)
	dispute = client.disputes.list({"payment_intent": intent.id}).data[0]
	assert (dispute.status, dispute.reason, dispute.is_charge_refundable) == (
		"needs_response",
		"fraudulent",
		False,
	)
	assert [(row.amount, row.fee) for row in dispute.balance_transactions] == [(-2000, 1500)]
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.refunds.create({"payment_intent": intent.id})
	assert caught.value.code == "charge_disputed"

	client.disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}, "submit": True})
	wait(10)
	closed = client.disputes.retrieve(dispute.id)
	assert closed.status == status
	assert len(closed.balance_transactions) == (2 if status == "won" else 1)
	events = client.events.list({"limit": 100, "types": ["charge.dispute.*"]}).data
	told = {event.type for event in events if event.data.object.id == dispute.id}
	assert {"charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"} <= told
	assert ("charge.dispute.funds_reinstated" in told) is (status == "won")


def test_dispute_is_accepted(client, pay, control):
	control.dispute(pay().id, "product_not_received")
	dispute = client.disputes.list().data[0]
	assert client.disputes.close(dispute.id).status == "lost"
	with pytest.raises(stripe.InvalidRequestError, match="already closed"):
		client.disputes.close(dispute.id)


def test_inquiry_takes_no_money(client, pay, wait):
	intent = pay("pm_card_createDisputeInquiry")
	wait(10)
	inquiry = client.disputes.list({"payment_intent": intent.id}).data[0]
	assert (inquiry.status, inquiry.is_charge_refundable) == ("warning_needs_response", True)
	assert inquiry.balance_transactions == []
	assert client.refunds.create({"payment_intent": intent.id}).status == "succeeded"


def test_early_fraud_warning(client, pay, wait):
	pay("pm_card_createIssuerFraudRecord")
	wait(10)
	assert "radar.early_fraud_warning.created" in [event.type for event in client.events.list().data]


def test_fee_comes_a_little_later_with_charge_updated(client, pay, wait):
	charge = client.charges.retrieve(pay(amount=10_000).latest_charge)
	assert charge.balance_transaction is None
	wait(10)
	entry = client.charges.retrieve(charge.id, {"expand": ["balance_transaction"]}).balance_transaction
	assert (entry.amount, entry.fee, entry.net) == (10_000, 320, 9_680)
	assert (entry.type, entry.reporting_category, entry.status) == ("charge", "charge", "pending")
	event = client.events.list({"type": "charge.updated"}).data[0]
	assert event.data.object.balance_transaction == entry.id


def test_foreign_currency_settles_in_the_accounts_own(client, pay, wait):
	charge = pay(amount=10_000, currency="eur").latest_charge
	wait(10)
	entry = client.charges.retrieve(charge, {"expand": ["balance_transaction"]}).balance_transaction
	assert entry.currency == "usd"
	assert entry.exchange_rate and entry.amount == round(10_000 * entry.exchange_rate)


def test_money_becomes_available_after_two_business_days(client, pay, control):
	pay(amount=10_000)
	control.advance(seconds=10)
	balance = client.balance.retrieve()
	assert (balance.available[0].amount, balance.pending[0].amount) == (0, 9_680)
	control.advance(days=5)
	balance = client.balance.retrieve()
	assert (balance.available[0].amount, balance.pending[0].amount) == (9_680, 0)


def test_payout_adds_up_to_its_transactions(client, account, pay, control):
	for amount in (10_000, 5_000):
		intent = pay(amount=amount)
	control.advance(seconds=10)
	client.refunds.create({"payment_intent": intent.id, "amount": 1_000})
	made = control.payout(account["name"])
	payout = client.payouts.retrieve(made["payout"], {"expand": ["destination"]})
	assert payout.destination.object == "bank_account"
	assert payout.destination.last4 == "6789"
	rows = client.balance_transactions.list({"payout": payout.id}).data
	assert sorted(row.type for row in rows) == ["charge", "charge", "payout", "refund"]
	assert sum(row.net for row in rows if row.type != "payout") == payout.amount
	control.advance(days=3)
	assert client.payouts.retrieve(payout.id).status == "paid"
	assert client.payouts.retrieve(payout.id).reconciliation_status == "completed"
	told = {event.type for event in client.events.list({"types": ["payout.*"]}).data}
	assert told == {"payout.created", "payout.reconciliation_completed", "payout.paid"}
	assert control.payout(account["name"])["payout"] is None
