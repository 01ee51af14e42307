"""The indexes of the workspace's figures, on sites that were installed before there were any: Frappe calls
`on_doctype_update` only where a DocType's file has changed. The card *Invoices Due* became two."""

import frappe

from stripe_service.stripe_service.doctype.invoice_payment import invoice_payment
from stripe_service.stripe_service.doctype.portal_invoice import portal_invoice


def execute() -> None:
	invoice_payment.on_doctype_update()
	portal_invoice.on_doctype_update()
	frappe.delete_doc("Number Card", "Stripe Invoices Due", ignore_missing=True, force=True)
