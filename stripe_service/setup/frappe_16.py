"""What comes with the app on Frappe 16 only, and what Frappe leaves of it when the app is uninstalled.

The permission type `pay`, the desktop icon and the sidebar are files that Frappe 16 imports and Frappe 15 does not know.
Frappe deletes icon and sidebar without a commit, and a permission type, with its columns, never.
"""

import frappe

from stripe_service.access.pay import RIGHT
from stripe_service.utils import frappe_versions

APP = "stripe_service"
INVOICE = "Portal Invoice"
# Where Frappe gives each permission type a column (frappe/core/doctype/permission_type/permission_type.py).
WITH_COLUMN = ("DocPerm", "Custom DocPerm", "DocShare")


def remove_permission_type() -> None:
	"""before_uninstall. The columns stay as long as a permission type `pay` of another DocType needs them."""
	if not frappe_versions.has_permission_types():
		return
	frappe.db.delete("Permission Type", {"perm_type": RIGHT, "doc_type": INVOICE})
	if frappe.db.exists("Permission Type", {"perm_type": RIGHT}):
		return
	for doctype in WITH_COLUMN:
		frappe.db.delete("Custom Field", {"dt": doctype, "fieldname": RIGHT})
		frappe.clear_cache(doctype=doctype)


def remove_icon_and_sidebar() -> None:
	"""before_uninstall. Rows only: deleting the documents would, in developer mode, delete the app's files, too."""
	for doctype in ("Desktop Icon", "Workspace Sidebar"):
		if not frappe.db.exists("DocType", doctype):
			continue
		for name in frappe.get_all(doctype, filters={"app": APP}, pluck="name"):
			_delete_row(doctype, name)


def _delete_row(doctype: str, name: str) -> None:
	for table in frappe.get_meta(doctype).get_table_fields():
		frappe.db.delete(table.options, {"parent": name, "parenttype": doctype})
	frappe.db.delete(doctype, {"name": name})
