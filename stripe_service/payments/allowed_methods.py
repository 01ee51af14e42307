"""How a document may be paid: the form shows it and `pay` enforces it, from one function."""

import frappe
from frappe import _
from frappe.utils import cint

from stripe_service.accounts import stripe_account, wallet_domain
from stripe_service.saved_methods import bank_accounts
from stripe_service.saved_methods.brands import accepted_brands
from stripe_service.utils.service_settings import service_settings


def allowed_methods(payable) -> dict[str, dict]:
	"""{method type: {"allowed", "reason" (why not, translated), "may_save", ...}} for an open Payable."""
	settings = service_settings()
	if cint(settings.allow_cards):
		cards, card_reason = stripe_account.cards_available(payable.account)
	else:
		cards, card_reason = False, _("Payment by card is switched off here.")
	if cint(settings.allow_ach):
		ach, ach_reason = bank_accounts.offer(payable.account, payable.currency)
	else:
		ach, ach_reason = False, _("Payment by bank account is switched off here.")
	return {
		"card": {
			"allowed": cards,
			"reason": card_reason or None,
			"brands": accepted_brands(),
			"wallets": wallet_domain.switched_on(),
			"may_save": bool(cint(settings.allow_saving)),
		},
		"us_bank_account": {"allowed": ach, "reason": ach_reason, "may_save": True},
	}


def check_method(payable, method_type: str) -> None:
	"""Raises frappe.ValidationError with the reason unless the document may be paid this way."""
	method = allowed_methods(payable)[method_type]
	if not method["allowed"]:
		frappe.throw(method["reason"], title=_("Cannot be paid this way"))
