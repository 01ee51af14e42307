"""Which documents a user may find (`permission_query_conditions`) and open (`has_permission`): each rule once for a
list and once for one document, side by side.

User Permissions fail open and Frappe's own rows about a document (comments, files, mails, notices ...) ask less than
the document does, so the hooks below deny by default:

- documents under unit control, and the rows of their tables, go by the unit;
- rows of Frappe's own DocTypes that belong to a document of a unit or of this app (REFERENCES) go by that document;
- payments go by their payer, their document, or the right to read the account.

A query condition that is empty restricts nothing, so refusing is always said outright (`1=0`). Frappe 15 joins
conditions with a bare `and`: each one here is a single comparison or stands in parentheses. A `has_permission` hook
of Frappe 15 that answers True silences the hooks of other apps (there, not refusing is None); Frappe 16 asks every
hook and takes None for a refusal. Shares go past both, by Frappe's design; sharing.py refuses the share.
"""

from collections import defaultdict
from collections.abc import Iterable

import frappe
from frappe.model.db_query import DatabaseQuery
from frappe.model.workflow import get_workflow_name

from stripe_service.access import rules, units
from stripe_service.payables import registry
from stripe_service.utils import frappe_versions
from stripe_service.utils.people import is_website_user

GUEST = "Guest"
NOTHING = "1=0"
EVERYTHING = ""
DENY = False

# DocTypes, most of them Frappe's own, whose rows belong to a document, and the fields that say to which.
REFERENCES = {
	"Activity Log": ("reference_doctype", "reference_name"),
	"Auto Repeat": ("reference_doctype", "reference_document"),
	"Comment": ("reference_doctype", "reference_name"),
	"Communication": ("reference_doctype", "reference_name"),
	"Deleted Document": ("deleted_doctype", "deleted_name"),
	"Discussion Topic": ("reference_doctype", "reference_docname"),
	"DocShare": ("share_doctype", "share_name"),
	"Document Follow": ("ref_doctype", "ref_docname"),
	"Document Share Key": ("reference_doctype", "reference_docname"),
	"Email Queue": ("reference_doctype", "reference_name"),
	"Email Unsubscribe": ("reference_doctype", "reference_name"),
	"Energy Point Log": ("reference_doctype", "reference_name"),
	"Error Log": ("reference_doctype", "reference_name"),
	"Event": ("reference_doctype", "reference_docname"),
	"File": ("attached_to_doctype", "attached_to_name"),
	"Integration Request": ("reference_doctype", "reference_docname"),
	"Milestone": ("reference_type", "reference_name"),
	"Notification Log": ("document_type", "document_name"),
	"Payment Adjustment": ("reference_doctype", "reference_name"),
	"Permission Log": ("for_doctype", "for_document"),
	"Reminder": ("reminder_doctype", "reminder_docname"),
	"Stripe Payment Link": ("reference_doctype", "reference_name"),
	"Submission Queue": ("ref_doctype", "ref_docname"),
	"Tag Link": ("document_type", "document_name"),
	"ToDo": ("reference_type", "reference_name"),
	"Version": ("ref_doctype", "docname"),
	"View Log": ("reference_doctype", "reference_name"),
}

# This app's own DocTypes whose documents are somebody's: what belongs to one of them goes by it, too.
PERSONAL = (
	"Automatic Payment",
	"Invoice Payment",
	"Payment Adjustment",
	"Saved Card",
	"Scheduled Payment",
	"Stripe Bank Account",
	"Stripe Customer",
	"Stripe Payment Link",
	"Stripe Refund",
)


def answer(allowed: bool) -> bool | None:
	"""What a `has_permission` hook answers for `allowed` on the Frappe that is running."""
	return frappe_versions.no_objection() if allowed else DENY


# Every DocType ("*")


def query_of_any(user: str | None = None, doctype: str | None = None) -> str:
	"""For every DocType: its unit, the document it is a table of, or the one it belongs to. Else no restriction."""
	user = user or frappe.session.user
	if config := units.controlled(doctype):
		return _in_units(doctype, config.unit_fieldname, units.visible_units(user, doctype))
	if fields := reference_fields(doctype):
		return _by_reference(doctype, *fields, _documents_of(doctype), user)
	parents = parents_of(doctype)
	return _by_reference(doctype, "parenttype", "parent", parents, user) if parents else EVERYTHING


