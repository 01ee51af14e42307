"""What may be done with one document (`has_permission`): the same rules as in query_conditions, for one row.

Shares go past these hooks, by Frappe's design; sharing.py therefore refuses the share.
"""

import frappe

from stripe_service.access import rules, units
from stripe_service.access.answers import answer
from stripe_service.access.query_conditions import REFERENCES, can_edit_units, reads_all_payments
from stripe_service.payables import registry


def of_document(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""For every DocType ("*"). No query for a DocType without unit control."""
	return answer(units.unit_allows(doc, user or frappe.session.user, ptype or "read"))


def of_attached_row(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""For files, tags, comments ... : as the document to which they belong lets the user read it."""
	type_field, name_field = REFERENCES[doc.doctype]
	doctype, name = doc.get(type_field), doc.get(name_field)
	if not doctype or not name or not units.unit_control_on(doctype):
		return answer(True)
	return answer(may_read(doctype, name, user or frappe.session.user))


def of_work_item(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""For Workflow Action: the document can be read, the rules address the user, and nobody deletes it whose right
	ends with reading the document."""
	user = user or frappe.session.user
	if user == "Administrator" or not registry.get_config(doc.reference_doctype):
		return answer(True)
	reference = _existing(doc.reference_doctype, doc.reference_name)
	if not reference or not frappe.has_permission(doc.reference_doctype, "read", doc=reference, user=user):
		return answer(False)
	if ptype == "delete":
		return answer(frappe.has_permission(doc.reference_doctype, "write", doc=reference, user=user))
	return answer(rules.addresses(reference, user, state=doc.workflow_state))


def of_payment(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""For Invoice Payment: one's own, those of documents that one may see, and all for readers of the account."""
	user = user or frappe.session.user
	if ptype == "create" or doc.user == user or reads_all_payments(user):
		return answer(True)
	config = registry.get_config(doc.reference_doctype)
	if not config:
		return answer(False)
	if config.unit_control:
		return answer(doc.organisation_unit in units.visible_units(user, doc.reference_doctype))
	return answer(may_read(doc.reference_doctype, doc.reference_name, user))


def of_unit(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""For Organisation Unit: those who keep the tree see all of it, others the units they belong to."""
	user = user or frappe.session.user
	return answer(can_edit_units(user) or doc.name in units.visible_units(user))


def may_read(doctype: str, name: str, user: str) -> bool:
	"""False as well for a document that is not there."""
	doc = _existing(doctype, name)
	return bool(doc) and frappe.has_permission(doctype, "read", doc=doc, user=user)


def _existing(doctype: str, name: str):
	try:
		return frappe.get_doc(doctype, name)
	except frappe.DoesNotExistError:
		frappe.clear_last_message()
		return None
