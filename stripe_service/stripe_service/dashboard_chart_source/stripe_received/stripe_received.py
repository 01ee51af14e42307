"""What was received per day, week or month, net of refunds and disputes, in each currency."""

import frappe

from stripe_service.accounts import charts, figures


@frappe.whitelist()
def get(
	filters: str | list | dict | None = None,
	from_date: str | None = None,
	to_date: str | None = None,
	timespan: str | None = None,
	time_interval: str | None = None,
	**_given,
) -> dict:
	"""Called by the desk's chart, with these arguments and others. Needs *read* on Invoice Payment, and counts only what
	the user may read."""
	frappe.has_permission(figures.PAYMENT, "read", throw=True)
	currency = charts.filtered_currency(filters)
	return charts.by_period(timespan, time_interval, from_date, to_date, currency)
