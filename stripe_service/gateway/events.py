"""The types of events that this app handles: the endpoint at Stripe is registered for exactly these.

Here, on the ground floor, because the endpoint (`accounts`) and the handlers (`webhooks`) both need the list.
"""

EVENT_TYPES = (
	"account.updated",
	"charge.dispute.closed",
	"charge.dispute.created",
	"charge.dispute.funds_reinstated",
	"charge.dispute.funds_withdrawn",
	"charge.dispute.updated",
	"charge.refunded",
	"charge.updated",
	"customer.deleted",
	"mandate.updated",
	"payment_intent.canceled",
	"payment_intent.payment_failed",
	"payment_intent.processing",
	"payment_intent.requires_action",
	"payment_intent.succeeded",
	"payment_method.attached",
	"payment_method.automatically_updated",
	"payment_method.detached",
	"payment_method.updated",
	"payout.reconciliation_completed",
	"refund.created",
	"refund.failed",
	"refund.updated",
	"setup_intent.canceled",
	"setup_intent.requires_action",
	"setup_intent.setup_failed",
	"setup_intent.succeeded",
)
