"""Charging a claim at Stripe: create the PaymentIntent, store its id, then confirm it.

The order is the point. A PaymentIntent is created unconfirmed under the payment's own idempotency key, and its id is
committed before it is confirmed; so no money can move whose PaymentIntent is not on disk, and whatever happens after
that (a time-out, a killed worker) is answered by one read. No lock is held while Stripe is asked.

New card details arrive as a ConfirmationToken that Stripe.js made: numbers never reach this server.
"""

from dataclasses import dataclass, field

import frappe
from frappe import _
from frappe.utils import cint, get_url, now_datetime

from stripe_service.accounts.connect import gateway_for
from stripe_service.accounts.customers import customer_for
from stripe_service.gateway import errors
from stripe_service.payments import release, settle, states
from stripe_service.payments.transaction import in_fresh_transaction


@dataclass(frozen=True)
class Instrument:
	"""What the payment is confirmed with: the parameters of `payment_intents.confirm` that name it. They may hold a
	token, so `repr` shows none."""

	params: dict = field(repr=False)


def start(payment_name: str, instrument: Instrument):
	"""Create, store and confirm the PaymentIntent of a fresh claim; returns the Invoice Payment as it then stands.

	A decline or a refusal is not raised: it is the payment's state, with its message. What could not be learnt
	(`errors.Unreachable` throughout) leaves the payment reserving, for the sweeps to find out.
	"""
	try:
		intent_id = create(payment_name)
	except errors.GatewayError as error:
		return _not_created(payment_name, error)
	return confirm(payment_name, intent_id, instrument)


def create(payment_name: str) -> str:
	"""Create the payment's PaymentIntent and commit its id; repeatable within 24 hours, under the same key.

	Raises gateway.errors.
	"""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	if payment.payment_intent_id:
		return payment.payment_intent_id
	if not payment.stripe_customer:
		customer = customer_for(payment.stripe_account, payment.user)
		_write(payment_name, stripe_customer=customer)
		payment.stripe_customer = customer
	intent = gateway_for(payment.stripe_account).call(
		"payment_intents.create",
		params=create_params(payment),
		idempotency_key=f"{payment.idempotency_key}:create",
	)
	_write(payment_name, payment_intent_id=intent["id"], livemode=cint(intent["livemode"]))
	return intent["id"]


def create_params(payment) -> dict:
	"""Built from the payment's row alone, so that a replay under the same key sends the same parameters."""
	params = {
		"amount": cint(payment.amount_minor),
		"currency": payment.currency.lower(),
		"customer": payment.stripe_customer,
		"allowed_payment_method_types": [payment.method_type],
		"description": f"{payment.reference_title or payment.reference_name} ({payment.reference_name})",
		"metadata": {
			"site": frappe.local.site,
			"payment": payment.name,
			"doctype": payment.reference_doctype,
			"document": payment.reference_name,
		},
	}
	if payment.save_method and payment.method_type == "card":
		# The payer is there whenever the card is used again.
		params["setup_future_usage"] = "on_session"
	return params


def confirm(payment_name: str, intent_id: str, instrument: Instrument):
	"""Send the charge; returns the Invoice Payment as it then stands."""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	_write(payment_name, confirm_sent_at=now_datetime())
	version = cint(frappe.db.get_value("Invoice Payment", payment_name, "sync_version"))
	gateway = gateway_for(payment.stripe_account)
	try:
		intent = gateway.call(
			"payment_intents.confirm",
			intent_id,
			params={**instrument.params, **confirm_params(payment)},
			idempotency_key=f"{payment.idempotency_key}:confirm",
		)
	except errors.GatewayError as error:
		return _not_confirmed(payment_name, error)
	reading = settle.Reading(intent, version, settle.dispute_of(gateway, intent))
	if not settle.apply(payment_name, reading):
		return settle.settle(payment_name)
	return frappe.get_doc("Invoice Payment", payment_name)


def confirm_params(payment) -> dict:
	params = {"use_stripe_sdk": True, "expand": settle.EXPAND, "return_url": return_url(payment)}
	email = frappe.get_cached_value("User", payment.user, "email")
	if email and cint(frappe.db.get_single_value("Stripe Service Settings", "email_receipts")):
		params["receipt_email"] = email
	return params


def return_url(payment) -> str:
	"""Where a bank that needs the whole window sends the payer back to."""
	return get_url(frappe.utils.get_url_to_form(payment.reference_doctype, payment.reference_name))


def _not_created(payment_name: str, error: errors.GatewayError):
	"""Nothing was confirmed, so nothing can have been charged; a PaymentIntent may exist all the same."""
	_record_error(payment_name, error)
	if error.outcome_known:
		_fail_without_intent(payment_name, error)
	return frappe.get_doc("Invoice Payment", payment_name)


def _fail_without_intent(payment_name: str, error: errors.GatewayError) -> None:
	def fail() -> None:
		payment = release.lock(payment_name)
		settle.record_failure(payment, error.code, error.decline_code, error.user_message)
		release.void(payment, states.FAILED)

	in_fresh_transaction(fail)


def _not_confirmed(payment_name: str, error: errors.GatewayError):
	_record_error(payment_name, error)
	if not error.outcome_known:
		return _read_outcome(payment_name)
	_write_failure(payment_name, error)
	# Declined or refused, the PaymentIntent could still be confirmed by whoever has its client secret.
	payment = release.cancel(payment_name)
	return _recheck_saved_method(payment) if isinstance(error, errors.InvalidRequest) else payment


def _recheck_saved_method(payment):
	"""Not a decline but a refusal: the saved card or bank account may have been removed or blocked elsewhere."""
	from stripe_service.methods import saved

	reason = saved.recheck(payment)
	if reason:
		_write(payment.name, failure_message=reason)
	return frappe.get_doc("Invoice Payment", payment.name)


def _read_outcome(payment_name: str):
	"""The answer was lost; Stripe knows what became of it.

	If it has not begun, it is made sure that it never will: a confirmation that is still on its way can't succeed
	on a canceled PaymentIntent, and if it is faster than the cancellation, the payment is settled.
	"""
	try:
		payment = settle.settle(payment_name)
	except (errors.GatewayError, settle.OutOfStep):
		return frappe.get_doc("Invoice Payment", payment_name)
	if payment.status != states.STARTED:
		return payment
	_write_failure(
		payment_name,
		errors.Unreachable(user_message=_("Stripe had a fault. Nothing was charged. Please try again.")),
	)
	return release.cancel(payment_name)


def _write_failure(payment_name: str, error: errors.GatewayError) -> None:
	def write() -> None:
		payment = frappe.get_doc("Invoice Payment", payment_name, for_update=True)
		if payment.status in states.RESERVING:
			# What Stripe says of a refused request is for developers, and kept in last_error.
			settle.record_failure(payment, error.code, error.decline_code, error.user_message)
			payment.flags.by_stripe_service = True
			payment.save(ignore_permissions=True)

	in_fresh_transaction(write)


def _record_error(payment_name: str, error: errors.GatewayError) -> None:
	_write(payment_name, last_error=str(error)[:1000])
	if not isinstance(error, errors.CardError):
		frappe.logger("stripe_service").warning(f"{payment_name}: {type(error).__name__}: {error}")


def _write(payment_name: str, **values) -> None:
	"""Facts that Stripe's answers are later compared with: written and committed at once."""
	in_fresh_transaction(lambda: frappe.db.set_value("Invoice Payment", payment_name, values))
