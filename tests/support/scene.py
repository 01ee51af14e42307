"""One invoice of 100 USD that is to be paid, the payers of its unit, and what is known of it at Stripe."""

from tests.support.account import ACCOUNT
from tests.support.bank_accounts import confirm_setup
from tests.support.cards import confirmation_token


class Scene:
	def __init__(self, unit, make_payer, make_invoice, as_user, emulator, emulator_url, drain):
		self.unit, self.as_user, self.emulator, self.url, self.drain = (
			unit,
			as_user,
			emulator,
			emulator_url,
			drain,
		)
		self.make_payer = lambda **given: make_payer(unit=unit, **given)
		self.make_invoice = lambda **given: make_invoice(unit=unit, **given)
		self.payer = self.make_payer()
		self.invoice = self.make_invoice(total="100.00")

	def pay(self, amount="100.00", card="visa", user=None, invoice=None, **more):
		invoice = invoice or self.invoice
		from stripe_service.api import pay as pay_api

		with self.as_user(user or self.payer):
			return pay_api.pay(
				"Portal Invoice",
				invoice.name,
				amount,
				"card",
				confirmation_token=None if more.get("saved_method") else confirmation_token(self.url, card),
				**more,
			)

	def add_bank_account(self, user=None, number="good", linked=True):
		"""Name of a Stripe Bank Account of the user, verified at once (linked) or as far as typing it leads."""
		from stripe_service.api import methods

		with self.as_user(user or self.payer):
			started = methods.start_bank_account()
			confirm_setup(self.url, started, number, linked=linked)
			return methods.bank_account_confirmed(started["setup_intent"])["name"]

	def pay_by_ach(self, bank_account, amount="100.00", user=None, invoice=None):
		from stripe_service.api import pay as pay_api

		invoice = invoice or self.invoice
		with self.as_user(user or self.payer):
			return pay_api.pay(
				"Portal Invoice", invoice.name, amount, "us_bank_account", saved_method=bank_account
			)

	def form(self, user=None, invoice=None):
		from stripe_service.api import pay as pay_api

		with self.as_user(user or self.payer):
			return pay_api.open_form("Portal Invoice", (invoice or self.invoice).name)

	def reread(self, invoice=None):
		import frappe

		frappe.db.rollback()
		return frappe.get_doc("Portal Invoice", (invoice or self.invoice).name)

	def intents(self, invoice=None):
		"""The PaymentIntents at Stripe for the invoice, whatever the site thinks."""
		from stripe_service.accounts.stripe_account import gateway_for

		name = (invoice or self.invoice).name
		found = gateway_for(ACCOUNT).list_all("payment_intents.list")
		return [intent for intent in found if intent["metadata"].get("document") == name]

	def received_minor(self, invoice=None):
		return sum(i["amount_received"] for i in self.intents(invoice) if i["status"] == "succeeded")
