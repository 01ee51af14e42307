"""charge.dispute.*: a cardholder's dispute, or the late return of a bank debit, which Stripe reports as one."""

from stripe_service.webhooks.event import Event
from stripe_service.webhooks.handlers.payments_of_site import settle_intent


def changed(event: Event) -> str:
	return settle_intent(event, event.related("payment_intent"))
