"""The PaymentIntent of a claim: created unconfirmed, stored at once, canceled when its claim ends.

The order is the point: a PaymentIntent's id is committed before it is confirmed, so no money can move whose
PaymentIntent is not on disk, and whatever happens later (a time-out, a killed worker) is answered by one read. No lock
is held while Stripe is called.

The payment's `idempotency_key` names one attempt at Stripe, is drawn at random and is on disk before it is sent. Sent again,
it finds the PaymentIntent of the first time. Stripe keeps every answer to a key for 24 hours, a fault (500) too: what a key
can't tell any more is looked up by the metadata that each PaymentIntent carries.
"""

from datetime import timedelta

import frappe
from frappe import _
from frappe.utils import cint, get_datetime, now_datetime

from stripe_service.accounts import customers
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors
from stripe_service.gateway.times import to_stripe
from stripe_service.utils.fitting import cut
from stripe_service.utils.transaction import in_fresh_transaction

# By then every request that charged a card has ended, its retries included; before, it may be storing its PaymentIntent.
REQUEST_IS_OVER = timedelta(minutes=10)
# Stripe forgets idempotency keys after 24 hours; from then on the same key would make a second PaymentIntent.
KEYS_ARE_KEPT = timedelta(hours=23)
# Clocks differ, and a request may have been repeated for a while.
SEARCH_BEFORE_SECONDS = 600
SEARCH_AFTER_SECONDS = 2 * 3600
# Characters: Stripe's own limit for a value of metadata (https://docs.stripe.com/api/metadata), and for a description.
METADATA_LENGTH = 500
DESCRIPTION_LENGTH = 1000


def new_key() -> str:
	"""An idempotency key for one attempt. Random, because nothing that it could be made of stays: users, documents and sites
	are renamed, and amounts and states return."""
	return f"pay_{frappe.generate_hash(length=40)}"


def choose_customer(payment_name: str) -> str | None:
	"""The Stripe Customer of the payment, made at Stripe if the payer has none; commits it to the payment. None for a payment
	by a link: there is no user for whom Stripe could keep anything. Raises gateway.errors: then nothing was asked of Stripe
	for this payment yet."""
	facts = ["name", "payment_link", "stripe_customer", "stripe_account", "user"]
	return _choose_customer(frappe.db.get_value("Invoice Payment", payment_name, facts, as_dict=True))


def _choose_customer(payment) -> str | None:
	if payment.payment_link:
		return None
	if not payment.stripe_customer:
		payment.stripe_customer = customers.customer_for(payment.stripe_account, payment.user)
		write_at_once(payment.name, stripe_customer=payment.stripe_customer)
	return payment.stripe_customer


def create_intent(payment_name: str) -> str:
	"""Create the payment's PaymentIntent and commit its id; repeatable within 24 hours, under the same key.

	A Customer that Stripe no longer knows is made anew, once. Raises gateway.errors; AccountUnable too where Stripe left the
	payment's method out, which it does without a word: the PaymentIntent is stored then.
	"""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	if payment.payment_intent_id:
		return payment.payment_intent_id
	_choose_customer(payment)
	try:
		intent = _create(payment)
	except errors.NotFound as error:
		if error.param != "customer":
			raise
		_replace_customer(payment, error)
		intent = _create(payment.reload())
	check_method_is_left(payment, intent)
	return intent["id"]


def create_again(payment_name: str) -> str:
	"""Find, under the payment's own key, the PaymentIntent that was made for it, or make the one that was not, so that no late
	request can; returns its id. Raises gateway.errors."""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	_choose_customer(payment)
	return _create(payment)["id"]


def _create(payment) -> dict:
	intent = gateway_for(payment.stripe_account).call(
		"payment_intents.create",
		params=create_params(payment),
		idempotency_key=f"{payment.idempotency_key}:create",
	)
	write_at_once(payment.name, payment_intent_id=intent["id"], livemode=cint(intent["livemode"]))
	return intent


