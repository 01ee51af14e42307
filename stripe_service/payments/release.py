"""Giving a claimed amount back.

A claim ends only when its PaymentIntent is canceled at Stripe: until then the client secret that the browser holds
could still confirm it. That goes for a decline, an abandoned 3-D Secure and a closed tab alike.
"""

import frappe

from stripe_service.accounts.connect import gateway_for
from stripe_service.gateway import errors
from stripe_service.payables.registry import open_payable, payable_for
from stripe_service.payments import settle, states
from stripe_service.payments.balance import balance_of


def cancel(payment_name: str):
	"""Cancel the payment at Stripe and free its amount; returns the Invoice Payment as it then stands.

	If Stripe has the money already, or is taking it (a debit under way can't be called back), the payment is
	settled instead. If Stripe can't be reached, the amount stays reserved and a sweep tries again: not raised.
	"""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	if payment.status not in states.RESERVING:
		return payment
	try:
		intent_id = payment.payment_intent_id or _recover_intent(payment_name)
		_cancel_at_stripe(payment.stripe_account, intent_id)
	except errors.GatewayError as error:
		frappe.logger("stripe_service").warning(f"{payment_name}: not canceled: {error}")
	try:
		return settle.settle(payment_name)
	except (errors.GatewayError, settle.OutOfStep):
		return frappe.get_doc("Invoice Payment", payment_name)


def _recover_intent(payment_name: str) -> str:
	"""A claim without a PaymentIntent id: creating it again under the same key finds the one that was made, or makes
	the one that was not; either can then be canceled."""
	from stripe_service.payments import charge

	return charge.create(payment_name)


def _cancel_at_stripe(account: str, intent_id: str) -> None:
	try:
		gateway_for(account).call(
			"payment_intents.cancel", intent_id, params={"cancellation_reason": "abandoned"}
		)
	except errors.InvalidRequest as error:
		# Canceled before, succeeded or processing: settling reads which.
		if error.code != "payment_intent_unexpected_state":
			raise


def lock(payment_name: str):
	"""The payment, its document's row locked before its own: the order in which everyone locks."""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	if frappe.db.exists(payment.reference_doctype, payment.reference_name):
		frappe.get_doc(payment.reference_doctype, payment.reference_name, for_update=True)
	return frappe.get_doc("Invoice Payment", payment_name, for_update=True)


def void(payment, status: str) -> None:
	"""End a payment that Stripe has no PaymentIntent for. The caller holds the lock and commits."""
	if payment.payment_intent_id or payment.status not in states.RESERVING:
		return
	payment.status = status
	payment.flags.by_stripe_service = True
	payment.save(ignore_permissions=True)
	if payable_for(payment.reference_doctype):
		payable = open_payable(frappe.get_doc(payment.reference_doctype, payment.reference_name))
		payable.reflect(balance_of(payable, lock=True))
