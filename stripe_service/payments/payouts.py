"""Which payments a payout to the account's bank was made of.

Only Stripe's automatic payouts say so. It is written for people and reports, and decides nothing.
"""

from functools import partial

import frappe

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway.references import id_of
from stripe_service.utils.transaction import in_fresh_transaction

MOST_TRANSACTIONS = 20_000
BATCH = 500


def book(account: str, payout_id: str) -> int:
	"""Note the payout on the payments whose charges it paid out; returns how many this site has of them.

	Raises gateway.errors. Commits.
	"""
	transactions = gateway_for(account).list_all(
		"balance_transactions.list", params={"payout": payout_id}, limit=MOST_TRANSACTIONS
	)
	# A card's charge is of type charge, a bank debit's of type payment; refunds and the payout itself are others.
	charges = [id_of(entry["source"]) for entry in transactions if entry["type"] in ("charge", "payment")]
	booked = 0
	for start in range(0, len(charges), BATCH):
		batch = charges[start : start + BATCH]
		booked += in_fresh_transaction(partial(_book, account, payout_id, batch))
	return booked


def _book(account: str, payout_id: str, charges: list[str]) -> int:
	payments = frappe.get_all(
		"Invoice Payment", {"stripe_account": account, "charge_id": ["in", charges]}, pluck="name"
	)
	for payment in payments:
		frappe.db.set_value("Invoice Payment", payment, "payout_id", payout_id, update_modified=False)
	return len(payments)
