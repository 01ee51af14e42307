"""A payer with payments, what the site says of them, and what Stripe does."""

import json

import frappe

from stripe_service.accounts.jobs import Report
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.payments.intent import create_params
from stripe_service.webhooks import fetch, receive
from tests.support.account import ACCOUNT
from tests.support.paying import pay_by_card
from tests.support.records import unique
from tests.support.signing import sign


class Shop:
	"""A unit with a payer, and what Stripe and the site say of the payer's payments."""

	def __init__(self, unit, make_payer, make_invoice, emulator, url, drain):
		self.emulator, self.url, self.drain = emulator, url, drain
		self.payer = make_payer(unit=unit)
		self.make_invoice = lambda total="100.00": make_invoice(unit=unit, total=total)
		self.gateway = gateway_for(ACCOUNT)

	def pay(self, amount="100.00", card="visa", invoice=None) -> str:
		invoice = invoice or self.make_invoice()
		return pay_by_card(invoice, amount, self.payer, self.url, card)["payment"]

	def payment(self, name: str):
		frappe.db.rollback()
		return frappe.get_doc("Invoice Payment", name)

	def events_of(self, payment: str, *types: str) -> list[dict]:
		"""Stripe's events about a payment, oldest first."""
		intent = self.payment(payment).payment_intent_id
		found = self.gateway.list_all("events.list", limit=5000)[::-1]
		about = [told for told in found if intent in json.dumps(told["data"]["object"])]
		return [told for told in about if not types or told["type"] in types]

	def arrive(self, *events: dict) -> None:
		"""Deliver these events, signed, as if over the wire."""
		from stripe_service.accounts.secrets import read_secret

		token = frappe.db.get_value("Stripe Account", ACCOUNT, "webhook_token")
		secret = read_secret(ACCOUNT, "webhook_secret")
		for told in events:
			body = json.dumps(told, indent=2).encode()
			receive.receive_event(token, body, sign(body, secret))

	def row(self, told: dict):
		frappe.db.rollback()
		return frappe.get_doc("Stripe Event", told["id"])

	def fetch(self) -> int:
		report = Report(ACCOUNT)
		fetch.fetch(ACCOUNT, report)
		return report.events_fetched

	def claim(self, amount="100.00", invoice=None) -> str:
		"""A claim whose worker got no further: no PaymentIntent."""
		from stripe_service.payments.claim import PayRequest, claim

		invoice = invoice or self.make_invoice()
		name, _is_new = claim(
			PayRequest("Portal Invoice", invoice.name, amount, "card", self.payer, request_id=unique("press"))
		)
		return name

	def create_unstored(self, payment: str) -> dict:
		"""The PaymentIntent of a claim, made by a worker that was stopped before it could store it."""
		doc = self.payment(payment)
		if not doc.stripe_customer:
			from stripe_service.accounts.customers import customer_for

			doc.stripe_customer = customer_for(ACCOUNT, self.payer)
			frappe.db.set_value("Invoice Payment", payment, "stripe_customer", doc.stripe_customer)
			frappe.db.commit()
		return self.gateway.call(
			"payment_intents.create",
			params=create_params(doc),
			idempotency_key=f"{doc.idempotency_key}:create",
		)

	def intent(self, intent_id: str) -> dict:
		return self.gateway.call("payment_intents.retrieve", intent_id)

	def make_older(self, payment: str, **age) -> None:
		"""Let the payment have been claimed so long ago (`hours=`, `minutes=` ...)."""
		from frappe.utils import add_to_date, now_datetime

		earlier = add_to_date(now_datetime(), **{unit: -number for unit, number in age.items()})
		frappe.db.set_value("Invoice Payment", payment, "creation", earlier, update_modified=False)
		frappe.db.commit()

	def invoice_of(self, payment: str):
		return frappe.get_doc("Portal Invoice", self.payment(payment).reference_name)
