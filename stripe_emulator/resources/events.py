"""The Events API: what happened in the last thirty days."""

from fnmatch import fnmatchcase

from .. import errors, events
from ..registry import route
from ..render import page


@route("GET", "/v1/events/<id>", "EventRetrieveParams", permission="event_read")
def retrieve(ctx, params, id):
	return events.body(ctx.get("event", id))


@route("GET", "/v1/events", "EventListParams", permission="event_read")
def list_(ctx, params):
	if params.get("type") and params.get("types"):
		raise errors.invalid("You may only specify one of these parameters: type, types.", None, "types")
	patterns = params.get("types") or ([params["type"]] if params.get("type") else ["*"])
	found = page(
		ctx,
		"event",
		params,
		"/v1/events",
		lambda row: any(fnmatchcase(row["type"], pattern) for pattern in patterns),
	)
	return {**found, "data": [events.body(ctx.store.objects[row["id"]]) for row in found["data"]]}
