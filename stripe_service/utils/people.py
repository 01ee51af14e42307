"""Who can help: the people named to somebody who can't go on alone."""

import frappe
from frappe.utils import get_fullname

NAMED = 5


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
