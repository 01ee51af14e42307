"""What was received, what is under way and what is still to be paid: the figures of the Stripe workspace and its report.

The database sums, per currency, because amounts of two currencies can't be added; each sum reads an index that holds all
that it needs (`on_doctype_update` of the DocTypes), so that its time goes by the days asked for and not by all payments
that there ever were. What was received counts on the day on which Stripe settled it, less what has gone back of it
since: a refund or a dispute takes from the day of its payment.

Everybody's figures are their own: only rows that Frappe would list for the user are summed. Sums of days that are over are
kept for those who see every payment, until one of these payments changes (`_of_past_days`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.query_builder.functions import Count, Sum
from frappe.utils import add_days, add_to_date, getdate, now_datetime, today
from pypika.terms import Function, LiteralValue

from stripe_service.accounts.stripe_account import default_account
from stripe_service.gateway.payment_states import DISPUTED, RESERVING
from stripe_service.gateway.refund_states import NOT_REFUNDED

PAYMENT = "Invoice Payment"
ROW = "Invoice Payment Reference"
REFUND = "Stripe Refund"
INVOICE = "Portal Invoice"
# The states of a Portal Invoice in which it waits for money, in the Workflow that comes with the app.
UNPAID_STATES = ("To Be Paid", "Partly Paid")
OVERDUE, NOT_YET_DUE, UNDATED = "overdue", "not yet due", "undated"
# Days up to now that are summed at each call.
LIVE_DAYS = 2
KEPT = "stripe_service_received"
KEPT_SECONDS = 600
LONGEST_WRITE_SECONDS = 60
MOST_LISTED = 100
# Ten years. A chart draws each day, also those without payments.
MOST_DAYS = 3660
MOST_COUNTED = 1000

# By what figures may be told apart, and the fields that say so.
DAY, METHOD, UNIT = "day", "method", "unit"
FIELDS = {METHOD: ("method_type", "brand"), UNIT: ("organisation_unit",)}


@dataclass
class Figure:
	"""Sums of payments in one currency, in its minor units. `group` is what they have in common beside it: the day, the unit
	(None: no unit), or (method_type, brand); None where all are summed."""

	currency: str
	group: object = None
	count: int = 0
	received_minor: int = 0
	refunded_minor: int = 0
	disputed_minor: int = 0
	net_minor: int = 0
	under_way_count: int = 0
	under_way_minor: int = 0


@dataclass
class Unpaid:
	"""Portal Invoices of one currency that wait for money; `amount` is what is outstanding, in major units."""

	currency: str
	count: int
	amount: float


def received(first: date | str, last: date | str | None = None, by: str | None = None) -> list[Figure]:
	"""What was received from `first` to `last` (both included; None: until now), per currency and `by` DAY, METHOD or UNIT.

	`net_minor` is without what was refunded, or withheld by a dispute, up to now. A query for each currency, and where days
	of the past are kept (`_of_past_days`) one more. Raises frappe.ValidationError for more than MOST_DAYS.
	"""
	first, last = getdate(first), getdate(last or today())
	if (last - first).days > MOST_DAYS:
		frappe.throw(_("Choose at most {0} days.").format(MOST_DAYS))
	end = add_days(min(last, getdate(today())), 1)  # nothing has come of days to come
	past = min(add_days(getdate(today()), -LIVE_DAYS), end)
	if first >= past or build_match_conditions(PAYMENT):
		return in_order(_received(first, end, by))
	return together(_of_past_days(first, past, by), _received(past, end, by) if past < end else ())


def _received(first: date, end: date, by: str | None) -> list[Figure]:
	"""From the beginning of `first` to that of `end`, summed now."""
	payment = frappe.qb.DocType(PAYMENT)
	days = (payment.settled_at >= first) & (payment.settled_at < end) & (payment.received_minor > 0)
	keys = [Function("date", payment.settled_at)] if by == DAY else [payment[name] for name in _fields(by)]
	found = []
	for currency in currencies():
		mine = days & (payment.currency == currency)
		if by == UNIT:
			found += _received_by_unit(currency, payment, mine)
			continue
		query = frappe.qb.from_(payment).select(*keys, Count("*"), *_sums(payment)).where(mine)
		found += _figures(currency, by, _run(query, PAYMENT, keys))
	return found


def _received_by_unit(currency: str, payment, mine) -> list[Figure]:
	"""A payment of several documents counts for the units of each, with its part. The others, nearly all, are summed by the index."""
	alone = frappe.qb.from_(payment).select(payment.organisation_unit, Count("*"), *_sums(payment))
	alone = alone.where(mine & (payment.document_count <= 1))
	row = frappe.qb.DocType(ROW)
	parts = frappe.qb.from_(payment).join(row).on(row.parent == payment.name)
	parts = parts.select(row.organisation_unit, Count(payment.name).distinct(), *_sums(row))
	parts = parts.where(mine & (payment.document_count > 1) & (row.received_minor > 0))
	return together(
		_figures(currency, UNIT, _run(alone, PAYMENT, [payment.organisation_unit])),
		_figures(currency, UNIT, _run(parts, PAYMENT, [row.organisation_unit])),
	)


def _sums(table) -> list:
	return [Sum(table[f"{kind}_minor"]) for kind in ("received", "refunded", "disputed", "settled")]


def _figures(currency: str, by: str | None, rows: list[tuple]) -> list[Figure]:
	return [
		Figure(currency, _key(by, key), *map(int, numbers))
		for key, numbers in ((row[:-5], row[-5:]) for row in rows)
		if numbers[0]
	]


def _of_past_days(first: date, end: date, by: str | None) -> list[Figure]:
	"""`_received` of days that are over, for those who see every payment. Kept for some minutes, because a year of payments
	takes a second to sum; not a moment longer than until one of them changes, which `modified` tells by its index. (What
	is written to the database past Frappe with a `modified` of long ago is seen when the minutes are over.)"""
	key = f"{KEPT}:{first}:{end}:{by}:{','.join(_fields(by))}"
	kept = frappe.cache.get_value(key, expires=True)
	if kept and not _any_changed(first, end, since=kept["as_of"]):
		return [Figure(**figure) for figure in kept["figures"]]
	# A change that is not committed yet bears an earlier time.
	as_of = add_to_date(now_datetime(), seconds=-LONGEST_WRITE_SECONDS)
	found = _received(first, end, by)
	kept = {"as_of": as_of, "figures": [vars(figure) for figure in found]}
	frappe.cache.set_value(key, kept, expires_in_sec=KEPT_SECONDS)
	return found


def _any_changed(first: date, end: date, since) -> bool:
	payment = frappe.qb.DocType(PAYMENT)
	return bool(
		frappe.qb.from_(payment)
		.select(payment.name)
		.where(payment.modified >= since)
		.where(payment.settled_at >= first)
		.where(payment.settled_at < end)
		.limit(1)
		.run()
	)


def under_way(by: str | None = None) -> list[Figure]:
	"""What is claimed and not settled yet, per currency and `by` METHOD or UNIT: what payers have begun, and debits that
	take days."""
	payment = frappe.qb.DocType(PAYMENT)
	keys = [payment[name] for name in ("currency", *_fields(by))]
	query = frappe.qb.from_(payment).select(*keys, Count("*"), Sum(payment.amount_minor))
	query = query.where(payment.status.isin(RESERVING))
	if by != UNIT:
		return in_order(_figures_under_way(by, _run(query, PAYMENT, keys)))
	row = frappe.qb.DocType(ROW)
	of_parts = [payment.currency, row.organisation_unit]
	parts = frappe.qb.from_(payment).join(row).on(row.parent == payment.name)
	parts = parts.select(*of_parts, Count(payment.name).distinct(), Sum(row.amount_minor))
	parts = parts.where(payment.status.isin(RESERVING) & (payment.document_count > 1))
	return together(
		_figures_under_way(by, _run(query.where(payment.document_count <= 1), PAYMENT, keys)),
		_figures_under_way(by, _run(parts, PAYMENT, of_parts)),
	)


def _figures_under_way(by: str | None, rows: list[tuple]) -> list[Figure]:
	return [
		Figure(currency, _key(by, key), under_way_count=int(count), under_way_minor=int(minor))
		for currency, *key, count, minor in rows
	]


def together(*parts: Iterable[Figure]) -> list[Figure]:
	"""What was received and what is under way as one figure for each currency and group."""
	joined: dict[tuple, Figure] = {}
	for part in parts:
		for figure in part:
			whole = joined.setdefault((figure.currency, figure.group), Figure(figure.currency, figure.group))
			for name, value in vars(figure).items():
				if name not in ("currency", "group"):
					setattr(whole, name, getattr(whole, name) + value)
	return in_order(joined.values())


def unpaid(when: str) -> list[Unpaid]:
	"""The Portal Invoices that wait for money: those whose due date has passed (OVERDUE), is today or later (NOT_YET_DUE), or
	is not set (UNDATED)."""
	invoice = frappe.qb.DocType(INVOICE)
	due = {
		OVERDUE: invoice.due_date < getdate(today()),
		NOT_YET_DUE: invoice.due_date >= getdate(today()),
		UNDATED: invoice.due_date.isnull(),
	}
	query = (
		frappe.qb.from_(invoice)
		.select(invoice.currency, Count("*"), Sum(invoice.outstanding_amount))
		.where(invoice.workflow_state.isin(UNPAID_STATES))
		.where(invoice.outstanding_amount > 0)
		.where(due[when])
	)
	return in_order(Unpaid(*row) for row in _run(query, INVOICE, [invoice.currency]))


def needing_attention() -> tuple[int, list[str]]:
	"""How many payments somebody has to look at, up to MOST_COUNTED, and the latest MOST_LISTED of them: disputed, failed
	after the payment, with money that fits nowhere, or with a refund that failed.

	Each reason is looked up by its own index; asked in one question with `or` they would read all payments.
	"""
	payment = frappe.qb.DocType(PAYMENT)
	refund = frappe.qb.DocType(REFUND)
	# Few refunds fail, and the payments themselves have no index for it.
	failed = (
		frappe.qb.from_(refund).select(refund.payment).where(refund.status.isin(NOT_REFUNDED)).distinct()
	).run(pluck=True)
	reasons = [
		payment.status == DISPUTED,
		payment.after_payment_status == "Failed",
		payment.unallocated_minor > 0,
	]
	if failed:
		reasons.append(payment.name.isin(failed) & payment.attention.notnull() & (payment.attention != ""))
	names: set[str] = set()
	for reason in reasons:
		query = frappe.qb.from_(payment).select(payment.name).where(reason).limit(MOST_COUNTED)
		names |= {name for (name,) in _run(query, PAYMENT)}
	return min(len(names), MOST_COUNTED), sorted(names, reverse=True)[:MOST_LISTED]


def currencies() -> list[str]:
	"""The currencies that payments were made in, the account's own first. By an index that tells them at once."""
	payment = frappe.qb.DocType(PAYMENT)
	found = frappe.qb.from_(payment).select(payment.currency).distinct().run(pluck=True)
	mine = account_currency()
	return sorted(filter(None, found), key=lambda currency: (currency != mine, currency))


