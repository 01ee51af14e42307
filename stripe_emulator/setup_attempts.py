"""The attempts to set up a payment method that a SetupIntent has made, and how one of them fails."""

from .ids import new_id


def start(ctx, intent: dict, method: dict) -> None:
	"""Note that the intent's method is being tried."""
	attempt = {
		"id": new_id("setatt"),
		"object": "setup_attempt",
		"application": None,
		"created": ctx.now,
		"customer": intent["customer"],
		"customer_account": None,
		"flow_directions": None,
		"livemode": ctx.livemode,
		"on_behalf_of": None,
		"payment_method": method["id"],
		"payment_method_details": {method["type"]: _details(method), "type": method["type"]},
		"setup_error": None,
		"setup_intent": intent["id"],
		"status": "requires_action",
		"usage": intent["usage"],
	}
	ctx.put(attempt)
	intent["latest_attempt"] = attempt["id"]


def _details(method: dict) -> dict:
	if method["type"] == "us_bank_account":
		return {}
	card = method["card"]
	shown = {
		n: card[n] for n in ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
	}
	return {
		**shown,
		"checks": card["checks"],
		"network": card["brand"],
		"three_d_secure": None,
		"wallet": None,
	}


def finish(ctx, intent: dict, status: str, error: dict | None = None) -> None:
	"""Note how the intent's latest attempt ended."""
	attempt = ctx.find("setup_attempt", intent["latest_attempt"])
	if attempt:
		attempt.update(status=status, setup_error=error)
		ctx.put(attempt)


def fail(ctx, intent: dict, error: dict) -> None:
	"""Back to requires_payment_method, with the reason in last_setup_error."""
	finish(ctx, intent, "failed", error)
	intent.update(
		status="requires_payment_method", payment_method=None, next_action=None, last_setup_error=error
	)
	ctx.put(intent)
	ctx.emit("setup_intent.setup_failed", intent)
