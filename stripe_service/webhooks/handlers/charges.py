"""charge.updated brings the fee, which Stripe books after the success; charge.refunded a refund made anywhere."""

from stripe_service.webhooks.event import Event
from stripe_service.webhooks.handlers.payments_of_site import settle_intent


def changed(event: Event) -> str:
	return settle_intent(event, event.related("payment_intent"))
