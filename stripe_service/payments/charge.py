"""Charge a claim at Stripe: create the PaymentIntent, store its id (`intent`), then confirm it.

New card details arrive as a ConfirmationToken that Stripe.js made: numbers never reach this server.
"""

import frappe
from frappe import _
from frappe.utils import cint, get_url, get_url_to_form, now_datetime

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors, payment_states
from stripe_service.payments import limits, release
from stripe_service.payments.intent import create_intent, write_at_once
from stripe_service.payments.record import IntentSnapshot, record_failure
from stripe_service.payments.settle import EXPAND, OutOfStep, apply, dispute_of, settle
from stripe_service.saved_methods import saved_method
from stripe_service.stripe_service.doctype.invoice_payment.invoice_payment import lock_payment
from stripe_service.utils.transaction import in_fresh_transaction


def start(payment_name: str, method_params: dict):
	"""Create, store and confirm the PaymentIntent of a fresh claim; returns the Invoice Payment as it then stands.

	`method_params` name what is charged: the parameters of `payment_intents.confirm` for a saved method or a new card.
	A decline or a refusal is not raised: it is the payment's state, with its message. What could not be learnt
	(`errors.Unreachable` throughout) leaves the payment reserving, for the sweeps to find out.
	"""
	try:
		intent_id = create_intent(payment_name)
	except errors.GatewayError as error:
		return _not_created(payment_name, error)
	return confirm(payment_name, intent_id, method_params)


def confirm(payment_name: str, intent_id: str, method_params: dict):
	"""Send the charge; returns the Invoice Payment as it then stands."""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	write_at_once(payment_name, confirm_sent_at=now_datetime())
	version = cint(frappe.db.get_value("Invoice Payment", payment_name, "sync_version"))
	gateway = gateway_for(payment.stripe_account)
	try:
		intent = gateway.call(
			"payment_intents.confirm",
			intent_id,
			params={**method_params, **confirm_params(payment)},
			idempotency_key=f"{payment.idempotency_key}:confirm",
		)
	except errors.GatewayError as error:
		return _not_confirmed(payment_name, error)
	snapshot = IntentSnapshot(intent, version, dispute_of(gateway, intent))
	if not apply(payment_name, snapshot):
		return settle(payment_name)
	return frappe.get_doc("Invoice Payment", payment_name)


def confirm_params(payment) -> dict:
	params = {"use_stripe_sdk": True, "expand": EXPAND, "return_url": return_url(payment)}
	email = frappe.get_cached_value("User", payment.user, "email")
	if email and cint(frappe.db.get_single_value("Stripe Service Settings", "email_receipts")):
		params["receipt_email"] = email
	return params


def return_url(payment) -> str:
	"""Where a bank that needs the whole window sends the payer back to."""
	return get_url(get_url_to_form(payment.reference_doctype, payment.reference_name))


def _not_created(payment_name: str, error: errors.GatewayError):
	"""Nothing was confirmed, so nothing can have been charged; a PaymentIntent may exist all the same."""
	_record_error(payment_name, error)
	if error.outcome_known:
		in_fresh_transaction(lambda: _fail_without_intent(payment_name, error))
	return frappe.get_doc("Invoice Payment", payment_name)


def _fail_without_intent(payment_name: str, error: errors.GatewayError) -> None:
	payment = lock_payment(payment_name)
	record_failure(payment, error.code, error.decline_code, error.user_message)
	of_amount = limits.learn_from_refusal(
		payment.stripe_account, error, payment.amount_minor, payment.currency
	)
	payment.failure_message = of_amount or payment.failure_message
	release.void(payment, payment_states.FAILED)


def _not_confirmed(payment_name: str, error: errors.GatewayError):
	_record_error(payment_name, error)
	if not error.outcome_known:
		return _read_outcome(payment_name)
	in_fresh_transaction(lambda: _write_failure(payment_name, error))
	# Declined or refused, the PaymentIntent could still be confirmed by whoever has its client secret.
	payment = release.cancel(payment_name)
	if isinstance(error, errors.InvalidRequest):
		# Not a decline but a refusal: the saved card or bank account may have been removed or blocked elsewhere.
		if reason := saved_method.recheck(payment):
			write_at_once(payment.name, failure_message=reason)
		payment.reload()
	return payment


def _read_outcome(payment_name: str):
	"""The answer was lost; Stripe knows what became of it.

	If it has not begun, it is made sure that it never will: a confirmation that is still on its way can't succeed
	on a canceled PaymentIntent, and if it is faster than the cancellation, the payment is settled.
	"""
	try:
		payment = settle(payment_name)
	except (errors.GatewayError, OutOfStep):
		return frappe.get_doc("Invoice Payment", payment_name)
	if payment.status != payment_states.STARTED:
		return payment
	fault = errors.Unreachable(user_message=_("Stripe had a fault. Nothing was charged. Please try again."))
	in_fresh_transaction(lambda: _write_failure(payment_name, fault))
	return release.cancel(payment_name)


def _write_failure(payment_name: str, error: errors.GatewayError) -> None:
	payment = frappe.get_doc("Invoice Payment", payment_name, for_update=True)
	if payment.is_open:
		# What Stripe says of a refused request is for developers, and kept in last_error.
		record_failure(payment, error.code, error.decline_code, error.user_message)
		payment.write()


def _record_error(payment_name: str, error: errors.GatewayError) -> None:
	write_at_once(payment_name, last_error=str(error)[:1000])
	if not isinstance(error, errors.CardError):
		frappe.logger("stripe_service").warning(f"{payment_name}: {type(error).__name__}: {error}")
