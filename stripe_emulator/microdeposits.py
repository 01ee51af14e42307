"""Micro-deposits: how the holder of a bank account proves that it is theirs.

The intent waits in requires_action. A wrong answer leaves it there and counts; after too many, after ten days, or when the
deposit itself comes back, the intent needs another payment method.
"""

from urllib.parse import urlencode

from . import charging, errors, mandates, setup_attempts, testdata
from .clock import DAY, add_business_days
from .ids import new_id
from .registry import task
from .render import public

PREFIX = "payment_method_microdeposit"


def start(ctx, intent: dict, method: dict, event: str) -> None:
	"""Send the deposit and wait for its amounts or code."""
	kind = ctx.settings["microdeposit_type"]
	arrival = add_business_days(ctx.now, ctx.settings["microdeposit_arrival_business_days"])
	# Stripe's page for this, in an address as long as Stripe's (about 190 characters).
	query = urlencode({"client_secret": intent["client_secret"], "token": new_id("pacs_test", 36)})
	intent["next_action"] = {
		"type": "verify_with_microdeposits",
		"verify_with_microdeposits": {
			"arrival_date": arrival,
			"hosted_verification_url": f"{ctx.base_url}/emulator/microdeposits/{intent['id']}?{query}",
			"microdeposit_type": kind,
		},
	}
	intent.update(
		status="requires_action", payment_method=method["id"], _microdeposits={"type": kind, "attempts": 0}
	)
	ctx.put(intent)
	ctx.emit(event, intent)
	if testdata.BANKS[method["_number"]].microdeposits_fail:
		ctx.schedule(arrival, "microdeposits.fail", intent=intent["id"], method=method["id"])
	expiry = ctx.now + ctx.settings["microdeposit_expiry_days"] * DAY
	ctx.schedule(expiry, "microdeposits.expire", intent=intent["id"], method=method["id"])


def verify(ctx, intent: dict, params: dict) -> bool:
	"""Whether the answer is right; the caller goes on with the verified bank account.

	:raises StripeError: mismatch (nothing changes but the count), attempts_exceeded, timeout, or an intent that does not wait
	"""
	waiting = intent.get("_microdeposits")
	if intent["status"] != "requires_action" or not waiting:
		title = {"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}[intent["object"]]
		raise errors.unexpected_state(
			f"You cannot verify this {title} because it has a status of {intent['status']}. Only a {title} with one of the "
			"following statuses may be verified: requires_action.",
			f"{intent['object']}_unexpected_state",
		)
	outcome = _outcome(waiting["type"], params)
	if outcome == "timeout":
		_give_up(
			ctx, intent, "verification_timeout", "The microdeposit verification has timed out.", raising=True
		)
	if outcome == "mismatch":
		waiting["attempts"] += 1
	if (
		outcome == "attempts_exceeded"
		or waiting["attempts"] >= testdata.MICRODEPOSIT_ATTEMPTS[waiting["type"]]
	):
		_give_up(
			ctx, intent, "verification_attempts_exceeded",
			"You have exceeded the number of allowed verification attempts.", raising=True,
		)  # fmt: skip
	if outcome == "mismatch":
		ctx.put(intent)
		raise _mismatch(waiting)
	method = ctx.get("payment_method", intent["payment_method"])
	method["_verified"] = True
	ctx.put(method)
	intent["next_action"] = None
	intent["_microdeposits"] = None
	return True


def _outcome(kind: str, params: dict) -> str:
	amounts, code = params.get("amounts"), params.get("descriptor_code")
	if bool(amounts) == bool(code):
		raise errors.invalid(
			"You must provide exactly one of `amounts` or `descriptor_code`.", "parameter_missing", "amounts"
		)
	given = "amounts" if amounts else "descriptor_code"
	if given != kind:
		raise errors.invalid(
			f"This bank account must be verified with `{kind}`.",
			f"{PREFIX}_verification_{given}_invalid",
			given,
		)
	if amounts:
		if len(amounts) != 2 or not all(0 < amount < 100 for amount in amounts):
			raise errors.invalid(
				"You must provide exactly two microdeposit amounts, each between 1 and 99 cents.",
				f"{PREFIX}_verification_amounts_invalid",
				"amounts",
			)
		return testdata.MICRODEPOSIT_AMOUNTS.get(tuple(sorted(amounts)), "mismatch")
	if len(code) != 6 or not code.upper().startswith("SM"):
		raise errors.invalid(
			"The descriptor code must be six characters long and start with SM.",
			f"{PREFIX}_verification_descriptor_code_invalid",
			"descriptor_code",
		)
	return testdata.MICRODEPOSIT_CODES.get(code.upper(), "mismatch")


def _mismatch(waiting: dict) -> errors.StripeError:
	left = testdata.MICRODEPOSIT_ATTEMPTS[waiting["type"]] - waiting["attempts"]
	what = (
		"The amounts provided do not match the amounts that were sent to the bank account."
		if waiting["type"] == "amounts"
		else "The descriptor code provided does not match the one sent to the bank account."
	)
	return errors.StripeError(
		f"{what} You have {left} attempt{'' if left == 1 else 's'} remaining.",
		code=f"{PREFIX}_verification_{waiting['type']}_mismatch",
		param=waiting["type"],
		stored=True,
	)


@task("microdeposits.fail")
def fail(ctx, intent: str, method: str) -> None:
	row = _still_waiting(ctx, intent, method)
	if row:
		_give_up(ctx, row, "failed", "Microdeposit transfers to the bank account failed.")


@task("microdeposits.expire")
def expire(ctx, intent: str, method: str) -> None:
	row = _still_waiting(ctx, intent, method)
	if row:
		_give_up(ctx, row, "verification_timeout", "The microdeposit verification has timed out.")


def _still_waiting(ctx, intent_id: str, method_id: str) -> dict | None:
	intent = ctx.find("payment_intent", intent_id) or ctx.find("setup_intent", intent_id)
	waiting = intent and intent.get("_microdeposits") and intent["payment_method"] == method_id
	return intent if waiting and intent["status"] == "requires_action" else None


def _give_up(ctx, intent: dict, code: str, message: str, raising: bool = False) -> None:
	method = ctx.get("payment_method", intent["payment_method"])
	error = {
		"code": f"{PREFIX}_{code}",
		"doc_url": errors.doc_url(f"{PREFIX}_{code}"),
		"message": message,
		"payment_method": public(method),
		"payment_method_type": method["type"],
		"type": "invalid_request_error",
	}
	intent["_microdeposits"] = None
	mandates.change(ctx, intent.get("mandate") or intent["_confirm"].get("mandate"), "inactive")
	if intent["object"] == "payment_intent":
		charging.fail_intent(ctx, intent, error)
	else:
		setup_attempts.fail(ctx, intent, error)
	if raising:
		raise errors.StripeError(
			message,
			code=error["code"],
			stored=True,
			payment_method=public(method),
			**{intent["object"]: public(intent)},
		)
