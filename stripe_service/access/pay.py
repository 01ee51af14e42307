"""May this user pay this document, and if not, why: the one function that the button, the form and every call ask.

The right to pay is the role's `create` on Invoice Payment, which Role Permission Manager gives and takes; on Frappe 16
a DocType may have the permission type `pay` as well, and then both are needed. To this come the right to read the
document, which the units decide, its state, and, as in the original, the assignment: where a Work Item Rule says who
gets the work item, nobody else pays.

Users of the portal (access.portal) need the right to pay and a document that is open to them there. The right `pay` and the
Work Item Rules are about the documents and the work items of the desk, which they have not.
"""

import frappe
from frappe import _
from frappe.utils import strip_html

from stripe_service.access import permissions, portal, rules
from stripe_service.access.pay_actions import get_pay_transitions
from stripe_service.payables.balance import Balance, balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.utils import frappe_versions

RIGHT = "pay"


def why_not_pay(doc, user: str | None = None, balance: Balance | None = None) -> str | None:
	"""None if `user` may pay `doc` now, else the reason, translated and as text: the form and its like show it as it is, while a
	message (`check_may_pay`) may set words in bold.

	`balance` of the document, if the caller has read it already. To somebody who may not read the document it says
	nothing about it. The amount is not its business (payments.claim is), nor are missing API keys
	(accounts.stripe_account).
	"""
	user = user or frappe.session.user
	reason = _why_not_this_user(doc, user) or _why_not_this_document(doc, balance)
	return strip_html(reason) if reason else None


def check_may_pay(doc, user: str | None = None, balance: Balance | None = None) -> None:
	"""Throws the reason of why_not_pay: frappe.PermissionError for who may not, ValidationError for what can't be."""
	user = user or frappe.session.user
	if reason := _why_not_this_user(doc, user):
		frappe.throw(reason, frappe.PermissionError, title=_("Not permitted to pay"))
	if reason := _why_not_this_document(doc, balance):
		frappe.throw(reason, title=_("Cannot be paid"))


def _why_not_this_document(doc, balance: Balance | None) -> str | None:
	payable = open_payable(doc)
	return payable.why_not_payable(balance or balance_of(payable, lock=False))


def _why_not_this_user(doc, user: str) -> str | None:
	if user == "Guest":
		return _("Log in to pay.")
	if not frappe.has_permission("Invoice Payment", "create", user=user):
		return _(
			"You do not have the right to pay. Ask an administrator for a role that may create Invoice Payments, such as"
			" Stripe Payer."
		)
	if portal.may_read(doc.doctype, doc.name, user):
		return None
	return _why_not_by_document(doc, user) or _why_not_by_assignment(doc, user)


def check_may_open(doc) -> None:
	"""Throws frappe.PermissionError unless the session user may read the document, by their roles or on the portal."""
	if not portal.may_read(doc.doctype, doc.name):
		doc.check_permission("read")


def conditions_on_payable(doctype: str, user: str) -> list[str] | None:
	"""What `why_not_pay` asks of the user, for all documents of `doctype` at once: conditions on its rows (SQL that is complete,
	with no values to be filled in). None if there is no document of it that `user` may pay."""
	if user == "Guest" or not frappe.has_permission("Invoice Payment", "create", user=user):
		return None
	ways = [
		way for way in (_payable_by_role(doctype, user), portal.conditions(doctype, user)) if way is not None
	]
	if len(ways) < 2:
		return ways[0] if ways else None
	return [" or ".join(" and ".join(f"({condition})" for condition in way) or "1=1" for way in ways)]


def _payable_by_role(doctype: str, user: str) -> list[str] | None:
	conditions = permissions.conditions_of(doctype, user)
	if conditions is None or not may_pay_doctype(doctype, user):
		return None
	step = get_pay_transitions(doctype)
	assigned = step and rules.condition_on_documents(doctype, user, step.roles)
	own = _only_own(doctype, user)
	return [*conditions, *filter(None, (assigned, own))]


def may_pay_doctype(doctype: str, user: str) -> bool:
	"""Whether the right `pay`, where there is one, lets `user` pay some documents of `doctype`."""
	return not has_right_to_pay(doctype) or bool(frappe.has_permission(doctype, RIGHT, user=user))


def _only_own(doctype: str, user: str) -> str | None:
	"""A role may hold the right `pay` for the documents that its holder has made (If Owner)."""
	if not has_right_to_pay(doctype):
		return None
	of_owner = frappe.permissions.get_role_permissions(doctype, user=user).get("if_owner", {})
	if RIGHT not in of_owner:
		return None
	return f"`tab{doctype}`.`owner` = {frappe.db.escape(user, percent=False)}"


def _why_not_by_document(doc, user: str) -> str | None:
	if not frappe.has_permission(doc.doctype, "read", doc=doc, user=user):
		return _(
			"You do not have access to this document. Ask an administrator whether you belong to its organisation unit."
		)
	if has_right_to_pay(doc.doctype) and not frappe.has_permission(doc.doctype, RIGHT, doc=doc, user=user):
		return _(
			"Your roles do not include the right to pay {0}. Ask an administrator to tick Pay for one of them in Role"
			" Permission Manager, at {0}."
		).format(_(doc.doctype))
	return None


def has_right_to_pay(doctype: str) -> bool:
	"""Whether `doctype` has the permission type `pay` (Frappe 16 and later; set up in Permission Type)."""
	return frappe_versions.has_permission_type(doctype, RIGHT)


def _why_not_by_assignment(doc, user: str) -> str | None:
	state, step = rules.state_of(doc), get_pay_transitions(doc.doctype)
	paying = step.roles(state) if step else set()
	if not paying & rules.rules_for(doc.doctype).get(state, {}).keys() or rules.addresses(
		doc, user, state, paying
	):
		return None
	return _("This payment is assigned to others: a Work Item Rule says to which organisation unit.")
