"""Jobs that go through the Stripe Accounts: each account by itself, so that a fault of one stops no other."""

from dataclasses import asdict, dataclass, field

import frappe

from stripe_service.accounts.keys import KeyRefused
from stripe_service.accounts.stripe_account import BoundElsewhere, NoKeys
from stripe_service.gateway import errors
from stripe_service.utils.masking import mask

# These say nothing about the payment or event at hand: the account's other work would meet the same.
ACCOUNT_FAULTS = (
	errors.Unreachable,
	errors.RateLimited,
	errors.AuthenticationFailed,
	NoKeys,
	BoundElsewhere,
	KeyRefused,
)


@dataclass
class Report:
	"""`changed` and `failed` are sentences for people; `stopped` says why the run ended early, if it did."""

	account: str
	payments_read: int = 0
	compared_at_stripe: int = 0
	events_fetched: int = 0
	changed: list[str] = field(default_factory=list)
	findings: list[str] = field(default_factory=list)
	failed: list[str] = field(default_factory=list)
	stopped: str | None = None

	def as_dict(self) -> dict:
		return asdict(self)

	def fault(self, subject: str, error: Exception) -> None:
		"""Note that one thing could not be done; the run goes on with the next. Called while `error` is handled. Takes
		back what was half-written, and commits."""
		line, traceback = mask(f"{subject}: {type(error).__name__}: {error}"), mask(frappe.get_traceback())
		self.failed.append(line)
		try:
			frappe.db.rollback()
			frappe.clear_messages()
			frappe.log_error(title=f"Stripe reconciliation: {subject}"[:140], message=traceback)
			frappe.db.commit()
		except Exception:
			frappe.db.rollback()
			frappe.logger("stripe_service").error(line)


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
	return report
