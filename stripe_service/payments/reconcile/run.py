"""Which part of the reconciler runs when. Accounts without keys, and copies of a site, are passed over quietly."""

import frappe

from stripe_service.accounts.connect import usable_accounts
from stripe_service.payments.reconcile import comparison, sweep
from stripe_service.payments.reconcile.report import Report
from stripe_service.payments.reconcile.steps import for_each_account

NOT_REGISTERED = "Not Registered"

OPEN_PAYMENTS = (sweep.recover_unstored, sweep.read_open, sweep.release_abandoned)


def poll() -> list[Report]:
	"""Every few minutes, for the accounts that Stripe can't call: their open payments."""
	unheard = frappe.get_all("Stripe Account", filters={"webhook_status": NOT_REGISTERED}, pluck="name")
	return for_each_account([name for name in usable_accounts() if name in unheard], sweep.read_open)


def hourly() -> list[Report]:
	"""What is open or unfinished here."""
	return for_each_account(usable_accounts(), *OPEN_PAYMENTS, sweep.read_unfinished)


def daily() -> list[Report]:
	"""What Stripe has of the last days, against what is here."""
	return for_each_account(
		usable_accounts(), comparison.compare_days(comparison.DAYS_BACK), comparison.close_what_is_over
	)


def now(accounts: list[str] | None = None, days: int = comparison.DAYS_BACK) -> list[Report]:
	"""All of it, as an administrator asks for it; `accounts` None means all that can be used."""
	return for_each_account(
		usable_accounts() if accounts is None else accounts,
		*OPEN_PAYMENTS,
		sweep.read_unfinished,
		comparison.compare_days(days),
		comparison.close_what_is_over,
	)
