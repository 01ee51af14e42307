"""Reports that were prepared in the background: what they show is what their maker might see.

Frappe shows a Prepared Report to whoever may run a report of that name. Where the report is about documents that are not shown
to everybody, it is its maker's own here, and theirs who see all such documents.
"""

import frappe
from frappe import _

from stripe_service.access.guarded import is_open_to
from stripe_service.access.permissions import DENY, EVERYTHING, answer
from stripe_service.utils.json_arguments import from_json

DOCTYPE = "Prepared Report"


def query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Hook permission_query_conditions of Prepared Report."""
	user = user or frappe.session.user
	about = frappe.get_all(
		"Report", filters={"ref_doctype": ("is", "set")}, pluck="ref_doctype", distinct=True
	)
	closed = ", ".join(frappe.db.escape(one, percent=False) for one in about if not is_open_to(one, user))
	if not closed:
		return EVERYTHING
	reports = f"select `name` from `tabReport` where `ref_doctype` in ({closed})"
	own = f"`tab{DOCTYPE}`.`owner` = {frappe.db.escape(user, percent=False)}"
	return f"({own} or `tab{DOCTYPE}`.`report_name` not in ({reports}))"


def has_permission(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Hook has_permission of Prepared Report."""
	user = user or frappe.session.user
	if doc.is_new() or doc.owner == user:
		return answer(True)
	about = frappe.db.get_value("Report", doc.report_name, "ref_doctype")
	return answer(True) if not about or is_open_to(about, user) else DENY


def check_named_in(filters) -> None:
	"""The Prepared Report that a report's filters name, which Frappe does not ask for. Raises frappe.PermissionError."""
	filters = from_json(filters)
	name = filters.get("prepared_report_name") if isinstance(filters, dict) else None
	if not name:
		return
	if not isinstance(name, str):
		frappe.throw(_("You do not have access to this document."), frappe.PermissionError)
	frappe.get_doc(DOCTYPE, name).check_permission("read")
