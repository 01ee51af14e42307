"""Running the reconciler's steps, account by account."""

import frappe

from stripe_service.accounts.masking import mask
from stripe_service.payments.reconcile import findings
from stripe_service.payments.reconcile.report import ACCOUNT_FAULTS, Report


def for_each_account(accounts: list[str], *steps) -> list[Report]:
	"""Run every step for every account; a fault of one account stops its own steps and nobody else's.

	A step takes the account's name and its Report, and commits what it does.
	"""
	return [_run_steps(Report(account), steps) for account in accounts]


def _run_steps(report: Report, steps) -> Report:
	for step in steps:
		try:
			step(report.account, report)
			frappe.db.commit()
		except ACCOUNT_FAULTS as fault:
			frappe.db.rollback()
			frappe.clear_messages()
			report.stopped = mask(f"{type(fault).__name__}: {fault}")
			break
		except Exception as fault:
			report.fault(f"{report.account}: {step.__name__}", fault)
	findings.tell(report.account)
	return report
