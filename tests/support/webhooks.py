"""Endpoints of this site at Stripe, and deliveries to them."""

import json
from contextlib import contextmanager

from tests.support.records import unique
from tests.support.signing import sign

RECEIVE = "/api/method/stripe_service.api.webhook.receive"


class Endpoint:
	"""A Stripe Account of its own with the secret of an endpoint; no keys, so nothing is ever asked of Stripe."""

	def __init__(self, mode: str = "Test"):
		import frappe

		self.account = unique("Endpoint")
		self.token = unique("token")
		self.secret = f"whsec_{unique('secret').replace('-', '')}"
		frappe.get_doc(
			doctype="Stripe Account",
			name=self.account,
			account_name=self.account,
			mode=mode,
			webhook_token=self.token,
		).db_insert()
		self.set_secret(self.secret)

	def __repr__(self):
		"""Frappe 16 logs the attributes of what has none, as variables of the test itself."""
		return f"Endpoint {self.account}"

	def set_secret(self, secret: str, field: str = "webhook_secret", **values) -> None:
		import frappe

		from stripe_service.accounts.secrets import write_secret

		write_secret(self.account, field, secret)
		if values:
			frappe.db.set_value("Stripe Account", self.account, values)
		frappe.db.commit()
		if field == "webhook_secret":
			self.secret = secret

	def deliver(self, server, event, secret: str | None = None, token: str | None = None, **headers):
		"""POST the event (a dict, or a body as it is) as Stripe does; the `requests.Response`."""
		body = event if isinstance(event, bytes) else json.dumps(event, indent=2).encode()
		headers = {
			"Content-Type": "application/json; charset=utf-8",
			"Stripe-Signature": sign(body, secret or self.secret),
			"User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
			**headers,
		}
		return server.guest().session.post(
			server.address + RECEIVE,
			params={"account": self.token if token is None else token},
			data=body,
			headers={name: value for name, value in headers.items() if value is not None},
			timeout=30,
		)

	def stored(self) -> list:
		import frappe

		frappe.db.rollback()
		return frappe.get_all("Stripe Event", {"stripe_account": self.account}, ["*"], order_by="creation")


@contextmanager
def listening(account: str, server, gateway):
	"""An endpoint at the emulator that delivers to `server`, for as long as the block lasts."""
	import frappe

	from stripe_service.accounts.secrets import read_secret, write_secret
	from stripe_service.gateway.events import EVENT_TYPES

	token = frappe.db.get_value("Stripe Account", account, "webhook_token")
	endpoint = gateway.call(
		"webhook_endpoints.create",
		params={"url": f"{server.url}{RECEIVE}?account={token}", "enabled_events": list(EVENT_TYPES)},
	)
	before = read_secret(account, "webhook_secret")
	write_secret(account, "webhook_secret", endpoint["secret"])
	frappe.db.commit()
	try:
		yield endpoint
	finally:
		gateway.call("webhook_endpoints.delete", endpoint["id"])
		write_secret(account, "webhook_secret", before or "whsec_none")
		frappe.db.commit()


def secrets_of(account: str) -> list[str]:
	"""The signing secrets by which an event of this account is accepted now, as receiving reads them."""
	import frappe

	from stripe_service.webhooks.receive import read_endpoint

	return list(read_endpoint(frappe.db.get_value("Stripe Account", account, "webhook_token")).secrets)
