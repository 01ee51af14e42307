"""Mandates: a bank account holder's permission to be debited.

A bank debit needs one: given with the confirmation (`mandate_data`), named (`mandate`), or an active one that the same
bank account was set up with, which Stripe finds by itself.
"""

from . import errors
from .ids import new_id

MISSING = (
	"This PaymentIntent requires a mandate, but no existing mandate was found. Collect mandate acceptance from the "
	"customer and retry the request, providing acceptance data in the `mandate_data` parameter."
)


def check(ctx, method: dict, params: dict) -> None:
	"""Raises StripeError (payment_intent_mandate_invalid) where a debit of `method` would have no mandate."""
	if params.get("mandate"):
		_named(ctx, method, params["mandate"])
	elif params.get("mandate_data"):
		_acceptance(ctx, params["mandate_data"])
	elif active(ctx, method) is None:
		raise errors.invalid(MISSING, "payment_intent_mandate_invalid", "mandate_data")


def for_debit(ctx, intent: dict, method: dict, params: dict, multi_use: bool) -> dict:
	"""The mandate a debit of `method` runs under, once `check` has passed."""
	if params.get("mandate"):
		return _named(ctx, method, params["mandate"])
	if params.get("mandate_data"):
		return create(ctx, intent, method, params["mandate_data"], multi_use)
	return active(ctx, method)


def active(ctx, method: dict) -> dict | None:
	"""The newest mandate for several debits of this method, or None."""
	for mandate in reversed(ctx.all("mandate", "payment_method", method["id"])):
		if mandate["status"] == "active" and mandate["type"] == "multi_use":
			return mandate
	return None


def create(ctx, intent: dict, method: dict, data: dict, multi_use: bool) -> dict:
	"""A mandate as the payer gives it when confirming the intent."""
	mandate = {
		"id": new_id("mandate"),
		"object": "mandate",
		"customer_acceptance": _acceptance(ctx, data),
		"livemode": ctx.livemode,
		"on_behalf_of": None,
		"payment_method": method["id"],
		"payment_method_details": {"type": "us_bank_account", "us_bank_account": {}},
		"status": "active",
		"type": "multi_use" if multi_use else "single_use",
	}
	once = {"amount": intent.get("amount"), "currency": intent.get("currency")}
	mandate[mandate["type"]] = {} if multi_use else once
	return ctx.put(mandate)


def change(ctx, mandate_id: str | None, status: str) -> None:
	"""Set the status of a mandate, if there is one, and send mandate.updated."""
	mandate = ctx.find("mandate", mandate_id)
	if mandate and mandate["status"] != status:
		previous = {"status": mandate["status"]}
		mandate["status"] = status
		ctx.put(mandate)
		ctx.emit("mandate.updated", mandate, previous)


def end_all(ctx, method_id: str) -> None:
	"""The bank or the holder took the permission back: every mandate of this account is inactive."""
	for mandate in ctx.all("mandate", "payment_method", method_id):
		change(ctx, mandate["id"], "inactive")


def _named(ctx, method: dict, mandate_id: str) -> dict:
	mandate = ctx.get("mandate", mandate_id, "mandate")
	if mandate["payment_method"] != method["id"] or mandate["status"] != "active":
		raise errors.invalid(
			f"The provided mandate {mandate_id} is invalid and can not be used for the payment intent.",
			"payment_intent_mandate_invalid",
			"mandate",
		)
	return mandate


def _acceptance(ctx, data: dict) -> dict:
	given = data.get("customer_acceptance") or {}
	kind = given.get("type") or "online"
	if kind == "offline":
		return {"accepted_at": given.get("accepted_at"), "offline": {}, "type": "offline"}
	online = given.get("online") or {}
	if not ctx.publishable and not (online.get("ip_address") and online.get("user_agent")):
		param = "mandate_data[customer_acceptance][online]"
		raise errors.invalid(
			f"Missing required param: {param}[{'user_agent' if online.get('ip_address') else 'ip_address'}].",
			"parameter_missing",
			param,
		)
	return {
		"accepted_at": given.get("accepted_at") or ctx.now,
		"online": {
			"ip_address": online.get("ip_address") or "127.0.0.1",
			"user_agent": online.get("user_agent") or "Browser",
		},
		"type": "online",
	}
