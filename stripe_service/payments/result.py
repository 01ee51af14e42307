"""What became of a payment, in the words and the shape that the form shows."""

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, get_datetime, now_datetime

from stripe_service.access import portal
from stripe_service.access.permissions import find_readable
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors, money, payment_states
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_config
from stripe_service.payments import links, release, settle
from stripe_service.utils.dates import date_in_words
from stripe_service.utils.failure_messages import failure_of
from stripe_service.utils.labels import money_in_words

# A request that is still being worked on by another worker must not be ended meanwhile.
IN_FLIGHT_SECONDS = 90


def refresh(payment_name: str):
	"""The payment, brought up to date from Stripe if it is still open and Stripe can be reached."""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	if payment.status not in payment_states.RESERVING:
		return payment
	if not payment.payment_intent_id:
		# A claim whose worker ended before it had a PaymentIntent: nothing can have been charged, so it is given up.
		if get_datetime(payment.creation) > add_to_date(now_datetime(), seconds=-IN_FLIGHT_SECONDS):
			return payment
		return release.cancel(payment.name)
	try:
		return settle.settle(payment_name)
	except (errors.GatewayError, settle.OutOfStep):
		return payment


def payment_result(payment) -> dict:
	"""The answer of every payment call. `outcome` is one of paid, processing, action_required, failed, cancelled,
	unknown, refunded, disputed; `message` is translated and for the payer."""
	return _result(payment, is_payer(payment), is_payer_or_reader(payment))


def result_for_payer(payment) -> dict:
	"""The same for the browser that began a payment by a link, and has proved it (`links.find_payment`)."""
	return _result(payment, True, True)


def _result(payment, payer: bool, mine: bool) -> dict:
	kind = _kind(payment)
	answer = {
		"payment": payment.name,
		"status": payment.status,
		"outcome": kind,
		"stripe_status": payment.stripe_status,
		"amount": str(money.from_minor(payment.amount_minor, payment.currency)),
		"amount_minor": cint(payment.amount_minor),
		"currency": payment.currency,
		"expected_by": payment.expected_by,
		"message": _MESSAGES[kind](payment) if mine else _(payment.status),
	}
	if mine:
		# Not the decline code: some of them Stripe asks to keep from whoever tried the card.
		answer |= {
			"method_label": payment.method_label,
			"receipt_url": payment.receipt_url,
			"failure_code": payment.failure_code,
		}
	if kind == "action_required" and payer:
		answer["client_secret"] = client_secret(payment)
	if kind in ("paid", "processing"):
		answer |= _still_to_be_paid_if_known(payment, payer)
	return answer


def is_payer(payment) -> bool:
	"""Whether the session user made the payment. Of those without a login nobody did by being so: see `result_for_payer`."""
	return payment.user == frappe.session.user and payment.user != links.PAYER


def is_payer_or_reader(payment) -> bool:
	"""Whether the session user may know what was paid with and why it failed: the payer, and who holds level 1."""
	return is_payer(payment) or bool(payment.has_permlevel_access_to("last4"))


def unknown_result(payment_name: str) -> dict:
	"""The answer where something failed that nobody foresaw, in the shape of `payment_result`. Never raises."""
	try:
		frappe.db.rollback()
		payment = frappe.get_doc("Invoice Payment", payment_name)
		message = _MESSAGES[_kind(payment)](payment)
		return {
			"payment": payment_name,
			"status": payment.status,
			"outcome": _kind(payment),
			"message": message,
		}
	except Exception:
		return {
			"payment": payment_name,
			"status": payment_states.STARTED,
			"outcome": "unknown",
			"message": _about_unknown(frappe._dict(confirm_sent_at=True)),
		}


def _still_to_be_paid_if_known(payment, payer: bool) -> dict:
	"""A document that can't be opened says nothing about its payment."""
	try:
		return _still_to_be_paid(payment, payer)
	except Exception:
		frappe.logger("stripe_service").error(f"{payment.name}: what is left to pay", exc_info=True)
		return {}


def _still_to_be_paid(payment, payer: bool) -> dict:
	"""What is neither paid nor under way of its documents; nothing where one is gone, is payable no more, or is no longer the
	session user's to read, nor that of the link it was paid by."""
	by_link = payer and links.is_of_its_documents(payment)
	rest = 0
	for row in payment.references:
		if not get_config(row.reference_doctype):
			return {}
		reference = (row.reference_doctype, row.reference_name)
		if by_link or portal.may_read(*reference):
			doc = frappe.get_doc(*reference)
		else:
			doc = find_readable(*reference)
		if not doc:
			return {}
		rest += balance_of(open_payable(doc), lock=False).available_minor
	return {"outstanding_minor": rest, "outstanding": str(money.from_minor(rest, payment.currency))}


def client_secret(payment) -> str | None:
	"""For the payer's own browser only, since whoever has it can confirm the payment; read from Stripe each time, stored
	nowhere."""
	try:
		intent = gateway_for(payment.stripe_account).call(
			"payment_intents.retrieve", payment.payment_intent_id
		)
	except errors.GatewayError:
		return None
	return intent.get("client_secret")


def _kind(payment) -> str:
	return {
		payment_states.STARTED: "unknown",
		payment_states.ACTION_REQUIRED: "action_required",
		payment_states.PROCESSING: "processing",
		payment_states.SUCCEEDED: "paid",
		payment_states.PARTLY_REFUNDED: "paid",
		payment_states.FAILED: "failed",
		payment_states.CANCELLED: "cancelled",
		payment_states.REFUNDED: "refunded",
		payment_states.DISPUTED: "disputed",
		payment_states.DISPUTE_LOST: "disputed",
	}[payment.status]


def _money(payment) -> str:
	return money_in_words(payment.amount_minor, payment.currency)


def _about_unknown(payment) -> str:
	if not payment.confirm_sent_at:
		return _(
			"The payment could not be carried out just now. Nothing was charged. You can close this and try again later."
		)
	return _(
		"Stripe has not answered yet, so it is not known whether the payment went through. "
		"Please do not pay again: the answer will be shown here and on the document."
	)


def _about_processing(payment) -> str:
	if payment.expected_by:
		return _("The debit of {0} is under way. Your bank answers by {1}. You can close this.").format(
			_money(payment), date_in_words(payment.expected_by)
		)
	return _("The payment of {0} is under way. You can close this.").format(_money(payment))


def _about_paid(payment) -> str:
	if not payment.unallocated_minor:
		return _("{0} paid with {1}. Thank you.").format(_money(payment), payment.method_label)
	return _(
		"{0} was charged to {1}, but the document was changed or cancelled in the meantime: {2} of it is no longer owed."
		" The administrators have been notified, and will refund or credit it. You do not have to do anything."
	).format(
		_money(payment), payment.method_label, money_in_words(payment.unallocated_minor, payment.currency)
	)


# Translated when they are called.
_MESSAGES = {  # nosemgrep
	"unknown": _about_unknown,
	"processing": _about_processing,
	"action_required": lambda payment: _("Your bank asks you to confirm this payment."),
	"paid": _about_paid,
	"failed": lambda payment: failure_of(payment) or _("The payment failed. Nothing was charged."),
	"cancelled": lambda payment: _("The payment was cancelled. Nothing was charged."),
	"refunded": lambda payment: _("{0} were refunded.").format(_money(payment)),
	"disputed": lambda payment: _("This payment is disputed."),
}