def check_any(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""For every DocType. No query for one that has nothing to do with units and belongs to no document."""
	user = user or frappe.session.user
	if fields := reference_fields(doc.doctype):
		return answer(_may_read_reference(doc, *fields, user))
	return answer(units.unit_allows(doc, user, ptype or "read"))


def reference_fields(doctype: str) -> tuple[str, str] | None:
	"""The fields that say to which document a row of `doctype` belongs; None if it belongs to none, as an Event does not on early
	versions of Frappe 15."""
	fields = REFERENCES.get(doctype)
	return fields if fields and frappe.get_meta(doctype).has_field(fields[0]) else None


def _may_read_reference(doc, type_field: str, name_field: str, user: str) -> bool:
	"""Of what the row says now, and of what is stored: a field set by the request must not be the key to the row."""
	references = {(doc.get(type_field), doc.get(name_field))}
	if doc.get("name") and not doc.get("__islocal"):
		references |= set(frappe.db.get_values(doc.doctype, doc.name, [type_field, name_field]) or ())
	return all(
		may_read(doctype, name, user)
		for doctype, name in references
		if name and doctype in documents_with_rows()
	)


def documents_with_rows() -> list[str]:
	"""The DocTypes by whose documents the rows of REFERENCES go. No query."""
	return [*units.controlled_doctypes(), *PERSONAL]


def _documents_of(doctype: str) -> list[str]:
	"""The DocTypes by whose documents the rows of `doctype` go. What is a document of ours itself (Payment Adjustment, Stripe
	Payment Link) belongs to none of its kind, and would ask itself without end."""
	doctypes = documents_with_rows()
	return [name for name in doctypes if name not in REFERENCES] if doctype in PERSONAL else doctypes


def parents_of(doctype: str) -> list[str]:
	"""The DocTypes whose documents are somebody's, by unit control or as this app's own, that have `doctype` as a child table. No
	query: the metas are cached."""
	if not frappe.get_meta(doctype).istable:
		return []
	return [name for name in documents_with_rows() if doctype in child_tables_of(name)]


def child_tables_of(doctype: str) -> set[str]:
	"""The child DocTypes of `doctype`; none of one of ours while the app is being installed or removed."""
	try:
		return {field.options for field in frappe.get_meta(doctype).get_table_fields()}
	except frappe.DoesNotExistError:
		frappe.clear_last_message()
		return set()


# Workflow Action


def query_of_work_item(user: str | None = None, doctype: str | None = None) -> str:
	"""Frappe asks only for the role; here also for the document and the Work Item Rules."""
	user = user or frappe.session.user
	if user == "Administrator":
		return EVERYTHING
	doctypes = [doctype for doctype in registry.get_all_configs() if get_workflow_name(doctype)]
	return _by_reference(
		"Workflow Action", "reference_doctype", "reference_name", doctypes, user, narrow=rules.condition
	)


def check_work_item(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""The document can be read, the rules address the user, and nobody deletes it whose right ends with reading."""
	user = user or frappe.session.user
	if user == "Administrator" or not registry.get_config(doc.reference_doctype):
		return answer(True)
	reference = _existing(doc.reference_doctype, doc.reference_name)
	if not reference or not _may(reference, "read", user):
		return answer(False)
	if ptype == "delete":
		return answer(_may(reference, "write", user))
	return answer(rules.addresses(reference, user, state=doc.workflow_state))


# Invoice Payment


def query_of_payment(user: str | None = None, doctype: str | None = None) -> str:
	"""One's own, those of which one may see every document, and all for readers of the account. On the portal one's own alone."""
	user = user or frappe.session.user
	if reads_all_payments(user):
		return EVERYTHING
	# A payment by a link is Guest's, and no guest's own.
	own = (
		f"`tabInvoice Payment`.`user` = {frappe.db.escape(user, percent=False)}" if user != GUEST else NOTHING
	)
	if is_website_user(user):
		return own
	# By the first document, which the payment's own indexes know, as long as no function is called on their columns; then by
	# the others, of those that have others. In a `not` an unknown unit would count as neither.
	first = _shows_document("Invoice Payment", user)
	others = f"""(`tabInvoice Payment`.`document_count` <= 1 or not exists (
		select 1 from `tabInvoice Payment Reference`
		where `tabInvoice Payment Reference`.`parent` = `tabInvoice Payment`.`name`
			and not ifnull({_shows_document("Invoice Payment Reference", user)}, 0)
	))"""
	return f"({own} or ({first} and {others}))"


def _shows_document(table: str, user: str) -> str:
	"""A condition on the rows of `table`: `user` may read the document that the row refers to."""
	ways = []
	for doctype, config in registry.get_all_configs().items():
		if config.unit_control:
			shown = _in_units(table, "organisation_unit", units.visible_units(user, doctype))
		else:
			shown = f"`tab{table}`.`reference_name` in ({readable_names(doctype, user)})"
		ways.append(f"(`tab{table}`.`reference_doctype` = {frappe.db.escape(doctype)} and {shown or '1=1'})")
	return "(" + (" or ".join(ways) or NOTHING) + ")"


def check_payment(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Hook has_permission of Invoice Payment: its payer, whoever may read every document of it, whoever reads the account."""
	user = user or frappe.session.user
	if ptype == "create" or doc.user == user != GUEST or reads_all_payments(user):
		return answer(True)
	if is_website_user(user):
		return answer(False)
	return answer(bool(doc.references) and all(_may_read_document_of(row, user) for row in doc.references))


def _may_read_document_of(row, user: str) -> bool:
	config = registry.get_config(row.reference_doctype)
	if not config:
		return False
	if config.unit_control:
		return row.organisation_unit in units.visible_units(user, row.reference_doctype)
	return may_read(row.reference_doctype, row.reference_name, user)


def reads_all_payments(user: str) -> bool:
	"""Whoever may read the Stripe Account may read all that went through it, of whatever unit."""
	if units.sees_all_units(user):
		return True
	rights = frappe.permissions.get_role_permissions("Stripe Account", user=user)
	return bool(rights.get("read")) and "read" not in rights.get("if_owner", {})


# Organisation Unit


def query_of_unit(user: str | None = None, doctype: str | None = None) -> str:
	"""Those who keep the tree see all of it, others the units they belong to."""
	user = user or frappe.session.user
	if can_edit_units(user):
		return EVERYTHING
	return _in_units(units.UNIT, "name", units.visible_units(user))


def check_unit(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Hook has_permission of Organisation Unit: a unit is shown to those who belong to it or to one above."""
	user = user or frappe.session.user
	return answer(can_edit_units(user) or doc.name in units.visible_units(user))


def can_edit_units(user: str) -> bool:
	"""Whether `user` may write Organisation Units, by role or because they see all units."""
	rights = frappe.permissions.get_role_permissions(units.UNIT, user=user)
	return units.sees_all_units(user) or bool(rights.get("write"))


# What other modules ask


def readable_of(documents: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
	"""Those of `documents` (DocType, name) that the session user may read; by one query for each DocType."""
	names = defaultdict(set)
	for doctype, name in documents:
		names[doctype].add(name)
	found = set()
	for doctype, wanted in names.items():
		if registry.get_config(doctype) and frappe.has_permission(doctype, "read"):
			readable = frappe.get_list(
				doctype, filters={"name": ("in", sorted(wanted))}, pluck="name", limit=len(wanted)
			)
			found |= {(doctype, name) for name in readable}
	return found


def may_read(doctype: str, name: str, user: str | None = None) -> bool:
	"""Whether `user` may read the document. False as well for one that is not there."""
	return bool(find_readable(doctype, name, user))


def find_readable(doctype: str, name: str, user: str | None = None):
	"""The document, if `user` may read it; else None."""
	doc = _existing(doctype, name)
	return doc if doc and _may(doc, "read", user or frappe.session.user) else None


def _may(doc, ptype: str, user: str) -> bool:
	"""frappe.has_permission, asked on the way to another answer: Frappe tells the caller all reasons it finds while it
	looks, and with them the name of `doc`; of a table's row it tells the document's, whoever asked."""
	reasons = frappe.flags.pop("has_permission_check_logs", None)
	messages = len(frappe.local.message_log)
	try:
		return bool(frappe.has_permission(doc.doctype, ptype, doc=doc, user=user))
	finally:
		del frappe.local.message_log[messages:]
		if reasons is not None:
			frappe.flags.has_permission_check_logs = reasons


def _existing(doctype: str, name: str):
	try:
		return frappe.get_doc(doctype, name)
	except (frappe.DoesNotExistError, ImportError):
		frappe.clear_last_message()
		return None


def sees_all(doctype: str, user: str | None = None) -> bool:
	"""Whether a list of `doctype` shows `user` every row: no unit, User Permission, hook or ownership narrows it."""
	user = user or frappe.session.user
	return user == "Administrator" or conditions_of(doctype, user) == []


def readable_names(doctype: str, user: str) -> str:
	"""A subquery for the names of the documents that Frappe would list for `user`."""
	conditions = conditions_of(doctype, user)
	if conditions is None:
		conditions = [NOTHING]
	where = " and ".join(f"({condition})" for condition in conditions)
	return f"select `tab{doctype}`.`name` from `tab{doctype}`" + (f" where {where}" if where else "")


def conditions_of(doctype: str, user: str) -> list[str] | None:
	"""What Frappe would add to a list of `doctype` for `user`; None if the user may not read the DocType at all."""
	if not frappe.has_permission(doctype, "read", user=user):
		return None
	query = DatabaseQuery(doctype, user=user)
	return [condition for condition in (query.build_match_conditions(), *query.conditions) if condition]


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
	ways = []
	for doctype in doctypes:
		conditions = (
			[]
			if sees_all(doctype, user)
			else [f"`tab{table}`.`{name_field}` in ({readable_names(doctype, user)})"]
		)
		if narrow and (extra := narrow(doctype, user)):
			conditions.append(extra)
		if conditions:
			ways.append((doctype, conditions))
	if not ways:
		return EVERYTHING
	column = f"`tab{table}`.`{type_field}`"
	listed = ", ".join(frappe.db.escape(doctype) for doctype, _conditions in ways)
	shown = [
		f"({column} = {frappe.db.escape(doctype)} and {' and '.join(conditions)})"
		for doctype, conditions in ways
	]
	return "(" + " or ".join([f"ifnull({column}, '') not in ({listed})", *shown]) + ")"


# Stripe Refund: whoever sees its payment


def query_of_refund(user: str | None = None) -> str:
	"""Hook permission_query_conditions of Stripe Refund: a refund goes by its payment."""
	payments = query_of_payment(user)
	if not payments:
		return EVERYTHING
	return f"`tabStripe Refund`.`payment` in (select `name` from `tabInvoice Payment` where {payments})"


def check_refund(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Hook has_permission of Stripe Refund: a refund goes by its payment."""
	if not doc.payment or not frappe.db.exists("Invoice Payment", doc.payment):
		return answer(False)
	return check_payment(frappe.get_doc("Invoice Payment", doc.payment), "read", user)


# Stripe Payment Link: whoever may read every document of it


def query_of_link(user: str | None = None, doctype: str | None = None) -> str:
	"""Hook permission_query_conditions of Stripe Payment Link: it has documents, and none of them is one that `user` may not read."""
	fields = ("reference_doctype", "reference_name")
	rows = "Stripe Payment Link Reference"
	shown = _by_reference(rows, *fields, _documents_of_links(), user or frappe.session.user)
	if not shown:
		return EVERYTHING
	of_link = f"`tab{rows}` where `tab{rows}`.`parent` = `tabStripe Payment Link`.`name`"
	# In a `not` what is unknown would count as neither.
	return f"""(exists (select 1 from {of_link})
		and not exists (select 1 from {of_link} and not ifnull({shown}, 0)))"""


def check_link(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Hook has_permission of Stripe Payment Link, by the rows that are stored: what a request says of them is not asked."""
	user = user or frappe.session.user
	rows = frappe.get_all(
		"Stripe Payment Link Reference",
		filters={"parent": doc.get("name"), "parenttype": "Stripe Payment Link"},
		fields=["reference_doctype", "reference_name"],
	)
	if not rows:
		return answer(ptype == "create" or sees_all("Stripe Payment Link", user))
	doctypes = _documents_of_links()
	return answer(
		all(
			may_read(row.reference_doctype, row.reference_name, user)
			for row in rows
			if row.reference_doctype in doctypes
		)
	)


def _documents_of_links() -> list[str]:
	"""Every payable DocType too: one without unit control goes by Frappe's own permissions."""
	return list(dict.fromkeys([*registry.get_all_configs(), *_documents_of("Stripe Payment Link")]))
