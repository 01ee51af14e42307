"""The Payable DocType rows that come with the app: made if missing, never changed afterwards."""

import frappe

from stripe_service.payables.registry import THE_DOCUMENT
from stripe_service.setup.erpnext import make_mode_of_payment

PORTAL_INVOICE = {
	"document_type": "Portal Invoice",
	"unit_control": 1,
	"title_fieldname": "title",
	"party_fieldname": "bill_to",
	"currency_fieldname": "currency",
	"total_fieldname": "total",
	"outstanding_fieldname": "outstanding_amount",
	"outstanding_kept_by": "Stripe Service",
	"paid_fieldname": "paid_amount",
	"reserved_fieldname": "reserved_amount",
	"unit_fieldname": "organisation_unit",
	"due_date_fieldname": "due_date",
	"detail_fieldnames": "invoice_number\nposting_date",
	"status_fieldname": "workflow_state",
	"payable_statuses": "To Be Paid\nPartly Paid",
	"void_statuses": "Cancelled",
	"docstatus_required": "Any",
	"status_partly_paid": "Partly Paid",
	"status_paid": "Paid",
	"status_to_be_paid": "To Be Paid",
}

# A Sales Invoice keeps its own outstanding amount and status, by the Payment Entries that the handler posts. No unit
# control: accountants keep their lists.
SALES_INVOICE = {
	"document_type": "Sales Invoice",
	"unit_control": 0,
	"title_fieldname": "customer_name",
	"party_fieldname": "customer_name",
	"currency_fieldname": "currency",
	"total_fieldname": "grand_total",
	"outstanding_fieldname": "outstanding_amount",
	"outstanding_kept_by": THE_DOCUMENT,
	"due_date_fieldname": "due_date",
	"detail_fieldnames": "company\nposting_date\npo_no",
	"docstatus_required": "Submitted",
}


def make_payable_doctypes() -> None:
	"""Idempotent. Sales Invoice only where ERPNext has brought it."""
	_make(PORTAL_INVOICE)
	if "erpnext" in frappe.get_installed_apps() and frappe.db.exists("DocType", "Sales Invoice"):
		make_mode_of_payment()
		_make(SALES_INVOICE)


def _make(values: dict) -> None:
	if frappe.db.exists("Payable DocType", {"document_type": values["document_type"]}):
		return
	frappe.get_doc({"doctype": "Payable DocType", "enabled": 1, **values}).insert(ignore_permissions=True)
