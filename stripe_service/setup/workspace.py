"""The blocks of our workspaces that Frappe has no kind for: the account at the head of Stripe, the latest payments, and the payers' home.

A Custom HTML Block is a record that Frappe does not ship with an app's files. So the record holds nothing but the call
that draws it; what is drawn comes with the app, and changes with it.
"""

import frappe

OVERVIEW = {
	"name": "Stripe Overview",
	"html": '<div class="stripe-overview"></div>',
	"script": """frappe.require("stripe_desk.bundle.js", () => {
	stripe_service.overview.show(root_element.querySelector(".stripe-overview"));
});
""",
}
LATEST_PAYMENTS = {
	"name": "Stripe Latest Payments",
	"html": '<div class="stripe-latest-payments"></div>',
	"script": """frappe.require("stripe_desk.bundle.js", () => {
	stripe_service.latest_payments.show(root_element.querySelector(".stripe-latest-payments"));
});
""",
}
# Drawn beside the block's shadow root and shown through the slot, so that it is a part of the page: the desk's styles apply,
# and a dialog that is closed gives the focus back to the button that opened it.
PAYER_HOME = {
	"name": "Payer Home",
	"html": "<slot></slot>",
	"style": ":host { display: block; }",
	"script": """frappe.require(["pay_form.bundle.css", "payer_home.bundle.css", "payer_home.bundle.js"], () => {
	stripe_service.payer_home.show(root_element.host);
});
""",
}


BLOCKS = (OVERVIEW, LATEST_PAYMENTS, PAYER_HOME)


def make_blocks() -> None:
	"""Make those that are missing."""
	for block in BLOCKS:
		if not frappe.db.exists("Custom HTML Block", block["name"]):
			doc = frappe.new_doc("Custom HTML Block")
			doc.update({"style": "", "private": 0, **block})
			doc.insert(ignore_permissions=True, set_name=block["name"])


def remove_blocks() -> None:
	"""On uninstall, before the module's workspaces go."""
	for block in BLOCKS:
		frappe.delete_doc(
			"Custom HTML Block", block["name"], ignore_missing=True, force=True, ignore_permissions=True
		)
