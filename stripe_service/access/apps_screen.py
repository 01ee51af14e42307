"""The app on Frappe's apps screen, and as the place where the desk begins for those who have no other app there."""

import frappe

WORKSPACE = "Stripe"


def may_see_workspace() -> bool:
	"""hooks add_to_apps_screen: only for whom the workspace, which it leads to, is there. One query."""
	roles = frappe.get_all("Has Role", filters={"parent": WORKSPACE, "parenttype": "Workspace"}, pluck="role")
	return not roles or bool(set(roles) & set(frappe.get_roles()))
