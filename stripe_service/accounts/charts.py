"""The charts of the Stripe workspace: what was received, net of refunds and disputes, with a row of bars per currency.

Values are in major units. Bars and not a ring, because a ring adds what it shows, and amounts of two currencies can't be
added. Where one currency's bars dwarf another's, the chart's filter shows one currency alone.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date

import frappe
from frappe import _
from frappe.utils import (
	add_days,
	add_months,
	cstr,
	formatdate,
	get_first_day,
	get_first_day_of_week,
	getdate,
	today,
)

from stripe_service.accounts import figures
from stripe_service.gateway import money
from stripe_service.utils.dates import read_day
from stripe_service.utils.json_arguments import from_json
from stripe_service.utils.labels import brand_name

TIMESPANS = {"Last Year": 365, "Last Quarter": 91, "Last Month": 30, "Last Week": 7}
ACH = "us_bank_account"
# So many names of units can be read below their bars.
MOST_UNITS = 8
OTHERS = object()
MONTHS = {"Monthly": 1, "Quarterly": 3, "Yearly": 12}


def by_period(
	timespan: str | None = None,
	interval: str | None = None,
	from_date: str | None = None,
	to_date: str | None = None,
	currency: str | None = None,
) -> dict:
	"""What was received in each period of the time asked for, periods without payments included."""
	first, last = days_of(timespan, from_date, to_date)
	found = _received(first, last, figures.DAY, currency)
	periods = _periods(first, last, interval)
	return _chart(found, periods, lambda figure: _period(figure.group, interval), _label_of(interval))


def by_method(
	timespan: str | None = None,
	from_date: str | None = None,
	to_date: str | None = None,
	currency: str | None = None,
) -> dict:
	"""By brand of card, and by ACH. Whoever may not read the brand sees cards as one."""
	found = _received(*days_of(timespan, from_date, to_date), figures.METHOD, currency)
	methods = sorted({method_name(figure.group) for figure in found})
	return _chart(found, methods, lambda figure: method_name(figure.group), str)


def by_unit(
	timespan: str | None = None,
	from_date: str | None = None,
	to_date: str | None = None,
	currency: str | None = None,
) -> dict:
	"""The units that most was received for; the rest of them as one. The report Stripe Received has them all."""
	found = _received(*days_of(timespan, from_date, to_date), figures.UNIT, currency)
	# The account's own currency comes first, and in it the most money.
	units = list(dict.fromkeys(figure.group for figure in found))
	shown = units[:MOST_UNITS]
	names = _short_names(shown)
	places = [*shown, *([OTHERS] if len(units) > len(shown) else [])]
	return _chart(
		found,
		places,
		lambda figure: figure.group if figure.group in names else OTHERS,
		lambda place: _("Others") if place is OTHERS else names[place],
	)


def filtered_currency(filters: str | list | dict | None) -> str | None:
	"""The currency that a chart's filter names, as its request holds it; None if it names none."""
	given = from_json(filters)
	return (isinstance(given, dict) and cstr(given.get("currency")).strip().upper()) or None


def days_of(
	timespan: str | None, from_date: str | None = None, to_date: str | None = None
) -> tuple[date, date]:
	"""The first and the last day that a chart's filters name, up to today; the last month if they name none."""
	last = getdate(today())
	first, until = read_day(from_date), read_day(to_date)
	if first and until:
		return first, min(until, last)
	return add_days(last, -TIMESPANS.get(timespan, TIMESPANS["Last Month"])), last


def method_name(method: tuple[str | None, str | None]) -> str:
	"""The name of (method_type, brand)."""
	method_type, brand = method
	return _("ACH") if method_type == ACH else brand_name(brand)


def unit_name(unit: str | None) -> str:
	"""As the charts and the report name it; a payment without a unit has a name, too."""
	return unit or _("No unit")


def _short_names(units: list[str | None]) -> dict[str | None, str]:
	"""By the last part of their path, where no other of them has the same: a chart cuts what is longer than its bar is wide."""
	last = {unit: unit_name(unit).rpartition("/")[2] for unit in units}
	often = Counter(last.values())
	return {unit: name if often[name] == 1 else unit_name(unit) for unit, name in last.items()}


def _received(first: date, last: date, by: str, currency: str | None) -> list[figures.Figure]:
	found = figures.received(first, last, by)
	return [figure for figure in found if not currency or figure.currency == currency]


def _chart(found: list, places: list, place_of: Callable, label_of: Callable) -> dict:
	datasets = []
	for currency in dict.fromkeys(figure.currency for figure in found) or [figures.account_currency()]:
		totals = dict.fromkeys(places, 0)
		for figure in found:
			if figure.currency == currency:
				totals[place_of(figure)] += figure.net_minor
		values = [float(money.from_minor(minor, currency)) for minor in totals.values()]
		datasets.append({"name": currency, "values": values})
	return {"labels": [label_of(place) for place in places], "datasets": datasets}


def _period(day: date, interval: str | None) -> date:
	"""The first day of the period that `day` lies in."""
	if interval == "Weekly":
		return getdate(get_first_day_of_week(day))
	if months := MONTHS.get(interval):
		return get_first_day(day).replace(month=(day.month - 1) // months * months + 1)
	return day


def _periods(first: date, last: date, interval: str | None) -> list[date]:
	period, found = _period(first, interval), []
	while period <= last:
		found.append(period)
		if months := MONTHS.get(interval):
			period = getdate(add_months(period, months))
		else:
			period = add_days(period, 7 if interval == "Weekly" else 1)
	return found


def _label_of(interval: str | None) -> Callable[[date], str]:
	if interval == "Yearly":
		return lambda period: str(period.year)
	if interval in MONTHS:
		return lambda period: formatdate(period, "MMM yyyy")
	return lambda period: frappe.format(period, {"fieldtype": "Date"})
