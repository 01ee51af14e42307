"""The figures of the Stripe workspace.

Each is read through `frappe.get_list`, so that whoever looks at it counts only payments that they may read; and none
is cached by us, because Frappe keeps a standard chart's result once for all users. Sums are of one currency, the
default account's, since amounts of several can't be added.
"""

from collections import defaultdict
from datetime import date

import frappe
from frappe import _
from frappe.utils import add_days, add_months, formatdate, get_first_day, getdate, today

from stripe_service.accounts.stripe_account import default_account
from stripe_service.gateway import money
from stripe_service.gateway.payment_states import DISPUTED, RECEIVED
from stripe_service.gateway.refund_states import NOT_REFUNDED
from stripe_service.utils.labels import brand_name, money_in_words

PAYMENT = "Invoice Payment"
MOST_LISTED = 100
TIMESPANS = {"Last Year": 365, "Last Quarter": 91, "Last Month": 30, "Last Week": 7}


def received_since(day: date | str) -> str:
	"""What was received since that day, refunds and disputes not taken off, formatted in the account's currency."""
	currency = account_currency()
	rows = _received(day, currency)
	return money_in_words(sum(row.received_minor for row in rows), currency)


def received_by_period(timespan: str = "Last Month", monthly: bool = False) -> dict:
	"""Labels and values (major units of the account's currency) of what was received per day, or per month."""
	currency = account_currency()
	first = add_days(getdate(today()), -TIMESPANS.get(timespan, TIMESPANS["Last Month"]))
	totals: dict[date, int] = defaultdict(int)
	for row in _received(first, currency):
		totals[_period(getdate(row.settled_at), monthly)] += row.received_minor
	periods = _periods(first, getdate(today()), monthly)
	labels = [
		formatdate(period, "MMM yyyy") if monthly else frappe.format(period, {"fieldtype": "Date"})
		for period in periods
	]
	values = [float(_major(totals[period], currency)) for period in periods]
	return {"labels": labels, "datasets": [{"name": _("Received ({0})").format(currency), "values": values}]}


def received_by_method(timespan: str = "Last Month") -> dict:
	"""Labels and values (major units of the account's currency) of what was received by card and by ACH."""
	currency = account_currency()
	first = add_days(getdate(today()), -TIMESPANS.get(timespan, TIMESPANS["Last Month"]))
	totals: dict[str, int] = defaultdict(int)
	for row in _received(first, currency):
		totals[_method_label(row)] += row.received_minor
	labels = sorted(totals)
	values = [float(_major(totals[label], currency)) for label in labels]
	return {"labels": labels, "datasets": [{"name": _("Received ({0})").format(currency), "values": values}]}


def needing_attention() -> list[str]:
	"""The payments that someone has to look at: disputed, failed after the payment, with money that fits nowhere, or with a
	refund that failed."""
	conditions = [
		["status", "=", DISPUTED],
		["after_payment_status", "=", "Failed"],
		["unallocated_minor", ">", 0],
		["name", "in", _with_failed_refund() or [""]],
	]
	return frappe.get_list(PAYMENT, or_filters=conditions, pluck="name", limit=MOST_LISTED)


def _with_failed_refund() -> list[str]:
	"""By way of the refunds, of which few fail: the payments themselves have no index for it."""
	failed = frappe.get_all("Stripe Refund", {"status": ("in", NOT_REFUNDED)}, pluck="payment", distinct=True)
	return frappe.get_all(PAYMENT, {"name": ("in", failed or [""]), "attention": ("is", "set")}, pluck="name")


def account_currency() -> str:
	account = default_account()
	currency = account and frappe.db.get_value("Stripe Account", account, "default_currency")
	return currency or frappe.db.get_default("currency") or "USD"


def _received(since, currency: str) -> list:
	return frappe.get_list(
		PAYMENT,
		filters={"status": ("in", RECEIVED), "currency": currency, "settled_at": (">=", getdate(since))},
		fields=["settled_at", "received_minor", "method_type", "brand"],
		limit=0,
	)


def _method_label(row) -> str:
	if row.method_type == "us_bank_account":
		return _("ACH")
	return brand_name(row.brand)


def _period(day: date, monthly: bool) -> date:
	return get_first_day(day) if monthly else day


def _periods(first: date, last: date, monthly: bool) -> list[date]:
	period, found = _period(first, monthly), []
	while period <= last:
		found.append(period)
		period = getdate(add_months(period, 1) if monthly else add_days(period, 1))
	return found


def _major(minor: int, currency: str):
	return money.from_minor(minor, currency)
