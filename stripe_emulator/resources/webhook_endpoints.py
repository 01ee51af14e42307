"""Webhook endpoints: where events are sent, in which API version, and the secret, which is told only once."""

import ipaddress
from urllib.parse import urlsplit

from .. import errors
from ..ids import new_id
from ..registry import route
from ..render import page, public
from ..shapes import merge_metadata

MOST = 16


@route("POST", "/v1/webhook_endpoints", "WebhookEndpointCreateParams", permission="webhook_write")
def create(ctx, params):
	_check_url(params["url"])
	if params.get("connect"):
		raise errors.invalid("The Stripe emulator does not support connect.", None, "connect")
	if len(ctx.all("webhook_endpoint")) >= MOST:
		raise errors.invalid(
			f"You have reached the maximum of {MOST} test webhook endpoints.", "resource_limit_exceeded"
		)
	secret = new_id("whsec", 32)
	endpoint = {
		"id": new_id("we"),
		"object": "webhook_endpoint",
		"api_version": params.get("api_version"),
		"application": None,
		"created": ctx.now,
		"description": params.get("description"),
		"enabled_events": params["enabled_events"],
		"livemode": ctx.livemode,
		"metadata": params.get("metadata") or {},
		"status": "enabled",
		"url": params["url"],
		"_secrets": [{"secret": secret, "expires": None}],
	}
	ctx.put(endpoint)
	return {**public(endpoint), "secret": secret}


@route("GET", "/v1/webhook_endpoints/<id>", "WebhookEndpointRetrieveParams", permission="webhook_read")
def retrieve(ctx, params, id):
	return ctx.get("webhook_endpoint", id)


@route("GET", "/v1/webhook_endpoints", "WebhookEndpointListParams", permission="webhook_read")
def list_(ctx, params):
	return page(ctx, "webhook_endpoint", params, "/v1/webhook_endpoints")


@route("POST", "/v1/webhook_endpoints/<id>", "WebhookEndpointUpdateParams", permission="webhook_write")
def update(ctx, params, id):
	endpoint = ctx.get("webhook_endpoint", id)
	if "url" in params:
		_check_url(params["url"])
	for name in ("url", "enabled_events", "description"):
		if name in params:
			endpoint[name] = params[name] or None
	if "disabled" in params:
		endpoint["status"] = "disabled" if params["disabled"] else "enabled"
	merge_metadata(endpoint, params)
	return ctx.put(endpoint)


@route("DELETE", "/v1/webhook_endpoints/<id>", "WebhookEndpointDeleteParams", permission="webhook_write")
def delete(ctx, params, id):
	ctx.get("webhook_endpoint", id)
	ctx.store.objects.drop(id)
	return {"id": id, "object": "webhook_endpoint", "deleted": True}


def roll_secret(ctx, endpoint: dict, seconds: int) -> str:
	"""A new secret; the old one goes on signing for `seconds` (at most a day, as in Stripe's dashboard)."""
	expires = ctx.now + min(seconds, 86400)
	for entry in endpoint["_secrets"]:
		entry["expires"] = min(entry["expires"] or expires, expires)
	secret = new_id("whsec", 32)
	endpoint["_secrets"] = [{"secret": secret, "expires": None}, *endpoint["_secrets"]]
	ctx.put(endpoint)
	return secret


def _check_url(url: str) -> None:
	parts = urlsplit(url)
	if parts.scheme not in ("http", "https") or not parts.hostname:
		raise errors.invalid(
			"Invalid URL: An explicit scheme (such as https) must be provided.", "url_invalid", "url"
		)
	if parts.scheme == "https" or _is_loopback(parts.hostname):
		return
	raise errors.invalid("Invalid URL: URL must be publicly accessible over https.", "url_invalid", "url")


def _is_loopback(host: str) -> bool:
	if host == "localhost" or host.endswith(".localhost"):
		return True
	try:
		return ipaddress.ip_address(host).is_loopback
	except ValueError:
		return False
