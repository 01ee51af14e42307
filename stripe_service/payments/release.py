"""Free a claimed amount.

A claim ends only when its PaymentIntent is canceled at Stripe: until then the client secret that the browser holds
could still confirm it. That goes for a decline, an abandoned 3-D Secure and a closed tab alike.
"""

from collections.abc import Callable
from datetime import timedelta

import frappe
from frappe.utils import cint

from stripe_service.gateway import errors, payment_states
from stripe_service.payments import ledger
from stripe_service.payments.follow_up import AppliedChange
from stripe_service.payments.intent import cancel_intent, find_unstored
from stripe_service.payments.settle import OutOfStep, reflect_on_documents, settle
from stripe_service.stripe_service.doctype.invoice_payment.invoice_payment import (
	documents_of,
	lock_documents,
)
from stripe_service.utils.transaction import in_fresh_transaction

ABANDONED_AFTER_HOURS = 24


def abandoned_after() -> timedelta:
	"""How long a payer may leave an authentication open (Stripe Service Settings, `abandon_after_hours`)."""
	hours = cint(frappe.db.get_single_value("Stripe Service Settings", "abandon_after_hours"))
	return timedelta(hours=hours or ABANDONED_AFTER_HOURS)


def cancel(payment_name: str, raise_faults: bool = False):
	"""Cancel the payment at Stripe and free its amount; returns the Invoice Payment as it then stands.

	If Stripe has the money already, or is taking it (a debit under way can't be called back), the payment is
	settled instead. If Stripe can't be reached, the amount stays reserved and a sweep tries again: raised only where
	`raise_faults` asks for it.
	"""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	if not payment.is_open:
		return payment
	try:
		intent_id = payment.payment_intent_id or find_unstored(payment_name)
		if not intent_id:
			return end_without_intent(payment_name, payment_states.CANCELLED)
		cancel_intent(payment.stripe_account, intent_id)
		return settle(payment_name)
	except (errors.GatewayError, OutOfStep) as error:
		if raise_faults:
			raise
		frappe.logger("stripe_service").warning(f"{payment_name}: not canceled: {error}")
	try:
		# Why it could not be canceled may be that the money is there.
		return settle(payment_name)
	except (errors.GatewayError, OutOfStep):
		return frappe.get_doc("Invoice Payment", payment_name)


def end_without_intent(payment_name: str, status: str, failure: Callable | None = None):
	"""End a claim of which it is certain that Stripe has no PaymentIntent for it; returns the Invoice Payment. `failure(payment)`
	writes why onto the locked payment. Commits."""

	def end() -> None:
		locked = lock_documents(documents_of(payment_name))
		payment = frappe.get_doc("Invoice Payment", payment_name, for_update=True)
		if failure and payment.is_open:
			failure(payment)
		void(payment, status, locked)

	in_fresh_transaction(end)
	return frappe.get_doc("Invoice Payment", payment_name)


def cancel_if_failed(change: AppliedChange) -> None:
	"""A follow-up step. A PaymentIntent that failed after it was sent (3-D Secure, a debit days later) could be
	confirmed again by whoever has its client secret: cancel it, and with that free the amount."""
	payment = change.payment
	if payment.status == payment_states.STARTED and payment.confirm_sent_at and payment.failure_message:
		cancel(payment.name)


def void(payment, status: str, locked: set) -> None:
	"""End a payment that Stripe has no PaymentIntent for. The caller holds its lock, and those of the documents `locked`, and
	commits."""
	if payment.payment_intent_id or not payment.is_open:
		return
	payment.write(status=status)
	ledger.free(payment)
	reflect_on_documents(payment, locked)
