"""Customers, and the PaymentMethods saved for them."""

from .. import emails, errors, methods
from ..ids import new_id
from ..registry import route
from ..render import page, public
from ..shapes import address, merge_metadata

FIELDS = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt")
DEFAULTS = {"preferred_locales": [], "tax_exempt": "none"}


@route("POST", "/v1/customers", "CustomerCreateParams", permission="customer_write")
def create(ctx, params):
	_check(ctx, params)
	customer_id = new_id("cus", 14)
	customer = {
		"id": customer_id,
		"object": "customer",
		"address": None,
		"balance": params.get("balance", 0),
		"created": ctx.now,
		"currency": None,
		"default_source": None,
		"delinquent": False,
		"description": None,
		"discount": None,
		"email": None,
		"invoice_prefix": params.get("invoice_prefix") or customer_id[-8:].upper(),
		"invoice_settings": {
			"custom_fields": None,
			"default_payment_method": None,
			"footer": None,
			"rendering_options": None,
		},
		"livemode": ctx.livemode,
		"metadata": params.get("metadata") or {},
		"name": None,
		"next_invoice_sequence": 1,
		"phone": None,
		"preferred_locales": [],
		"shipping": None,
		"tax_exempt": "none",
		"test_clock": None,
	}
	_apply(customer, params)
	ctx.put(customer)
	if params.get("payment_method"):
		methods.attach_to(ctx, methods.resolve(ctx, params["payment_method"]), customer)
	_set_default_payment_method(ctx, customer, params)
	ctx.emit("customer.created", customer)
	return ctx.put(customer)


@route("GET", "/v1/customers/<id>", "CustomerRetrieveParams", permission="customer_read")
def retrieve(ctx, params, id):
	customer = ctx.get("customer", id)
	if customer.get("_deleted"):
		return {"id": id, "object": "customer", "deleted": True}
	return customer


@route("POST", "/v1/customers/<id>", "CustomerModifyParams", permission="customer_write")
def update(ctx, params, id):
	_check(ctx, params)
	customer = ctx.existing("customer", id)
	before = public(customer)
	_apply(customer, params)
	merge_metadata(customer, params)
	_set_default_payment_method(ctx, customer, params)
	changed = {name: value for name, value in before.items() if customer[name] != value}
	ctx.put(customer)
	if changed:
		ctx.emit("customer.updated", customer, changed)
	return customer


@route("DELETE", "/v1/customers/<id>", permission="customer_write")
def delete(ctx, params, id):
	customer = ctx.existing("customer", id)
	for method in ctx.all("payment_method", "customer", id):
		methods.detach_from(ctx, method)
	ctx.emit("customer.deleted", customer)
	customer["_deleted"] = True
	ctx.put(customer)
	return {"id": id, "object": "customer", "deleted": True}


@route("GET", "/v1/customers", "CustomerListParams", permission="customer_read")
def list_(ctx, params):
	email = params.get("email")
	return page(
		ctx,
		"customer",
		params,
		"/v1/customers",
		lambda row: not row.get("_deleted") and (email is None or row["email"] == email),
	)


@route(
	"GET",
	"/v1/customers/<id>/payment_methods",
	"CustomerListPaymentMethodsParams",
	permission="payment_method_read",
)
def list_payment_methods(ctx, params, id):
	ctx.existing("customer", id)
	return page(
		ctx,
		"payment_method",
		params,
		f"/v1/customers/{id}/payment_methods",
		lambda row: _wanted(row, params),
		ctx.store.objects.of(ctx.space, "payment_method", "customer", id),
	)


@route("GET", "/v1/customers/<id>/payment_methods/<method_id>", permission="payment_method_read")
def retrieve_payment_method(ctx, params, id, method_id):
	ctx.existing("customer", id)
	method = ctx.get("payment_method", method_id)
	if method["customer"] != id:
		raise errors.missing("payment_method", method_id, "payment_method")
	return method


def _wanted(row: dict, params: dict) -> bool:
	if params.get("type") and row["type"] != params["type"]:
		return False
	return not params.get("allow_redisplay") or row["allow_redisplay"] == params["allow_redisplay"]


def _check(ctx, params: dict) -> None:
	emails.check(ctx, params.get("email"), "email")
	for name, limit in (("name", 256), ("phone", 20), ("email", 512)):
		if len(params.get(name) or "") > limit:
			raise errors.invalid(
				f"Invalid {name}: must be at most {limit} characters", "parameter_invalid_string_blank", name
			)


def _apply(customer: dict, params: dict) -> None:
	for name in FIELDS:
		if name in params:
			customer[name] = params[name] or DEFAULTS.get(name)
	if customer["address"]:
		customer["address"] = address(customer["address"])


def _set_default_payment_method(ctx, customer: dict, params: dict) -> None:
	wanted = (params.get("invoice_settings") or {}).get("default_payment_method")
	if wanted is None:
		return
	if wanted:
		method = ctx.find("payment_method", wanted)
		if method is None or method["customer"] != customer["id"]:
			raise errors.invalid(
				f"The customer does not have a payment method with the ID {wanted}. The payment method must be "
				"attached to the customer.",
				"resource_missing",
				"invoice_settings[default_payment_method]",
			)
	customer["invoice_settings"]["default_payment_method"] = wanted or None
