"""The app on Frappe's apps screen, and as the place where the desk begins for those who have no other app there."""

import frappe

from stripe_service.access import landing

WORKSPACE = "Stripe"


def may_see_workspace() -> bool:
	"""hooks add_to_apps_screen: only for whom the workspace, which it leads to, is there. One query."""
	roles = frappe.get_all("Has Role", filters={"parent": WORKSPACE, "parenttype": "Workspace"}, pluck="role")
	return not roles or bool(set(roles) & set(frappe.get_roles()))


def is_payer() -> bool:
	"""hooks add_to_apps_screen, of the payers' home: only for those who are not led to the workspace above. No query."""
	return landing.lands_on_payments(set(frappe.get_roles()))
