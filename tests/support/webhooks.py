"""Webhooks: events as Stripe words and signs them (independently of the SDK that the app checks them with), endpoints of the
site, and deliveries to them.

It can be imported where there is no Frappe.
"""

import hashlib
import hmac
import json
import os
import time
from contextlib import contextmanager

from tests.support.records import unique


def sign(body: bytes, secret: str, at: float | None = None, scheme: str = "v1") -> str:
	"""A `Stripe-Signature` header (https://docs.stripe.com/webhooks#verify-manually)."""
	timestamp = int(time.time() if at is None else at)
	return f"t={timestamp},{scheme}={signature(body, secret, timestamp)}"


def sign_with_all(body: bytes, secrets: list[str], at: float | None = None) -> str:
	"""What Stripe sends while a secret rolls over: one signature for each."""
	timestamp = int(time.time() if at is None else at)
	return ",".join([f"t={timestamp}", *(f"v1={signature(body, secret, timestamp)}" for secret in secrets)])


def signature(body: bytes, secret: str, timestamp: int) -> str:
	return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()


API_VERSION = "2026-10-28.endive"


def event(type: str, obj: dict | None = None, /, **fields) -> dict:
	"""An event of this type about `obj` (a PaymentIntent of nobody's, if none is given); its id is new each time."""
	return {
		"id": new_id("evt"),
		"object": "event",
		"api_version": API_VERSION,
		"created": int(time.time()),
		"data": {"object": payment_intent() if obj is None else obj},
		"livemode": False,
		"pending_webhooks": 1,
		"request": {"id": new_id("req"), "idempotency_key": new_id("key")},
		"type": type,
	} | fields


def payment_intent(**fields) -> dict:
	intent = new_id("pi")
	return {
		"id": intent,
		"object": "payment_intent",
		"amount": 2000,
		"amount_capturable": 0,
		"amount_details": {"tip": {}},
		"amount_received": 2000,
		"application": None,
		"application_fee_amount": None,
		"automatic_payment_methods": None,
		"canceled_at": None,
		"cancellation_reason": None,
		"capture_method": "automatic_async",
		"client_secret": f"{intent}_secret_{os.urandom(12).hex()}",
		"confirmation_method": "automatic",
		"created": int(time.time()),
		"currency": "usd",
		"customer": new_id("cus"),
		"description": "Annual support (INV-2026-00017)",
		"last_payment_error": None,
		"latest_charge": new_id("ch"),
		"livemode": False,
		"metadata": {},
		"next_action": None,
		"on_behalf_of": None,
		"payment_method": new_id("pm"),
		"payment_method_options": {
			"card": {
				"installments": None,
				"mandate_options": None,
				"network": None,
				"request_three_d_secure": "automatic",
			}
		},
		"payment_method_types": ["card"],
		"processing": None,
		"receipt_email": "payer@example.com",
		"review": None,
		"setup_future_usage": None,
		"shipping": None,
		"source": None,
		"statement_descriptor": None,
		"statement_descriptor_suffix": None,
		"status": "succeeded",
		"transfer_data": None,
		"transfer_group": None,
	} | fields


def new_id(prefix: str) -> str:
	"""An id that no other object has, in Stripe's manner."""
	return f"{prefix}_{os.urandom(12).hex()}"


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