def in_order(figures: Iterable) -> list:
	"""The account's own currency first; within a currency the most money."""
	mine = account_currency()
	return sorted(
		figures,
		key=lambda figure: (
			figure.currency != mine,
			figure.currency,
			-getattr(figure, "net_minor", 0),
			-getattr(figure, "under_way_minor", 0),
		),
	)


def account_currency() -> str:
	"""The default account's currency, else the site's, as an ISO code in capitals."""
	account = default_account()
	currency = account and frappe.db.get_value("Stripe Account", account, "default_currency", cache=True)
	return (currency or frappe.db.get_default("currency") or "USD").upper()


def tells_brands() -> bool:
	"""Whether figures by METHOD tell one brand of card from another for this user."""
	return "brand" in _fields(METHOD)


def _fields(by: str | None) -> tuple[str, ...]:
	"""The brand of a card is of a permission level of its own."""
	meta = frappe.get_meta(PAYMENT)
	readable = {0, *meta.get_permlevel_access("read", user=frappe.session.user)}
	everything = frappe.session.user == "Administrator"
	return tuple(
		name for name in FIELDS.get(by, ()) if everything or meta.get_field(name).permlevel in readable
	)


def _key(by: str | None, values: list) -> object:
	if by is None:
		return None
	if by == METHOD:
		return (values[0], values[1] if len(values) > 1 else None)
	return getdate(values[0]) if by == DAY else values[0] or None


def _run(query, doctype: str, group_by: list | None = None) -> list[tuple]:
	"""The rows of `query`, narrowed to what Frappe would list of `doctype` for the user."""
	if condition := build_match_conditions(doctype):
		query = query.where(LiteralValue(f"({condition})"))
	return query.groupby(*group_by).run() if group_by else query.run()
