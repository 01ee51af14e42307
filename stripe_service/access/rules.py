"""Work Item Rules: of those who hold a transition's role, which units get the work item.

What the original wrote as `<Assignee path="/dev-v51/Branch A" type="UNIT" scope="workflow=role('Invoice Payers')">`.
A rule is about one role in one state of one Workflow; several of them for the same role add up; a role for which
there is none is not narrowed. A rule never widens: whoever gets an item must still be able to read the document.
"""

from collections import defaultdict
from dataclasses import dataclass

import frappe
from frappe.model.workflow import get_workflow, get_workflow_name

from stripe_service.access import units
from stripe_service.payables import registry
from stripe_service.utils.cache import forget_cached, read_cached

FIXED_UNIT = "Fixed unit"
CACHE_KEY = "stripe_service:work_item_rules"


@dataclass(frozen=True)
class Rule:
	"""`unit` for a fixed unit; else `unit_fieldname` names the document's field (None: Payable DocType says)."""

	workflow: str
	state: str
	role: str
	unit: str | None
	unit_fieldname: str | None
	include_parent_units: bool


def clear_cache(doc=None, method=None, *args) -> None:
	"""Forget the rules (utils.cache)."""
	forget_cached(CACHE_KEY)


def _all_rules() -> list[Rule]:
	def read() -> list[Rule]:
		rows = frappe.get_all("Work Item Rule", filters={"enabled": 1}, fields=["*"], order_by="creation")
		return [_rule_from(row) for row in rows]

	return read_cached(CACHE_KEY, read)


def _rule_from(row) -> Rule:
	fixed = row.unit_source == FIXED_UNIT
	return Rule(
		workflow=row.workflow,
		state=row.workflow_state,
		role=row.role,
		unit=row.organisation_unit if fixed else None,
		unit_fieldname=None if fixed else row.unit_fieldname or None,
		include_parent_units=bool(row.include_parent_units),
	)


def rules_for(doctype: str) -> dict[str, dict[str, list[Rule]]]:
	"""The enabled rules of the active Workflow of `doctype`: state -> role -> rules."""
	by_state: dict = defaultdict(lambda: defaultdict(list))
	workflow = get_workflow_name(doctype)
	for rule in _all_rules() if workflow else ():
		if rule.workflow == workflow:
			by_state[rule.state][rule.role].append(rule)
	return by_state


def addresses(doc, user: str, state: str | None = None, roles=None) -> bool:
	"""Whether `user` gets the work item of `doc` in `state` (its own if none is given).

	`roles`: the roles to look at; those of all transitions from the state if none are given.
	"""
	state = state or state_of(doc)
	by_role = rules_for(doc.doctype).get(state)
	if not by_role:
		return True
	held = set(frappe.get_roles(user)) & set(roles or roles_acting_in(doc.doctype, state))
	return any(
		role not in by_role or any(_matches(rule, doc, user) for rule in by_role[role]) for role in held
	)


def _matches(rule: Rule, doc, user: str) -> bool:
	unit = rule.unit or doc.get(_unit_fieldname(rule, doc.doctype) or "")
	return bool(unit) and unit in _units_reached(rule, user, doc.doctype)


def _units_reached(rule: Rule, user: str, doctype: str):
	"""The units for which the user counts as an assignee under `rule`."""
	if rule.include_parent_units:
		return units.visible_units(user, doctype)
	return units.own_units(user, doctype)


def _unit_fieldname(rule: Rule, doctype: str) -> str | None:
	config = registry.get_config(doctype)
	fieldname = rule.unit_fieldname or (config.unit_fieldname if config else None)
	return fieldname if fieldname and frappe.get_meta(doctype).has_field(fieldname) else None


def condition(doctype: str, user: str) -> str | None:
	"""The same as `addresses`, as a condition on the rows of Workflow Action that belong to `doctype`."""
	narrowed = {
		state: _condition_of_state(
			doctype, roles_acting_in(doctype, state), by_role, user, _rule_on_work_item
		)
		for state, by_role in rules_for(doctype).items()
	}
	narrowed = {state: sql for state, sql in narrowed.items() if sql is not None}
	return _in_states("`tabWorkflow Action`.`workflow_state`", narrowed) if narrowed else None


def condition_on_documents(doctype: str, user: str, roles_of_state) -> str | None:
	"""The same as `addresses(doc, user, roles=roles_of_state(its state))`, as a condition on the rows of `doctype` itself; None
	where the rules narrow nothing for this user."""
	narrowed = {}
	for state, by_role in rules_for(doctype).items():
		acting = roles_of_state(state)
		if acting & by_role.keys():
			narrowed[state] = _condition_of_state(doctype, acting, by_role, user, _rule_on_document)
	ways = {state: sql for state, sql in narrowed.items() if sql is not None}
	return (
		_in_states(f"`tab{doctype}`.`{get_workflow(doctype).workflow_state_field}`", ways) if ways else None
	)


def _in_states(column: str, ways: dict[str, str]) -> str:
	"""Rows in one of these states have to meet its condition, those in any other state none."""
	states = ", ".join(frappe.db.escape(state, percent=False) for state in ways)
	of_states = [
		f"({column} = {frappe.db.escape(state, percent=False)} and {sql})" for state, sql in ways.items()
	]
	return "(" + " or ".join([f"ifnull({column}, '') not in ({states})", *of_states]) + ")"


def _condition_of_state(doctype: str, acting: set[str], by_role: dict, user: str, of_rule) -> str | None:
	"""`of_rule` is one of the two below. None: the state's rules do not narrow anything for this user."""
	held = set(frappe.get_roles(user)) & acting
	if held - by_role.keys():
		return None
	ways = [of_rule(rule, doctype, user) for role in held for rule in by_role[role]]
	if None in ways:
		return None
	return "(" + " or ".join(ways or ["1=0"]) + ")"


def _rule_on_document(rule: Rule, doctype: str, user: str) -> str | None:
	"""None: the rule addresses the user with every document."""
	reached = _units_reached(rule, user, doctype)
	if rule.unit:
		return None if rule.unit in reached else "1=0"
	fieldname = _unit_fieldname(rule, doctype)
	if reached is units.ALL:
		return None
	if not reached or not fieldname:
		return "1=0"
	names = ", ".join(frappe.db.escape(unit, percent=False) for unit in sorted(reached))
	return f"`tab{doctype}`.`{fieldname}` in ({names})"


def _rule_on_work_item(rule: Rule, doctype: str, user: str) -> str | None:
	on_document = _rule_on_document(rule, doctype, user)
	if on_document in (None, "1=0"):
		return on_document
	return f"`tabWorkflow Action`.`reference_name` in (select `name` from `tab{doctype}` where {on_document})"


def roles_acting_in(doctype: str, state: str) -> set[str]:
	"""The roles of all transitions that leave `state`."""
	return {row.allowed for row in get_workflow(doctype).transitions if row.state == state}


def state_of(doc) -> str | None:
	"""The state of `doc` in its active Workflow, None without one."""
	if not get_workflow_name(doc.doctype):
		return None
	return doc.get(get_workflow(doc.doctype).workflow_state_field)
