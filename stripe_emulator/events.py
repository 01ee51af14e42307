"""Events: a snapshot of an object for every change, and the webhook endpoints that get it."""

import json

from .ids import new_id
from .render import public


def emit(ctx, type: str, obj: dict, previous: dict | None = None) -> dict:
	"""Record an event with the whole object as it is now, and hand it to the endpoints that want it."""
	data = {"object": obj if "_space" not in obj else public(obj)}
	if previous:
		data["previous_attributes"] = previous
	event = {
		"id": new_id("evt"),
		"object": "event",
		"account": None,
		"api_version": ctx.settings["default_api_version"],
		"created": ctx.now,
		"livemode": ctx.livemode,
		"pending_webhooks": 0,
		"request": {"id": ctx.request_id, "idempotency_key": ctx.idempotency_key},
		"type": type,
		# As text: tens of thousands of snapshots are smaller so, and none can be changed by accident.
		"_data": json.dumps(data),
	}
	ctx.put(event)
	ctx.emulator.dispatcher.notify(ctx, event)
	return event


def body(event: dict, api_version: str | None = None) -> dict:
	"""The event as Stripe shows it, in an endpoint's version where one is given."""
	shown = public(event)
	shown["data"] = json.loads(event["_data"])
	if shown["account"] is None:
		del shown["account"]
	if api_version:
		shown["api_version"] = api_version
	return shown
