"""Which part of the reconciler runs when. Accounts without keys, and copies of a site, are passed over quietly."""

import frappe

from stripe_service.accounts import problems
from stripe_service.accounts.jobs import Report, for_each_account
from stripe_service.accounts.stripe_account import usable_accounts
from stripe_service.reconcile import comparison, findings, refunds, sweep

NOT_REGISTERED = "Not Registered"

# What a request that is over has left behind. Nothing is asked of Stripe where there is nothing.
UNANSWERED = (sweep.cancel_unstored_intents, refunds.look_up_unanswered)
OPEN_PAYMENTS = (sweep.cancel_unstored_intents, sweep.read_open, sweep.release_abandoned)
UNFINISHED = (sweep.read_unfinished, refunds.look_up_unanswered, refunds.read_unfinished)


def end_unanswered() -> list[Report]:
	"""Every few minutes: what a request that is over has left behind."""
	return _reconcile(usable_accounts(), *UNANSWERED)


def poll() -> list[Report]:
	"""Every few minutes, for the accounts that Stripe can't call: their open payments."""
	unheard = frappe.get_all("Stripe Account", filters={"webhook_status": NOT_REGISTERED}, pluck="name")
	return _reconcile([name for name in usable_accounts() if name in unheard], sweep.read_open)


def hourly() -> list[Report]:
	"""What is open or unfinished here."""
	return _reconcile(usable_accounts(), *OPEN_PAYMENTS, *UNFINISHED)


def daily() -> list[Report]:
	"""What Stripe has of the last days, against what is here."""
	return _reconcile(
		usable_accounts(), comparison.compare_days(comparison.DAYS_BACK), comparison.close_what_is_over
	)


def now(accounts: list[str] | None = None, days: int = comparison.DAYS_BACK) -> list[Report]:
	"""All of it, as an administrator asks for it; `accounts` None means all that can be used."""
	return _reconcile(
		usable_accounts() if accounts is None else accounts,
		*OPEN_PAYMENTS,
		*UNFINISHED,
		comparison.compare_days(days),
		comparison.close_what_is_over,
	)


def _reconcile(accounts: list[str], *steps) -> list[Report]:
	"""Run the steps for each account; administrators hear of what was found even if a step was stopped."""
	reports = for_each_account(accounts, *steps)
	for account in accounts:
		findings.notify_new(account)
		problems.tell(account)
	return reports
