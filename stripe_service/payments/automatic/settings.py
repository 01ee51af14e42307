"""What Stripe Service Settings say of automatic payments."""

from frappe.utils import cint

from stripe_service.stripe_service.doctype.stripe_service_settings.stripe_service_settings import (
	read_retry_days,
)
from stripe_service.utils.service_settings import service_settings

NOTICE_DAYS = 3
# Nacha's rules let a debit that was returned for want of money be presented twice more (reinitiated entries).
MOST_DEBIT_RETRIES = 2


def switched_on() -> bool:
	"""Whether anything is paid automatically on this site."""
	return bool(cint(service_settings().automatic_payments))


def notice_days() -> int:
	"""How many days before a payment its payer is told."""
	return cint(service_settings().automatic_notice_days) or NOTICE_DAYS


def retry_days(method_type: str) -> list[int]:
	"""The days after the first attempt on which a payment that was declined is tried again."""
	days = read_retry_days(service_settings().automatic_retry_days)
	return days[:MOST_DEBIT_RETRIES] if method_type == "us_bank_account" else days
