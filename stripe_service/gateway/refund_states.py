"""The states of a refund. Pure: no Frappe, no Stripe. https://docs.stripe.com/api/refunds/object#refund_object-status"""

PENDING = "Pending"
REQUIRES_ACTION = "Requires Action"
SUCCEEDED = "Succeeded"
FAILED = "Failed"
CANCELLED = "Cancelled"

# Money that is on its way back, or is back: none of it can be refunded again.
REFUNDED = (PENDING, REQUIRES_ACTION, SUCCEEDED)
# The money stayed, or came back from the payer's bank.
NOT_REFUNDED = (FAILED, CANCELLED)
# Stripe may still change these. A refund that succeeded may still fail, but tells it by an event.
UNFINISHED = (PENDING, REQUIRES_ACTION)

_STATES = {
	"pending": PENDING,
	"requires_action": REQUIRES_ACTION,
	"succeeded": SUCCEEDED,
	"failed": FAILED,
	"canceled": CANCELLED,
}


def state_of(refund: dict) -> str:
	"""The state of a refund as Stripe reports it. A status that is not known here counts as Pending: its amount is not
	refunded a second time, and it is read again."""
	return _STATES.get(refund.get("status") or "", PENDING)
