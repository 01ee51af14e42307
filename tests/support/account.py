"""Connects the site to the emulator's Stripe account, through the app's own call."""

ACCOUNT = "Emulator"
PUBLISHABLE_KEY = "pk_test_emulator_us"
SECRET_KEY = "sk_test_emulator_us"


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
