"""The world of a scenario on the site: a unit with a payer and an invoice, and what the payer, the site and Stripe do.

There is one for all tests. The fixture `world` has an invoice of 100 USD that is to be paid; in `silent_world` no webhook
arrives but what the test lets arrive; `make_world` makes others, for an account of the scenario's own too.
"""

import json
from functools import cached_property

import frappe
from frappe.utils import add_to_date, now_datetime

from stripe_service.accounts.customers import customer_for
from stripe_service.accounts.jobs import Report
from stripe_service.accounts.secrets import read_secret
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.api import automatic_payments, methods, pay
from stripe_service.payments.claim import PayRequest, claim
from stripe_service.payments.intent import create_params
from stripe_service.saved_methods import cards
from stripe_service.webhooks import fetch, receive
from tests.support import jobs, records, site
from tests.support.accounts import ACCOUNT, PUBLISHABLE_KEY
from tests.support.paying import confirm_setup, pay_by_card
from tests.support.webhooks import sign

INVOICE = "Portal Invoice"


class World:
	"""What is done without `user` is done by `payer`, and without `invoice` with `invoice`, which is made when it is
	needed. `account` is a RemoteAccount to which payments go, or None for the site's own emulator account."""

	as_user = staticmethod(site.as_user)
	drain = staticmethod(jobs.drain)

	def __init__(self, emulator, url: str, faker, unit: str | None = None, account=None):
		self.emulator, self.url, self.faker = emulator, url, faker
		self.account = account.name if account else ACCOUNT
		self.publishable_key = account.keys["publishable_key"] if account else PUBLISHABLE_KEY
		self.unit = unit or records.make_unit()
		self.payer = self.make_payer()

	def make_payer(self, **given) -> str:
		return records.make_payer(self.faker, unit=self.unit, **given)

	def make_invoice(self, total="100.00", **given):
		return records.make_invoice(self.faker, total=total, **{"unit": self.unit, **given})

	@cached_property
	def invoice(self):
		with self.as_user("Administrator"):
			return self.make_invoice()

	@cached_property
	def gateway(self):
		"""Stripe, asked as the site asks it."""
		return gateway_for(self.account)

	def does(self, call, *args, user: str | None = None, **kwargs):
		with self.as_user(user or self.payer):
			return call(*args, **kwargs)

	# Paying

	def pay(self, amount="100.00", card="visa", user=None, invoice=None, **more) -> dict:
		"""Pay by a new card, or by `saved_method`; the app's answer. "3ds_required" leaves the payment open."""
		user, invoice = user or self.payer, invoice or self.invoice
		return pay_by_card(invoice, amount, user, self.url, card, key=self.publishable_key, **more)

	def pay_new_invoice(self, amount="100.00", card="visa", **more) -> dict:
		return self.pay(amount, card, invoice=self.make_invoice(), **more)

	def new_payment(self, amount="100.00", card="visa") -> str:
		"""Name of a payment of an invoice of its own."""
		return self.pay_new_invoice(amount, card)["payment"]

	def pay_by_ach(self, bank_account, amount="100.00", user=None, invoice=None) -> dict:
		invoice = invoice or self.invoice
		with self.as_user(user or self.payer):
			return pay.pay(
				invoice.doctype, invoice.name, amount, "us_bank_account", saved_method=bank_account
			)

	def form(self, user=None, invoice=None) -> dict:
		"""What the pay form knows when it opens."""
		invoice = invoice or self.invoice
		return self.does(pay.open_form, invoice.doctype, invoice.name, user=user)

	# Saved methods

	def make_customer(self, user=None) -> str:
		"""The Stripe Customer of the payer, made if there is none."""
		return customer_for(self.account, user or self.payer)

	def customer(self, user=None) -> str | None:
		"""The Active Stripe Customer of the payer, if there is one."""
		filters = {"stripe_account": self.account, "user": user or self.payer, "status": "Active"}
		return frappe.db.get_value("Stripe Customer", filters)

	def attach_card(self, token="pm_card_visa", user=None) -> dict:
		"""The PaymentMethod that a payment with "save for next time" leaves attached to the payer's Customer."""
		params = {"customer": self.make_customer(user)}
		return self.gateway.call("payment_methods.attach", token, params=params)

	def save_card(self, token="pm_card_visa", user=None) -> str:
		"""Name of a Saved Card, as a payment with "save for next time" leaves it."""
		attached = self.attach_card(token, user)
		return cards.remember(self.account, self.make_customer(user), attached, consent=True)

	def saved_cards(self, user=None) -> list[dict]:
		return self.does(methods.my_methods, user=user)["cards"]

	def enter_bank_account(self, number="good", user=None, linked=False, **more) -> dict:
		"""Add a bank account up to what Stripe says of it then: verified at once (linked) or as far as typing it leads.
		The Stripe Bank Account as listed."""
		started = self.does(methods.start_bank_account, user=user)
		confirm_setup(self.url, started, number, linked=linked, key=self.publishable_key, **more)
		return self.does(methods.bank_account_confirmed, started["setup_intent"], user=user)

	def add_bank_account(self, user=None, number="good", linked=True) -> str:
		"""Name of a Stripe Bank Account that can pay at once."""
		return self.enter_bank_account(number, user, linked=linked)["name"]

	def bank_accounts(self, user=None) -> list[dict]:
		return self.does(methods.my_methods, user=user)["bank_accounts"]

	# Automatic payments

	def automatic_wish(self, method: str, **changes) -> dict:
		"""What a payer enters who wants all of the unit to be paid by this saved method."""
		return {
			"saved_method": method,
			"currency": "USD",
			"maximum_per_document": "500",
			"maximum_per_month": "1000",
			"organisation_unit": self.unit,
			**changes,
		}

	def start_automatic_payments(self, method: str | None = None, user=None, **changes) -> dict:
		"""Read the text for this method, or for a new card, and agree to it; the app's answer."""
		method = method or changes.pop("saved_method", None) or self.save_card(user=user)
		wish = self.automatic_wish(method, **changes)
		text = self.does(automatic_payments.consent_text, user=user, **wish)["text"]
		return self.does(automatic_payments.start, user=user, agreed_text=text, **wish)

	# What the site says

	def reread(self, invoice=None):
		frappe.db.rollback()
		return frappe.get_doc(INVOICE, (invoice or self.invoice).name)

	def payment(self, name: str):
		frappe.db.rollback()
		return frappe.get_doc("Invoice Payment", name)

	def invoice_of(self, payment: str):
		return frappe.get_doc(INVOICE, self.payment(payment).reference_name)

	def stored_event(self, event: dict):
		frappe.db.rollback()
		return frappe.get_doc("Stripe Event", event["id"])

	# What Stripe says

	def intent(self, intent_id: str) -> dict:
		return self.gateway.call("payment_intents.retrieve", intent_id)

	def intents(self, invoice=None) -> list[dict]:
		"""The PaymentIntents at Stripe for the invoice, whatever the site thinks."""
		name = (invoice or self.invoice).name
		found = self.gateway.list_all("payment_intents.list")
		return [intent for intent in found if intent["metadata"].get("document") == name]

	def received_minor(self, invoice=None) -> int:
		return sum(i["amount_received"] for i in self.intents(invoice) if i["status"] == "succeeded")

	def events_of(self, payment: str, *types: str) -> list[dict]:
		"""Stripe's events about a payment, oldest first."""
		intent = self.payment(payment).payment_intent_id
		found = self.gateway.list_all("events.list", limit=5000)[::-1]
		about = [event for event in found if intent in json.dumps(event["data"]["object"])]
		return [event for event in about if not types or event["type"] in types]

	# Webhooks

	def arrive(self, *events: dict) -> None:
		"""Deliver these events, signed, as if over the wire."""
		token = frappe.db.get_value("Stripe Account", self.account, "webhook_token")
		secret = read_secret(self.account, "webhook_secret")
		for event in events:
			body = json.dumps(event, indent=2).encode()
			receive.receive_event(token, body, sign(body, secret))

	def fetch_events(self) -> int:
		"""What the scheduler does about webhooks that never came; how many there were."""
		report = Report(self.account)
		fetch.fetch(self.account, report)
		return report.events_fetched

	# Payments whose worker was stopped

	def claim(self, amount="100.00", invoice=None) -> str:
		"""A claim whose worker got no further: no PaymentIntent."""
		invoice = invoice or self.make_invoice()
		press = records.unique("press")
		name, _is_new = claim(PayRequest(INVOICE, invoice.name, amount, "card", self.payer, request_id=press))
		return name

	def create_unstored(self, payment: str) -> dict:
		"""The PaymentIntent of a claim, made by a worker that was stopped before it could store it."""
		doc = self.payment(payment)
		if not doc.stripe_customer:
			doc.stripe_customer = self.make_customer()
			frappe.db.set_value("Invoice Payment", payment, "stripe_customer", doc.stripe_customer)
			frappe.db.commit()
		return self.gateway.call(
			"payment_intents.create",
			params=create_params(doc),
			idempotency_key=f"{doc.idempotency_key}:create",
		)

	def make_older(self, payment: str, **age) -> None:
		"""Let the payment have been claimed so long ago (`hours=`, `minutes=` ...)."""
		earlier = add_to_date(now_datetime(), **{unit: -number for unit, number in age.items()})
		frappe.db.set_value("Invoice Payment", payment, "creation", earlier, update_modified=False)
		frappe.db.commit()
