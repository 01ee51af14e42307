"""refund.*: a refund was begun, went through or failed, here or on Stripe's dashboard."""

from stripe_service.webhooks.event import Event
from stripe_service.webhooks.handlers.payments_of_site import settle_intent


def changed(event: Event) -> str:
	return settle_intent(event, event.related("payment_intent"))
