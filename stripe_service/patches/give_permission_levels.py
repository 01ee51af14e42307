"""Fields of payments, accounts and settings went to permission level 1. Where an administrator has edited the
permissions of one of these DocTypes, Frappe no longer reads those that come with the app: the roles that have level 1
there get it here, if they still hold the DocType at all."""

import frappe

DOCTYPES = (
	"Invoice Payment",
	"Payable DocType",
	"Saved Card",
	"Stripe Account",
	"Stripe Bank Account",
	"Stripe Service Settings",
)


def execute() -> None:
	for rule in frappe.get_all(
		"DocPerm",
		filters={"parent": ("in", DOCTYPES), "permlevel": 1},
		fields=["parent", "role", "permlevel", "read", "write"],
	):
		own = {"parent": rule.parent, "role": rule.role}
		if frappe.db.exists("Custom DocPerm", own) and not frappe.db.exists(
			"Custom DocPerm", {**own, "permlevel": 1}
		):
			frappe.get_doc({"doctype": "Custom DocPerm", **rule}).insert(ignore_permissions=True)
			frappe.clear_cache(doctype=rule.parent)
