"""Stripe accounts: the emulator's first one, which the site is connected to, and others of a scenario's own.

It can be imported where there is no Frappe.
"""

from tests.support.records import unique

ACCOUNT = "Emulator"
PUBLISHABLE_KEY = "pk_test_emulator_us"
SECRET_KEY = "sk_test_emulator_us"
EARLIER = "Earlier Emulator"


def connect_new_emulator(url: str) -> str:
	"""For a run's first test: what earlier runs left open on the site is unknown to this run's emulator, so it goes to an
	account of which nothing can be asked."""
	import frappe

	if not frappe.db.exists("Stripe Account", EARLIER):
		frappe.get_doc(doctype="Stripe Account", account_name=EARLIER, status="Removed").db_insert()
	links = {"fieldtype": "Link", "options": "Stripe Account"}
	for field in frappe.get_all("DocField", {**links, "fieldname": "stripe_account"}, ["parent"]):
		if field.parent != "Payable DocType":
			frappe.db.set_value(
				field.parent, {"stripe_account": ACCOUNT}, "stripe_account", EARLIER, update_modified=False
			)
	frappe.db.commit()
	return connect_emulator(url)


def connect_emulator(url: str, name: str = ACCOUNT) -> str:
	"""The Stripe Account of this name, connected to the emulator at `url`, and the site's default account."""
	import frappe

	from stripe_service.accounts.registration import connect_account

	connect_account(name, PUBLISHABLE_KEY, SECRET_KEY, api_base=url, stripe_js_url=f"{url}/stripe.js")
	frappe.db.set_single_value("Stripe Service Settings", "default_account", name)
	frappe.db.commit()
	return name


def is_connected(url: str, name: str = ACCOUNT) -> bool:
	"""Whether `connect_emulator` has nothing to do."""
	import frappe

	wanted = {"status": "Connected", "api_base": url, "publishable_key": PUBLISHABLE_KEY}
	row = frappe.db.get_value("Stripe Account", name, list(wanted), as_dict=True)
	return (
		row == wanted
		and frappe.db.get_single_value("Stripe Service Settings", "default_account", cache=False) == name
	)


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


def change_default(account: str | None) -> str | None:
	"""Make this the site's default Stripe Account; returns which it was."""
	import frappe

	before = frappe.db.get_single_value("Stripe Service Settings", "default_account")
	frappe.db.set_single_value("Stripe Service Settings", "default_account", account)
	frappe.db.commit()
	return before
