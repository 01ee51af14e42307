"""The Module Onboarding of the workspace Stripe: Frappe shows it there on 15 (by the workspace's block) and beside the sidebar on 16
(by the sidebar's field), where System Settings have onboarding switched on.

Its steps are records that name no module, so Frappe leaves them when the app is uninstalled.
"""

import frappe

ONBOARDING = "Stripe Service"


def remove() -> None:
	"""before_uninstall. Rows only: deleting the documents would, in developer mode, delete the app's files, too."""
	steps = frappe.get_all("Onboarding Step Map", filters={"parent": ONBOARDING}, pluck="step")
	frappe.db.delete("Onboarding Step", {"name": ("in", steps or [""])})
