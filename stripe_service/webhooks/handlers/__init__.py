"""Which event is worked on by which function.

Every function takes an `Event` and returns, in a few words, what it did; it raises `Ignore` for what is none of this
site's business. None of them believes the event: it names an object, and the object is read from Stripe. So several
events about one object may share a function, and several waiting ones are answered by a single reading.

The endpoint at Stripe is registered for exactly these types.
"""

_PACKAGE = "stripe_service.webhooks.handlers"

HANDLERS = {
	"payment_intent.processing": f"{_PACKAGE}.payment_intents.changed",
	"payment_intent.requires_action": f"{_PACKAGE}.payment_intents.changed",
	"payment_intent.succeeded": f"{_PACKAGE}.payment_intents.changed",
	"payment_intent.payment_failed": f"{_PACKAGE}.payment_intents.changed",
	"payment_intent.canceled": f"{_PACKAGE}.payment_intents.changed",
	# Sent once Stripe has booked the charge, which is when its fee is known; and again for a late change.
	"charge.updated": f"{_PACKAGE}.charges.changed",
	"charge.refunded": f"{_PACKAGE}.charges.changed",
	"refund.created": f"{_PACKAGE}.refunds.changed",
	"refund.updated": f"{_PACKAGE}.refunds.changed",
	"refund.failed": f"{_PACKAGE}.refunds.changed",
	"charge.dispute.created": f"{_PACKAGE}.disputes.changed",
	"charge.dispute.updated": f"{_PACKAGE}.disputes.changed",
	"charge.dispute.closed": f"{_PACKAGE}.disputes.changed",
	"charge.dispute.funds_withdrawn": f"{_PACKAGE}.disputes.changed",
	"charge.dispute.funds_reinstated": f"{_PACKAGE}.disputes.changed",
	"setup_intent.succeeded": f"{_PACKAGE}.setup_intents.changed",
	"setup_intent.setup_failed": f"{_PACKAGE}.setup_intents.changed",
	"setup_intent.requires_action": f"{_PACKAGE}.setup_intents.changed",
	"setup_intent.canceled": f"{_PACKAGE}.setup_intents.changed",
	"payment_method.attached": f"{_PACKAGE}.payment_methods.changed",
	"payment_method.updated": f"{_PACKAGE}.payment_methods.changed",
	"payment_method.automatically_updated": f"{_PACKAGE}.payment_methods.changed",
	"payment_method.detached": f"{_PACKAGE}.payment_methods.changed",
	"mandate.updated": f"{_PACKAGE}.mandates.changed",
	"payout.reconciliation_completed": f"{_PACKAGE}.payouts.reconciled",
	"customer.deleted": f"{_PACKAGE}.customers.deleted",
	"account.updated": f"{_PACKAGE}.accounts.updated",
}
