"""The life of a refund: pending, succeeded, failed, canceled, requires_action, and what each does to charge and balance.

Cards are refunded at once, bank debits after days. A test says beforehand what becomes of the next refund (`OUTCOMES`), or
afterwards moves one on. https://docs.stripe.com/refunds#failed-refunds
"""

from . import balance, disputing, errors, money, testdata
from .clock import DAY, add_business_days
from .ids import new_id
from .registry import task

ACH_REFUND_DAYS = 180
FAILURE_REASONS = (
	"lost_or_stolen_card", "expired_or_canceled_card", "charge_for_pending_refund_disputed", "insufficient_funds",
	"declined", "merchant_request", "unknown",
)  # fmt: skip
# What a test may order for the next refund.
OUTCOMES = {
	"succeeds": "as a card's: at once",
	"insufficient_funds": "refused, because the balance does not cover it",
	"stays_pending": "pending until settle_refund or fail_refund",
	"waits_for_funds": "pending with the reason insufficient_funds, until settle_refund or fail_refund",
	"requires_action": "waits for the customer, until settle_refund, fail_refund or cancel_refund",
	"succeeds_then_fails": "succeeded, and failed after `refund_business_days`",
	"pending_then_succeeds": "pending, and succeeded after `refund_business_days`",
	"pending_then_fails": "pending, and failed after `refund_business_days`",
	"fails": "failed in the answer already",
}
# The status a refund begins with, and what the clock does to it later.
BEGINNING = {
	"succeeds": ("succeeded", None),
	"stays_pending": ("pending", None),
	"waits_for_funds": ("pending", None),
	"requires_action": ("requires_action", None),
	"succeeds_then_fails": ("succeeded", "refunds.fail"),
	"pending_then_succeeds": ("pending", "refunds.succeed"),
	"pending_then_fails": ("pending", "refunds.fail"),
	"fails": ("pending", None),
}


