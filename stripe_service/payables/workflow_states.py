"""States that Payable DocType names and its Workflow no longer has.

A designer renames a state in the Workflow, and the money goes on being recorded while nothing becomes Paid any more. So
it is said when the Workflow is saved, and in the set-up checklist, instead of at the next payment.
"""

import frappe
from frappe import _
from frappe.model.workflow import get_workflow_name

from stripe_service.payables.registry import PayableConfig, get_all_configs, get_config


def missing_states(config: PayableConfig) -> list[str]:
	"""The states that the row names and the active Workflow of its DocType has not; none where no Workflow keeps the
	status field."""
	name = get_workflow_name(config.document_type)
	if not name:
		return []
	workflow = frappe.get_cached_doc("Workflow", name)
	if workflow.workflow_state_field != config.status_fieldname:
		return []
	known = {row.state for row in workflow.states}
	return sorted({*config.own_statuses, *config.void_statuses} - known)


def all_missing_states() -> dict[str, list[str]]:
	"""By DocType; only those of which a state is missing."""
	found = {doctype: missing_states(config) for doctype, config in get_all_configs().items()}
	return {doctype: states for doctype, states in found.items() if states}


def warn_about_missing_states(workflow, method: str | None = None) -> None:
	"""doc_events of Workflow, on_update: a warning, since the designer may be about to change Payable DocType as well."""
	config = get_config(workflow.document_type)
	if not config or not workflow.is_active:
		return
	frappe.clear_document_cache("Workflow", workflow.name)
	if states := missing_states(config):
		frappe.msgprint(
			what_to_do(workflow.document_type, states), title=_("States of Payment"), indicator="orange"
		)


def what_to_do(doctype: str, states: list[str]) -> str:
	"""For whoever designs the Workflow, translated."""
	return _(
		"Payable DocType {0} names {1}, which the Workflow does not have. Payments are recorded, but can't set that"
		" state. Name the new states in Payable DocType {0}."
	).format(_(doctype), ", ".join(_(state) for state in states))