def _replace_customer(payment, error: errors.NotFound) -> None:
	"""Another Customer, and with it other parameters, which need a key of their own. Raises `error` as one of a missing
	payment method where the payer chose a saved one: it is gone with its Customer."""
	customers.mark_deleted(payment.stripe_customer)
	if payment.saved_card or payment.stripe_bank_account:
		raise errors.NotFound(
			error.message, code=error.code, param="payment_method", stripe_status=error.stripe_status
		)
	customer = customers.customer_for(payment.stripe_account, payment.user)
	write_at_once(payment.name, stripe_customer=customer, idempotency_key=new_key())


def check_method_is_left(payment, intent: dict) -> None:
	"""Raises AccountUnable where Stripe's answer leaves the payment's method out: then it can't be confirmed."""
	wanted = payment.method_type
	if wanted not in intent["payment_method_types"]:
		raise errors.AccountUnable(
			f"Stripe left {wanted} out of {intent['id']}: it is not switched on for this account.",
			code=errors.METHOD_NOT_ON,
			param="allowed_payment_method_types",
		)


def create_params(payment) -> dict:
	"""Built from the payment's row alone, so that a replay under the same key sends the same parameters."""
	params = {
		"amount": cint(payment.amount_minor),
		"currency": payment.currency.lower(),
		"allowed_payment_method_types": [payment.method_type],
		"description": describe(payment),
		"metadata": {"site": frappe.local.site, "payment": payment.name, **_documents_in_metadata(payment)},
	}
	if payment.stripe_customer:
		params["customer"] = payment.stripe_customer
	if payment.save_method and payment.method_type == "card":
		# The payer is there whenever the card is used again.
		params["setup_future_usage"] = "on_session"
	return params


def describe(payment) -> str:
	"""What is paid, for the payer's receipt from Stripe and for the Dashboard: the title of one document, the names of several."""
	rows = payment.references
	if len(rows) == 1:
		return f"{rows[0].reference_title or rows[0].reference_name} ({rows[0].reference_name})"
	return cut(", ".join(row.reference_name for row in rows), DESCRIPTION_LENGTH)


def _documents_in_metadata(payment) -> dict:
	rows = payment.references
	named = {"doctype": rows[0].reference_doctype, "document": rows[0].reference_name}
	if len(rows) == 1:
		return named
	names = ", ".join(row.reference_name for row in rows)
	return {**named, "documents": cut(names, METADATA_LENGTH), "document_count": str(len(rows))}


def find_unstored(payment_name: str) -> str | None:
	"""The id of the PaymentIntent of a claim that stored none, committed to the claim; None if it is certain that there is
	none. Raises gateway.errors while that is not known.

	The key tells for a day, unless a fault was kept under it or the request is refused now (its Customer was deleted, say);
	then the list does.
	"""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	if get_datetime(payment.creation) > now_datetime() - KEYS_ARE_KEPT:
		try:
			return create_again(payment_name)
		except errors.InvalidRequest:
			pass
		except errors.Unreachable as error:
			if not error.answered:
				raise
	return look_up(payment_name)


def look_up(payment_name: str) -> str | None:
	"""Like `find_unstored`, by Stripe's list alone: for a request that is known to be over."""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	intent = _listed(payment)
	if intent:
		adopt_intent(payment_name, intent["id"])
	return frappe.db.get_value("Invoice Payment", payment_name, "payment_intent_id")


def _listed(payment) -> dict | None:
	"""The PaymentIntent made for a payment: by its metadata, among those created since. Stripe's list has no filter for
	metadata, and its search lags behind."""
	claimed = to_stripe(payment.creation)
	created = {"gte": claimed - SEARCH_BEFORE_SECONDS}
	if get_datetime(payment.creation) < now_datetime() - KEYS_ARE_KEPT:
		created["lte"] = claimed + SEARCH_AFTER_SECONDS
	found = gateway_for(payment.stripe_account).list_all(
		"payment_intents.list", params={"created": created}, limit=10_000
	)
	for intent in found:
		metadata = intent.get("metadata") or {}
		if metadata.get("payment") == payment.name and not why_not_ours(metadata):
			return intent
	return None


def why_not_ours(metadata: dict) -> str | None:
	"""None if the metadata that this app gives each PaymentIntent names this site."""
	owner = metadata.get("site")
	if not owner or not metadata.get("payment"):
		return _("Not one of this app's payments.")
	if owner != frappe.local.site:
		return _("Belongs to the site {0}.").format(owner)
	return None


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
