"""The tree of organisation units, for its tree view."""

import frappe

from stripe_service.access import units


@frappe.whitelist()
def children(doctype: str, parent: str = "", is_root: bool | int = False, **_given) -> list[dict]:
	"""The units below `parent` that the session user may see: [{value, title, expandable}].

	At the root: those whose parent the user does not see, so that a member of a branch finds the branch. Needs read on
	Organisation Unit; raises frappe.PermissionError.
	"""
	frappe.has_permission(units.UNIT, "read", throw=True)
	listed = frappe.get_list(
		units.UNIT,
		fields=["name", "unit_name", "parent_organisation_unit", "lft", "rgt"],
		order_by="name",
		limit=0,
	)
	seen = {unit.name for unit in listed}
	at_root = frappe.utils.sbool(is_root) or parent not in seen
	below = [unit for unit in listed if _is_below(unit, None if at_root else parent, seen)]
	return [
		{"value": unit.name, "title": unit.unit_name, "expandable": unit.rgt - unit.lft > 1} for unit in below
	]


def _is_below(unit, parent: str | None, seen: set[str]) -> bool:
	if parent is None:
		return unit.parent_organisation_unit not in seen
	return unit.parent_organisation_unit == parent


@frappe.whitelist(methods=["POST"])
def add(unit_name: str, parent: str = "", is_root: bool | int = False, **_given) -> str:
	"""Add a unit below `parent` (at the root without one); answers its path.

	Needs create on Organisation Unit, and write on the parent. Raises frappe.PermissionError, and
	frappe.ValidationError for a name that is blank, contains a slash or is taken.
	"""
	frappe.has_permission(units.UNIT, "create", throw=True)
	unit = frappe.new_doc(units.UNIT, unit_name=unit_name)
	if not frappe.utils.sbool(is_root) and frappe.db.exists(units.UNIT, parent):
		frappe.has_permission(units.UNIT, "write", doc=parent, throw=True)
		unit.parent_organisation_unit = parent
		# Frappe's User Permissions would refuse a unit that is not there yet to whoever keeps a part of the tree only.
		unit.flags.ignore_permissions = True
	return unit.insert().name
