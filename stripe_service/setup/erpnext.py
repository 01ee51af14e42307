"""What ERPNext needs to book payments: the Mode of Payment "Stripe", with a field for the account of Stripe's fees.

Made where ERPNext is installed and if missing; the accounts in it are an accountant's choice.
"""

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields

from stripe_service.payables.erpnext_sales_invoice import FEE_ACCOUNT_FIELD, MODE_OF_PAYMENT


def make_mode_of_payment() -> None:
	"""Where ERPNext is installed: the Mode of Payment "Stripe", and the field for the account of its fees."""
	if not frappe.db.exists("DocType", "Mode of Payment"):
		return
	create_custom_fields(
		{
			"Mode of Payment Account": [
				{
					"fieldname": FEE_ACCOUNT_FIELD,
					"label": "Stripe Fee Account",
					"fieldtype": "Link",
					"options": "Account",
					"insert_after": "default_account",
					"in_list_view": 1,
					"depends_on": f"eval:parent.name=='{MODE_OF_PAYMENT}'",
				}
			]
		}
	)
	if not frappe.db.exists("Mode of Payment", MODE_OF_PAYMENT):
		frappe.get_doc(
			{"doctype": "Mode of Payment", "mode_of_payment": MODE_OF_PAYMENT, "type": "Bank", "enabled": 1}
		).insert(ignore_permissions=True)


def remove_field() -> None:
	"""On uninstall. The Mode of Payment stays: Payment Entries name it."""
	frappe.db.delete("Custom Field", {"dt": "Mode of Payment Account", "fieldname": FEE_ACCOUNT_FIELD})
	frappe.clear_cache(doctype="Mode of Payment Account")
