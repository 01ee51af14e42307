"""Jobs that go through the Stripe Accounts: each account by itself, so that a fault of one stops no other."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TypeVar

import frappe

from stripe_service.accounts.keys import KeyRefused
from stripe_service.accounts.stripe_account import BoundElsewhere, NoKeys, gateway_for
from stripe_service.gateway import errors
from stripe_service.utils.masking import mask

T = TypeVar("T")

# These say nothing about the payment or event at hand: the account's other work would meet the same. A fault of the
# connection may be the object's alone; `AccountHealth` tells.
ACCOUNT_FAULTS = (
	errors.Unreachable,
	errors.RateLimited,
	errors.AuthenticationFailed,
	NoKeys,
	BoundElsewhere,
	KeyRefused,
)
# Each object that Stripe does not answer about takes a minute, retries included.
MOST_UNANSWERED = 3


class AccountHealth:
	"""Whether a fault is the account's or the object's alone: Stripe keeps a 500 under its idempotency key for a day, so that
	one object may answer nothing else while all others do. One for each account and run."""

	def __init__(self, account: str):
		self.account = account
		self._unanswered = 0

	def blames_account(self, fault: Exception) -> bool:
		"""Whether the account's other work would meet the same. May ask Stripe."""
		if isinstance(fault, errors.RateLimited):
			return fault.code != "lock_timeout"  # that is one object's, on which something else is working
		if not isinstance(fault, errors.Unreachable):
			return isinstance(fault, ACCOUNT_FAULTS)
		if not fault.answered:
			self._unanswered += 1
		return self._unanswered >= MOST_UNANSWERED or not self._answers()

	def _answers(self) -> bool:
		"""Whether Stripe answers this account at all, asked by a cheap question."""
		try:
			gateway_for(self.account).call("events.list", params={"limit": 1})
		except errors.PermissionMissing:
			return True
		except ACCOUNT_FAULTS:
			return False
		return True


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

	def __post_init__(self):
		self.health = AccountHealth(self.account)

	def as_dict(self) -> dict:
		"""As the log and the caller of a job get it."""
		return asdict(self)

	def each(self, subject: str, work: Callable[[], T]) -> T | None:
		"""Do `work` on one thing, and return what it returns. What is wrong with that thing alone is noted, and the run goes on
		with the next; a fault of the account is raised."""
		try:
			return work()
		except Exception as fault:
			self.note_or_raise(subject, fault)
		return None

	def note_or_raise(self, subject: str, fault: Exception) -> None:
		"""Called while `fault` is handled, which working on one thing has raised."""
		if self.health.blames_account(fault):
			raise fault
		self.fault(subject, fault)

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
