"""The PaymentIntent of a claim: created unconfirmed, stored at once, canceled when its claim ends.

The order is the point: a PaymentIntent's id is committed before it is confirmed, so no money can move whose
PaymentIntent is not on disk, and whatever happens later (a time-out, a killed worker) is answered by one read. No lock
is held while Stripe is called.
"""

import frappe
from frappe.utils import cint

from stripe_service.accounts.customers import customer_for
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors
from stripe_service.utils.transaction import in_fresh_transaction


def create_intent(payment_name: str) -> str:
	"""Create the payment's PaymentIntent and commit its id; repeatable within 24 hours, under the same key.

	Raises gateway.errors.
	"""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	if payment.payment_intent_id:
		return payment.payment_intent_id
	if not payment.stripe_customer:
		customer = customer_for(payment.stripe_account, payment.user)
		write_at_once(payment_name, stripe_customer=customer)
		payment.stripe_customer = customer
	intent = gateway_for(payment.stripe_account).call(
		"payment_intents.create",
		params=create_params(payment),
		idempotency_key=f"{payment.idempotency_key}:create",
	)
	write_at_once(payment_name, payment_intent_id=intent["id"], livemode=cint(intent["livemode"]))
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


def cancel_intent(account: str, intent_id: str) -> None:
	"""Cancel a PaymentIntent at Stripe. One that was canceled before, has succeeded or is being processed is no error:
	settling reads which. Raises gateway.errors."""
	try:
		gateway_for(account).call(
			"payment_intents.cancel", intent_id, params={"cancellation_reason": "abandoned"}
		)
	except errors.InvalidRequest as error:
		if error.code != "payment_intent_unexpected_state":
			raise


def adopt_intent(payment_name: str, intent_id: str) -> bool:
	"""Store a PaymentIntent's id on the payment that it was made for; False if that has another one by now. Commits."""

	def store() -> bool:
		stored = frappe.db.get_value("Invoice Payment", payment_name, "payment_intent_id", for_update=True)
		if not stored:
			frappe.db.set_value("Invoice Payment", payment_name, "payment_intent_id", intent_id)
		return (stored or intent_id) == intent_id

	return in_fresh_transaction(store)


def write_at_once(payment_name: str, **values) -> None:
	"""Facts that Stripe's answers are later compared with: written past the document and committed at once."""
	in_fresh_transaction(lambda: frappe.db.set_value("Invoice Payment", payment_name, values))
