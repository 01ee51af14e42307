"""A card that the payer has just entered, known here only by Stripe's ConfirmationToken.

The token is read before anything is claimed or created: the brands that the account's administrator takes are the
site's own rule, which Stripe can't be told, and a card that is refused must be refused before it is charged. A card from a
wallet (Apple Pay, Google Pay, Link) has a brand like any other; one that Link stands in for a bank account has the brand `link`.
"""

from dataclasses import dataclass

import frappe
from frappe import _

from stripe_service.accounts import wallet_domain
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors, payment_states
from stripe_service.payments.follow_up import AppliedChange
from stripe_service.saved_methods import brands
from stripe_service.utils.labels import WALLETS, brand_name, method_label
from stripe_service.utils.language import site_language
from stripe_service.utils.notices import notify_administrators
from stripe_service.utils.stripe_errors import StripeUnavailable, raise_payments_unavailable
from stripe_service.utils.transaction import in_fresh_transaction


class CardRefused(frappe.ValidationError):
	"""This card is not taken here; the message says which are."""

	http_status_code = 417


@dataclass(frozen=True)
class NewCard:
	"""What may be said of a card that is not saved."""

	brand: str
	last4: str
	wallet: str | None = None

	@property
	def label(self) -> str:
		"""As a person reads it, e.g. "VISA •••• 4242 (Google Pay)"."""
		return method_label("card", self.brand, self.last4, self.wallet)


def read_new_card(account: str, confirmation_token: str) -> NewCard:
	"""Brand and last four of the card behind a ConfirmationToken. Raises CardRefused for a brand that is not taken,
	a token that is no card's, or one that Stripe does not know (used, expired, another account's)."""
	try:
		token = gateway_for(account).call("confirmation_tokens.retrieve", confirmation_token)
	except errors.GatewayError as error:
		if error.our_fault:
			raise_payments_unavailable(error)
		if isinstance(error, errors.InvalidRequest):
			frappe.throw(_("The card details are no longer valid. Please enter them again."), CardRefused)
		frappe.throw(
			_("Stripe can't be reached at the moment. Nothing was charged. Please try again in a minute."),
			StripeUnavailable,
		)
	preview = token.get("payment_method_preview") or {}
	card = preview.get("card") or {}
	if preview.get("type") != "card" or not card:
		frappe.throw(_("Please enter a card."), CardRefused)
	wallet = (card.get("wallet") or {}).get("type")
	_check_wallet(wallet)
	reason = brands.why_not_accepted(card.get("brand") or "")
	if reason:
		frappe.throw(reason, CardRefused, title=_("Card not accepted"))
	return NewCard(card["brand"], card.get("last4") or "", wallet)


def _check_wallet(wallet: str | None) -> None:
	if wallet in WALLETS and wallet not in wallet_domain.switched_on():
		frappe.throw(
			_("{0} is not accepted here. Nothing was charged. Please use a card.").format(WALLETS[wallet]),
			CardRefused,
			title=_("Card not accepted"),
		)


def report_other_brand(change: AppliedChange) -> None:
	"""A follow-up step. The brand was checked when the card was entered, but a PaymentIntent that waits for 3-D Secure can
	be confirmed in the browser with another card. That money is received; administrators decide what becomes of it."""
	payment = change.payment
	newly = payment.status in payment_states.RECEIVED and change.old_status in payment_states.RESERVING
	if not newly or payment.method_type != "card" or payment.brand in (None, "", change.before.brand):
		return
	if not brands.why_not_accepted(payment.brand):
		return

	def report() -> None:
		row = frappe.get_doc("Invoice Payment", payment.name, for_update=True)
		with site_language():
			attention = _(
				"It was paid with {0}, which is not accepted here. Refund it, or keep the payment."
			).format(brand_name(payment.brand))
		row.write(attention=row.attention or attention)
		notify_administrators(row.doctype, row.name, f"{row.name}: {attention}")

	in_fresh_transaction(report)
