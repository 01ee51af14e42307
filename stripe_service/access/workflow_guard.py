"""Paid is reached by settled money alone.

E-mail links, bulk actions, Kanban, REST and Data Import all end in a save, and go round whatever a form's button does.
So every save is asked here; the document's own money answers, and nothing a caller could set. For a DocType that
nobody made payable it costs a look into a dict.
"""

import frappe
from frappe import _

from stripe_service.access import work_items
from stripe_service.access.pay_actions import get_pay_transitions
from stripe_service.payables.balance import balance_of, last_payer
from stripe_service.payables.payable import open_payable


class NotPaidYet(frappe.ValidationError):
	"""A document was to enter a state that only settled payments lead to."""


def refuse_unpaid(doc, method: str | None = None) -> None:
	"""doc_events "*", validate and before_update_after_submit. Raises NotPaidYet."""
	step = get_pay_transitions(doc.doctype)
	if not step:
		return
	state = doc.get(step.fieldname)
	if state not in step.states or state == _state_before(doc, step.fieldname):
		return
	if not _covered(doc, partly=state == step.partly_paid):
		_refuse(doc, state, step.actions(_state_before(doc, step.fieldname)))
	# The work item was done by whoever paid, not by the job that moves the document.
	if payer := last_payer(doc.doctype, doc.name):
		work_items.close_for(doc, payer)


def _state_before(doc, fieldname: str) -> str | None:
	before = doc.get_doc_before_save()
	return before.get(fieldname) if before else None


def _covered(doc, partly: bool) -> bool:
	if doc.is_new():
		return False
	payable = open_payable(doc)
	balance = balance_of(payable, lock=True)
	if partly:
		return balance.settled_minor > 0
	if balance.outstanding_minor > 0:
		return False
	# A document that keeps its own outstanding amount may have been paid by other means than ours.
	return bool(balance.settled_minor or balance.written_off_minor or payable.config.keeps_outstanding)


def _refuse(doc, state: str, actions: set[str]) -> None:
	way = _("Press {0} and pay.").format(frappe.bold(_(min(actions, default="Pay"))))
	frappe.throw(
		_("{0} {1} cannot be set to {2}: no settled payment covers it. {3}").format(
			_(doc.doctype), frappe.bold(doc.name), frappe.bold(_(state)), way
		),
		NotPaidYet,
		title=_("Not paid yet"),
	)
