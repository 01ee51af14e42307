"""Faults that nobody is there to see: a job's, or those of a request that has to give its own answer all the same."""

import frappe


def log_fault(what: str, doctype: str, name: str) -> None:
	"""Take back what is half-written, and write the exception that is being handled into the Error Log, under the title
	"Stripe Service: `what`" and with the document it is about. Commits. Never raises: the database may be what failed."""
	try:
		frappe.db.rollback()
		frappe.clear_messages()
		title = f"Stripe Service: {what}"[:140]
		frappe.log_error(title=title, reference_doctype=doctype, reference_name=name)
		frappe.db.commit()
	except Exception:
		frappe.logger("stripe_service").error(what, exc_info=True)
