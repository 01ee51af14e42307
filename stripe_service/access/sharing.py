"""Ways round the unit that Frappe leaves to whoever may share, assign, follow, notify or mail: closed here.

A share goes past every permission hook, and assigning a document shares it. So who is no member of a document's unit
gets no share, no assignment, no follow and no message about it; and who leaves the unit, or sees the document leave
theirs, loses what they were given.
"""

import frappe
from frappe import _

from stripe_service.access import units
from stripe_service.access.guarded import is_guarded
from stripe_service.access.permissions import may_read


def refuse_share(share, method: str | None = None) -> None:
	"""DocShare, validate. A share with everyone is one with outsiders."""
	if not units.unit_control_on(share.share_doctype):
		return
	if share.everyone:
		_refuse(
			_("{0} is shown to members of its organisation unit only and cannot be shared with everyone."),
			share,
		)
	if not _admits(share.share_doctype, share.share_name, share.user):
		_refuse(
			_("{0} cannot be shared with {1}, who does not belong to its organisation unit."),
			share,
			share.user,
		)


def _refuse(message: str, share, user: str | None = None) -> None:
	frappe.throw(
		message.format(frappe.bold(share.share_name), frappe.bold(user or "")),
		frappe.PermissionError,
		title=_("Not a member of the unit"),
	)


def refuse_assignment(todo, method: str | None = None) -> None:
	"""ToDo, validate: also what Assign To and Assignment Rules make. One that was given may still be closed."""
	if not units.unit_control_on(todo.reference_type) or not todo.reference_name:
		return
	given = ("reference_type", "reference_name", "allocated_to")
	if (
		todo.status != "Open"
		and not todo.is_new()
		and not any(todo.has_value_changed(field) for field in given)
	):
		return
	if not _admits(todo.reference_type, todo.reference_name, todo.allocated_to or todo.owner):
		frappe.throw(
			_("{0} cannot be assigned to {1}, who does not belong to its organisation unit.").format(
				frappe.bold(todo.reference_name), frappe.bold(todo.allocated_to)
			),
			frappe.PermissionError,
			title=_("Not a member of the unit"),
		)


def refuse_foreign_links(doc, method: str | None = None) -> None:
	"""doc_events "*", validate: whoever links a document is shown its title, and whatever fields are fetched with it.

	No query for a DocType without a link to documents under unit control.
	"""
	if doc.flags.ignore_permissions or frappe.session.user == "Administrator" or not units.all_controlled():
		return
	before = doc.get_doc_before_save()
	for row in (doc, *doc.get_all_children()):
		for field in row.meta.get_link_fields() + row.meta.get_dynamic_link_fields():
			name = row.get(field.fieldname)
			doctype = field.options if field.fieldtype == "Link" else row.get(field.options)
			if (
				not name
				or not units.unit_control_on(doctype)
				or (before and _was_linked(before, doctype, name))
			):
				continue
			if not may_read(doctype, name):
				frappe.throw(_("You do not have access to this document."), frappe.PermissionError)


def _was_linked(before, doctype: str, name: str) -> bool:
	return any(
		row.get(field.fieldname) == name
		and (field.options if field.fieldtype == "Link" else row.get(field.options)) == doctype
		for row in (before, *before.get_all_children())
		for field in row.meta.get_link_fields() + row.meta.get_dynamic_link_fields()
	)


def refuse_follow(follow, method: str | None = None) -> None:
	"""Document Follow, validate: following mails every change and comment."""
	if units.unit_control_on(follow.ref_doctype) and not may_read(
		follow.ref_doctype, follow.ref_docname, follow.user
	):
		frappe.throw(_("You do not have access to this document."), frappe.PermissionError)


def keep_event_private(event, method: str | None = None) -> None:
	"""Event, validate: one about a document under unit control is not public. Frappe shows public events to everybody, in
	15.101 past every condition that an app adds to the list (an `or` without parentheses)."""
	if units.unit_control_on(event.get("reference_doctype")):
		event.event_type = "Private"


def withhold_notification(log, method: str | None = None) -> None:
	"""Notification Log, before_insert: a mention or an alert tells an outsider nothing of the document."""
	if not units.unit_control_on(log.document_type) or not log.document_name:
		return
	if not may_read(log.document_type, log.document_name, log.for_user):
		log.update(
			{
				"subject": _("A document that you have no access to"),
				"email_content": None,
				"document_name": None,
				"attached_file": None,
				"link": None,
			}
		)


