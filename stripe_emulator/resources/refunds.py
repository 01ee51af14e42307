"""Refunds: of cards at once, of bank debits after days; never more than was charged."""

from .. import balance, errors, money, testdata
from ..clock import add_business_days
from ..context import new_id
from ..registry import route, task
from ..render import page
from .payment_methods import merge_metadata

ACH_REFUND_DAYS = 180


@route("POST", "/v1/refunds", "RefundCreateParams", permission="charge_write")
def create(ctx, params):
	charge = _charge(ctx, params)
	amount = _amount(charge, params)
	_check(ctx, charge)
	card = testdata.CARDS.get(ctx.get("payment_method", charge["payment_method"])["_number"])
	pending = card is None or card.refund == "pending_then_succeeds"
	refund = ctx.put(_new(ctx, charge, amount, params, "pending" if pending else "succeeded"))
	if charge["balance_transaction"]:
		entry = balance.record(
			ctx,
			{**refund, "currency": charge["currency"]},
			"refund" if card else "payment_refund",
			-amount,
			description=f"REFUND FOR {'CHARGE' if card else 'PAYMENT'}",
		)
		refund["balance_transaction"] = entry["id"]
	_take_from_charge(ctx, charge, amount)
	ctx.put(refund)
	ctx.emit("refund.created", refund)
	ctx.emit("charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount})
	if not pending:
		_tell(ctx, refund)
	_schedule_outcome(ctx, refund, card, pending)
	return refund


@route("GET", "/v1/refunds/<id>", "RefundRetrieveParams", permission="charge_read")
def retrieve(ctx, params, id):
	return ctx.get("refund", id)


@route("GET", "/v1/refunds", "RefundListParams", permission="charge_read")
def list_(ctx, params):
	ids = None
	for field in ("charge", "payment_intent"):
		if params.get(field):
			ctx.get(field, params[field], field)
			ids = ctx.store.objects.of(ctx.space, "refund", field, params[field])
	return page(ctx, "refund", params, "/v1/refunds", None, ids)


@route("POST", "/v1/refunds/<id>", "RefundUpdateParams", permission="charge_write")
def update(ctx, params, id):
	refund = ctx.get("refund", id)
	merge_metadata(refund, params)
	ctx.put(refund)
	_tell(ctx, refund)
	return refund


@route("POST", "/v1/refunds/<id>/cancel", "RefundCancelParams", permission="charge_write")
def cancel(ctx, params, id):
	refund = ctx.get("refund", id)
	raise errors.unexpected_state(
		f"You cannot cancel this Refund because it has a status of {refund['status']}. Only refunds for payment methods "
		"that require the customer's action may be canceled.",
		"refund_unexpected_state",
	)


@task("refunds.succeed")
def succeed(ctx, refund: str) -> None:
	row = ctx.get("refund", refund)
	if row["status"] == "pending":
		row["status"] = "succeeded"
		row["pending_reason"] = None
		ctx.put(row)
		_tell(ctx, row)


@task("refunds.fail")
def fail(ctx, refund: str, reason: str = "unknown") -> None:
	"""The bank sent the refund back: the money returns to the balance, the charge is no longer refunded."""
	row = ctx.get("refund", refund)
	if row["status"] not in ("pending", "succeeded"):
		return
	charge = ctx.get("charge", row["charge"])
	if row["balance_transaction"]:
		entry = balance.record(ctx, row, "refund_failure", row["amount"], description="REFUND FAILURE")
		row["failure_balance_transaction"] = entry["id"]
	row.update(status="failed", failure_reason=reason, pending_reason=None)
	ctx.put(row)
	charge["amount_refunded"] -= row["amount"]
	charge["refunded"] = False
	ctx.put(charge)
	ctx.emit("refund.failed", row)
	_tell(ctx, row)
	ctx.emit("charge.updated", charge, {"amount_refunded": charge["amount_refunded"] + row["amount"]})


def _tell(ctx, refund: dict) -> None:
	ctx.emit("refund.updated", refund)
	ctx.emit("charge.refund.updated", refund)


def _charge(ctx, params: dict) -> dict:
	if params.get("charge"):
		return ctx.get("charge", params["charge"], "charge")
	if not params.get("payment_intent"):
		raise errors.invalid(
			"One of the following params should be provided for this request: payment_intent or charge.",
			"parameter_missing",
		)
	intent = ctx.get("payment_intent", params["payment_intent"], "payment_intent")
	if not intent["latest_charge"] or intent["status"] != "succeeded":
		raise errors.invalid(
			f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
			"payment_intent_unexpected_state" if intent["latest_charge"] else "charge_not_refundable",
			"payment_intent",
		)
	return ctx.get("charge", intent["latest_charge"])


def _amount(charge: dict, params: dict) -> int:
	left = charge["amount"] - charge["amount_refunded"]
	if charge["status"] != "succeeded":
		raise errors.invalid(
			f"Charge {charge['id']} has not been paid and can not be refunded.",
			"charge_not_refundable",
			"charge",
		)
	if left <= 0:
		raise errors.invalid(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
	amount = params.get("amount", left)
	if amount < 1:
		raise errors.invalid(
			"This value must be greater than or equal to 1.", "parameter_invalid_integer", "amount"
		)
	if amount > left:
		raise errors.invalid(
			f"Refund amount ({money.shown(amount, charge['currency'])}) is greater than unrefunded amount on charge "
			f"({money.shown(left, charge['currency'])})",
			"amount_too_large",
			"amount",
		)
	return amount


def _check(ctx, charge: dict) -> None:
	dispute = ctx.find("dispute", charge.get("dispute"))
	if dispute and not dispute["is_charge_refundable"]:
		raise errors.invalid(
			f"Charge {charge['id']} has been charged back; cannot issue a refund.",
			"charge_disputed",
			"charge",
		)
	ach = charge["payment_method_details"]["type"] == "us_bank_account"
	if ach and ctx.now - charge["created"] > ACH_REFUND_DAYS * 86400:
		raise errors.invalid(
			f"Charge {charge['id']} is older than {ACH_REFUND_DAYS} days and can no longer be refunded.",
			"charge_expired_for_capture",
			"charge",
		)


def _new(ctx, charge: dict, amount: int, params: dict, status: str) -> dict:
	kind = charge["payment_method_details"]["type"]
	details: dict = {kind: {}, "type": kind}
	if kind == "card":
		details["card"] = {
			"reference": None,
			"reference_status": "pending",
			"reference_type": "acquirer_reference_number",
			"type": "refund",
		}
	refund = {
		"id": new_id("re" if kind == "card" else "pyr"),
		"object": "refund",
		"amount": amount,
		"balance_transaction": None,
		"charge": charge["id"],
		"created": ctx.now,
		"currency": charge["currency"],
		"customer": charge["customer"],
		"destination_details": details,
		"metadata": params.get("metadata") or {},
		"payment_intent": charge["payment_intent"],
		"payment_method": charge["payment_method"],
		"pending_reason": "processing" if status == "pending" else None,
		"reason": params.get("reason"),
		"receipt_number": None,
		"source_transfer_reversal": None,
		"status": status,
		"transfer_reversal": None,
	}
	return refund


def _take_from_charge(ctx, charge: dict, amount: int) -> None:
	charge["amount_refunded"] += amount
	charge["refunded"] = charge["amount_refunded"] == charge["amount"]
	ctx.put(charge)


def _schedule_outcome(ctx, refund: dict, card, pending: bool) -> None:
	later = add_business_days(ctx.now, ctx.settings["refund_business_days"])
	if pending:
		ctx.schedule(later, "refunds.succeed", refund=refund["id"])
	elif card.refund == "succeeds_then_fails":
		ctx.schedule(later, "refunds.fail", refund=refund["id"])
