"""Calls of Frappe's that answer about documents without asking who may see them, asked here (hooks.py lists them under
`override_whitelisted_methods`).

Each hands on to Frappe's own function unless the DocType's documents are shown to some users only; for those it
answers from what Frappe would list for the user. Arguments are taken as they come, because they differ between
versions of Frappe.
"""

from collections import Counter

import frappe
from frappe.utils import get_url_to_form
from frappe.utils.verified_command import verify_request

from stripe_service.access import query_conditions, units
from stripe_service.access.pay_actions import get_pay_transitions

OURS = frozenset({"Invoice Payment", "Saved Card", "Stripe Bank Account", units.UNIT})


def _guarded(doctype: str | None) -> bool:
	return bool(doctype) and (
		doctype in OURS or units.unit_control_on(doctype) or bool(query_conditions.parents_of(doctype))
	)


def _visible(doctype: str, names) -> set[str]:
	"""Those of `names` that Frappe would list for the session user."""
	names = [name for name in names if name]
	if not names or not frappe.has_permission(doctype, "read"):
		return set()
	return set(frappe.get_list(doctype, filters={"name": ("in", names)}, pluck="name", limit_page_length=0))


@frappe.whitelist()
def get(doctype: str, name: str | int | None = None, **given):
	"""For frappe.client.get, which lets anybody who may read some parent document see the rows of all of them."""
	parents = query_conditions.parents_of(doctype)
	if name and parents:
		row = frappe.db.get_value(doctype, name, ["parenttype", "parent"], as_dict=True)
		if row and row.parenttype in parents and not _visible(row.parenttype, [row.parent]):
			raise frappe.PermissionError
	return frappe.call("frappe.client.get", doctype=doctype, name=name, **given)


@frappe.whitelist()
def get_count(doctype: str, **given):
	"""For frappe.client.get_count, which counts whatever is there."""
	if not _guarded(doctype):
		return frappe.call("frappe.client.get_count", doctype=doctype, **given)
	frappe.local.form_dict = frappe._dict(doctype=doctype, filters=given.get("filters"))
	return frappe.call("frappe.desk.reportview.get_count")


@frappe.whitelist(allow_guest=True)
def validate_link(doctype: str, docname: str, **given):
	"""For frappe.client.validate_link, which confirms names on DocType level."""
	if _guarded(doctype) and not _visible(doctype, [docname]):
		return {}
	return frappe.call("frappe.client.validate_link", doctype=doctype, docname=docname, **given)


@frappe.whitelist()
def get_link_title(doctype: str, docname: str, **given):
	"""For frappe.desk.search.get_link_title, which tells any document's title."""
	if _guarded(doctype) and not _visible(doctype, [docname]):
		return None
	return frappe.call("frappe.desk.search.get_link_title", doctype=doctype, docname=docname, **given)


@frappe.whitelist()
def search_link(doctype: str, txt: str, **given):
	"""For frappe.desk.search.search_link, which a caller may tell to ignore User Permissions, and the hooks with them."""
	if _guarded(doctype):
		given["ignore_user_permissions"] = False
	return frappe.call("frappe.desk.search.search_link", doctype=doctype, txt=txt, **given)


@frappe.whitelist()
def search_widget(doctype: str, txt: str, **given):
	"""For frappe.desk.search.search_widget, likewise."""
	if _guarded(doctype):
		given["ignore_user_permissions"] = False
	return frappe.call("frappe.desk.search.search_widget", doctype=doctype, txt=txt, **given)


@frappe.whitelist()
def get_tagged_docs(doctype: str, tag: str):
	"""For frappe.desk.doctype.tag.tag.get_tagged_docs, which asks for the DocType only."""
	found = frappe.call("frappe.desk.doctype.tag.tag.get_tagged_docs", doctype=doctype, tag=tag)
	if not _guarded(doctype):
		return found
	visible = _visible(doctype, [row[0] for row in found])
	return [row for row in found if row[0] in visible]


@frappe.whitelist()
def search(text: str, **given):
	"""For frappe.utils.global_search.search, which shows what the index holds of every readable DocType."""
	found = frappe.call("frappe.utils.global_search.search", text=text, **given)
	names: dict[str, set] = {}
	for row in found:
		if _guarded(row.doctype):
			names.setdefault(row.doctype, set()).add(row.name)
	visible = {doctype: _visible(doctype, hits) for doctype, hits in names.items()}
	return [row for row in found if row.doctype not in visible or row.name in visible[row.doctype]]


@frappe.whitelist()
def get_group_by_count(doctype: str, current_filters: str | list | dict, field: str):
	"""For frappe.desk.listview.get_group_by_count, which counts assignments of documents nobody shows."""
	if field != "assigned_to" or not _guarded(doctype):
		return frappe.call(
			"frappe.desk.listview.get_group_by_count",
			doctype=doctype,
			current_filters=current_filters,
			field=field,
		)
	assigned = frappe.get_all(
		"ToDo",
		filters={"reference_type": doctype, "status": ("!=", "Cancelled")},
		fields=["reference_name", "allocated_to"],
	)
	filters = [*_as_list(current_filters), ["name", "in", [row.reference_name for row in assigned] or [""]]]
	listed = set(frappe.get_list(doctype, filters=filters, pluck="name", limit_page_length=0))
	counted = Counter(row.allocated_to for row in assigned if row.reference_name in listed)
	return [{"name": user, "count": count} for user, count in counted.most_common(50)]


def _as_list(filters) -> list:
	filters = frappe.parse_json(filters) or []
	return (
		[[name, "=", value] for name, value in filters.items()]
		if isinstance(filters, dict)
		else list(filters)
	)


@frappe.whitelist()
def get_workflow_state_count(doctype: str, workflow_state_field: str, states: str | list):
	"""For the Workflow form's count of documents by state."""
	if not _guarded(doctype):
		return frappe.call(
			"frappe.workflow.doctype.workflow.workflow.get_workflow_state_count",
			doctype=doctype,
			workflow_state_field=workflow_state_field,
			states=states,
		)
	if workflow_state_field not in frappe.get_meta(doctype).get_valid_columns():
		return None
	known = frappe.parse_json(states)
	found = frappe.get_list(
		doctype,
		filters={workflow_state_field: ("not in", known)},
		pluck=workflow_state_field,
		limit_page_length=0,
	)
	return [{workflow_state_field: state, "count": count} for state, count in Counter(found).items() if state]


@frappe.whitelist()
def get_follow_users(doctype: str, doc_name: str):
	"""For frappe.desk.form.document_follow.get_follow_users, which asks nothing."""
	if _guarded(doctype) and not _visible(doctype, [doc_name]):
		return []
	return frappe.call(
		"frappe.desk.form.document_follow.get_follow_users", doctype=doctype, doc_name=doc_name
	)


@frappe.whitelist(allow_guest=True)
def apply_action(action: str, doctype: str, docname: str, **given):
	"""For the links in work item e-mails: one that pays leads to the form, where its button opens the payment.

	Frappe's page would offer to confirm what can only be refused. Anything else is Frappe's own.
	"""
	step = get_pay_transitions(doctype)
	if step and action in {name for _state, name, _role in step.transitions}:
		if verify_request():
			frappe.local.response.update(
				{"type": "redirect", "location": get_url_to_form(doctype, docname) + "?pay=1"}
			)
		return None
	return frappe.call(
		"frappe.workflow.doctype.workflow_action.workflow_action.apply_action",
		action=action,
		doctype=doctype,
		docname=docname,
		**given,
	)
