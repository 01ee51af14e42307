"""What one run did for one account: shown to the administrator who asked for it, and what tests look at."""

from dataclasses import asdict, dataclass, field

import frappe

from stripe_service.accounts.connect import BoundElsewhere, NoKeys
from stripe_service.accounts.keys import KeyRefused
from stripe_service.accounts.masking import mask
from stripe_service.gateway import errors

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
