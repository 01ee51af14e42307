"""Refunds over the API: made, read, listed, annotated. What becomes of them is in `refunding`."""

from .. import errors, refunding
from ..registry import route
from ..render import page
from ..shapes import merge_metadata


@route("POST", "/v1/refunds", "RefundCreateParams", permission="charge_write")
def create(ctx, params):
	return refunding.create(ctx, _charge(ctx, params), params)


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
	ctx.emit("refund.updated", refund)
	ctx.emit("charge.refund.updated", refund)
	return refund


@route("POST", "/v1/refunds/<id>/cancel", "RefundCancelParams", permission="charge_write")
def cancel(ctx, params, id):
	refund = ctx.get("refund", id)
	refunding.cancel(ctx, refund)
	return refund


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
