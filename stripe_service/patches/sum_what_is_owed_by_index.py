"""The index by which open invoices were summed holds more columns now, and is another."""

import frappe

from stripe_service.stripe_service.doctype.portal_invoice import portal_invoice


def execute() -> None:
	portal_invoice.on_doctype_update()
	if frappe.db.has_index("tabPortal Invoice", "unpaid_by_due_date"):
		frappe.db.sql_ddl("alter table `tabPortal Invoice` drop index `unpaid_by_due_date`")
