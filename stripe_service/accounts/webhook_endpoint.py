"""The webhook endpoint at Stripe: registered by the app itself, once per account.

Its address carries a token of the account, because an event does not say which of our accounts' secrets signed it. An
endpoint's secret is told only when it is created, and its API version can't be changed: so an endpoint that is ours but
whose secret we don't hold, or that speaks another version, is replaced rather than updated.

A key that may not register, or a site without a public address, is no failure: the keys are kept, the account says what
is missing, and the reconciler learns by polling what the webhook would have told sooner.
"""

import ipaddress
from urllib.parse import urlsplit

import frappe
from frappe import _
from frappe.utils import add_to_date, get_url, now_datetime

from stripe_service.accounts import binding
from stripe_service.accounts.secrets import forget_secret, read_secret, write_secret
from stripe_service.accounts.stripe_account import CONNECTED, gateway_for, usable_accounts
from stripe_service.gateway import errors
from stripe_service.gateway.client import API_VERSION, Gateway
from stripe_service.gateway.events import EVENT_TYPES
from stripe_service.utils.locks import one_at_a_time
from stripe_service.utils.plain_text import as_text
from stripe_service.utils.transaction import in_fresh_transaction

PATH = "/api/method/stripe_service.api.webhook.receive"
NOT_REGISTERED = "Not Registered"
REGISTERED = "Registered"
BY_HAND = "Secret Entered by Hand"
OLD_SECRET_HOURS = 24

_LOCAL_NAMES = (".localhost", ".local", ".internal", ".test", ".invalid")
_FIELDS = [
	"name",
	"status",
	"api_base",
	"webhook_token",
	"webhook_endpoint_id",
	"webhook_status",
	"webhook_url",
]


class NotPossible(Exception):
	"""The endpoint can't be registered from here; the text says why and what to do."""


def register(account: str, fresh: bool = False) -> str:
	"""Register the account's endpoint at Stripe, or bring the registered one up to date; returns `webhook_status`.

	`fresh` replaces it by a new one, which has a new secret; the old secret stays valid for 24 hours. Never raises
	for what Stripe or the address forbid: that is written to `webhook_message`. Commits; holds no row lock.
	"""
	with alone(account):
		row = frappe.db.get_value("Stripe Account", account, _FIELDS, as_dict=True)
		if not row or row.status != CONNECTED:
			return NOT_REGISTERED
		try:
			_register(row, fresh)
		except (NotPossible, errors.GatewayError, frappe.ValidationError) as error:
			_note_failure(row, error)
	return frappe.db.get_value("Stripe Account", account, "webhook_status")


def alone(account: str):
	"""A block in which nobody else changes what is registered at Stripe for the account (see one_at_a_time)."""
	return one_at_a_time("webhook", account, timeout=60)


def delete(gateway: Gateway, endpoint_id: str) -> str:
	"""Delete an endpoint at Stripe. Returns "" if it is gone, else what an administrator has to do by hand."""
	try:
		gateway.call("webhook_endpoints.delete", endpoint_id)
	except errors.NotFound:
		pass
	except errors.GatewayError as error:
		return _(
			"The webhook endpoint {0} could not be deleted at Stripe ({1}). Delete it in the Stripe Dashboard."
		).format(endpoint_id, frappe.utils.escape_html(error.message))
	return ""


def note_event(account: str) -> None:
	"""Remember that Stripe's events arrive: the checklist's sign that the webhook is alive."""
	frappe.db.set_value("Stripe Account", account, "last_event_at", now_datetime(), update_modified=False)


def ensure_registered() -> None:
	"""Daily: register what could not be registered, and bring up to date what an upgrade or somebody in the Stripe
	Dashboard changed. An endpoint that was made by hand is left to whoever made it."""
	for account in usable_accounts():
		if frappe.db.get_value("Stripe Account", account, "webhook_status") != BY_HAND:
			register(account)


def forget_old_secrets() -> None:
	"""Daily: the previous secrets whose day is over."""
	over = {"previous_secret_until": ("<", now_datetime())}
	for account in frappe.get_all("Stripe Account", filters=over, pluck="name"):
		forget_secret(account, "previous_webhook_secret")
		frappe.db.set_value("Stripe Account", account, "previous_secret_until", None, update_modified=False)


def url_of(token: str) -> str:
	"""The address at which the account with this webhook token receives events."""
	return get_url(f"{PATH}?account={token}")


def end_of_rotation():
	"""Until when the old signing secret is taken, if it is replaced now."""
	return add_to_date(now_datetime(), hours=OLD_SECRET_HOURS)


