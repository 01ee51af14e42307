"""The built-in answer to a payment: the state of the paid document follows what is outstanding.

Where a Workflow is active and has the way, the document goes it, with everything the designer hung on it (conditions,
fields to update, submission, tasks, e-mails). Where it has not, the state is written all the same: money that came is
a fact, and no designer draws the arrow back from Paid that a dispute needs. Frappe's validate_workflow knows no
exception, so that second way is an update of the row, and is named in the document's timeline.
"""

import frappe
from frappe import _
from frappe.model.workflow import apply_workflow, get_transitions, get_workflow, get_workflow_name
from frappe.workflow.doctype.workflow_action.workflow_action import process_workflow_actions


class StatusNotSet(frappe.ValidationError):
	"""The state can't be set as the document and its Workflow are; the message says what to change."""


def set_status(payable, balance) -> str | None:
	"""Bring the document's status into line with `balance`; returns the state set, None if nothing was to do.

	The document must be loaded with a lock; the session user is the one the jobs act as. Raises StatusNotSet, or
	what saving the document raises.
	"""
	state = state_for(payable, balance)
	if not state or state == payable.status or not _may_leave(payable, state):
		return None
	payable.doc.flags.moved_by_payment = True
	workflow = _workflow_of(payable)
	if workflow:
		_go_by_workflow(payable, workflow, state)
	else:
		_set_plainly(payable, state)
	return state


def state_for(payable, balance) -> str | None:
	"""The state that `balance` calls for by the Payable DocType row; None if the row names none."""
	config = payable.config
	if not config.status_fieldname:
		return None
	if balance.outstanding_minor <= 0:
		return config.status_paid if balance.settled_minor or balance.written_off_minor else None
	if balance.settled_minor > 0 and config.status_partly_paid:
		return config.status_partly_paid
	if balance.settled_minor <= 0 or payable.status == config.status_paid:
		return config.status_to_be_paid
	return None


def _may_leave(payable, state: str) -> bool:
	"""A document that somebody cancelled or put on hold meanwhile stays where they put it; and among the states in which it
	waits to be paid nothing is moved as long as nothing is paid."""
	config, status = payable.config, payable.status
	if payable.is_void or (status and status not in config.own_statuses):
		return False
	return (
		state != config.status_to_be_paid
		or status not in config.payable_statuses
		or status == config.status_partly_paid
	)


def _workflow_of(payable):
	"""The active Workflow, if it is the one that keeps the status field."""
	if not get_workflow_name(payable.doctype):
		return None
	workflow = get_workflow(payable.doctype)
	return workflow if workflow.workflow_state_field == payable.config.status_fieldname else None


def _go_by_workflow(payable, workflow, state: str) -> None:
	row = next((row for row in workflow.states if row.state == state), None)
	if not row:
		frappe.throw(
			_("The Workflow {0} has no state {1}. Add it, or name another in Payable DocType {2}.").format(
				frappe.bold(workflow.name), frappe.bold(state), _(payable.doctype)
			),
			StatusNotSet,
		)
	doc = payable.doc
	action = _action_to(doc, workflow, state)
	if action:
		_free_to_save(doc)
		apply_workflow(doc, action)
	else:
		_write_state(doc, workflow, row)


def _action_to(doc, workflow, state: str) -> str | None:
	"""The action that leads to `state` from here, for the user the jobs act as. Frappe takes the last transition of
	an action's name, so an action that is ambiguous here is none."""
	leads_to = {transition.action: transition.next_state for transition in get_transitions(doc, workflow)}
	return next((action for action, target in leads_to.items() if target == state), None)


def _free_to_save(doc) -> None:
	"""Fields that became mandatory after the invoice was sent must not keep it from being paid."""
	doc.flags.ignore_permissions = True
	doc.flags.ignore_mandatory = True


def _write_state(doc, workflow, row) -> None:
	if int(row.doc_status or 0) != int(doc.docstatus):
		frappe.throw(
			_(
				"The Workflow {0} has no transition from {1} to {2}, and {2} has another document status. Add a"
				" transition, then press Run After-Payment Again on the payment."
			).format(frappe.bold(workflow.name), doc.get(workflow.workflow_state_field), row.state),
			StatusNotSet,
		)
	values = {workflow.workflow_state_field: row.state}
	if row.update_field and not row.get("evaluate_as_expression"):
		values[row.update_field] = row.update_value
	doc.db_set(values, notify=True)
	doc.add_comment("Workflow", _("{0} (set by the payment)").format(_(row.state)))
	process_workflow_actions(doc, "on_update")


def _set_plainly(payable, state: str) -> None:
	"""No Workflow: save, so that notifications and controllers see it; where a submitted document's field can't be
	changed by a save, write the row."""
	doc, fieldname = payable.doc, payable.config.status_fieldname
	field = doc.meta.get_field(fieldname)
	if doc.docstatus == 1 and not (field and field.allow_on_submit):
		doc.db_set(fieldname, state, notify=True)
		return
	doc.set(fieldname, state)
	_free_to_save(doc)
	doc.save()
