"""payment_intent.*: a payment moved on, or did not."""

from stripe_service.webhooks.event import Event
from stripe_service.webhooks.handlers.payments_of_site import settle_intent


def changed(event: Event) -> str:
	return settle_intent(event, event.object_id)
