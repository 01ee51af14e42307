"""Mandates can only be read; they come and go with what they permit."""

from ..registry import route


@route("GET", "/v1/mandates/<id>", "MandateRetrieveParams", permission="mandate_read")
def retrieve(ctx, params, id):
	return ctx.get("mandate", id)
