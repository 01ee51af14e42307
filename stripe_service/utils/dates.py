"""Dates in sentences: with the month by its name, because 02-12 is December to some readers and February to others."""

import frappe
from babel import UnknownLocaleError
from babel.dates import format_date
from frappe.utils import get_datetime, getdate


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
