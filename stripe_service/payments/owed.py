"""What a document owes has changed, whatever the cause: a payment, a refund, an edit of the total, a cancellation, an amendment,
a write-off, a payment recorded by hand.

The steps of `after_payment` that concern the document, each of which can be run again at any time and does only what is to
be done: hand the payments of a replaced document over to its amendment, show the amounts, mark what is too much, move the
state, open or close the work item, and cancel at Stripe what nobody may pay any more.
"""

import frappe
from frappe import _
from frappe.model.workflow import get_workflow_name
from frappe.utils import cint

from stripe_service.access import work_items
from stripe_service.gateway import payment_states
from stripe_service.payables import live
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payables.status import set_status
from stripe_service.payments import ledger, release
from stripe_service.payments.surplus import mark_surplus, notify_about_surplus
from stripe_service.utils.transaction import in_fresh_transaction

# Money can no longer come by these once they are canceled at Stripe. A debit under way can't be called back.
CANCELLABLE = (payment_states.STARTED, payment_states.ACTION_REQUIRED)


class NotCancelled(Exception):
	"""Stripe could not be asked to cancel a payment; the run is tried again."""


def lock_payable(reference):
	"""The document that `reference` (reference_doctype, reference_name) names, its row locked, as a Payable."""
	return open_payable(
		frappe.get_doc(reference.reference_doctype, reference.reference_name, for_update=True)
	)


def show_amounts(reference) -> None:
	"""Amounts on the document, and money beyond what it owes on the payments that brought it; told when it is new."""
	payable = lock_payable(reference)
	balance = balance_of(payable, lock=True)
	payable.update_document(balance)
	notify_about_surplus(mark_surplus(payable, balance))


def move_state(reference) -> None:
	"""The built-in update of the document's state."""
	payable = lock_payable(reference)
	set_status(payable, balance_of(payable, lock=True))


def update_work_items(reference, done_by: str | None = None) -> None:
	"""Gone when nothing is outstanding (done by the user `done_by`), there again when something is."""
	payable = lock_payable(reference)
	if not get_workflow_name(payable.doctype):
		return
	if balance_of(payable, lock=True).outstanding_minor <= 0:
		work_items.close_for(payable.doc, done_by)
	else:
		work_items.reopen(payable.doc)
	# Frappe lets nobody of a unit into the room of all work items.
	live.tell_units(payable.doc)


def cancel_what_is_not_owed(reference) -> None:
	"""Cancel at Stripe the open payments that the document no longer owes, newest first: all of them for a cancelled one. One that
	pays several documents is canceled as a whole: Stripe can't take less than it was made for, and the payer can pay the rest anew.

	What Stripe has received or is collecting by then is settled instead, and kept as a surplus. Commits; raises
	NotCancelled where Stripe gave no answer. Not in a transaction: no lock is held while Stripe is asked.
	"""
	names = in_fresh_transaction(lambda: _not_owed(reference))
	left = [name for name in names if release.cancel(name).status in CANCELLABLE]
	if left:
		raise NotCancelled(_("{0} could not be cancelled at Stripe yet.").format(", ".join(left)))


def _not_owed(reference) -> list[str]:
	payable = lock_payable(reference)
	balance = balance_of(payable, lock=True)
	excess = balance.reserved_minor - balance.outstanding_minor
	open_rows = frappe.db.sql(
		"""select reference.parent, reference.reserved_minor
		from `tabInvoice Payment Reference` reference join `tabInvoice Payment` payment on payment.name = reference.parent
		where reference.reference_doctype = %(doctype)s and reference.reference_name = %(name)s
			and payment.status in %(cancellable)s
		order by payment.creation desc""",
		{"doctype": payable.doctype, "name": payable.name, "cancellable": CANCELLABLE},
	)
	names = []
	for payment, reserved in open_rows:
		if excess > 0:
			names.append(payment)
			excess -= cint(reserved)
	return names


def hand_over_to_amendment(reference) -> str | None:
	"""The payments and adjustments of a cancelled document become those of the submitted one that amends it; returns its
	name if there is one.

	What a customer has paid counts for the corrected invoice, as everybody expects who amends one. Not where a document
	keeps its own outstanding amount: there the books say what the payment is for.
	"""
	doc = frappe.get_doc(reference.reference_doctype, reference.reference_name)
	amendment = _amendment_of(doc)
	if not amendment:
		return None
	# In the order of their names, as everybody locks who needs two documents.
	for name in sorted((doc.name, amendment)):
		frappe.db.get_value(doc.doctype, name, "name", for_update=True)
	if open_payable(frappe.get_doc(doc.doctype, amendment)).currency != open_payable(doc).currency:
		return None
	moved = {"reference_doctype": doc.doctype, "reference_name": doc.name}
	payments = [
		name for name in ledger.payments_of(doc.doctype, doc.name) if _hand_over(name, moved, amendment)
	]
	adjustments = frappe.get_all("Payment Adjustment", filters=moved, pluck="name")
	for name in adjustments:
		adjustment = frappe.get_doc("Payment Adjustment", name, for_update=True)
		adjustment.write(reference_name=amendment)
		_note(adjustment, doc.name, amendment)
	return amendment if payments or adjustments else None


def _hand_over(payment_name: str, moved: dict, amendment: str) -> bool:
	"""False for a payment that never brings money: it stays where it failed."""
	payment = frappe.get_doc("Invoice Payment", payment_name, for_update=True)
	if payment.status in payment_states.VOID:
		return False
	for row in payment.references:
		if (
			row.reference_doctype == moved["reference_doctype"]
			and row.reference_name == moved["reference_name"]
		):
			ledger.write_row(row, reference_name=amendment)
	payment.write(**ledger.first_document(payment.references))
	_note(payment, moved["reference_name"], amendment)
	return True


def _note(doc, cancelled: str, amendment: str) -> None:
	doc.add_comment("Info", _("Paid for {0}, which {1} amends.").format(cancelled, amendment))


def _amendment_of(doc) -> str | None:
	payable = open_payable(doc)
	if doc.docstatus != 2 or payable.config.keeps_outstanding or not doc.meta.has_field("amended_from"):
		return None
	return frappe.db.get_value(doc.doctype, {"amended_from": doc.name, "docstatus": 1})
