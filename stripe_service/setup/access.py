"""What uninstalling has to take away of rights and memberships, because Frappe leaves it behind.

A User Permission on a DocType that is gone makes every request of its user fail, and roles without a DocType only
puzzle whoever reads the list. A role that somebody has used elsewhere meanwhile stays.
"""

import frappe

from stripe_service.access.units import UNIT

MODULE = "Stripe Service"
ROLES = (
	"Stripe Administrator",
	"Stripe Viewer",
	"Stripe Reader",
	"Stripe Payer",
	"Invoice Payers",
	"Portal Payer",
)
# where a role is named: DocType, field
USES = (
	("DocPerm", "role"),
	("Custom DocPerm", "role"),
	("Workflow Transition", "allowed"),
	("Workflow Document State", "allow_edit"),
)


def remove() -> None:
	"""Undo what set-up made outside the module: roles that nothing else uses, and User Permissions for units."""
	frappe.db.delete("User Permission", {"allow": UNIT})
	frappe.db.delete("User Permission", {"applicable_for": ("in", _own_doctypes())})
	frappe.cache.delete_value("user_permissions")
	for role in ROLES:
		if frappe.db.exists("Role", role) and not _is_used_elsewhere(role):
			frappe.db.delete("Has Role", {"role": role})
			frappe.delete_doc("Role", role, force=True, ignore_permissions=True)
	frappe.db.delete("Custom DocPerm", {"parent": ("in", _own_doctypes())})


def _is_used_elsewhere(role: str) -> bool:
	return any(
		parent not in _own_doctypes()
		for doctype, fieldname in USES
		for parent in frappe.get_all(doctype, filters={fieldname: role}, pluck="parent")
	)


def _own_doctypes() -> list[str]:
	return frappe.get_all("DocType", filters={"module": MODULE}, pluck="name")
