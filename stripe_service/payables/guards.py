"""What may not be done to a payable document, however it is saved: the currency of money can't change, what can't be paid
can't be sent for payment, and what has been paid can't be deleted.

For a DocType that nobody made payable each of these costs a look into a dict.
"""

import frappe
from frappe import _

from stripe_service.gateway import payment_states
from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_config
from stripe_service.utils.transaction import read_committed

_LEDGER = """
	select payment.currency
	from `tabInvoice Payment Reference` reference join `tabInvoice Payment` payment on payment.name = reference.parent
	where reference.reference_doctype = %(doctype)s and reference.reference_name = %(name)s
		and payment.status not in %(void)s
	union all
	select currency from `tabPayment Adjustment` where reference_doctype = %(doctype)s and reference_name = %(name)s
	limit 1
"""


class NotToBeSent(frappe.ValidationError):
	"""The document can't be sent for payment as it is; the message says what to change."""


def check_document(doc, method: str | None = None) -> None:
	"""doc_events "*", validate and before_update_after_submit."""
	config = get_config(doc.doctype)
	if not config or doc.is_new():
		if config and not config.keeps_outstanding:
			_check_total(open_payable(doc), None)
		return
	before = open_payable(doc.get_doc_before_save()) if doc.get_doc_before_save() else None
	payable = open_payable(doc)
	if before and before.currency != payable.currency:
		# The row is locked by the save, so that nobody claims while it is changed.
		if ledger_of(doc):
			frappe.throw(
				_("The currency cannot change any more: there are payments in {0}.").format(
					frappe.bold(before.currency)
				)
			)
	if not config.keeps_outstanding:
		_check_total(payable, before)


def ledger_of(doc) -> str | None:
	"""The currency in which money of the document is claimed, was received or is accounted for; None if there is none."""
	rows = read_committed(_LEDGER, {"doctype": doc.doctype, "name": doc.name, "void": payment_states.VOID})
	return rows[0][0] if rows else None


def _check_total(payable, before) -> None:
	"""Asked when the document is sent for payment, and when a document that was sent is changed."""
	if not _waits_for_payment(payable):
		return
	facts = ("currency", "total_minor", "exact_total")
	if (
		before
		and _waits_for_payment(before)
		and all(getattr(before, f) == getattr(payable, f) for f in facts)
	):
		return
	problem = payable.why_total_not_payable()
	if problem and not (payable.total_minor <= 0 and before and ledger_of(payable.doc)):
		frappe.throw(problem, NotToBeSent, title=_("Cannot be sent for payment"))


def _waits_for_payment(payable) -> bool:
	"""Whether the document says of itself that it can be paid now: by its state, or by having been submitted."""
	config = payable.config
	if config.payable_statuses:
		return payable.status in config.payable_statuses and not payable.is_void
	return config.docstatus_required == "Submitted" and payable.doc.docstatus == 1


def refuse_deletion(doc, method: str | None = None) -> None:
	"""doc_events "*", on_trash. Raises frappe.LinkExistsError for a document that has payments, of whatever outcome."""
	if not get_config(doc.doctype):
		return
	named = {"reference_doctype": doc.doctype, "reference_name": doc.name}
	if (
		frappe.db.exists("Invoice Payment Reference", named)
		or frappe.db.exists("Payment Adjustment", named)
		or ledger_of(doc)
	):
		frappe.throw(
			_("{0} has payments and cannot be deleted. Cancel it instead.").format(frappe.bold(doc.name)),
			frappe.LinkExistsError,
		)
