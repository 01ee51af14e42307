"""ACH Direct Debit: processing for days, then paid or returned; and a return may still come after that.

https://docs.stripe.com/payments/ach-direct-debit. A return before settlement fails the PaymentIntent; a return after it
arrives as a dispute, which the ACH network lets nobody win, and ends the mandate.
"""

from . import charging, errors, mandates, testdata
from .clock import add_business_days
from .registry import task
from .render import public

REASONS_OF_LATE_RETURN = ("insufficient_funds", "incorrect_account_details", "bank_cannot_process")
REFUSALS = {
	"charge_exceeds_weekly_limit": testdata.Decline(
		"charge_exceeds_weekly_limit",
		"This payment would cause the bank account to exceed its weekly payment volume limit.",
	),
	"fraudulent": testdata.Decline("card_declined", "The payment was blocked as too risky.", "fraudulent"),
	"tokenized_account_number_deactivated": testdata.Decline(
		"payment_method_bank_account_blocked",
		"The bank account's tokenized account number was deactivated. Ask the customer to link the account again.",
	),
}
BLOCKED = testdata.Decline(
	"bank_account_unusable",
	"The bank account provided can not be used for payments, because an earlier debit of it was returned. Use another one.",
)


def attempt(ctx, intent: dict, method: dict) -> dict | None:
	"""Send the debit to the bank; the intent is processing. Returns the body of an error where the debit is refused at once."""
	bank = testdata.BANKS[method["_number"]]
	if method["us_bank_account"]["status_details"].get("blocked"):
		return _refuse(ctx, intent, method, BLOCKED)
	if bank.refused:
		return _refuse(ctx, intent, method, REFUSALS[bank.refused])
	charge = charging.new_charge(ctx, intent, method, "pending", captured=True)
	mandate = ctx.find("mandate", intent["_confirm"].get("mandate"))
	if mandate and mandate["status"] == "pending":
		mandates.change(ctx, mandate["id"], "active")
	charging.save_method(ctx, intent, method)
	charging.move(
		ctx, intent, "processing", next_action=None, payment_method=method["id"], last_payment_error=None,
	)  # fmt: skip
	ctx.emit("charge.pending", charge)
	if not bank.stays_processing:
		due = add_business_days(ctx.now, ctx.settings["ach_settlement_business_days"])
		ctx.schedule(due, "debits.decide", intent=intent["id"])
	return None


@task("debits.decide")
def decide(ctx, intent: str) -> None:
	"""What the test account's number says happens."""
	row = ctx.get("payment_intent", intent)
	method = ctx.get("payment_method", row["payment_method"])
	bank = testdata.BANKS[method["_number"]]
	if bank.failure:
		fail(ctx, row, bank.failure, bank.message)
	else:
		settle(ctx, row)
		if bank.dispute:
			soon = ctx.clock.time() + ctx.settings["dispute_delay_seconds"]
			ctx.schedule(soon, "disputes.open", charge=row["latest_charge"], reason="debit_not_authorized")


def settle(ctx, intent: dict) -> None:
	"""The bank paid."""
	charge, method = _under_way(ctx, intent)
	charge.update(status="succeeded", paid=True, receipt_url=charging.receipt_url(ctx, charge["id"]))
	charging.succeed(ctx, intent, method, charge)


def fail(ctx, intent: dict, code: str = "insufficient_funds", message: str | None = None) -> None:
	"""The bank returned the debit before it settled."""
	charge, method = _under_way(ctx, intent)
	known = next((bank for bank in testdata.BANKS.values() if bank.failure == code), None)
	message = message or (known.message if known else "The bank returned the debit.")
	charge.update(
		status="failed",
		captured=False,
		amount_captured=0,
		failure_code=code,
		failure_message=message,
		outcome={
			**charge["outcome"],
			"network_status": "declined_by_network",
			"reason": code,
			"seller_message": "The bank returned the debit.",
			"type": "issuer_declined",
		},
	)
	ctx.put(charge)
	ctx.emit("charge.failed", charge)
	error = _error_of(testdata.Decline(code, message), method, charge)
	charging.fail_intent(ctx, intent, error)
	if known and known.blocked:
		block(ctx, method, known.blocked, code)


def block(ctx, method: dict, network_code: str, reason: str) -> None:
	"""Stripe debits this bank account no more, and sends payment_method.automatically_updated."""
	reasons = {
		"account_closed": "bank_account_closed",
		"no_account": "bank_account_invalid_details",
		"debit_not_authorized": "debit_not_authorized",
	}
	details = {
		"blocked": {"network_code": network_code, "reason": reasons.get(reason, "bank_account_unusable")}
	}
	previous = {"us_bank_account": {"status_details": dict(method["us_bank_account"]["status_details"])}}
	method["us_bank_account"] = {**method["us_bank_account"], "status_details": details}
	ctx.put(method)
	ctx.emit("payment_method.automatically_updated", method, previous)
	mandates.end_all(ctx, method["id"])


def _under_way(ctx, intent: dict) -> tuple[dict, dict]:
	if intent["status"] != "processing":
		raise errors.invalid(f"{intent['id']} is {intent['status']}, not processing.")
	ctx.emulator.drop_tasks(
		lambda t: t["name"] == "debits.decide" and t["arguments"]["intent"] == intent["id"]
	)
	return ctx.get("charge", intent["latest_charge"]), ctx.get("payment_method", intent["payment_method"])


def _refuse(ctx, intent: dict, method: dict, decline: testdata.Decline) -> dict:
	charge = charging.new_charge(
		ctx, intent, method, "failed", failure_code=decline.code, failure_message=decline.message
	)
	ctx.emit("charge.failed", charge)
	error = _error_of(decline, method, charge)
	charging.fail_intent(ctx, intent, error)
	return error


def _error_of(decline: testdata.Decline, method: dict, charge: dict) -> dict:
	error = {
		"charge": charge["id"],
		"code": decline.code,
		"doc_url": errors.doc_url(decline.code),
		"message": decline.message,
		"payment_method": public(method),
		"payment_method_type": method["type"],
		"type": "card_error" if decline.decline_code else "invalid_request_error",
	}
	if decline.decline_code:
		error["decline_code"] = decline.decline_code
	return error
