"""Payment method domains: where Apple Pay, Google Pay, Link and others may be shown."""

import re

from .. import errors, methods
from ..ids import new_id
from ..registry import route
from ..render import page

METHODS = ("amazon_pay", "apple_pay", "google_pay", "klarna", "link", "paypal")
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)
# Names that can't be reached from outside, so that no wallet can be verified for them. The emulator's outside is this machine,
# where *.localhost can be reached.
UNREACHABLE = (".test", ".local", ".internal")


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


@route("GET", "/v1/elements/sessions", publishable=True, browser={"domain": str})
def session(ctx, params):
	"""Which wallets Stripe.js may show on a page of `domain`, as it asks when Elements are made. Not in Stripe's reference."""
	name = (params.get("domain") or "").lower()
	row = next((row for row in ctx.all("payment_method_domain") if row["domain_name"] == name), None)
	active = [m for m in methods.WALLETS if row and row["enabled"] and row[m]["status"] == "active"]
	return {"id": new_id("elements_session"), "object": "elements_session", "wallets": active}


def _statuses(name: str) -> dict:
	if not name.endswith(UNREACHABLE):
		return {method: {"status": "active"} for method in METHODS}
	message = f"We were unable to verify the domain {name}: it does not exist in the public DNS."
	return {
		method: {"status": "inactive", "status_details": {"error_message": message}} for method in METHODS
	}
