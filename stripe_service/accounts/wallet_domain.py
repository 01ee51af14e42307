"""The site's domain at Stripe: Stripe.js shows Apple Pay, Google Pay and Link only on a domain that the account has registered,
with test keys and with live keys each (https://docs.stripe.com/payments/payment-methods/pmd-registration).

Nothing here stands in the way of a payment: where the domain is missing, the form shows the card's fields alone, and the account
says what to do. A domain can't be deleted at Stripe, only disabled; one that somebody else had switched on is left as it is.
"""

import frappe
from frappe import _
from frappe.utils import cint

from stripe_service.accounts import binding, webhook_endpoint
from stripe_service.accounts.stripe_account import CONNECTED, gateway_for, usable_accounts
from stripe_service.gateway import errors
from stripe_service.gateway.client import Gateway
from stripe_service.utils.labels import WALLETS
from stripe_service.utils.plain_text import as_text
from stripe_service.utils.service_settings import service_settings
from stripe_service.utils.transaction import in_fresh_transaction

GUIDE = "https://docs.stripe.com/payments/payment-methods/pmd-registration"

_FIELDS = ["name", "status", "api_base", "wallet_domain", "wallet_domain_id", "wallet_domain_enabled_here"]


def switched_on() -> list[str]:
	"""Stripe's names of the wallets that Stripe Service Settings allow."""
	settings = service_settings()
	return [
		wallet for wallet in WALLETS if cint(settings.allow_cards) and cint(settings.get(f"wallet_{wallet}"))
	]


def register(account: str) -> None:
	"""Register this site's domain with the account, have Stripe look at it again where a wallet is not active, and note on the
	account what is left to do. Raises nothing for what Stripe or the address forbid. Commits; holds no row lock."""
	with webhook_endpoint.alone(account):
		row = frappe.db.get_value("Stripe Account", account, _FIELDS, as_dict=True)
		if not row or row.status != CONNECTED or not switched_on():
			return
		try:
			_register(row)
		except (errors.GatewayError, frappe.ValidationError) as error:
			if isinstance(error, frappe.ValidationError):
				frappe.clear_last_message()
			_set(row.name, wallet_message=as_text(_reason(error)))


def ensure_registered() -> None:
	"""Daily, and when the settings have changed: what could not be registered before, and what Stripe now finds inactive."""
	for account in usable_accounts():
		register(account)


def disable(gateway: Gateway, account: str) -> str:
	"""Disable the account's domain at Stripe if this app had switched it on. Returns "", or what an administrator has to do by
	hand."""
	row = frappe.db.get_value("Stripe Account", account, _FIELDS, as_dict=True)
	if not (row.wallet_domain_id and row.wallet_domain_enabled_here):
		return ""
	try:
		gateway.call("payment_method_domains.update", row.wallet_domain_id, params={"enabled": False})
	except errors.NotFound:
		pass
	except errors.GatewayError as error:
		return _(
			"The domain {0} could not be disabled at Stripe ({1}). Disable it in the Stripe Dashboard."
		).format(row.wallet_domain, frappe.utils.escape_html(error.message))
	return ""


def domain_here() -> str:
	"""The name at which browsers open this site, as far as it is configured; without a port."""
	return binding.configured_host().rsplit(":", 1)[0]


def _register(row) -> None:
	name = domain_here()
	if not row.api_base and not webhook_endpoint.is_public(f"https://{name}"):
		_set(row.name, wallet_message=_not_public(name))
		return
	gateway = gateway_for(row.name, watch=False)
	found = gateway.call("payment_method_domains.list", params={"domain_name": name, "limit": 1})["data"]
	domain = found[0] if found else None
	enabled_here = row.wallet_domain_enabled_here if domain and domain["id"] == row.wallet_domain_id else 0
	if not domain:
		domain = gateway.call(
			"payment_method_domains.create",
			params={"domain_name": name},
			idempotency_key=f"domain_{frappe.generate_hash(length=40)}",
		)
		enabled_here = 1
	elif not domain["enabled"]:
		domain = gateway.call("payment_method_domains.update", domain["id"], params={"enabled": True})
		enabled_here = 1
	if _inactive(domain):
		domain = gateway.call("payment_method_domains.validate", domain["id"])
	_set(
		row.name,
		wallet_domain=name,
		wallet_domain_id=domain["id"],
		wallet_domain_enabled_here=cint(enabled_here),
		wallet_message=as_text(_what_is_inactive(domain)),
	)


def _inactive(domain: dict) -> dict[str, str]:
	"""{wallet: Stripe's reason} for those that are switched on here and not active on the domain."""
	return {
		wallet: ((domain[wallet].get("status_details") or {}).get("error_message") or "")
		for wallet in switched_on()
		if (domain.get(wallet) or {}).get("status") == "inactive"
	}


def _what_is_inactive(domain: dict) -> str:
	inactive = _inactive(domain)
	if not inactive:
		return ""
	names = ", ".join(WALLETS[wallet] for wallet in inactive)
	reasons = " ".join(sorted(set(filter(None, inactive.values()))))
	return _("Stripe does not show {0} on {1} yet. {2} What to do: {3}").format(
		names, domain["domain_name"], reasons, GUIDE
	)


def _not_public(name: str) -> str:
	return _(
		"Apple Pay, Google Pay and Link need a public address, and {0} is none. Set host_name in the site's configuration; cards work in the meantime."
	).format(name)


def _reason(error: Exception) -> str:
	if isinstance(error, errors.PermissionMissing):
		return _(
			"This restricted key may not register this site for Apple Pay, Google Pay and Link: give it write access to Payment Method Domains."
		)
	if isinstance(error, errors.GatewayError):
		return _("Stripe did not register this site for Apple Pay, Google Pay and Link: {0}").format(
			error.message
		)
	return str(error)


def _set(account: str, **values) -> None:
	in_fresh_transaction(
		lambda: frappe.db.set_value("Stripe Account", account, values, update_modified=False)
	)
