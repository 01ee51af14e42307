"""Balance transactions: what each charge, refund, dispute and payout does to the account's balance.

Fees as Stripe's US list prices: cards 2.9% + 30 cents, ACH 0.8% up to $5. A charge settles in its own currency where the
account has a bank account for it (`settlement_currencies`), else in the account's default one; its fee, its refunds and its
disputes do likewise, whatever currency the payer paid in. https://docs.stripe.com/currencies/conversions
"""

from . import money
from .clock import add_business_days
from .ids import new_id

# Fixed amounts are US cents, and converted where another currency settles.
CARD_FEE_RATE, CARD_FEE_FIXED = 0.029, 30
ACH_FEE_RATE, ACH_FEE_MOST = 0.008, 500
DISPUTE_FEE = {"card": 1500, "us_bank_account": 400}
# `type` to `reporting_category`, where they differ.
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
	"""A balance transaction of `amount` (minor units of `source`'s currency), settled in a currency of the account's.

	`fee` is already in that one (`settlement_currency`).
	"""
	currency = settlement_currency(ctx, source["currency"])
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
	currency = settlement_currency(ctx, charge["currency"])
	settled, _ = money.converted(charge["amount"], charge["currency"], currency)
	at_once = charge.get("_available_at_once")
	return record(
		ctx,
		charge,
		"charge" if kind == "card" else "payment",
		charge["amount"],
		fee=_fee(kind, settled, currency),
		description=charge["description"],
		available_on=None if at_once else add_business_days(ctx.now, 2),
	)


def settlement_currency(ctx, currency: str) -> str:
	"""The currency in which the account receives what is paid in `currency`."""
	own = currency in ctx.account.get("settlement_currencies", ())
	return currency if own else ctx.account["default_currency"]


def dispute_fee(ctx, dispute: dict) -> int:
	"""In minor units of the currency that the dispute is settled in."""
	cents = DISPUTE_FEE[dispute["_kind"]]
	return money.converted(cents, "usd", settlement_currency(ctx, dispute["currency"]))[0]


def available(ctx, currency: str) -> int:
	"""What is on the account's balance in `currency`, available or pending, in minor units."""
	return sum(row["net"] for row in ctx.all("balance_transaction") if row["currency"] == currency)


def _fee(kind: str, settled: int, currency: str) -> int:
	if kind == "card":
		return round(settled * CARD_FEE_RATE) + money.converted(CARD_FEE_FIXED, "usd", currency)[0]
	return min(round(settled * ACH_FEE_RATE), money.converted(ACH_FEE_MOST, "usd", currency)[0])


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
