"""The states of an Invoice Payment, and how Stripe's facts name one.

A state is never advanced by hand: it is a function of what Stripe reports, so that webhook, browser and reconciler,
in any order and any number of times, arrive at the same one. Pure Python, so that every combination is tested.
"""

from dataclasses import dataclass

STARTED = "Started"
ACTION_REQUIRED = "Action Required"
PROCESSING = "Processing"
SUCCEEDED = "Succeeded"
FAILED = "Failed"
CANCELLED = "Cancelled"
PARTLY_REFUNDED = "Partly Refunded"
REFUNDED = "Refunded"
DISPUTED = "Disputed"
DISPUTE_LOST = "Dispute Lost"

# These hold their amount against the document: money may still move. A PaymentIntent that was declined or waits
# for 3-D Secure belongs here too, until it is canceled at Stripe.
RESERVING = (STARTED, ACTION_REQUIRED, PROCESSING)
# Stripe has received money for these, whatever became of it afterwards.
RECEIVED = (SUCCEEDED, PARTLY_REFUNDED, REFUNDED, DISPUTED, DISPUTE_LOST)
# Nothing was received and nothing can be any more.
VOID = (FAILED, CANCELLED)
ALL = RESERVING + RECEIVED + VOID

_BEFORE_SUCCESS = {
	"requires_payment_method": STARTED,
	"requires_confirmation": STARTED,
	"requires_action": ACTION_REQUIRED,
	"requires_capture": PROCESSING,
	"processing": PROCESSING,
}
# An inquiry (warning_*) takes no money yet; a dispute does from the day it is opened until it is won.
_DISPUTE_HOLDS_MONEY = ("needs_response", "under_review", "lost")
_DISPUTE_OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")


@dataclass(frozen=True)
class Facts:
	"""What Stripe reports of one PaymentIntent. Amounts in minor units of its currency."""

	stripe_status: str
	received_minor: int = 0
	refunded_minor: int = 0
	disputed_amount_minor: int = 0
	dispute_status: str | None = None
	has_failure: bool = False

	@property
	def disputed_minor(self) -> int:
		"""What a dispute withholds now."""
		return self.disputed_amount_minor if self.dispute_status in _DISPUTE_HOLDS_MONEY else 0

	@property
	def settled_minor(self) -> int:
		"""What the paid document may count: received, less refunded, less withheld; never below nothing."""
		return max(self.received_minor - self.refunded_minor - self.disputed_minor, 0)


def status_of(facts: Facts) -> str:
	"""The state that `facts` name. Raises ValueError for a PaymentIntent status that is not known here."""
	if facts.stripe_status == "canceled":
		return FAILED if facts.has_failure else CANCELLED
	if facts.stripe_status != "succeeded":
		if facts.stripe_status not in _BEFORE_SUCCESS:
			raise ValueError(f"unknown PaymentIntent status: {facts.stripe_status}")
		return _BEFORE_SUCCESS[facts.stripe_status]
	if facts.dispute_status == "lost":
		return DISPUTE_LOST
	if facts.dispute_status in _DISPUTE_OPEN:
		return DISPUTED
	if facts.refunded_minor >= facts.received_minor > 0:
		return REFUNDED
	return PARTLY_REFUNDED if facts.refunded_minor else SUCCEEDED


def may_follow(old: str, new: str) -> bool:
	"""Whether an Invoice Payment may go from `old` to `new`.

	Received money is never forgotten and a void payment never revived: an answer that says so is a fault to be
	reported, not a state to be written.
	"""
	if old in RECEIVED:
		return new in RECEIVED
	if old in VOID:
		# Only between the two names for "nothing came": a failure may be learnt after the cancellation.
		return new in VOID
	return True