def create(ctx, charge: dict, params: dict) -> dict:
	"""Refund a charge, or raise StripeError; what becomes of it is ordered (`order_next`), or as usual for its method."""
	amount = _amount(charge, params)
	_check(ctx, charge)
	order = _next_order(ctx) or {"outcome": _usual_outcome(ctx, charge)}
	if order["outcome"] == "insufficient_funds" or not _covered(ctx, charge, amount):
		# It ran and was refused, so its key remembers it. There is no `code`, as was seen of Stripe:
		# https://github.com/Automattic/woocommerce-payments/issues/10025
		raise errors.StripeError(
			"Insufficient funds in your Stripe balance to refund this amount.",
			stored=True,
			message_code="insufficient_balance_for_refund",
		)
	status, later = BEGINNING[order["outcome"]]
	refund = ctx.put(_new(ctx, charge, amount, params, status))
	if order["outcome"] == "waits_for_funds":
		refund["pending_reason"] = "insufficient_funds"
	if charge["balance_transaction"] and refund["pending_reason"] != "insufficient_funds":
		refund["balance_transaction"] = _withdraw(ctx, refund)["id"]
	_refunded(ctx, charge, amount)
	ctx.put(refund)
	ctx.emit("refund.created", refund)
	ctx.emit("charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount})
	if status == "succeeded":
		_changed(ctx, refund)
	reason = {"reason": order["reason"]} if order.get("reason") else {}
	if later:
		at = add_business_days(ctx.now, ctx.settings["refund_business_days"])
		ctx.schedule(at, later, refund=refund["id"], **(reason if later == "refunds.fail" else {}))
	if order["outcome"] == "fails":
		fail(ctx, refund["id"], **reason)
	return refund


@task("refunds.succeed")
def succeed(ctx, refund: str) -> None:
	row = ctx.get("refund", refund)
	if row["status"] not in ("pending", "requires_action"):
		return
	if row["pending_reason"] == "insufficient_funds":
		row["balance_transaction"] = _withdraw(ctx, row)["id"]
	row.update(status="succeeded", pending_reason=None)
	row.pop("next_action", None)
	ctx.put(row)
	_changed(ctx, row)


@task("refunds.fail")
def fail(ctx, refund: str, reason: str = "unknown") -> None:
	"""The bank sent the money back, at once or days after the refund had succeeded."""
	if reason not in FAILURE_REASONS:
		raise ValueError(f"reason must be one of {', '.join(FAILURE_REASONS)}")
	_undo(ctx, ctx.get("refund", refund), "failed", failure_reason=reason)


def cancel(ctx, refund: dict) -> None:
	"""Cancel a refund that waits for its receiver's action; raises StripeError for any other."""
	if refund["status"] != "requires_action":
		raise errors.unexpected_state(
			f"You cannot cancel this Refund because it has a status of {refund['status']}. Only refunds for payment methods "
			"that require the customer's action may be canceled.",
			"refund_unexpected_state",
		)
	_undo(ctx, refund, "canceled", failure_reason="merchant_request")


def hold(ctx, refund: str) -> None:
	"""Nothing happens to a pending refund by itself any more."""
	ctx.emulator.drop_tasks(lambda task: task["arguments"].get("refund") == refund)


def order_next(ctx, outcome: str, count: int, reason: str | None) -> None:
	"""Decide the outcome of the account's next `count` refunds; raises ValueError for one that is none."""
	if outcome not in OUTCOMES:
		raise ValueError(f"outcome must be one of {', '.join(OUTCOMES)}")
	if reason not in (None, *FAILURE_REASONS):
		raise ValueError(f"reason must be one of {', '.join(FAILURE_REASONS)}")
	orders = [*ctx.account["next_refunds"], *[{"outcome": outcome, "reason": reason}] * count]
	ctx.store.spaces.put(ctx.space, {**ctx.account, "next_refunds": orders})


def _next_order(ctx) -> dict | None:
	first, *rest = ctx.account.get("next_refunds") or [None]
	if first:
		ctx.store.spaces.put(ctx.space, {**ctx.account, "next_refunds": rest})
	return first


def _usual_outcome(ctx, charge: dict) -> str:
	if charge["payment_method_details"]["type"] != "card":
		return "pending_then_succeeds"
	method = ctx.find("payment_method", charge["payment_method"])
	return testdata.CARDS[method["_number"]].refund if method else "succeeds"


def _undo(ctx, refund: dict, status: str, **changes) -> None:
	"""The money returns to the balance, and the charge is no longer refunded by it."""
	if refund["status"] not in ("pending", "succeeded", "requires_action"):
		return
	hold(ctx, refund["id"])
	if refund["balance_transaction"]:
		entry = balance.record(ctx, refund, "refund_failure", refund["amount"], description="REFUND FAILURE")
		refund["failure_balance_transaction"] = entry["id"]
	refund.update(status=status, pending_reason=None, **changes)
	refund.pop("next_action", None)
	ctx.put(refund)
	charge = ctx.get("charge", refund["charge"])
	before = charge["amount_refunded"]
	_refunded(ctx, charge, -refund["amount"])
	if status == "failed":
		ctx.emit("refund.failed", refund)
	_changed(ctx, refund)
	ctx.emit("charge.updated", charge, {"amount_refunded": before})


def _changed(ctx, refund: dict) -> None:
	ctx.emit("refund.updated", refund)
	ctx.emit("charge.refund.updated", refund)


def _refunded(ctx, charge: dict, amount: int) -> None:
	charge["amount_refunded"] += amount
	charge["refunded"] = charge["amount_refunded"] == charge["amount"]
	ctx.put(charge)


def _withdraw(ctx, refund: dict) -> dict:
	card = refund["destination_details"]["type"] == "card"
	return balance.record(
		ctx,
		refund,
		"refund" if card else "payment_refund",
		-refund["amount"],
		description=f"REFUND FOR {'CHARGE' if card else 'PAYMENT'}",
	)


def _covered(ctx, charge: dict, amount: int) -> bool:
	"""Whether the balance has what is refunded; asked only where a test wants it to matter."""
	if not ctx.settings["refunds_need_balance"]:
		return True
	currency = balance.settlement_currency(ctx, charge["currency"])
	return money.converted(amount, charge["currency"], currency)[0] <= balance.available(ctx, currency)


def _amount(charge: dict, params: dict) -> int:
	left = charge["amount"] - charge["amount_refunded"]
	if charge["status"] != "succeeded":
		raise errors.unexpected_state(
			f"Charge {charge['id']} has not been paid and can not be refunded.",
			"charge_not_refundable",
			param="charge",
		)
	if left <= 0:
		raise errors.unexpected_state(
			f"Charge {charge['id']} has already been refunded.", "charge_already_refunded"
		)
	amount = params.get("amount", left)
	if amount < 1:
		raise errors.invalid(
			"This value must be greater than or equal to 1.", "parameter_invalid_integer", "amount"
		)
	if amount > left:
		raise errors.unexpected_state(
			f"Refund amount ({money.shown(amount, charge['currency'])}) is greater than unrefunded amount on charge "
			f"({money.shown(left, charge['currency'])})",
			"amount_too_large",
			param="amount",
		)
	return amount


def _check(ctx, charge: dict) -> None:
	if disputing.refusing_refunds(ctx, charge):
		raise errors.unexpected_state(
			f"Charge {charge['id']} has been charged back; cannot issue a refund.",
			"charge_disputed",
			param="charge",
		)
	ach = charge["payment_method_details"]["type"] == "us_bank_account"
	if ach and ctx.now - charge["created"] > ACH_REFUND_DAYS * DAY:
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
	if status == "requires_action":
		refund["instructions_email"] = params.get("instructions_email")
		refund["next_action"] = {
			"display_details": {
				"email_sent": {
					"email_sent_at": ctx.now,
					"email_sent_to": refund["instructions_email"] or "jenny@example.com",
				},
				"expires_at": ctx.now + 30 * DAY,
			},
			"type": "display_details",
		}
	return refund
