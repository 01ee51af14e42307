"""The balance, its transactions, and payouts."""

from .. import balance as entries
from .. import errors
from ..clock import DAY, start_of_day
from ..ids import new_id
from ..registry import route, task
from ..render import page, public
from ..shapes import merge_metadata


@route("GET", "/v1/balance", "BalanceRetrieveParams", permission="balance_read")
def retrieve(ctx, params):
	return {
		"object": "balance",
		"available": _sums(ctx, "available"),
		"livemode": ctx.livemode,
		"pending": _sums(ctx, "pending"),
		"refund_and_dispute_prefunding": {"available": [], "pending": []},
	}


@route(
	"GET",
	"/v1/balance_transactions/<id>",
	"BalanceTransactionRetrieveParams",
	permission="balance_transaction_source_read",
)
def retrieve_transaction(ctx, params, id):
	return _shown(ctx.get("balance_transaction", id))


@route(
	"GET",
	"/v1/balance_transactions",
	"BalanceTransactionListParams",
	permission="balance_transaction_source_read",
)
def list_transactions(ctx, params):
	ids = None
	if params.get("payout"):
		ctx.get("payout", params["payout"], "payout")
		ids = ctx.store.objects.of(ctx.space, "balance_transaction", "payout", params["payout"])
	elif params.get("source"):
		ids = ctx.store.objects.of(ctx.space, "balance_transaction", "source", params["source"])
	wanted = {name: params[name] for name in ("type", "currency", "source") if params.get(name)}
	found = page(
		ctx,
		"balance_transaction",
		params,
		"/v1/balance_transactions",
		lambda row: all(row[n] == v for n, v in wanted.items()),
		ids,
	)
	return {**found, "data": [_shown(row) for row in found["data"]]}


@route("GET", "/v1/payouts/<id>", "PayoutRetrieveParams", permission="payout_read")
def retrieve_payout(ctx, params, id):
	return ctx.get("payout", id)


@route("GET", "/v1/payouts", "PayoutListParams", permission="payout_read")
def list_payouts(ctx, params):
	status, arrival = params.get("status"), params.get("arrival_date")

	def matches(row: dict) -> bool:
		return status in (None, row["status"]) and arrival in (None, row["arrival_date"])

	return page(ctx, "payout", params, "/v1/payouts", matches)


@route("POST", "/v1/payouts/<id>", "PayoutUpdateParams", permission="payout_write")
def update_payout(ctx, params, id):
	payout = ctx.get("payout", id)
	merge_metadata(payout, params)
	ctx.put(payout)
	ctx.emit("payout.updated", payout)
	return payout


@route("POST", "/v1/payouts", "PayoutCreateParams", permission="payout_write")
def create_payout(ctx, params):
	"""A manual payout: Stripe does not tell which transactions are in it."""
	available = sum(row["amount"] for row in _sums(ctx, "available") if row["currency"] == params["currency"])
	if params["amount"] > available:
		raise errors.invalid(
			"You have insufficient funds in your Stripe account. One likely reason you have insufficient funds is that "
			"your funds are automatically being paid out; try enabling manual payouts by going to "
			"https://dashboard.stripe.com/account/payouts.",
			"balance_insufficient",
		)
	payout = _new_payout(ctx, params["amount"], params["currency"], automatic=False)
	payout["metadata"] = params.get("metadata") or {}
	payout["description"] = params.get("description")
	return ctx.put(payout)


def pay_out(ctx, ids: list[str] | None = None) -> dict | None:
	"""An automatic payout of all that is available in the default currency (or of the transactions named), which are marked."""
	currency = ctx.account["default_currency"]
	rows = [
		row
		for row in ctx.all("balance_transaction")
		if row["status"] == "available"
		and row["currency"] == currency
		and not row["payout"]
		and row["type"] != "payout"
		and (not ids or row["id"] in ids)
	]
	total = sum(row["net"] for row in rows)
	if total <= 0:
		return None
	payout = _new_payout(ctx, total, currency, automatic=True)
	for row in rows:
		row["payout"] = payout["id"]
		ctx.put(row)
	return payout


