"""What a list, a count, a report, a link field or an export may select (`permission_query_conditions`).

A condition that is empty restricts nothing, so refusing is always said outright (`1=0`). Frappe 15 joins conditions
with a bare `and`: each one here is either a single comparison or in parentheses.

Rows that belong to a document (work items, payments, attachments, comments, tags ...) go by the document: they are
selected by a subquery over the documents that Frappe would list for the user, which brings User Permissions, shares
and the hooks of other apps with it.
"""

import frappe
from frappe.model.db_query import DatabaseQuery
from frappe.model.workflow import get_workflow_name

from stripe_service.access import rules, units
from stripe_service.payables import registry

NOTHING = "1=0"
EVERYTHING = ""

# Where rows say to which document they belong.
REFERENCES = {
	"File": ("attached_to_doctype", "attached_to_name"),
	"Tag Link": ("document_type", "document_name"),
	"Comment": ("reference_doctype", "reference_name"),
	"Communication": ("reference_doctype", "reference_name"),
	"Version": ("ref_doctype", "docname"),
	"View Log": ("reference_doctype", "reference_name"),
	"Document Follow": ("ref_doctype", "ref_docname"),
	"Payment Adjustment": ("reference_doctype", "reference_name"),
}


def of_document(user: str | None = None, doctype: str | None = None) -> str:
	"""For every DocType ("*"): documents under unit control, and the rows of their child tables."""
	user = user or frappe.session.user
	config = units.controlled(doctype)
	if config:
		return _in_units(doctype, config.unit_fieldname, units.visible_units(user, doctype))
	return _of_child_table(user, doctype)


def _of_child_table(user: str, doctype: str) -> str:
	parents = parents_of(doctype)
	return _by_reference(doctype, "parenttype", "parent", parents, user) if parents else EVERYTHING


def parents_of(doctype: str) -> list[str]:
	"""The DocTypes under unit control that have `doctype` as a child table. No query: the metas are cached."""
	configs = units.all_controlled()
	if not configs or not frappe.get_meta(doctype).istable:
		return []
	return [
		config.document_type
		for config in configs
		if any(field.options == doctype for field in frappe.get_meta(config.document_type).get_table_fields())
	]


def of_attached_row(user: str | None = None, doctype: str | None = None) -> str:
	"""For the DocTypes of REFERENCES: nothing that hangs on a document which the user's units do not show."""
	doctypes = [config.document_type for config in units.all_controlled()]
	type_field, name_field = REFERENCES[doctype]
	return _by_reference(doctype, type_field, name_field, doctypes, user or frappe.session.user)


def of_work_item(user: str | None = None) -> str:
	"""For Workflow Action: Frappe asks only for the role; here also for the document and the Work Item Rules."""
	user = user or frappe.session.user
	if user == "Administrator":
		return EVERYTHING
	doctypes = [doctype for doctype in registry.get_all_configs() if get_workflow_name(doctype)]
	return _by_reference(
		"Workflow Action", "reference_doctype", "reference_name", doctypes, user, narrow=rules.condition
	)


def of_payment(user: str | None = None) -> str:
	"""For Invoice Payment: one's own, those of documents that one may see, and all for readers of the account."""
	user = user or frappe.session.user
	if reads_all_payments(user):
		return EVERYTHING
	ways = [f"`tabInvoice Payment`.`user` = {frappe.db.escape(user)}"]
	for doctype, config in registry.get_all_configs().items():
		if config.unit_control:
			shown = _in_units("Invoice Payment", "organisation_unit", units.visible_units(user, doctype))
		else:
			shown = f"`tabInvoice Payment`.`reference_name` in ({readable_names(doctype, user)})"
		ways.append(
			f"(`tabInvoice Payment`.`reference_doctype` = {frappe.db.escape(doctype)} and {shown or '1=1'})"
		)
	return "(" + " or ".join(ways) + ")"


def reads_all_payments(user: str) -> bool:
	"""Whoever may read the Stripe Account may read all that went through it, of whatever unit."""
	if units.sees_all_units(user):
		return True
	rights = frappe.permissions.get_role_permissions("Stripe Account", user=user)
	return bool(rights.get("read")) and "read" not in rights.get("if_owner", {})


def of_unit(user: str | None = None) -> str:
	"""For Organisation Unit: those who keep the tree see all of it, others the units they belong to."""
	user = user or frappe.session.user
	if can_edit_units(user):
		return EVERYTHING
	return _in_units(units.UNIT, "name", units.visible_units(user))


def can_edit_units(user: str) -> bool:
	rights = frappe.permissions.get_role_permissions(units.UNIT, user=user)
	return units.sees_all_units(user) or bool(rights.get("write"))


def _in_units(doctype: str, fieldname: str | None, visible) -> str:
	if visible is units.ALL:
		return EVERYTHING
	if not visible or not fieldname:
		return NOTHING
	names = ", ".join(frappe.db.escape(unit, percent=False) for unit in sorted(visible))
	return f"`tab{doctype}`.`{fieldname}` in ({names})"


def _by_reference(table: str, type_field: str, name_field: str, doctypes, user: str, narrow=None) -> str:
	"""Rows of `table` that belong to none of `doctypes`, or to one of their documents that the user may read.

	`narrow(doctype, user)` may add a condition on the rows of one DocType.
	"""
	if not doctypes:
		return EVERYTHING
	column = f"`tab{table}`.`{type_field}`"
	listed = ", ".join(frappe.db.escape(doctype) for doctype in doctypes)
	ways = [f"ifnull({column}, '') not in ({listed})"]
	for doctype in doctypes:
		shown = f"`tab{table}`.`{name_field}` in ({readable_names(doctype, user)})"
		extra = narrow(doctype, user) if narrow else None
		ways.append(f"({column} = {frappe.db.escape(doctype)} and {shown}{f' and {extra}' if extra else ''})")
	return "(" + " or ".join(ways) + ")"


def readable_names(doctype: str, user: str) -> str:
	"""A subquery for the names of the documents that Frappe would list for `user`."""
	if not frappe.has_permission(doctype, "read", user=user):
		return f"select `name` from `tab{doctype}` where {NOTHING}"
	query = DatabaseQuery(doctype, user=user)
	conditions = [query.build_match_conditions(), *query.conditions]
	where = " and ".join(f"({condition})" for condition in conditions if condition)
	return f"select `tab{doctype}`.`name` from `tab{doctype}`" + (f" where {where}" if where else "")
