"""Pays an invoice as its payer would: a ConfirmationToken from the browser's side, then the app's own call."""

from tests.support.cards import confirmation_token
from tests.support.site import as_user


def pay_by_card(invoice, amount: str, payer: str, stripe_url: str, card: str = "visa") -> dict:
	"""Pay `amount` (major units of the invoice's currency) and return the app's answer. Commits."""
	from stripe_service.api.pay import pay

	with as_user(payer):
		return pay(
			invoice.doctype,
			invoice.name,
			amount,
			"card",
			confirmation_token=confirmation_token(stripe_url, card),
		)