def _new_payout(ctx, amount: int, currency: str, automatic: bool) -> dict:
	payout = {
		"id": new_id("po"),
		"object": "payout",
		"amount": amount,
		"application_fee": None,
		"application_fee_amount": None,
		"arrival_date": start_of_day(ctx.now) + 2 * DAY,
		"automatic": automatic,
		"balance_transaction": None,
		"created": ctx.now,
		"currency": currency,
		"description": "STRIPE PAYOUT",
		"destination": _destination(ctx)["id"],
		"failure_balance_transaction": None,
		"failure_code": None,
		"failure_message": None,
		"livemode": ctx.livemode,
		"metadata": {},
		"method": "standard",
		"original_payout": None,
		"payout_method": None,
		"reconciliation_status": "in_progress" if automatic else "not_applicable",
		"reversed_by": None,
		"source_type": "card",
		"statement_descriptor": None,
		"status": "in_transit",
		"trace_id": {"status": "pending", "value": None},
		"type": "bank_account",
	}
	ctx.put(payout)
	entry = entries.record(ctx, payout, "payout", -amount, description="STRIPE PAYOUT")
	if automatic:
		entry["payout"] = payout["id"]
		ctx.put(entry)
	payout["balance_transaction"] = entry["id"]
	ctx.put(payout)
	ctx.emit("payout.created", payout)
	ctx.schedule(payout["arrival_date"], "balance.payout_arrives", payout=payout["id"])
	if automatic:
		ctx.schedule(ctx.clock.time() + 1, "balance.payout_reconciled", payout=payout["id"])
	return payout


@task("balance.payout_reconciled")
def payout_reconciled(ctx, payout: str) -> None:
	row = ctx.get("payout", payout)
	row["reconciliation_status"] = "completed"
	ctx.put(row)
	ctx.emit("payout.reconciliation_completed", row)


@task("balance.payout_arrives")
def payout_arrives(ctx, payout: str) -> None:
	row = ctx.get("payout", payout)
	if row["status"] == "in_transit":
		row["status"] = "paid"
		ctx.put(row)
		ctx.emit("payout.paid", row)


def fail_payout(ctx, payout: dict, code: str = "account_closed") -> None:
	"""The bank sends the payout back; its money is in the balance again, by an entry of its own."""
	payout.update(status="failed", failure_code=code, failure_message="The bank account has been closed.")
	entry = entries.record(
		ctx, payout, "payout_failure", payout["amount"], description="STRIPE PAYOUT FAILURE"
	)
	payout["failure_balance_transaction"] = entry["id"]
	ctx.put(payout)
	ctx.emit("payout.failed", payout)


def _destination(ctx) -> dict:
	bank = ctx.account["payout_bank"]
	for known in ctx.all("bank_account"):
		if known["last4"] == bank["last4"]:
			return known
	return ctx.put(
		{
			"id": new_id("ba"),
			"object": "bank_account",
			"account": ctx.account["id"],
			"account_holder_name": ctx.account["business_name"],
			"account_holder_type": "company",
			"account_type": None,
			"available_payout_methods": ["standard"],
			"bank_name": bank["bank_name"],
			"country": ctx.account["country"],
			"currency": ctx.account["default_currency"],
			"customer": None,
			"default_for_currency": True,
			"fingerprint": new_id("fp", 16)[3:],
			"last4": bank["last4"],
			"metadata": {},
			"routing_number": "110000000",
			"status": "new",
		}
	)


def _sums(ctx, status: str) -> list[dict]:
	totals: dict[str, int] = {ctx.account["default_currency"]: 0}
	for row in ctx.all("balance_transaction"):
		if row["status"] == status:
			totals[row["currency"]] = totals.get(row["currency"], 0) + row["net"]
	return [
		{"amount": amount, "currency": currency, "source_types": {"card": amount}}
		for currency, amount in totals.items()
	]


def _shown(entry: dict) -> dict:
	"""Stripe does not show on a transaction which payout it was in; one asks by payout."""
	return {name: value for name, value in public(entry).items() if name != "payout"}
