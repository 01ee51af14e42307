"""Stripe counts seconds since 1970; Frappe keeps naive times of the site's time zone."""

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from frappe.utils import get_datetime, get_system_timezone


def from_stripe(seconds: int | None) -> datetime | None:
	"""The site's time of a Stripe timestamp; None for what is none."""
	try:
		moment = datetime.fromtimestamp(seconds, timezone.utc)
		return moment.astimezone(ZoneInfo(get_system_timezone())).replace(tzinfo=None)
	except (TypeError, ValueError, OverflowError, OSError):
		return None


def to_stripe(moment: datetime | str) -> int:
	"""The Stripe timestamp of a time of the site."""
	zone = ZoneInfo(get_system_timezone())
	return int(get_datetime(moment).replace(tzinfo=zone).timestamp())
