"""How people name a payment method (VISA •••• 4242) and an amount. One place, for the desk, the pay form, mails and the ledger."""

import re

from frappe import _
from frappe.utils import fmt_money
from frappe.utils.jinja_globals import is_rtl

from stripe_service.gateway import money

# The brands that Stripe Service Settings can allow, as Stripe names them.
BRAND_NAMES = {
	"visa": "VISA",
	"mastercard": "MasterCard",
	"amex": "American Express",
	"discover": "Discover",
	"diners": "Diners Club",
	"jcb": "JCB",
}
# The wallets that Stripe Service Settings can allow, as Stripe names them. What they pay with is a card.
WALLETS = {"apple_pay": "Apple Pay", "google_pay": "Google Pay", "link": "Link"}
_OTHER_BRANDS = {
	"unionpay": "UnionPay",
	"eftpos_au": "eftpos",
	"cartes_bancaires": "Cartes Bancaires",
	"link": "Link",
}
# Their letters are the signs of the Gulf's currencies (د.ك).
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def brand_name(brand: str | None) -> str:
	"""The name of a card brand, also of one that is not accepted here; "Card" if Stripe names none."""
	if not brand or brand == "unknown":
		return _("Card")
	return BRAND_NAMES.get(brand) or _OTHER_BRANDS.get(brand) or brand.replace("_", " ").title()


def method_label(
	method_type: str | None, brand_or_bank: str | None, last4: str | None, wallet: str | None = None
) -> str:
	"""The label of a card (`card`, with its brand, and the wallet it was taken from) or a bank account (`us_bank_account`,
	with the bank's name)."""
	if method_type == "card":
		name = brand_name(brand_or_bank)
	else:
		name = brand_or_bank or _("Bank account")
	label = f"{name} •••• {last4}" if last4 else name
	return f"{label} ({WALLETS.get(wallet) or wallet.replace('_', ' ').title()})" if wallet else label


def money_in_words(minor: int, currency: str) -> str:
	"""An amount in minor units of `currency`, formatted for people, with the decimals that the currency has at Stripe.

	Frappe by itself shows two decimals, or the system's, whatever the currency: KWD 10.12 for 10.125.
	"""
	return in_one_piece(
		fmt_money(
			money.from_minor(minor, currency), precision=money.exponent(currency), currency=currency.upper()
		)
	)


def in_one_piece(amount: str) -> str:
	"""`amount` with its sign, to be put into a sentence. Where one of both runs from right to left, sign and number would fall
	apart and two amounts change places: Unicode's isolates keep them together. (In the browser: public/js/pay_form/one_piece.js.)"""
	return f"\u2066{amount}\u2069" if is_rtl() or _RIGHT_TO_LEFT.search(amount) else amount


def web_address(url: str | None) -> str | None:
	"""The address if it is one of the web, and not, say, a script: what others wrote becomes a link by this alone."""
	return url if url and url.startswith(("https://", "http://")) else None