def _register(row, fresh: bool) -> None:
	url = _address(row)
	_check_address(url, row.api_base)
	gateway = gateway_for(row.name)
	ours = _ours(gateway, url, row.webhook_endpoint_id)
	keep = None if fresh or not read_secret(row.name, "webhook_secret") else _current(ours, row)
	if keep:
		gateway.call("webhook_endpoints.update", keep["id"], params={**_params(url), "disabled": False})
		_write(row.name, keep["id"], url)
	else:
		_replace(gateway, row, url)
	for endpoint in ours:
		if not keep or endpoint["id"] != keep["id"]:
			delete(gateway, endpoint["id"])


def _replace(gateway: Gateway, row, url: str) -> None:
	"""The new endpoint's secret is on disk before the old endpoint goes, so that no event is refused in between."""
	made = gateway.call(
		"webhook_endpoints.create",
		params={**_params(url), "api_version": API_VERSION},
		idempotency_key=f"endpoint_{frappe.generate_hash(length=40)}",
	)

	def keep_secrets() -> None:
		current = read_secret(row.name, "webhook_secret")
		if current:
			write_secret(row.name, "previous_webhook_secret", current)
			values = {"previous_secret_until": end_of_rotation()}
			frappe.db.set_value("Stripe Account", row.name, values, update_modified=False)
		write_secret(row.name, "webhook_secret", made["secret"])

	in_fresh_transaction(keep_secrets)
	_write(row.name, made["id"], url)


def _ours(gateway: Gateway, url: str, registered: str | None) -> list[dict]:
	"""The registered endpoint, wherever it points, and those at this site's address, whatever their token. All others
	are left alone: they may serve the site that this one is a copy of."""
	here = _without_query(url)
	return [
		found
		for found in gateway.list_all("webhook_endpoints.list")
		if found["id"] == registered or _without_query(found["url"]) == here
	]


def _address(row) -> str:
	"""A job does not know by which address people reach a site whose host_name is not configured; the request in which
	the keys were saved did."""
	if not frappe.request and not binding.host_is_configured() and row.webhook_url:
		return row.webhook_url
	return url_of(row.webhook_token)


def _current(ours: list[dict], row) -> dict | None:
	for endpoint in ours:
		if endpoint["id"] == row.webhook_endpoint_id and endpoint.get("api_version") == API_VERSION:
			return endpoint
	return None


def _params(url: str) -> dict:
	return {
		"url": url,
		"enabled_events": list(EVENT_TYPES),
		"description": f"Stripe Service, site {frappe.local.site}",
		"metadata": {"site": frappe.local.site, "app": "stripe_service"},
	}


def is_public(address: str) -> bool:
	"""Whether Stripe can be expected to reach this address: https, and neither this machine nor a private network."""
	parts = urlsplit(address)
	host = parts.hostname or ""
	try:
		return parts.scheme == "https" and ipaddress.ip_address(host).is_global
	except ValueError:
		return parts.scheme == "https" and "." in host and not host.endswith(_LOCAL_NAMES)


def _check_address(url: str, api_base: str | None) -> None:
	if api_base:
		return
	if not binding.host_is_configured():
		# Behind a proxy the request's own host is a guess.
		raise NotPossible(
			_(
				"Stripe needs this site's public https address, and it is not configured. Set it with bench --site {0}"
				" set-config host_name https://…, then press Register Webhook."
			).format(frappe.local.site)
		)
	if is_public(url):
		return
	site = url.split(PATH)[0]
	raise NotPossible(
		_(
			"Stripe can't reach this site at {0}: it needs a public https address (host_name in the site's configuration)."
		).format(site)
	)


def _without_query(url: str) -> str:
	return url.split("?")[0]


def _write(account: str, endpoint_id: str, url: str) -> None:
	_set(
		account,
		webhook_status=REGISTERED,
		webhook_message="",
		webhook_url=url,
		webhook_endpoint_id=endpoint_id,
	)


def _note_failure(row, error: Exception) -> None:
	if not isinstance(error, NotPossible | errors.GatewayError):
		frappe.clear_last_message()
	if row.webhook_status == BY_HAND:
		return  # what the administrator set up by hand works without us
	carries_on = _(
		"Payments are checked by polling until then. A signing secret can also be entered by hand."
	)
	_set(row.name, webhook_message=as_text(f"{_reason(error)} {carries_on}"), webhook_url=_address(row))


def _reason(error: Exception) -> str:
	if isinstance(error, errors.PermissionMissing):
		return _(
			"This restricted key may not register a webhook endpoint: give it write access to Webhook Endpoints."
		)
	if isinstance(error, errors.GatewayError):
		return _("Stripe did not register the webhook endpoint: {0}.").format(error.message.rstrip("."))
	return str(error)


def _set(account: str, **values) -> None:
	in_fresh_transaction(
		lambda: frappe.db.set_value("Stripe Account", account, values, update_modified=False)
	)
