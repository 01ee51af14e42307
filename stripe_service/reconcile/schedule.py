"""Which part of the reconciler runs when. Accounts without keys, and copies of a site, are passed over quietly."""

import frappe

from stripe_service.accounts import problems
from stripe_service.accounts.jobs import Report, for_each_account
from stripe_service.accounts.stripe_account import usable_accounts
from stripe_service.reconcile import comparison, findings, refunds, sweep

NOT_REGISTERED = "Not Registered"

OPEN_PAYMENTS = (sweep.cancel_unstored_intents, sweep.read_open, sweep.release_abandoned)
UNFINISHED = (sweep.read_unfinished, refunds.look_up_unanswered, refunds.read_unfinished)


def end_unanswered() -> list[Report]:
	"""Every few minutes: refunds whose request is over and was not answered. Nothing is asked of Stripe where there are
	none; claims that a request left behind are `poll`'s."""
	return reconcile(usable_accounts(), refunds.look_up_unanswered)


def poll() -> list[Report]:
	"""Every few minutes: the open payments of the accounts that Stripe can't call, and of all accounts what a request
	or an unreadable list left behind."""
	usable = usable_accounts()
	unheard = frappe.get_all("Stripe Account", filters={"webhook_status": NOT_REGISTERED}, pluck="name")
	left_behind = sweep.accounts_left_behind()
	return [
		*reconcile([name for name in usable if name in unheard], sweep.read_open),
		*reconcile([name for name in usable if name in left_behind], sweep.finish_left_behind),
	]


def hourly() -> list[Report]:
	"""What is open or unfinished here."""
	return reconcile(usable_accounts(), *OPEN_PAYMENTS, *UNFINISHED)


def daily() -> list[Report]:
	"""What Stripe has of the last days, against what is here."""
	return reconcile(
		usable_accounts(), comparison.compare_days(comparison.DAYS_BACK), comparison.close_what_is_over
	)


def now(accounts: list[str] | None = None, days: int = comparison.DAYS_BACK) -> list[Report]:
	"""All of it, as an administrator asks for it; `accounts` None means all that can be used."""
	return reconcile(
		usable_accounts() if accounts is None else accounts,
		*OPEN_PAYMENTS,
		*UNFINISHED,
		comparison.compare_days(days),
		comparison.close_what_is_over,
	)


def reconcile(accounts: list[str], *steps) -> list[Report]:
	"""Run the steps for each account; administrators hear of what was found even if a step was stopped."""
	reports = for_each_account(accounts, *steps)
	for account in accounts:
		findings.notify_new(account)
		problems.tell(account)
	return reports
