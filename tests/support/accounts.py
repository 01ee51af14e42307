"""A Stripe account of the scenario's own: made in the emulator, and registered on the site when the scenario says so."""

from tests.support.cards import confirmation_token
from tests.support.records import unique

DEBIT_AND_CARD = {"card_payments": "active", "us_bank_account_ach_payments": "active"}


class RemoteAccount:
	"""One account at the emulated Stripe, with its keys, and the site's Stripe Account for it."""

	def __init__(self, emulator, url: str, **fields):
		self.emulator, self.url = emulator, url
		self.at_stripe = unique("acct").replace("-", "_")
		self.name = f"Account {self.at_stripe}"
		self.record = emulator.create_account(self.at_stripe, **fields)

	@property
	def keys(self) -> dict:
		return {
			"publishable_key": self.emulator.publishable_key(self.at_stripe),
			"secret_key": self.emulator.secret_key(self.at_stripe),
		}

	@property
	def addresses(self) -> dict:
		return {"api_base": self.url, "stripe_js_url": f"{self.url}/stripe.js"}

	def restricted_key(self, *permissions: str) -> str:
		"""A key with just these permissions, as Stripe names them without `rak_`."""
		key = f"rk_test_{self.at_stripe}_{len(permissions)}"
		self.emulator.create_key(key, list(permissions), account=self.at_stripe)
		return key

	def new_document(self, **values):
		import frappe

		doc = frappe.new_doc("Stripe Account", account_name=self.name)
		doc.update({**self.keys, **self.addresses, **values})
		return doc

	def connect(self, **values):
		"""Save the keys as an administrator does in the form, and commit as the request does at its end."""
		import frappe

		doc = self.new_document(**values)
		doc.insert()
		frappe.db.commit()
		return doc

	def document(self):
		"""The Stripe Account as it is on disk now."""
		import frappe

		frappe.db.rollback()
		return frappe.get_doc("Stripe Account", self.name)

	def endpoints(self) -> list[dict]:
		return self.emulator.objects("webhook_endpoint", account=self.at_stripe)

	def domains(self) -> list[dict]:
		return self.emulator.objects("payment_method_domain", account=self.at_stripe)

	def customers(self) -> list[dict]:
		return self.emulator.objects("customer", account=self.at_stripe)


class Till:
	"""Payments to one account of the scenario's own, which is the site's default meanwhile."""

	def __init__(self, account, make_payer, make_invoice, as_user, drain):
		self.account, self.as_user, self.drain = account, as_user, drain
		self.unit = f"/dev-v51/{unique('Till')}"
		self.payer = make_payer(unit=self.unit)
		self.make_invoice = lambda: make_invoice(unit=self.unit, total="100.00")

	def __enter__(self):
		self._before = change_default(self.account.name)
		return self

	def __exit__(self, *failure):
		change_default(self._before)

	def pay(self, card: str = "visa", wallet: str | None = None, **more) -> dict:
		"""Pay a fresh invoice with a new card, out of a wallet perhaps; "3ds_required" leaves the payment open."""
		from stripe_service.api import pay as pay_api

		invoice = self.make_invoice()
		named = {"wallet": wallet} if wallet else {}
		token = confirmation_token(self.account.url, card, key=self.account.keys["publishable_key"], **named)
		with self.as_user(self.payer):
			return pay_api.pay(
				"Portal Invoice", invoice.name, "100.00", "card", confirmation_token=token, **more
			)

	def customer(self) -> str | None:
		"""The payer's Active Stripe Customer of this account."""
		import frappe

		filters = {"stripe_account": self.account.name, "user": self.payer, "status": "Active"}
		return frappe.db.get_value("Stripe Customer", filters)


def change_default(account: str | None) -> str | None:
	"""Make this the site's default Stripe Account; returns which it was."""
	import frappe

	before = frappe.db.get_single_value("Stripe Service Settings", "default_account")
	frappe.db.set_single_value("Stripe Service Settings", "default_account", account)
	frappe.db.commit()
	return before
