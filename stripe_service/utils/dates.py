"""Dates that somebody sends, and dates in sentences: with the month by its name, because 02-12 is December to some readers and
February to others."""

from datetime import date

import frappe
from babel import UnknownLocaleError
from babel.dates import format_date
from frappe import _
from frappe.utils import get_datetime, getdate


def read_day(text: str | date | None) -> date | None:
	"""The day that a request names; None for nothing, and for the first day of all, 0001-01-01, which Frappe reads so. Raises
	frappe.ValidationError for what is no day."""
	try:
		return getdate(text) if text else None
	except (OverflowError, TypeError, ValueError):
		# Frappe itself refuses most of what can't be read, but not a number that no date could hold.
		frappe.throw(_("This is not a date. Write it as year, month and day: 2026-12-31."))


def date_in_words(day) -> str:
	"""A date, or the date of a time of the site, in the session user's language: Dec 2, 2026."""
	locale = (frappe.local.lang or "en").replace("-", "_")
	try:
		return format_date(getdate(day), "medium", locale=locale)
	except (UnknownLocaleError, ValueError):
		return format_date(getdate(day), "medium", locale="en")


def time_in_words(moment) -> str:
	"""A time of the site, to the minute, in the session user's language: Dec 2, 2026, 14:05."""
	return f"{date_in_words(moment)}, {get_datetime(moment):%H:%M}"
