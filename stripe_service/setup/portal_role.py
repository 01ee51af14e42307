"""The role Portal Payer, without desk access.

A role that is named in a DocType's permissions and is not there yet is made by Frappe, with access to the desk; and whoever
is given such a role becomes a desk user. So this one is made before the DocTypes are read. It is an ordinary role from then
on: an administrator may give it a home page, or tick Desk Access.
"""

import frappe

from stripe_service.access.portal import PAGES, ROLE


def make_if_missing() -> None:
	"""before_install, and a patch that runs before the DocTypes are read."""
	if not frappe.db.exists("Role", ROLE):
		frappe.get_doc(doctype="Role", role_name=ROLE, desk_access=0).insert(ignore_permissions=True)


def forget_menu() -> None:
	"""before_uninstall: Frappe takes an app's rows of the portal's menu into Portal Settings, and leaves them there."""
	frappe.db.delete("Portal Menu Item", {"route": ("in", list(PAGES)), "role": ROLE})
