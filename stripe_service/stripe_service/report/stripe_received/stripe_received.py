"""What was received in some days and what is under way now, in each currency: as a whole, or by unit, method or day. The
numbers of payments lead to their lists."""

import frappe
from frappe import _
from frappe.utils import get_first_day, getdate, today

from stripe_service.accounts import charts, figures
from stripe_service.accounts.figure_links import between, link, list_path, query_of
from stripe_service.gateway import money
from stripe_service.gateway.payment_states import RECEIVED, RESERVING
from stripe_service.utils.dates import read_day

# By the units of all documents that a payment pays: the payment's own is that of the first.
UNIT_OF_ROWS = f"{figures.ROW}.organisation_unit"
BY = {"unit": figures.UNIT, "method": figures.METHOD, "day": figures.DAY}


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict]]:
	"""Frappe has checked that the user may see the report; what it sums is only what they may read."""
	frappe.has_permission(figures.PAYMENT, "read", throw=True)
	filters = frappe._dict(filters or {})
	by = BY.get(filters.by)
	first = read_day(filters.from_date) or get_first_day(today())
	last = read_day(filters.to_date) or getdate(today())
	# What is under way belongs to no day yet.
	waiting = [] if by == figures.DAY else figures.under_way(by)
	found = figures.together(figures.received(first, last, by), waiting)
	if by == figures.DAY:
		found.sort(key=lambda figure: figure.group)
	under_way_list = list_path(figures.PAYMENT, status=["in", list(RESERVING)])
	received_list = _received_list(first, last)
	rows = []
	for figure in found:
		if by == figures.DAY:
			received_list = _received_list(figure.group, figure.group)
		rows.append(row_of(figure, by, received_list, under_way_list))
	return columns(by), rows


def columns(by: str | None) -> list[dict]:
	"""The report's columns, grouped `by` figures.UNIT, METHOD or DAY, or by currency alone."""
	keys = {
		figures.UNIT: {"label": _("Organisation Unit"), "fieldtype": "Data", "width": 180},
		figures.METHOD: {"label": _("Method"), "fieldtype": "Data", "width": 150},
		figures.DAY: {"label": _("Day"), "fieldtype": "Date", "width": 110},
	}
	amounts = (
		("received", _("Received")),
		("refunded", _("Refunded")),
		("disputed", _("Disputed")),
		("net", _("Net")),
	)
	shown = [
		# Not a Link: readers of the account need not be readers of the currencies.
		{"fieldname": "currency", "label": _("Currency"), "fieldtype": "Data", "width": 90},
		{
			"fieldname": "payments",
			"label": _("Payments"),
			"fieldtype": "Data",
			"align": "right",
			"width": 100,
		},
		*(_amount(fieldname, label) for fieldname, label in amounts),
	]
	if by:
		shown.insert(0, {"fieldname": "key", **keys[by]})
	if by != figures.DAY:
		shown.append(
			{
				"fieldname": "payments_under_way",
				"label": _("Payments Under Way"),
				"fieldtype": "Data",
				"align": "right",
				"width": 175,
			}
		)
		shown.append(_amount("under_way", _("Under Way")))
	return shown


def _amount(fieldname: str, label: str) -> dict:
	return {
		"fieldname": fieldname,
		"label": label,
		"fieldtype": "Currency",
		"options": "currency",
		"width": 130,
	}


def _received_list(first, last) -> str:
	return list_path(figures.PAYMENT, status=["in", list(RECEIVED)], settled_at=between(first, last))


def row_of(figure: figures.Figure, by: str | None, received_list: str, under_way_list: str) -> dict:
	"""One row in major units, with links to the lists of what it counts: the two paths, narrowed to the row's currency
	and group."""
	narrowed = query_of(**{"currency": figure.currency} | _filters_of(figure, by))

	def major(minor: int) -> float:
		return float(money.from_minor(minor, figure.currency))

	return {
		"key": _name_of(figure, by),
		"currency": figure.currency,
		"payments": _linked(figure.count, received_list, narrowed),
		"received": major(figure.received_minor),
		"refunded": major(figure.refunded_minor),
		"disputed": major(figure.disputed_minor),
		"net": major(figure.net_minor),
		"payments_under_way": _linked(figure.under_way_count, under_way_list, narrowed),
		"under_way": major(figure.under_way_minor),
	}


def _linked(count: int, path: str, narrowed: str) -> str:
	return link(f"{path}&{narrowed}", str(count)) if count else "0"


def _filters_of(figure: figures.Figure, by: str | None) -> dict:
	if by == figures.UNIT:
		return {UNIT_OF_ROWS: figure.group or ["is", "not set"]}
	if by == figures.METHOD:
		method_type, brand = figure.group
		of_brand = {"brand": brand or ["is", "not set"]} if figures.tells_brands() else {}
		return {"method_type": method_type or ["is", "not set"]} | of_brand
	return {}


def _name_of(figure: figures.Figure, by: str | None):
	if by == figures.UNIT:
		return charts.unit_name(figure.group)
	return charts.method_name(figure.group) if by == figures.METHOD else figure.group
