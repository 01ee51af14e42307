"""Which transitions of a Workflow mean "pay", whatever a designer named them and wherever they were put.

A transition pays if it leads to a state that Payable DocType names as paid or partly paid (from Paid, where a refund
leads back, it does not). One whose action bears the name that the shipped Workflow gives it, Pay, pays in any case, so
that a payment step which leads somewhere else first is one too. The states to which such transitions lead are reached
by settled money alone (workflow_guard).
"""

from dataclasses import dataclass

from frappe.model.workflow import get_workflow, get_workflow_name

from stripe_service.payables import registry

PAY = "Pay"


@dataclass(frozen=True)
class PayTransitions:
	"""`fieldname` holds the document's state; `states` are reached only by paying, `partly_paid` among them;
	`transitions` are (state, action, role) of those that pay."""

	fieldname: str
	states: frozenset[str]
	partly_paid: str | None
	transitions: tuple[tuple[str, str, str], ...] = ()

	def actions(self, state: str | None) -> set[str]:
		"""The actions that pay from `state`."""
		return {action for start, action, _role in self.transitions if start == state}

	def roles(self, state: str | None) -> set[str]:
		"""The roles that have one of them."""
		return {role for start, _action, role in self.transitions if start == state}


def get_pay_transitions(doctype: str) -> PayTransitions | None:
	"""None for a DocType that nobody made payable (no query), or that keeps no state."""
	config = registry.get_config(doctype)
	if not config:
		return None
	named = frozenset(filter(None, (config.status_paid, config.status_partly_paid)))
	if get_workflow_name(doctype):
		return _by_workflow(config, named, get_workflow(doctype))
	if config.status_fieldname:
		return PayTransitions(config.status_fieldname, named, config.status_partly_paid)
	return None


def _by_workflow(config, named: frozenset[str], workflow) -> PayTransitions:
	paying = [
		row
		for row in workflow.transitions
		if row.action == PAY or (row.next_state in named and row.state != config.status_paid)
	]
	return PayTransitions(
		fieldname=workflow.workflow_state_field,
		states=named | {row.next_state for row in paying},
		partly_paid=config.status_partly_paid,
		transitions=tuple((row.state, row.action, row.allowed) for row in paying),
	)
