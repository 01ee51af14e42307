"""The right `pay` on Portal Invoice, given once to whoever could pay without it.

Frappe 15 has no rights of an app's own: there, who may `create` an Invoice Payment may pay. Frappe 16 has them, and the
app demands both. A fresh site gets them from the DocType's file. A site that comes from 15 does not: the new column
begins with 0, and Frappe does not read a DocType's file again that has not changed, nor ever touches the permissions
that an administrator customised. So nobody could pay any more.

Therefore the first migrate on a Frappe with permission types gives `pay` to the roles that may create Invoice Payments.
Once: from then on the box is the administrator's, who may untick it. It can't be a patch, because on 15 a patch would be
noted as done before there was anything to do. Remove with Frappe 15.
"""

import frappe
from frappe.permissions import setup_custom_perms

from stripe_service.access.pay import RIGHT
from stripe_service.access.portal import ROLE as PORTAL_ROLE
from stripe_service.utils import frappe_versions

PAYMENT, INVOICE = "Invoice Payment", "Portal Invoice"
STANDARD, CUSTOM = "DocPerm", "Custom DocPerm"
GIVEN = "stripe_service_right_to_pay_given"


def give_once() -> None:
	"""after_install and after_migrate; does nothing on Frappe 15 and nothing the second time."""
	if not frappe_versions.has_permission_types() or frappe.db.get_default(GIVEN):
		return
	if frappe_versions.has_permission_type(INVOICE, RIGHT):
		# The roles with `create` on Invoice Payment: the customised permissions if there are any, as Frappe does. Not
		# the portal's: what its holders pay is open to them by Payable DocType, and no right on the document is asked for.
		table = CUSTOM if frappe.db.exists(CUSTOM, {"parent": PAYMENT}) else STANDARD
		holders = frappe.get_all(
			table, filters={"parent": PAYMENT, "permlevel": 0, "create": 1}, pluck="role"
		)
		_give_to(set(holders) - {PORTAL_ROLE})
		frappe.db.set_default(GIVEN, 1)


def forget() -> None:
	"""On uninstall."""
	frappe.defaults.clear_default(key=GIVEN)


def _give_to(roles: set[str]) -> None:
	"""To both kinds of rows, because customised permissions can be reset to the standard ones."""
	for table in (STANDARD, CUSTOM):
		for row in _rows(table, roles):
			frappe.db.set_value(table, row.name, RIGHT, 1, update_modified=False)
	_add_rows(roles)
	frappe.clear_cache(doctype=INVOICE)


def _rows(table: str, roles: set[str]) -> list:
	filters = {"parent": INVOICE, "permlevel": 0, "if_owner": 0, "role": ("in", list(roles))}
	return frappe.get_all(table, filters=filters, fields=["name", "role"])


def _add_rows(roles: set[str]) -> None:
	"""For roles that have no row on Portal Invoice, because another role of their holders lets them read it. Such a row
	looks like Stripe Payer's: `select` and `pay`, and nothing more to read than before."""
	table = CUSTOM if frappe.db.exists(CUSTOM, {"parent": INVOICE}) else STANDARD
	missing = roles - {row.role for row in _rows(table, roles)}
	if not missing:
		return
	setup_custom_perms(INVOICE)
	for role in sorted(missing):
		row = frappe.new_doc(CUSTOM)
		row.update({"parent": INVOICE, "parenttype": "DocType", "parentfield": "permissions"})
		row.update({"role": role, "permlevel": 0, "read": 0, "select": 1, RIGHT: 1})
		row.insert(ignore_permissions=True)
