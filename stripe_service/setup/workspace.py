"""The block at the head of the Stripe workspace, which shows the account.

A Custom HTML Block is a record that Frappe does not ship with an app's files. So the record holds nothing but the call
that draws it; what is drawn comes with the app, and changes with it.
"""

import frappe

BLOCK = "Stripe Overview"

HTML = '<div class="stripe-overview"></div>'
SCRIPT = """frappe.require("stripe_desk.bundle.js", () => {
	stripe_service.overview.show(root_element.querySelector(".stripe-overview"));
});
"""


def make_overview_block() -> None:
	"""Make the block if it is missing."""
	if frappe.db.exists("Custom HTML Block", BLOCK):
		return
	block = frappe.new_doc("Custom HTML Block")
	block.update({"name": BLOCK, "html": HTML, "script": SCRIPT, "style": "", "private": 0})
	block.insert(ignore_permissions=True, set_name=BLOCK)


def remove_overview_block() -> None:
	"""On uninstall, before the module's workspace goes."""
	frappe.delete_doc("Custom HTML Block", BLOCK, ignore_missing=True, force=True, ignore_permissions=True)
