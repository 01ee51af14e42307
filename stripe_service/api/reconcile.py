"""The administrator's *Reconcile Now*, and what they do with what it found.

Comparing an account with Stripe takes minutes where there is much to compare, which no web request has: it is a job. What
came of it is kept for an hour, for the page that asked, and asks again until it is there; a realtime event only says that
it may ask now, so that nothing is missed where realtime is not to be had.
"""

import frappe
from frappe import _
from frappe.utils.background_jobs import is_job_enqueued

from stripe_service.accounts.jobs import for_each_account
from stripe_service.reconcile import comparison, findings
from stripe_service.reconcile import schedule as reconciler
from stripe_service.webhooks import fetch, process

DRAIN_SECONDS = 60
WORK = "stripe_service.api.reconcile.work"
QUEUED, DONE, FAILED, UNKNOWN = "Queued", "Done", "Failed", "Unknown"
KEPT_SECONDS = 3600
EVENT = "stripe_reconciled"


@frappe.whitelist(methods=["POST"])
def run(account: str | None = None, days: int = comparison.DAYS_BACK) -> dict:
	"""Have an account compared with Stripe, and put right what can be, in a job; `outcome` says what came of it.

	Needs *write* on Stripe Account. `account` None means all that can be used. `days` (1 to 30) says how far back
	PaymentIntents are compared. Asked for again while it is queued or runs, there is still one job. Returns `account`,
	`days` and `state`.
	"""
	_check(account)
	days = _days(days)
	job = _job_of(account, days)
	if not is_job_enqueued(job):
		_keep(job, {"state": QUEUED})
		frappe.enqueue(WORK, queue="long", job_id=job, deduplicate=True, account=account, days=days, job=job)
	return {"account": account, "days": days, "state": QUEUED}


@frappe.whitelist()
def outcome(account: str | None = None, days: int = comparison.DAYS_BACK) -> dict:
	"""What came of the `run` with these arguments. Needs *write* on Stripe Account.

	`state` is Queued (or at work), Done, Failed (its worker was stopped, or it met a fault, which Error Log has), or Unknown
	(an hour is over). When Done, `reports` are one for each account: the account, what was read, changed, found and failed,
	and `stopped`: why it ended early, if it did.
	"""
	_check(account)
	job = _job_of(account, _days(days))
	queued = is_job_enqueued(job)
	# After the question whether it is queued: it keeps its outcome before it ends.
	kept = frappe.cache.get_value(job, expires=True) or {"state": QUEUED if queued else UNKNOWN}
	if kept["state"] == QUEUED and not queued:
		return {"state": FAILED}
	return kept


def work(account: str | None, days: int, job: str) -> None:
	"""The job. Runs as the user who asked for it, and asks again whether they may."""
	try:
		_check(account)
		accounts = [account] if account else reconciler.usable_accounts()
		fetched = for_each_account(accounts, fetch.fetch)
		process.process_due(DRAIN_SECONDS)
		reports = reconciler.now(accounts, days)
		for report, before in zip(reports, fetched, strict=True):
			report.events_fetched = before.events_fetched
			report.failed = before.failed + report.failed
			report.stopped = report.stopped or before.stopped
		_keep(job, {"state": DONE, "reports": [report.as_dict() for report in reports]})
	except Exception:
		_keep(job, {"state": FAILED})
		raise
	finally:
		frappe.publish_realtime(EVENT, {"account": account, "days": days}, user=frappe.session.user)


def _check(account: str | None) -> None:
	if account:
		frappe.get_doc("Stripe Account", account).check_permission("write")
	else:
		frappe.has_permission("Stripe Account", "write", throw=True)


def _days(days) -> int:
	return frappe.utils.cint(days) or comparison.DAYS_BACK


def _job_of(account: str | None, days: int) -> str:
	return f"stripe_reconcile:{account or ''}:{days}"


def _keep(job: str, state: dict) -> None:
	frappe.cache.set_value(job, state, expires_in_sec=KEPT_SECONDS)


@frappe.whitelist(methods=["POST"])
def close_finding(name: str, note: str) -> None:
	"""Close a finding that was dealt with by hand. Needs *write* on Stripe Reconciliation Finding; `note` says how."""
	finding = frappe.get_doc(findings.DOCTYPE, name)
	finding.check_permission("write")
	if not note.strip():
		frappe.throw(_("Please say how it was settled."))
	findings.close_finding(name, note.strip())
