"""Payment method domains: where Apple Pay, Google Pay, Link and others may be shown."""

import re

from .. import errors
from ..ids import new_id
from ..registry import route
from ..render import page

METHODS = ("amazon_pay", "apple_pay", "google_pay", "klarna", "link", "paypal")
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)
# Names that can't be reached from outside, so that no wallet can be verified for them.
UNREACHABLE = (".localhost", ".test", ".local", ".internal")


@route(
	"POST",
	"/v1/payment_method_domains",
	"PaymentMethodDomainCreateParams",
	permission="payment_method_domain_write",
)
def create(ctx, params):
	name = params["domain_name"].lower()
	if not DOMAIN.fullmatch(name):
		raise errors.invalid(f"Invalid domain name: {name}", None, "domain_name")
	known = next((row for row in ctx.all("payment_method_domain") if row["domain_name"] == name), None)
	if known:
		return known
	domain = {
		"id": new_id("pmd"),
		"object": "payment_method_domain",
		"created": ctx.now,
		"domain_name": name,
		"enabled": params.get("enabled", True),
		"livemode": ctx.livemode,
	}
	return ctx.put({**domain, **_statuses(name)})


@route(
	"GET",
	"/v1/payment_method_domains/<id>",
	"PaymentMethodDomainRetrieveParams",
	permission="payment_method_domain_read",
)
def retrieve(ctx, params, id):
	return ctx.get("payment_method_domain", id)


@route(
	"GET",
	"/v1/payment_method_domains",
	"PaymentMethodDomainListParams",
	permission="payment_method_domain_read",
)
def list_(ctx, params):
	wanted = {name: params[name] for name in ("domain_name", "enabled") if name in params}
	return page(
		ctx, "payment_method_domain", params, "/v1/payment_method_domains",
		lambda row: all(row[name] == value for name, value in wanted.items()),
	)  # fmt: skip


@route(
	"POST",
	"/v1/payment_method_domains/<id>",
	"PaymentMethodDomainUpdateParams",
	permission="payment_method_domain_write",
)
def update(ctx, params, id):
	domain = ctx.get("payment_method_domain", id)
	if "enabled" in params:
		domain["enabled"] = params["enabled"]
	return ctx.put(domain)


@route(
	"POST",
	"/v1/payment_method_domains/<id>/validate",
	"PaymentMethodDomainValidateParams",
	permission="payment_method_domain_write",
)
def validate(ctx, params, id):
	"""Stripe looks again whether the domain answers."""
	domain = ctx.get("payment_method_domain", id)
	domain.update(_statuses(domain["domain_name"]))
	return ctx.put(domain)


def _statuses(name: str) -> dict:
	if not name.endswith(UNREACHABLE):
		return {method: {"status": "active"} for method in METHODS}
	message = f"We were unable to verify the domain {name}: it does not exist in the public DNS."
	return {
		method: {"status": "inactive", "status_details": {"error_message": message}} for method in METHODS
	}