def withhold_versions(version, method: str | None = None) -> None:
	"""Version, before_insert: whoever may read a document is shown its history, whatever level its fields are of; so
	changes of fields of a higher level are not in it, nor are amounts in minor units, which stand there in major ones, too.
	That holds of the rows of its tables as well."""
	if not is_guarded(version.ref_doctype) or not version.data:
		return
	data = frappe.parse_json(version.data)
	if not isinstance(data, dict):
		return
	meta = frappe.get_meta(version.ref_doctype)
	shown = {"changed": _shown(data.get("changed"), _withheld(meta))}
	of_rows = {
		field.fieldname: _withheld(frappe.get_meta(field.options)) for field in meta.get_table_fields()
	}
	changed_rows = [
		[table, *place, _shown(changes, of_rows.get(table, set()))]
		for table, *place, changes in data.get("row_changed") or []
	]
	shown["row_changed"] = [row for row in changed_rows if row[-1]]
	for kind in ("added", "removed"):
		shown[kind] = [
			[table, {name: row[name] for name in row if name not in of_rows.get(table, set())}]
			for table, row in data.get(kind) or []
		]
	version.data = frappe.as_json(data | shown, indent=None)


def _withheld(meta) -> set[str]:
	minor = {field.fieldname for field in meta.fields if field.fieldname.endswith("_minor")}
	return minor | {field.fieldname for field in meta.get_high_permlevel_fields()}


def _shown(changes: list | None, withheld: set[str]) -> list:
	return [change for change in changes or [] if change[0] not in withheld]


def withhold_email(queue, method: str | None = None) -> None:
	"""Email Queue, before_insert: users of this site who may not read the document get no mail about it.

	Addresses that belong to no user are the sender's affair, such as the customer's own.
	"""
	if not units.unit_control_on(queue.reference_doctype) or not queue.reference_name:
		return
	kept = [row for row in queue.recipients if not _is_outsider(row.recipient, queue)]
	if len(kept) == len(queue.recipients):
		return
	queue.set("recipients", kept)
	if not kept:
		queue.status = "Error"
		queue.error = _("None of the recipients may read {0}.").format(queue.reference_name)


def _is_outsider(address: str, queue) -> bool:
	email = frappe.utils.parse_addr(address)[1] or address
	user = frappe.db.get_value("User", {"email": email, "enabled": 1})
	return bool(user) and not may_read(queue.reference_doctype, queue.reference_name, user)


def _admits(doctype: str, name: str, user: str) -> bool:
	return units.unit_allows(frappe.get_doc(doctype, name), user)


def after_membership_changed(permission, method: str | None = None) -> None:
	"""User Permission, on_update and after_delete: shares, assignments and follows of the user that no longer stand."""
	if permission.allow == units.UNIT:
		units.forget_memberships()
		revoke_outsider_access(user=permission.user)


def revoke_outsider_access(doc=None, method: str | None = None, user: str | None = None) -> None:
	"""Take back shares, assignments and follows from outsiders (of one user, or of all).

	Daily as well: Frappe deletes some User Permissions without an event.
	"""
	for config in units.all_controlled():
		_drop(config.document_type, user=user)


def after_unit_changed(doc, method: str | None = None) -> None:
	"""doc_events "*", on_update: the document went to another unit. No query where nothing is under unit control."""
	config = units.controlled(doc.doctype)
	before = doc.get_doc_before_save()
	if not config or not before or before.get(config.unit_fieldname) == doc.get(config.unit_fieldname):
		return
	_drop(doc.doctype, name=doc.name)
	for payments in ("Invoice Payment", "Invoice Payment Reference"):
		frappe.db.set_value(
			payments,
			{"reference_doctype": doc.doctype, "reference_name": doc.name},
			"organisation_unit",
			doc.get(config.unit_fieldname),
			update_modified=False,
		)


# DocType, its fields for DocType and name of the document, and for the user
GIVEN = (
	("DocShare", "share_doctype", "share_name", "user"),
	("ToDo", "reference_type", "reference_name", "allocated_to"),
	("Document Follow", "ref_doctype", "ref_docname", "user"),
)


def _drop(doctype: str, name: str | None = None, user: str | None = None) -> None:
	for given, type_field, name_field, user_field in GIVEN:
		filters = {type_field: doctype}
		filters |= {name_field: name} if name else {}
		filters |= {user_field: user} if user else {}
		if given == "ToDo":
			filters["status"] = "Open"
		for row in frappe.get_all(given, filters=filters, fields=["name", name_field, user_field]):
			if frappe.db.exists(doctype, row[name_field]) and not _admits(
				doctype, row[name_field], row[user_field]
			):
				_revoke(given, row.name)


def _revoke(given: str, name: str) -> None:
	if given == "ToDo":
		frappe.db.set_value("ToDo", name, "status", "Cancelled")
	else:
		frappe.delete_doc(
			given, name, ignore_permissions=True, force=True, flags={"ignore_share_permission": True}
		)
