"""Where the account's payouts went.

Stripe does not return an account's own external accounts to the account's key, but a payout names its destination. So
the bank accounts that money arrived at are read off the latest payouts, live, and kept nowhere.
"""

from datetime import datetime, timezone

import frappe
from frappe import _, _lt

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors
from stripe_service.utils.labels import money_in_words

LATEST = 20
# https://docs.stripe.com/api/payouts/object#payout_object-status
_STATUSES = {
	"paid": _lt("Paid"),
	"pending": _lt("Pending"),
	"in_transit": _lt("In transit"),
	"canceled": _lt("Cancelled"),
	"failed": _lt("Failed"),
}


def destinations(account: str) -> dict:
	"""{"payouts": [{date, amount, currency, status, destination}], "message"}: the latest payouts, newest first.

	Amounts are formatted, in the payout's currency. `message` says why nothing can be shown. Raises what gateway_for
	raises, and gateway.errors other than PermissionMissing.
	"""
	gateway = gateway_for(account)
	try:
		found = gateway.call("payouts.list", params={"limit": LATEST, "expand": ["data.destination"]})
	except errors.PermissionMissing:
		return {"payouts": [], "message": _("This restricted key may not read payouts.")}
	message = "" if found["data"] else _("Stripe has made no payout yet.")
	return {"payouts": [_row(payout) for payout in found["data"]], "message": message}


def _row(payout: dict) -> dict:
	currency = payout["currency"].upper()
	# Stripe gives the day as its midnight in UTC.
	day = datetime.fromtimestamp(payout["arrival_date"], timezone.utc).date()
	return {
		"date": frappe.format(day, {"fieldtype": "Date"}),
		"amount": money_in_words(payout["amount"], currency),
		"currency": currency,
		"status": str(_STATUSES.get(payout["status"], payout["status"])),
		"destination": _destination(payout.get("destination")),
	}


def _destination(destination) -> str:
	"""A payout's destination is a bank account, a debit card, or an id where Stripe does not expand it."""
	if not isinstance(destination, dict):
		return destination or _("unknown")
	name = destination.get("bank_name") or destination.get("brand") or _("Bank account")
	return f"{name} •••• {destination.get('last4') or '????'}"
