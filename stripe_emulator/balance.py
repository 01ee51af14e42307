"""Balance transactions: what each charge, refund, dispute and payout does to the account's balance.

Fees as Stripe's US list prices: cards 2.9% + 30 cents, ACH 0.8% up to $5. Charges in other currencies are settled in the
account's own.
"""

from . import money
from .clock import add_business_days
from .context import new_id

CARD_FEE_RATE, CARD_FEE_FIXED = 0.029, 30
ACH_FEE_RATE, ACH_FEE_MOST = 0.008, 500
DISPUTE_FEE = {"card": 1500, "us_bank_account": 400}
CATEGORY = {"payment": "charge", "payment_refund": "refund", "adjustment": "dispute"}


def record(
	ctx,
	source: dict,
	type: str,
	amount: int,
	*,
	fee: int = 0,
	description: str | None = None,
	available_on: int | None = None,
	category: str | None = None,
) -> dict:
	"""A balance transaction of `amount` (minor units of `source`'s currency), settled in the account's currency.

	`fee` is already in the account's currency.
	"""
	currency = ctx.account["default_currency"]
	settled, rate = money.converted(amount, source["currency"], currency)
	entry = {
		"id": new_id("txn"),
		"object": "balance_transaction",
		"amount": settled,
		"available_on": available_on if available_on is not None else ctx.now,
		"balance_type": "payments",
		"created": ctx.now,
		"currency": currency,
		"description": description,
		"exchange_rate": rate,
		"fee": fee,
		"fee_details": _fee_details(fee, currency),
		"net": settled - fee,
		"reporting_category": category or CATEGORY.get(type, type),
		"source": source["id"],
		"status": "available" if available_on is None or available_on <= ctx.now else "pending",
		"type": type,
		"payout": None,
	}
	ctx.put(entry)
	if entry["status"] == "pending":
		ctx.schedule(available_on, "balance.make_available", transaction=entry["id"])
	return entry


def for_charge(ctx, charge: dict) -> dict:
	"""The entry of a successful charge, with its fee; card money is available after two business days."""
	kind = charge["payment_method_details"]["type"]
	settled, _ = money.converted(charge["amount"], charge["currency"], ctx.account["default_currency"])
	at_once = charge.get("_available_at_once")
	return record(
		ctx,
		charge,
		"charge" if kind == "card" else "payment",
		charge["amount"],
		fee=_fee(kind, settled),
		description=charge["description"],
		available_on=None if at_once else add_business_days(ctx.now, 2),
	)


def dispute_fee(kind: str) -> int:
	return DISPUTE_FEE[kind]


def _fee(kind: str, settled: int) -> int:
	if kind == "card":
		return round(settled * CARD_FEE_RATE) + CARD_FEE_FIXED
	return min(round(settled * ACH_FEE_RATE), ACH_FEE_MOST)


def _fee_details(fee: int, currency: str) -> list[dict]:
	if not fee:
		return []
	return [
		{
			"amount": fee,
			"application": None,
			"currency": currency,
			"description": "Stripe processing fees",
			"type": "stripe_fee",
		}
	]
