"""Disputes over the API: read, listed, answered, accepted. What becomes of them is in `disputing`."""

from .. import disputing, errors
from ..registry import route
from ..render import page
from ..shapes import merge_metadata


@route("GET", "/v1/disputes/<id>", "DisputeRetrieveParams", permission="dispute_read")
def retrieve(ctx, params, id):
	return ctx.get("dispute", id)


@route("GET", "/v1/disputes", "DisputeListParams", permission="dispute_read")
def list_(ctx, params):
	ids = None
	for field in ("charge", "payment_intent"):
		if params.get(field):
			ids = ctx.store.objects.of(ctx.space, "dispute", field, params[field])
	return page(ctx, "dispute", params, "/v1/disputes", None, ids)


@route("POST", "/v1/disputes/<id>", "DisputeUpdateParams", permission="dispute_write")
def update(ctx, params, id):
	dispute = ctx.get("dispute", id)
	_check_open(dispute)
	evidence = params.get("evidence") or {}
	dispute["evidence"].update({name: evidence[name] or None for name in evidence})
	merge_metadata(dispute, params)
	details = dispute["evidence_details"]
	details["has_evidence"] = any(value for value in dispute["evidence"].values() if value != {})
	ctx.put(dispute)
	if evidence and params.get("submit", True):
		disputing.submit(ctx, dispute)
	else:
		ctx.emit("charge.dispute.updated", dispute)
	return dispute


@route("POST", "/v1/disputes/<id>/close", "DisputeCloseParams", permission="dispute_write")
def close(ctx, params, id):
	dispute = ctx.get("dispute", id)
	_check_open(dispute)
	return disputing.finish(ctx, dispute, "lost")


def _check_open(dispute: dict) -> None:
	if disputing.status_of(dispute).closed:
		raise errors.unexpected_state(
			f"This dispute is already closed: its status is {dispute['status']}.", "dispute_already_closed"
		)
