"""Which of this site's payments an object at Stripe belongs to, if any."""

from stripe_service.payments import settle
from stripe_service.payments.reconcile import strays
from stripe_service.webhooks.event import Event, Ignore


def settle_intent(event: Event, intent_id: str | None) -> str:
	"""Bring the payment of this PaymentIntent into line with Stripe; returns what was done.

	A PaymentIntent that no payment points to may still be this site's, left behind by a worker that was stopped
	between creating and storing it: the reconciler knows. Raises Ignore for what is not.
	"""
	if not intent_id:
		raise Ignore("Not about a PaymentIntent, and this site charges by nothing else.")
	payment = settle.settle_intent(event.account, intent_id)
	if payment:
		return f"{payment.name}: {payment.status}"
	_ignore_strangers(event)
	try:
		return strays.take_up(event.account, intent_id)
	except strays.NotOurs as reason:
		raise Ignore(str(reason)) from None


def _ignore_strangers(event: Event) -> None:
	"""Other apps' payments need no reading where the event says whose they are: charges and PaymentIntents carry the
	metadata given at creation, refunds and disputes their own."""
	if event.object.get("object") in ("payment_intent", "charge"):
		why_not = strays.why_not_ours(event.object.get("metadata") or {})
		if why_not:
			raise Ignore(why_not)
