"""Connects the site to the emulator's Stripe account, through the app's own call."""

ACCOUNT = "Emulator"
PUBLISHABLE_KEY = "pk_test_emulator_us"
SECRET_KEY = "sk_test_emulator_us"


def connect_emulator(url: str, name: str = ACCOUNT) -> str:
	"""The Stripe Account of this name, connected to the emulator at `url`; made or pointed there as needed."""
	import frappe

	account = (
		frappe.get_doc("Stripe Account", name)
		if frappe.db.exists("Stripe Account", name)
		else frappe.new_doc("Stripe Account", account_name=name)
	)
	account.update(
		{
			"publishable_key": PUBLISHABLE_KEY,
			"secret_key": SECRET_KEY,
			"api_base": url,
			"stripe_js_url": f"{url}/stripe.js",
		}
	)
	account.save()
	frappe.db.set_single_value("Stripe Service Settings", "default_account", name)
	frappe.db.commit()
	return name
