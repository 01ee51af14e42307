"""Connects the site to the emulator's Stripe account, through the app's own call."""

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
