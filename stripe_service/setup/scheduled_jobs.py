"""Frappe makes a Scheduled Job Type of each scheduler event, and forgets those of a removed app only at the next migrate.

Until then the scheduler would queue jobs that no longer exist, and log an error for each.
"""

import frappe


def remove() -> None:
	"""Remove the rows that Frappe made for this app's scheduled jobs."""
	frappe.db.delete("Scheduled Job Type", {"method": ("like", "stripe_service.%")})
