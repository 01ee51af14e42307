"""Charges: read, listed, annotated. They are made by PaymentIntents alone."""

from ..registry import route
from ..render import page
from ..shapes import merge_metadata


@route("GET", "/v1/charges/<id>", "ChargeRetrieveParams", permission="charge_read")
def retrieve(ctx, params, id):
	return ctx.get("charge", id)


@route("GET", "/v1/charges", "ChargeListParams", permission="charge_read")
def list_(ctx, params):
	ids = None
	for field in ("payment_intent", "customer"):
		if params.get(field):
			ids = ctx.store.objects.of(ctx.space, "charge", field, params[field])
			break
	wanted = {
		name: params[name] for name in ("payment_intent", "customer", "transfer_group") if params.get(name)
	}
	return page(
		ctx, "charge", params, "/v1/charges", lambda row: all(row[n] == v for n, v in wanted.items()), ids
	)


@route("POST", "/v1/charges/<id>", "ChargeUpdateParams", permission="charge_write")
def update(ctx, params, id):
	charge = ctx.get("charge", id)
	for name in ("description", "receipt_email", "shipping", "transfer_group", "fraud_details"):
		if name in params:
			charge[name] = params[name] or ({} if name == "fraud_details" else None)
	merge_metadata(charge, params)
	ctx.put(charge)
	ctx.emit("charge.updated", charge)
	return charge
