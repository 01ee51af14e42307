"""What kind of user somebody is, and who can help whoever can't go on alone."""

import frappe
import frappe.permissions
from frappe.utils import get_fullname

NAMED = 5
OF_THE_DESK = frappe.permissions.SYSTEM_USER_ROLE  # held by every System User, and by nobody else


def is_website_user(user: str) -> bool:
	"""Whether `user` logs in to the portal and not to the desk. No query for desk users and guests."""
	if user in ("Guest", "Administrator") or OF_THE_DESK in frappe.get_roles(user):
		return False
	return frappe.get_cached_value("User", user, "user_type") == "Website User"


def editors_of(doctype: str) -> list[str]:
	"""The full names, and nothing else, of some users whose roles let them write `doctype`; empty if there is only
	Administrator."""
	roles = {rule.role for rule in frappe.get_meta(doctype).permissions if rule.write and not rule.permlevel}
	holders = frappe.get_all(
		"Has Role",
		filters={
			"role": ("in", list(roles)),
			"parenttype": "User",
			"parent": ("not in", ["Administrator", "Guest"]),
		},
		pluck="parent",
		distinct=True,
	)
	enabled = frappe.get_all(
		"User",
		filters={"name": ("in", holders), "enabled": 1},
		fields=["name", "full_name"],
		order_by="full_name",
		limit=NAMED,
	)
	return list(dict.fromkeys(row.full_name or get_fullname(row.name) for row in enabled))
