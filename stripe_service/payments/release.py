"""Free a claimed amount.

A claim ends only when its PaymentIntent is canceled at Stripe: until then the client secret that the browser holds
could still confirm it. That goes for a decline, an abandoned 3-D Secure and a closed tab alike.
"""

import frappe

from stripe_service.gateway import errors, payment_states
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_enabled_config
from stripe_service.payments.follow_up import AppliedChange
from stripe_service.payments.intent import cancel_intent, create_intent
from stripe_service.payments.settle import OutOfStep, settle


def cancel(payment_name: str):
	"""Cancel the payment at Stripe and free its amount; returns the Invoice Payment as it then stands.

	If Stripe has the money already, or is taking it (a debit under way can't be called back), the payment is
	settled instead. If Stripe can't be reached, the amount stays reserved and a sweep tries again: not raised.
	"""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	if not payment.is_open:
		return payment
	try:
		# Creating it again under the same key finds the PaymentIntent that was made, or makes the one that was not;
		# either can then be canceled.
		intent_id = payment.payment_intent_id or create_intent(payment_name)
		cancel_intent(payment.stripe_account, intent_id)
	except errors.GatewayError as error:
		frappe.logger("stripe_service").warning(f"{payment_name}: not canceled: {error}")
	try:
		return settle(payment_name)
	except (errors.GatewayError, OutOfStep):
		return frappe.get_doc("Invoice Payment", payment_name)


def cancel_if_failed(change: AppliedChange) -> None:
	"""A follow-up step. A PaymentIntent that failed after it was sent (3-D Secure, a debit days later) could be
	confirmed again by whoever has its client secret: cancel it, and with that free the amount."""
	payment = change.payment
	if payment.status == payment_states.STARTED and payment.confirm_sent_at and payment.failure_message:
		cancel(payment.name)


def void(payment, status: str) -> None:
	"""End a payment that Stripe has no PaymentIntent for. The caller holds the lock and commits."""
	if payment.payment_intent_id or not payment.is_open:
		return
	payment.write(status=status)
	if get_enabled_config(payment.reference_doctype):
		payable = open_payable(frappe.get_doc(payment.reference_doctype, payment.reference_name))
		payable.update_document(balance_of(payable, lock=True))
