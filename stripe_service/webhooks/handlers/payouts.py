"""payout.reconciliation_completed: Stripe says which charges a payout to the bank was made of."""

from stripe_service.payments import payouts
from stripe_service.webhooks.event import Event


def reconciled(event: Event) -> str:
	booked = payouts.book(event.account, event.object_id)
	return f"{booked} payments paid out by {event.object_id}"
