"""Whose a saved method is. Nobody uses, sees or removes another's, by any call.

Two ways in, two guards. Our own calls go through `check_own`, which answers for another's row exactly as for one that
does not exist. Frappe's (lists, forms, REST, reports, link fields) go through the hooks below: who holds *read*
without "If Owner" (Stripe Reader, Stripe Administrator) sees all rows, everybody else the own ones; seeing is all
that gives, since paying and removing ask `check_own` of everyone.
"""

import frappe
from frappe import _
from frappe.permissions import get_role_permissions

from stripe_service.access.permissions import DENY, answer

CARD = "Saved Card"
BANK_ACCOUNT = "Stripe Bank Account"
DOCTYPES = (CARD, BANK_ACCOUNT)


def check_own(doctype: str, name: str, user: str | None = None):
	"""The document `name` of `doctype`, if it is `user`'s (default: the session's) and their Customer is Active.

	Raises frappe.PermissionError, with the same words whether the row is another's or is not there at all.
	"""
	user = user or frappe.session.user
	is_there = doctype in DOCTYPES and isinstance(name, str) and frappe.db.exists(doctype, name)
	row = frappe.get_doc(doctype, name) if is_there else None
	if not row or user == "Guest" or row.user != user or not _customer_is_active(row.stripe_customer, user):
		frappe.throw(_("You have no such saved payment method."), frappe.PermissionError)
	return row


def doctype_of(name: str, user: str | None = None) -> str:
	"""Which DocType the own saved method `name` is of. Raises like check_own."""
	found = [d for d in DOCTYPES if isinstance(name, str) and frappe.db.exists(d, name)]
	doctype = found[0] if found else DOCTYPES[0]
	check_own(doctype, name, user)
	return doctype


def _customer_is_active(customer: str, user: str) -> bool:
	found = frappe.db.get_value("Stripe Customer", customer, ["user", "status"], as_dict=True)
	return bool(found) and found.status == "Active" and found.user == user


def reads_all(doctype: str, user: str) -> bool:
	"""Whether `user` may read every row of `doctype`, and not only the own ones."""
	permissions = get_role_permissions(frappe.get_meta(doctype), user)
	return bool(permissions.get("read")) and "read" not in (permissions.get("if_owner") or {})


def query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Hook permission_query_conditions of Saved Card and Stripe Bank Account."""
	user = user or frappe.session.user
	if reads_all(doctype, user):
		return ""
	return f"`tab{doctype}`.`user` = {frappe.db.escape(user, percent=False)}"


def has_permission(
	doc, ptype: str | None = None, user: str | None = None, debug: bool = False
) -> bool | None:
	"""Hook has_permission of Saved Card and Stripe Bank Account: it only ever denies."""
	user = user or frappe.session.user
	if isinstance(doc, str) or reads_all(doc.doctype, user) or doc.get("user") == user:
		return answer(True)
	return DENY
