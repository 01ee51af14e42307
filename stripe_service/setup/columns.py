"""The columns that the app's Custom Fields added to tables of other apps, dropped on uninstall.

Deleting a Custom Field leaves its column. Dropping one can't be rolled back, so it is done when the app is gone.
"""

import frappe

# DocType and field: the statement that drops it
STATEMENTS = {
	("DocPerm", "pay"): "ALTER TABLE `tabDocPerm` DROP COLUMN `pay`",
	("Custom DocPerm", "pay"): "ALTER TABLE `tabCustom DocPerm` DROP COLUMN `pay`",
	("DocShare", "pay"): "ALTER TABLE `tabDocShare` DROP COLUMN `pay`",
	("Mode of Payment Account", "stripe_fee_account"): (
		"ALTER TABLE `tabMode of Payment Account` DROP COLUMN `stripe_fee_account`"
	),
}


def drop_unused() -> None:
	"""after_uninstall. A field that is still somebody's keeps its column: another app may have a right `pay`."""
	for (doctype, fieldname), statement in STATEMENTS.items():
		if (
			frappe.db.table_exists(doctype)
			and not frappe.get_meta(doctype, cached=False).has_field(fieldname)
			and frappe.db.has_column(doctype, fieldname)
		):
			frappe.db.sql_ddl(statement)
