"""Save the card of a successful payment, where the payer asked for it."""

from stripe_service.gateway import payment_states
from stripe_service.payments.follow_up import AppliedChange
from stripe_service.saved_methods.cards import remember


def save_card_if_wanted(change: AppliedChange) -> None:
	"""A follow-up step. Stripe attaches the card to the Customer when the payment succeeds; only then is it saved."""
	payment = change.payment
	newly = payment.status in payment_states.RECEIVED and change.old_status in payment_states.RESERVING
	if not (newly and payment.save_method and payment.method_type == "card" and not payment.saved_card):
		return
	if isinstance(change.intent.get("payment_method"), dict):
		remember(
			payment.stripe_account,
			payment.stripe_customer,
			change.intent["payment_method"],
			consent=payment.creation,
		)
