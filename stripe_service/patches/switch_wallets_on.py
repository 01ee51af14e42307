"""Settings that were saved before there were wallets have no value for them, which Frappe reads as off: they begin as on new
sites."""

import frappe

from stripe_service.utils.labels import WALLETS

SETTINGS = "Stripe Service Settings"


def execute() -> None:
	if frappe.db.get_singles_dict(SETTINGS):
		for wallet in WALLETS:
			frappe.db.set_single_value(SETTINGS, f"wallet_{wallet}", 1)
