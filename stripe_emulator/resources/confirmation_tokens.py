"""ConfirmationTokens: payment details collected by Stripe.js, which a server confirms without ever seeing them."""

from .. import errors, methods
from ..clock import HOUR
from ..ids import new_id
from ..intents import TOKEN_LIFE_HOURS
from ..params import params_class
from ..registry import route
from ..render import public

# Stripe.js' own call has no class in the server SDK; these are the fields of its documented arguments.
BROWSER_FIELDS = {
	"payment_method": str,
	"payment_method_data": params_class("PaymentMethodCreateParams"),
	"payment_method_options": object,
	"return_url": str,
	"setup_future_usage": str,
	"shipping": object,
	"mandate_data": object,
	"client_context": object,
	"use_stripe_sdk": bool,
	"wallet": str,
	"set_as_default_payment_method": bool,
}


@route("POST", "/v1/confirmation_tokens", publishable=True, browser=BROWSER_FIELDS)
def create(ctx, params):
	if not ctx.publishable:
		raise errors.unknown_url("POST", "/v1/confirmation_tokens")
	return _make(ctx, params)


@route(
	"POST", "/v1/test_helpers/confirmation_tokens", "test_helpers.ConfirmationTokenCreateParams",
	permission="confirmation_token_write",
)  # fmt: skip
def create_by_test_helper(ctx, params):
	if ctx.livemode:
		raise errors.unknown_url("POST", "/v1/test_helpers/confirmation_tokens")
	return _make(ctx, params)


@route(
	"GET",
	"/v1/confirmation_tokens/<id>",
	"ConfirmationTokenRetrieveParams",
	permission="confirmation_token_read",
)
def retrieve(ctx, params, id):
	return ctx.get("confirmation_token", id)


def _make(ctx, params: dict) -> dict:
	method = _method(ctx, params)
	mandate_data = params.get("mandate_data") if ctx.publishable else None
	if ctx.publishable and method["type"] == "us_bank_account" and not mandate_data:
		# Stripe.js shows the mandate's text in the Payment Element and sends the acceptance with the token.
		mandate_data = {"customer_acceptance": {"type": "online", "online": {"infer_from_client": "true"}}}
	token = {
		"id": new_id("ctoken"),
		"object": "confirmation_token",
		"created": ctx.now,
		"expires_at": ctx.now + TOKEN_LIFE_HOURS * HOUR,
		"livemode": ctx.livemode,
		"mandate_data": _shown_mandate_data(mandate_data),
		"payment_intent": None,
		"payment_method_options": params.get("payment_method_options") or None,
		"payment_method_preview": _preview(method),
		"return_url": params.get("return_url"),
		"setup_future_usage": params.get("setup_future_usage"),
		"setup_intent": None,
		"shipping": params.get("shipping"),
		"use_stripe_sdk": True,
		"_mandate_data": _accepted(ctx, mandate_data),
	}
	existing = params.get("payment_method")
	token.update({"_payment_method": existing} if existing else {"_method": method})
	return ctx.put(token)


def _method(ctx, params: dict) -> dict:
	"""An existing PaymentMethod, or a new one that is stored only once the token is used."""
	if params.get("payment_method"):
		return methods.resolve(ctx, params["payment_method"])
	if not params.get("payment_method_data"):
		raise errors.invalid(
			"Missing required param: payment_method_data.", "parameter_missing", "payment_method_data"
		)
	data = {**params["payment_method_data"], "_wallet": params.get("wallet")}
	method = methods.make(ctx, data, "payment_method_data")
	ctx.store.objects.drop(method["id"])
	return method


def _preview(method: dict) -> dict:
	shown = public(method)
	kind = shown["type"]
	return {
		"allow_redisplay": shown["allow_redisplay"],
		"billing_details": shown["billing_details"],
		"customer": shown["customer"],
		"customer_account": None,
		kind: shown[kind],
		"type": kind,
	}


def _accepted(ctx, data: dict | None) -> dict | None:
	"""The acceptance as the server's confirmation will hand it on, with what the browser leaves to be inferred."""
	if not data:
		return None
	given = data["customer_acceptance"]
	online = {"ip_address": "127.0.0.1", "user_agent": "Browser", **(given.get("online") or {})}
	online.pop("infer_from_client", None)
	return {"customer_acceptance": {"type": given.get("type") or "online", "online": online}}


def _shown_mandate_data(data: dict | None) -> dict | None:
	if not data:
		return None
	online = {"ip_address": "127.0.0.1", "user_agent": "Browser"}
	return {"customer_acceptance": {"online": online, "type": "online"}}
