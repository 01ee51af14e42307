"""PaymentMethods over the API: made, read, listed, changed, attached, detached. `methods` makes and saves them."""

from .. import emails, errors, methods
from ..registry import route
from ..render import page, public
from ..shapes import billing_details, merge_metadata


@route(
	"POST",
	"/v1/payment_methods",
	"PaymentMethodCreateParams",
	permission="payment_method_write",
	publishable=True,
)
def create(ctx, params):
	return methods.make(ctx, params)


@route("GET", "/v1/payment_methods/<id>", "PaymentMethodRetrieveParams", permission="payment_method_read")
def retrieve(ctx, params, id):
	return ctx.get("payment_method", id)


@route("GET", "/v1/payment_methods", "PaymentMethodListParams", permission="payment_method_read")
def list_(ctx, params):
	ids = None
	if params.get("customer"):
		ctx.get("customer", params["customer"], "customer")
		ids = ctx.store.objects.of(ctx.space, "payment_method", "customer", params["customer"])
	wanted = params.get("type")
	return page(
		ctx,
		"payment_method",
		params,
		"/v1/payment_methods",
		lambda row: row["customer"] and (wanted is None or row["type"] == wanted),
		ids,
	)


@route("POST", "/v1/payment_methods/<id>", "PaymentMethodModifyParams", permission="payment_method_write")
def update(ctx, params, id):
	method = ctx.get("payment_method", id)
	if not method["customer"]:
		raise errors.unexpected_state(
			"You must save this PaymentMethod to a customer before you can update it.",
			"payment_method_customer_required",
		)
	before = public(method)
	emails.check(ctx, (params.get("billing_details") or {}).get("email"), "billing_details[email]")
	if params.get("billing_details"):
		method["billing_details"] = billing_details(
			{**method["billing_details"], **params["billing_details"]}
		)
	if params.get("allow_redisplay"):
		method["allow_redisplay"] = params["allow_redisplay"]
	card = params.get("card") or {}
	if card:
		method["card"] = {**method["card"], **{n: card[n] for n in ("exp_month", "exp_year") if n in card}}
	bank = params.get("us_bank_account") or {}
	if bank:
		method["us_bank_account"] = {**method["us_bank_account"], **bank}
	merge_metadata(method, params)
	changed = {name: value for name, value in before.items() if method[name] != value}
	ctx.put(method)
	if changed:
		ctx.emit("payment_method.updated", method, changed)
	return method


@route(
	"POST", "/v1/payment_methods/<id>/attach", "PaymentMethodAttachParams", permission="payment_method_write"
)
def attach(ctx, params, id):
	method = methods.resolve(ctx, id, None)
	if not params.get("customer"):
		raise errors.invalid("Missing required param: customer.", "parameter_missing", "customer")
	customer = ctx.existing("customer", params["customer"], "customer")
	if method["customer"] == customer["id"]:
		return method
	if method["type"] == "us_bank_account" and not method["_verified"]:
		raise errors.unexpected_state(
			"This PaymentMethod must be verified before it can be attached to a Customer. Use a SetupIntent or a "
			"PaymentIntent with `setup_future_usage` to verify it.",
			"payment_method_unexpected_state",
		)
	return methods.attach_to(ctx, method, customer)


@route(
	"POST", "/v1/payment_methods/<id>/detach", "PaymentMethodDetachParams", permission="payment_method_write"
)
def detach(ctx, params, id):
	method = ctx.get("payment_method", id)
	if not method["customer"]:
		raise errors.unexpected_state(
			"The payment method you provided is not attached to a customer so detachment is impossible.",
			"payment_method_unexpected_state",
		)
	return methods.detach_from(ctx, method)
