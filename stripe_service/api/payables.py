"""What administrators do with what a document owes. The right is create (to cancel: write) on Payment Adjustment, which the role
Stripe Administrator has and which Role Permission Manager can give to others, and read on the document."""

import frappe

from stripe_service.payables.payable import load_payable
from stripe_service.payments import adjustments
from stripe_service.payments.limits import read_amount
from stripe_service.utils.labels import money_in_words


@frappe.whitelist(methods=["POST"])
def record_payment(
	doctype: str,
	name: str,
	amount: str | int | float,
	means: str,
	reference_no: str | None = None,
	received_on: str | None = None,
	note: str | None = None,
	request_id: str | None = None,
) -> dict:
	"""Record `amount` (major units of the document's currency) that was paid otherwise; returns the adjustment.

	`means`: Cheque, Bank Transfer, Cash or Other. `received_on` is today if empty. The same `request_id`
	records once and is answered with what was recorded.
	"""
	read_amount(amount)
	doc = _for_administrator(doctype, name, "create")
	paid = adjustments.OtherPayment(
		amount, means, reference_no or "", received_on or "", note or "", request_id or ""
	)
	return _answer(adjustments.record_payment(doctype, doc.name, paid))


@frappe.whitelist(methods=["POST"])
def write_off(doctype: str, name: str, reason: str) -> dict:
	"""Write off all that is outstanding of a document, for a `reason`; returns the adjustment."""
	doc = _for_administrator(doctype, name, "create")
	return _answer(adjustments.write_off(doctype, doc.name, reason))


@frappe.whitelist(methods=["POST"])
def cancel_adjustment(adjustment: str, reason: str) -> dict:
	"""Take back a Payment Adjustment, for a `reason`; returns it. What it covered is owed again."""
	row = frappe.get_doc("Payment Adjustment", adjustment)
	row.check_permission("write")
	_for_administrator(row.reference_doctype, row.reference_name, "write")
	return _answer(adjustments.cancel_adjustment(row.name, reason))


def _for_administrator(doctype: str, name: str, right: str):
	frappe.has_permission("Payment Adjustment", right, throw=True)
	doc = load_payable(doctype, name).doc
	doc.check_permission("read")
	return doc


def _answer(adjustment) -> dict:
	return {
		"adjustment": adjustment.name,
		"kind": adjustment.kind,
		"status": adjustment.status,
		"amount": money_in_words(adjustment.amount_minor, adjustment.currency),
		"amount_minor": adjustment.amount_minor,
		"currency": adjustment.currency,
	}
