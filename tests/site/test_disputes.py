"""Disputes of a payment: what they withhold, what people read of them, and what can still be refunded."""

import frappe
import pytest

from stripe_service.api import refund as refund_api
from stripe_service.payments.refund import refundable_minor
from stripe_service.payments.settle import settle
from stripe_service.reconcile import schedule


@pytest.fixture
def paid(world):
	"""A payment of 100 that has succeeded, and is read from Stripe only when a test says so."""
	world.emulator.hold_webhooks()
	outcome = world.pay()
	world.drain()
	yield frappe.get_doc("Invoice Payment", outcome["payment"])
	world.emulator.clear_webhook_rules()
	world.emulator.forget_webhooks()


def read(payment):
	frappe.set_user("Administrator")
	frappe.db.rollback()
	return settle(payment.name)


def told(payment) -> list[str]:
	"""The notices about the payment, oldest first."""
	notices = {"reference_doctype": "Invoice Payment", "reference_name": payment.name}
	return frappe.get_all("Stripe Notice", notices, pluck="subject", order_by="creation")


def test_a_second_dispute_adds_to_a_first_one_that_was_lost(world, paid):
	first = world.emulator.dispute(paid.payment_intent_id, amount=6000)["dispute"]
	world.emulator.move_dispute(first, "lost")
	assert (read(paid).status, read(paid).settled_minor) == ("Dispute Lost", 4000)

	second = world.emulator.dispute(paid.payment_intent_id, amount=1000)["dispute"]
	payment = read(paid)
	assert (payment.status, payment.disputed_minor, payment.settled_minor) == ("Disputed", 7000, 3000)
	world.emulator.move_dispute(second, "won")
	payment = read(paid)
	assert (payment.status, payment.settled_minor) == ("Dispute Lost", 4000)
	world.drain()
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount) == ("Partly Paid", 60)


@pytest.mark.parametrize("status", ["appeal_needs_response", "appeal_under_review"])
def test_an_appeal_against_a_lost_dispute_gives_nothing_back_yet(world, paid, status):
	dispute = world.emulator.dispute(paid.payment_intent_id)["dispute"]
	world.emulator.move_dispute(dispute, "lost")
	assert read(paid).status == "Dispute Lost"
	world.emulator.move_dispute(dispute, status)
	payment = read(paid)
	assert (payment.status, payment.settled_minor, payment.dispute_status) == ("Disputed", 0, status)
	world.drain()
	assert world.reread().workflow_state == "To Be Paid"
	world.emulator.move_dispute(dispute, "won")
	assert (read(paid).status, read(paid).settled_minor) == ("Succeeded", 10000)


@pytest.mark.parametrize("case_type, settled", [("block", 10000), ("resolution", 0)])
def test_a_prevented_dispute_costs_what_was_paid_back(world, paid, case_type, settled):
	world.emulator.dispute(paid.payment_intent_id, status="prevented", case_type=case_type)
	assert read(paid).settled_minor == settled


def test_an_inquiry_takes_nothing_and_is_ended_by_a_refund(world, paid):
	world.emulator.dispute(paid.payment_intent_id, inquiry=True)
	payment = read(paid)
	assert (payment.status, payment.settled_minor, refundable_minor(payment)) == ("Disputed", 10000, 10000)
	assert payment.dispute_due_by
	assert "Refunding it ends the inquiry" in told(payment)[-1]
	frappe.set_user("Administrator")
	refund_api.refund_payment(payment.name, "100.00")
	assert (read(paid).status, read(paid).settled_minor) == ("Refunded", 0)


def test_a_dispute_that_holds_the_money_can_not_be_refunded(world, paid):
	world.emulator.dispute(paid.payment_intent_id, amount=3000)
	payment = read(paid)
	assert (payment.settled_minor, refundable_minor(payment)) == (7000, 0)


def test_a_refund_after_a_dispute_that_was_won(world, paid):
	dispute = world.emulator.dispute(paid.payment_intent_id)["dispute"]
	world.emulator.move_dispute(dispute, "won")
	assert refundable_minor(read(paid)) == 10000
	frappe.set_user("Administrator")
	refund_api.refund_payment(paid.name, "40.00")
	assert (read(paid).status, read(paid).settled_minor) == ("Partly Refunded", 6000)


def test_a_banks_return_has_no_deadline_and_nobody_is_asked_to_answer_it(world):
	account = world.add_bank_account()
	payment = frappe.get_doc("Invoice Payment", world.pay_by_ach(account)["payment"])
	world.emulator.settle(payment.payment_intent_id)
	read(payment)
	world.emulator.late_return(payment.payment_intent_id)
	payment = read(payment)
	assert (payment.status, payment.settled_minor, payment.dispute_due_by) == ("Dispute Lost", 0, None)
	notices = told(payment)
	assert any("was returned by the payer's bank" in subject for subject in notices), notices
	assert not any("ashboard" in subject or "dispute" in subject for subject in notices), notices


def test_disputes_that_can_not_be_read_withhold_all_until_they_can(world, paid):
	world.emulator.dispute(paid.payment_intent_id, amount=1000)
	world.emulator.fault("error", operation="disputes.list", count=-1, status=500, type="api_error")
	payment = read(paid)
	assert (payment.status, payment.settled_minor, payment.disputes_unread) == ("Disputed", 0, 1)
	schedule.poll()
	assert read(paid).settled_minor == 0, "still unread"
	world.emulator.clear_faults()
	schedule.poll()
	frappe.db.rollback()
	payment.reload()
	assert (payment.settled_minor, payment.disputes_unread) == (9000, 0)


def test_a_payment_that_is_disputed_before_it_is_read_the_first_time_never_counts_as_undisputed(world):
	"""The payer returns from 3-D Secure, and the list of disputes can't be read."""
	from stripe_service.api import pay as pay_api

	outcome = world.pay(card="3ds_required")
	intent = world.intents()[0]["id"]
	world.emulator.hold_webhooks()
	try:
		world.emulator.complete_3ds(intent)
		world.emulator.dispute(intent)
		world.emulator.fault(
			"error", operation="disputes.list", count=-1, status=403, type="invalid_request_error"
		)
		with world.as_user(world.payer):
			assert pay_api.finish(outcome["payment"])["outcome"] == "disputed"
		assert world.reread().outstanding_amount == 100
		payment = frappe.get_doc("Invoice Payment", outcome["payment"])
		assert (payment.received_minor, payment.settled_minor) == (10000, 0)
	finally:
		world.emulator.clear_webhook_rules()
		world.emulator.forget_webhooks()
