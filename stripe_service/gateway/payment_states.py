"""The states of an Invoice Payment, and how Stripe's facts name one.

A state is never advanced by hand: it is a function of what Stripe reports, so that webhook, browser and reconciler,
in any order and any number of times, arrive at the same one. Pure Python, so that every combination is tested.
"""

from dataclasses import dataclass

from stripe_service.gateway import disputes

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


@dataclass(frozen=True)
class Facts:
	"""What Stripe reports of one PaymentIntent. Amounts in minor units of its currency.

	`disputed_minor` is what all disputes of its charge withhold now, `dispute_standing` how they stand together
	(gateway.disputes).
	"""

	stripe_status: str
	received_minor: int = 0
	refunded_minor: int = 0
	disputed_minor: int = 0
	dispute_standing: str | None = None
	has_failure: bool = False

	@property
	def settled_minor(self) -> int:
		"""What the paid document may count: received, less refunded, less withheld; never below nothing."""
		return max(self.received_minor - self.refunded_minor - self.disputed_minor, 0)

	@property
	def is_refunded(self) -> bool:
		"""Whether all that was received went back."""
		return self.refunded_minor >= self.received_minor > 0


def status_of(facts: Facts) -> str:
	"""The state that `facts` name. Raises ValueError for a PaymentIntent status that is not known here."""
	if facts.stripe_status == "canceled":
		return FAILED if facts.has_failure else CANCELLED
	if facts.stripe_status != "succeeded":
		if facts.stripe_status not in _BEFORE_SUCCESS:
			raise ValueError(f"unknown PaymentIntent status: {facts.stripe_status}")
		return _BEFORE_SUCCESS[facts.stripe_status]
	# An inquiry into what was given back already takes nothing more, and asks nothing of anybody.
	if facts.dispute_standing == disputes.OPEN and (facts.disputed_minor or not facts.is_refunded):
		return DISPUTED
	if facts.dispute_standing == disputes.LOST:
		return DISPUTE_LOST
	if facts.is_refunded:
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
