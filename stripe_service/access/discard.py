"""Discard, new in Frappe 16: any draft, submittable or not, becomes cancelled (docstatus 2) without being saved.

So none of the hooks of a save sees it. The desk offers it for submittable documents without a Workflow only, but the call
is open to everybody who may write the document. Frappe 15 never runs these hooks.
"""

import frappe
from frappe import _

from stripe_service.access import work_items
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_config

MODULE = "Stripe Service"


def refuse_discard(doc, method: str | None = None) -> None:
	"""doc_events "*", before_discard. Raises frappe.ValidationError for a document with money received or under way,
	and for the app's own records, which have no meaning as cancelled ones."""
	if get_config(doc.doctype):
		# Whoever claims an amount of this document holds its row, or waits for it and then finds it cancelled.
		frappe.db.get_value(doc.doctype, doc.name, "name", for_update=True)
		balance = balance_of(open_payable(doc), lock=True)
		if balance.settled_minor or balance.reserved_minor:
			frappe.throw(
				_(
					"{0} {1} can't be discarded: it was paid in part or in full, or a payment is under way. Refund it first."
				).format(_(doc.doctype), frappe.bold(doc.name)),
				title=_("Not discarded"),
			)
	elif doc.meta.module == MODULE:
		frappe.throw(_("{0} can't be discarded.").format(_(doc.doctype)), title=_("Not discarded"))


def after_discard(doc, method: str | None = None) -> None:
	"""doc_events "*", on_discard: nobody has anything to do with the document any more, and it owes nothing."""
	if not get_config(doc.doctype):
		return
	payable = open_payable(doc)
	if amounts := payable.amounts(balance_of(payable, lock=True)):
		doc.db_set(amounts)
	work_items.close_for(doc, frappe.session.user)
