"""What comes with the app on Frappe 16 only, and what Frappe leaves of it when the app is uninstalled.

The permission type `pay`, the desktop icon and the sidebar are files that Frappe 16 imports and Frappe 15 does not know.
Frappe deletes icon and sidebar without a commit, and a permission type, with its columns, never.
"""

import frappe

from stripe_service.access.landing import WORKSPACE
from stripe_service.access.pay import RIGHT
from stripe_service.utils import frappe_versions

APP, MODULE = "stripe_service", "Stripe Service"
ICON, SIDEBAR = "Desktop Icon", "Workspace Sidebar"
# label, link_to, link_type, icon
SIDEBAR_ITEMS = (
	("Payments", WORKSPACE, "Workspace", "wallet"),
	("Portal Invoice", "Portal Invoice", "DocType", "file-text"),
	("Work Items", "Workflow Action", "DocType", "inbox"),
	("Invoice Payment", "Invoice Payment", "DocType", "coins"),
	("My Payment Methods", "my-payment-methods", "Page", "wallet-cards"),
	("Stripe", "Stripe", "Workspace", "home"),
)
LOGO = "/assets/stripe_service/images/stripe-service.svg"
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


def make_sidebar() -> None:
	"""The sidebar beside the workspace Payments, and its icon.

	Frappe makes one for every workspace that has none (after an install, and once on the way from 15), with the workspace as its
	only entry; that one is taken over. It can't be a file of the app, which would overwrite ERPNext's sidebar of this name:
	where ERPNext's is there, payers, who may not see it, get the sidebar Stripe.
	"""
	if not frappe.db.exists("DocType", SIDEBAR):
		return
	there = frappe.db.get_value(SIDEBAR, WORKSPACE, ["app", "module"], as_dict=True)
	made_by_frappe = there and not there.app and there.module == MODULE
	if not there or made_by_frappe:
		_fill(frappe.get_doc(SIDEBAR, WORKSPACE) if there else frappe.new_doc(SIDEBAR))
	elif there.app != APP:
		return
	_make_icon()


def _fill(sidebar):
	items = [
		{"label": label, "link_to": link_to, "link_type": link_type, "icon": icon, "type": "Link"}
		for label, link_to, link_type, icon in SIDEBAR_ITEMS
	]
	sidebar.update(
		{"title": WORKSPACE, "app": APP, "module": MODULE, "header_icon": "wallet", "items": items}
	)
	sidebar.save(ignore_permissions=True)


def _make_icon():
	"""The desktop icon of that sidebar, which its head shows as well: with the logo, and for those who may see the workspace.

	Frappe makes one for every public workspace, a letter that is there for the viewers of Stripe, too, and not for payers; that one
	is taken over. From then on it is an administrator's.
	"""
	there = frappe.db.get_value(ICON, WORKSPACE, ["app", "standard"], as_dict=True)
	if there and (there.app or there.standard):
		return
	icon = frappe.get_doc(ICON, WORKSPACE) if there else frappe.new_doc(ICON)
	icon.update(
		{
			"label": WORKSPACE,
			"icon_type": "Link",
			"link_type": SIDEBAR,
			"link_to": WORKSPACE,
			"app": APP,
			"logo_url": LOGO,
			"parent_icon": None,
			"roles": [{"role": role.role} for role in frappe.get_doc("Workspace", WORKSPACE).roles],
		}
	)
	icon.save(ignore_permissions=True)
	frappe.cache.delete_key("desktop_icons")
	frappe.cache.delete_key("bootinfo")


def remove_icon_and_sidebar() -> None:
	"""before_uninstall. Rows only: deleting the documents would, in developer mode, delete the app's files, too. With a sidebar go
	the icons that Frappe has made for it, which name no app."""
	if not frappe.db.exists("DocType", SIDEBAR):
		return
	# Those that Frappe makes for a workspace name its module alone.
	sidebars = frappe.get_all(SIDEBAR, or_filters={"app": APP, "module": MODULE}, pluck="name")
	icons = frappe.get_all(
		ICON,
		filters={"icon_type": "Link"},
		or_filters={"app": APP, "link_to": ("in", sidebars or [""])},
		pluck="name",
	)
	icons += frappe.get_all(ICON, filters={"app": APP, "icon_type": ("!=", "Link")}, pluck="name")
	for doctype, names in ((ICON, icons), (SIDEBAR, sidebars)):
		for name in names:
			for table in frappe.get_meta(doctype).get_table_fields():
				frappe.db.delete(table.options, {"parent": name, "parenttype": doctype})
			frappe.db.delete(doctype, {"name": name})
