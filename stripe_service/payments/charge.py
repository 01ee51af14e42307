"""Charge a claim at Stripe: create the PaymentIntent, store its id (`intent`), then confirm it.

New card details arrive as a ConfirmationToken that Stripe.js made: numbers never reach this server.
"""

import frappe
from frappe import _
from frappe.utils import cint, now_datetime

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors, payment_states
from stripe_service.payments import limits, links, release
from stripe_service.payments.intent import choose_customer, create_intent, look_up, write_at_once
from stripe_service.payments.record import IntentSnapshot, record_failure
from stripe_service.payments.settle import EXPAND, OutOfStep, apply, disputes_of, settle
from stripe_service.saved_methods import saved_method
from stripe_service.utils import failure_messages, portal_page
from stripe_service.utils.transaction import in_fresh_transaction


def start(payment_name: str, method_params: dict):
	"""Create, store and confirm the PaymentIntent of a fresh claim; returns the Invoice Payment as it then stands.

	`method_params` name what is charged: the parameters of `payment_intents.confirm` for a saved method or a new card.
	A decline or a refusal is not raised: it is the payment's state, with its message. What could not be learnt
	(`errors.Unreachable` without an answer) leaves the payment reserving, for the sweeps to find out.
	"""
	try:
		choose_customer(payment_name)
	except errors.GatewayError as error:
		# Nothing was asked of Stripe for this payment yet.
		return _end(payment_name, error)
	try:
		intent_id = create_intent(payment_name)
	except errors.GatewayError as error:
		return _not_created(payment_name, error)
	return confirm(payment_name, intent_id, method_params)


def confirm(payment_name: str, intent_id: str, method_params: dict):
	"""Send the charge; returns the Invoice Payment as it then stands."""
	payment = _begin_confirmation(payment_name)
	if payment.status != payment_states.STARTED:
		return payment
	gateway = gateway_for(payment.stripe_account)
	try:
		intent = _send_confirmation(gateway, payment, intent_id, {**method_params, **confirm_params(payment)})
	except errors.GatewayError as error:
		return _not_confirmed(payment_name, error)
	snapshot = IntentSnapshot(intent, cint(payment.sync_version), disputes_of(gateway, intent))
	if not apply(payment_name, snapshot, payment.documents):
		return settle(payment_name)
	return frappe.get_doc("Invoice Payment", payment_name)


def _begin_confirmation(payment_name: str):
	"""Note that the charge is being sent, unless the claim was ended meanwhile; returns the Invoice Payment. Commits."""

	def begin():
		payment = frappe.get_doc("Invoice Payment", payment_name, for_update=True)
		if payment.status == payment_states.STARTED:
			payment.confirm_sent_at = now_datetime()
			frappe.db.set_value("Invoice Payment", payment_name, "confirm_sent_at", payment.confirm_sent_at)
		return payment

	return in_fresh_transaction(begin)


def _send_confirmation(gateway, payment, intent_id: str, params: dict) -> dict:
	"""The receipt is a courtesy: where Stripe refuses the payer's e-mail address, the payment goes on without it, once. That
	is another request, with a key of its own."""
	key = f"{payment.idempotency_key}:confirm"
	try:
		return gateway.call("payment_intents.confirm", intent_id, params=params, idempotency_key=key)
	except errors.InvalidRequest as error:
		if not (error.is_about_email and "receipt_email" in params):
			raise
		frappe.logger("stripe_service").info(f"{payment.name}: no receipt, Stripe refuses the e-mail address")
	without = {name: value for name, value in params.items() if name != "receipt_email"}
	return gateway.call(
		"payment_intents.confirm", intent_id, params=without, idempotency_key=f"{key}:without-receipt"
	)


def confirm_params(payment) -> dict:
	"""What every confirmation sends to Stripe, besides the method; the receipt's address only if the settings say so."""
	params = {"use_stripe_sdk": True, "expand": EXPAND, "return_url": return_url(payment)}
	if payment.payer_email and cint(frappe.db.get_single_value("Stripe Service Settings", "email_receipts")):
		params["receipt_email"] = payment.payer_email
	return params


def return_url(payment) -> str:
	"""Where a bank that needs the whole window sends the payer back to."""
	if payment.payment_link:
		return links.url_of(payment.payment_link)
	first = payment.references[0]
	return portal_page.document_url(payment.user, first.reference_doctype, first.reference_name)


def _not_created(payment_name: str, error: errors.GatewayError):
	"""Nothing was confirmed, so nothing can have been charged; a PaymentIntent may exist all the same."""
	if error.outcome_known:
		return _end(payment_name, error)
	_record_error(payment_name, error)
	if not error.answered:
		return frappe.get_doc("Invoice Payment", payment_name)
	# The request is over, and its key would be answered with the same fault for a day: the list tells what came of it.
	try:
		look_up(payment_name)
	except errors.GatewayError:
		return frappe.get_doc("Invoice Payment", payment_name)
	return _end(payment_name, error)


def _end(payment_name: str, error: errors.GatewayError):
	"""End a claim for which nothing was confirmed; its PaymentIntent, if there is one, is canceled first."""
	_record_error(payment_name, error)
	if not frappe.db.get_value("Invoice Payment", payment_name, "payment_intent_id"):
		return release.end_without_intent(
			payment_name, payment_states.FAILED, lambda payment: _describe(payment, error)
		)
	in_fresh_transaction(lambda: _write_failure(payment_name, error))
	return release.cancel(payment_name)


def _not_confirmed(payment_name: str, error: errors.GatewayError):
	_record_error(payment_name, error)
	if not error.outcome_known:
		return _read_outcome(payment_name)
	in_fresh_transaction(lambda: _write_failure(payment_name, error))
	# Declined or refused, the PaymentIntent could still be confirmed by whoever has its client secret.
	payment = release.cancel(payment_name)
	if not error.our_fault and (reason := saved_method.recheck(payment, error)):
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
	in_fresh_transaction(lambda: _write_failure(payment_name, errors.Unreachable()))
	return release.cancel(payment_name)


def _write_failure(payment_name: str, error: errors.GatewayError) -> None:
	payment = frappe.get_doc("Invoice Payment", payment_name, for_update=True)
	if payment.is_open:
		_describe(payment, error)
		payment.write()


def _describe(payment, error: errors.GatewayError) -> None:
	"""Why it failed, on the payment. What Stripe says of a refused request is for developers, and kept in last_error."""
	record_failure(payment, error.code, error.decline_code, error.user_message)
	if error.code == errors.METHOD_NOT_ON:
		payment.failure_message = failure_messages.method_not_on(payment.method_type)
	elif error.our_fault:
		payment.failure_message = failure_messages.payments_unavailable()
	elif not error.outcome_known:
		payment.failure_message = _("Stripe had a problem. Nothing was charged. Please try again.")
	elif of_amount := limits.learn_from_refusal(
		payment.stripe_account, error, payment.amount_minor, payment.currency, payment.method_type
	):
		payment.failure_message = of_amount


def _record_error(payment_name: str, error: errors.GatewayError) -> None:
	write_at_once(payment_name, last_error=str(error)[:1000])
	if not isinstance(error, errors.CardError):
		frappe.logger("stripe_service").warning(f"{payment_name}: {type(error).__name__}: {error}")
