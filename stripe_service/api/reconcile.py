"""The administrator's *Reconcile Now*, and what they do with what it found."""

import frappe
from frappe import _

from stripe_service.accounts.jobs import for_each_account
from stripe_service.reconcile import comparison, findings
from stripe_service.reconcile import schedule as reconciler
from stripe_service.webhooks import fetch, process

DRAIN_SECONDS = 60


@frappe.whitelist(methods=["POST"])
def run(account: str | None = None, days: int = comparison.DAYS_BACK) -> list[dict]:
	"""Compare an account with Stripe now, and put right what can be; one report for each account.

	Needs *write* on Stripe Account. `days` (1 to 30) says how far back PaymentIntents are compared. A report holds the
	account, what was read, changed, found and failed, and `stopped`: why it ended early, if it did.
	"""
	accounts = _accounts(account)
	days = frappe.utils.cint(days) or comparison.DAYS_BACK
	fetched = for_each_account(accounts, fetch.fetch)
	process.process_due(DRAIN_SECONDS)
	reports = reconciler.now(accounts, days)
	for report, before in zip(reports, fetched, strict=True):
		report.events_fetched = before.events_fetched
		report.failed = before.failed + report.failed
		report.stopped = report.stopped or before.stopped
	return [report.as_dict() for report in reports]


def _accounts(account: str | None) -> list[str]:
	if account:
		frappe.get_doc("Stripe Account", account).check_permission("write")
		return [account]
	frappe.has_permission("Stripe Account", "write", throw=True)
	return reconciler.usable_accounts()


@frappe.whitelist(methods=["POST"])
def close_finding(name: str, note: str) -> None:
	"""Close a finding that was dealt with by hand. Needs *write* on Stripe Reconciliation Finding; `note` says how."""
	finding = frappe.get_doc(findings.DOCTYPE, name)
	finding.check_permission("write")
	if not note.strip():
		frappe.throw(_("Please say how it was settled."))
	findings.close_finding(name, note.strip())
