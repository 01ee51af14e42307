"""Saved cards. A card is saved only with the payer's consent and after a payment with it has succeeded.

The row's name is the PaymentMethod's id, so that saving the same one twice, from webhook and browser at once, makes
one row. Which brand, digits and expiry it has is Stripe's to say; Stripe also renews cards by itself
(payment_method.automatically_updated).
"""

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime, nowdate

from stripe_service.accounts import stripe_account
from stripe_service.gateway import errors
from stripe_service.saved_methods import brands, saved_method
from stripe_service.saved_methods.records import CARD, REMOVED, apply_fresh_reading, lock_customer
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
	return [_as_listed(row) for row in rows]


def _as_listed(row) -> dict:
	return {
		"name": row.name,
		"brand": row.brand,
		"brand_name": brand_name(row.brand),
		"last4": row.last4,
		"exp_month": row.exp_month,
		"exp_year": row.exp_year,
		"expired": has_expired(row),
		"usable": why_not_usable(row) is None,
		"reason": why_not_usable(row),
		"is_default": bool(row.is_default),
	}


def has_expired(row) -> bool:
	"""A card is good until the end of its month."""
	today = get_datetime(nowdate())
	return bool(row.exp_year) and (row.exp_year, row.exp_month) < (today.year, today.month)


def why_not_usable(row) -> str | None:
	"""None for a card that can pay; otherwise what is the matter and what to do."""
	if row.status == REMOVED:
		return _("This card was removed. Use another one, or enter it anew.")
	if reason := brands.why_not_accepted(row.brand):
		return reason
	if has_expired(row):
		return _("This card expired {0}. Use another one, and remove it from your saved cards.").format(
			f"{row.exp_month:02d}/{row.exp_year}"
		)
	return None


def remember(account: str, customer: str, payment_method: dict, consent) -> str | None:
	"""Save the card of a successful payment; returns the Saved Card's name, or None if there is nothing to save.

	`payment_method` as Stripe gives it, attached to `customer`; `consent` is when the payer agreed (a datetime, or True
	for now): without it nothing is saved. Runs any number of times with the same result; never while a lock is held.
	"""
	if not consent or payment_method.get("type") != "card":
		return None
	if _id_of(payment_method.get("customer")) != customer:
		return None
	doc = in_fresh_transaction(lambda: _insert_once(account, customer, payment_method, consent))
	if not doc:
		return None
	if doc.status == ACTIVE:
		saved_method.remove_duplicates(CARD, doc)
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
			"is_default": saved_method.is_first(CARD, customer),
		}
	)
	return card.write(**_details(payment_method))


def _details(payment_method: dict) -> dict:
	card = payment_method.get("card") or {}
	return {key: card.get(key) for key in ("brand", "last4", "exp_month", "exp_year", "fingerprint")}


def refresh(payment_method_id: str) -> str | None:
	"""Read a saved card anew from Stripe: new digits or expiry, or gone. Returns its name, None if it is not saved here.

	For payment_method.automatically_updated and for payments that failed with resource_missing. Raises gateway errors.
	"""
	row = frappe.db.get_value(CARD, payment_method_id, ["name", "stripe_account", "status"], as_dict=True)
	if not row or row.status == REMOVED:
		return row.name if row else None
	gateway = stripe_account.gateway_for(row.stripe_account)
	apply_fresh_reading(CARD, row.name, lambda: _read(gateway, row.name), _apply)
	return row.name


def _read(gateway, payment_method_id: str) -> dict:
	try:
		return gateway.call("payment_methods.retrieve", payment_method_id)
	except errors.NotFound:
		return {"customer": None}


def _apply(doc, payment_method: dict) -> None:
	if doc.status == REMOVED:
		return
	if _id_of(payment_method.get("customer")) != doc.stripe_customer:
		doc.write(status=REMOVED, removed_at=now_datetime(), is_default=0)
	elif any(doc.get(key) != value for key, value in _details(payment_method).items()):
		doc.write(**_details(payment_method))


def _id_of(reference) -> str | None:
	"""The id behind a field that Stripe may have expanded."""
	return reference.get("id") if isinstance(reference, dict) else reference

