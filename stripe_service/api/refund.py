"""What administrators do with a payment. Each needs write on Invoice Payment, which the role Stripe Administrator has
and which Role Permission Manager can give to others."""

import frappe
from frappe import _

from stripe_service.payments import refund as refunds
from stripe_service.payments import release, result, settle
from stripe_service.payments.limits import read_amount
from stripe_service.utils.json_arguments import documents_in
from stripe_service.utils.stripe_errors import StripeUnavailable, stripe_errors_as_messages


@frappe.whitelist(methods=["POST"])
def refund_payment(
	payment: str,
	amount: str | None = None,
	reason: str | None = None,
	request_id: str | None = None,
	documents: str | list | None = None,
) -> dict:
	"""Refund `amount` (major units of the payment's currency; empty: all that is left).

	Of a payment that pays several documents, `documents` ([{doctype, name, amount}], JSON) says of which, and how much of each
	(empty: all that is left of it); `amount` is left out then. A refund that names none takes from the last document upwards.

	`request_id` names one opening of the dialog: sent again, it refunds nothing more and answers with what became of the
	first. Returns the payment's outcome with `refund` (name of the Stripe Refund), `refund_status` and a `message` about the
	refund. Raises RefundRefused where more is asked than is left, or a dispute holds the money; StripeUnavailable where
	Stripe can't be read beforehand.
	"""
	doc = _for_administrator(payment)
	if request_id and len(request_id) > refunds.LONGEST_REQUEST_ID:
		frappe.throw(_("The request is not valid. Please close the dialog and open it again."))
	amount_minor = read_amount(amount, doc.currency) if amount else None
	parts = _parts(documents, doc.currency) if documents else None
	if parts and amount_minor is not None:
		frappe.throw(_("Give the amount of each document, or one amount without documents."))
	return _refund_result(refunds.refund(payment, amount_minor, reason, request_id, parts))


def _parts(documents, currency: str) -> refunds.Parts:
	named = documents_in(documents)
	parts = {
		(one["doctype"], one["name"]): read_amount(one["amount"], currency) if one.get("amount") else None
		for one in named
	}
	if len(parts) < len(named):
		frappe.throw(_("A document can be chosen only once."))
	return parts


@frappe.whitelist(methods=["POST"])
def try_again(refund: str) -> dict:
	"""Make a refund that failed once more; returns as `refund_payment` does, of the refund that was sent."""
	payment = frappe.db.get_value(refunds.DOCTYPE, refund, "payment")
	if not payment:
		frappe.throw(_("There is no such refund."), frappe.PermissionError)
	_for_administrator(payment)
	return _refund_result(refunds.try_again(refund))


def _refund_result(row) -> dict:
	"""The payment's outcome, and the refund in words: never that of the payment, which says "paid. Thank you"."""
	payment = result.payment_result(frappe.get_doc("Invoice Payment", row.payment))
	told = {"refund": row.name, "refund_status": row.status, "message": refunds.refund_message(row)}
	return {**payment, **told}


@frappe.whitelist(methods=["POST"])
def read_from_stripe(payment: str) -> dict:
	"""Bring a payment into line with Stripe now; returns the outcome."""
	_for_administrator(payment)
	try:
		with stripe_errors_as_messages():
			return result.payment_result(settle.settle(payment))
	except settle.OutOfStep:
		frappe.throw(
			_("This payment is being changed at the moment. Try again in a minute."), StripeUnavailable
		)


@frappe.whitelist(methods=["POST"])
def cancel_payment(payment: str) -> dict:
	"""Cancel an open payment at Stripe and free its amount; returns the outcome (the money may have come already)."""
	_for_administrator(payment)
	return result.payment_result(release.cancel(payment))


def _for_administrator(payment: str):
	doc = frappe.get_doc("Invoice Payment", payment)
	doc.check_permission("write")
	return doc
