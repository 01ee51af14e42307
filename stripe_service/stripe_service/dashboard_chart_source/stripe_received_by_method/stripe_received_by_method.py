"""What was received by each brand of card and by ACH, net of refunds and disputes, in each currency."""

import frappe

from stripe_service.accounts import charts, figures


@frappe.whitelist()
def get(
	filters: str | list | dict | None = None,
	from_date: str | None = None,
	to_date: str | None = None,
	timespan: str | None = None,
	**_given,
) -> dict:
	"""Called by the desk's chart, with these arguments and others. Needs *read* on Invoice Payment, and counts only what
	the user may read."""
	frappe.has_permission(figures.PAYMENT, "read", throw=True)
	return charts.by_method(timespan, from_date, to_date, charts.filtered_currency(filters))
