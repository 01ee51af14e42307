"""Saved cards. A card is saved only with the payer's consent and after a payment with it has succeeded.

The row's name is the PaymentMethod's id, so that saving the same one twice, from webhook and browser at once, makes
one row. What one card does stands on its controller.
"""

import frappe
from frappe.utils import get_datetime, now_datetime

from stripe_service.gateway.references import id_of
from stripe_service.saved_methods.ownership import CARD
from stripe_service.saved_methods.saved_method import as_document, lock_customer
from stripe_service.utils.labels import brand_name
from stripe_service.utils.transaction import in_fresh_transaction

ACTIVE = "Active"
LISTED = ["name", "stripe_customer", "brand", "last4", "exp_month", "exp_year", "is_default", "status"]


def saved_cards(user: str, account: str) -> list[dict]:
	"""The user's own cards at a Stripe Account: the default first, then the newest; one query.

	Each: name, brand, brand_name, last4, exp_month, exp_year, expired, usable, reason (why it can't pay, in the reader's
	language), is_default.
	"""
	rows = frappe.get_all(
		CARD,
		filters={"user": user, "stripe_account": account, "status": ACTIVE},
		fields=LISTED,
		order_by="is_default desc, creation desc",
	)
	return [_as_listed(as_document(CARD, row)) for row in rows]


def _as_listed(card) -> dict:
	reason = card.why_not_usable()
	return {
		"name": card.name,
		"brand": card.brand,
		"brand_name": brand_name(card.brand),
		"last4": card.last4,
		"exp_month": card.exp_month,
		"exp_year": card.exp_year,
		"expired": card.has_expired,
		"usable": reason is None,
		"reason": reason,
		"is_default": bool(card.is_default),
	}


def remember(account: str, customer: str, payment_method: dict, consent) -> str | None:
	"""Save the card of a successful payment; returns the Saved Card's name, or None if there is nothing to save.

	`payment_method` as Stripe gives it, attached to `customer`; `consent` is when the payer agreed (a datetime, or True
	for now): without it nothing is saved. Runs any number of times with the same result; never while a lock is held.
	"""
	if not consent or payment_method.get("type") != "card":
		return None
	if id_of(payment_method.get("customer")) != customer:
		return None
	doc = in_fresh_transaction(lambda: _insert_once(account, customer, payment_method, consent))
	if not doc:
		return None
	if doc.status == ACTIVE:
		doc.remove_duplicates()
	return doc.name


def _insert_once(account: str, customer: str, payment_method: dict, consent):
	owner = lock_customer(customer)
	if not owner or owner.status != ACTIVE:
		return None
	if frappe.db.exists(CARD, payment_method["id"]):
		return frappe.get_doc(CARD, payment_method["id"])
	card = frappe.get_doc(
		{
			"doctype": CARD,
			"payment_method_id": payment_method["id"],
			"stripe_account": account,
			"stripe_customer": customer,
			"user": owner.user,
			"status": ACTIVE,
			"consent_at": now_datetime() if consent is True else get_datetime(consent),
		}
	)
	return card.write(is_default=int(card.is_first()), **card.details_of(payment_method))


def refresh(payment_method_id: str) -> str | None:
	"""Read a saved card anew from Stripe. Returns its name, None if it is not saved here. Raises gateway errors."""
	if not frappe.db.exists(CARD, payment_method_id):
		return None
	return frappe.get_doc(CARD, payment_method_id).sync().name
