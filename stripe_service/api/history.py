"""What a form shows of the payments that were made. Thin: each method checks the right first, then hands over to `payments`."""

import frappe
from frappe import _

from stripe_service.payables.payable import load_payable
from stripe_service.payments.history import document_history, payment_history


@frappe.whitelist(methods=["GET", "POST"])
def of_document(doctype: str, name: str) -> dict:
	"""How much of a document is paid and under way, and each payment, refund, dispute and adjustment of it.

	Needs read on the document. What the answer tells of others' payments depends on what the session user may read of them
	(payments.history). Raises NotPayable, frappe.PermissionError, frappe.DoesNotExistError.
	"""
	doc = load_payable(doctype, name).doc
	doc.check_permission("read")
	return document_history(doc)


@frappe.whitelist(methods=["GET", "POST"])
def of_payment(payment: str) -> dict:
	"""What became of one payment. Needs read on it; for one that does not exist the answer is the same refusal."""
	if not frappe.db.exists("Invoice Payment", payment):
		_refuse()
	doc = frappe.get_doc("Invoice Payment", payment)
	if not doc.has_permission("read"):
		_refuse()
	return payment_history(doc)


def _refuse() -> None:
	frappe.throw(_("There is no such payment that you may read."), frappe.PermissionError)
