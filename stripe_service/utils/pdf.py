"""Whether this machine can make a PDF, so that no mail fails for want of one.

Frappe makes PDFs by wkhtmltopdf, which it does not bring. Without it every mail that is to carry a print raises: a work
item's is never written, a Notification's stays in the queue.
"""

import json
import shutil

import frappe
from frappe.utils import cint


def can_make_pdf() -> bool:
	"""Whether the program is there with which Frappe makes PDFs."""
	return bool(shutil.which("wkhtmltopdf"))


def can_attach_print(print_format: str | None) -> bool:
	"""Whether a print in this format (None: Frappe's own) can go with a mail from here: as HTML, where Print Settings say so,
	always."""
	if not cint(frappe.db.get_single_value("Print Settings", "send_print_as_pdf")) or can_make_pdf():
		return True
	# Frappe 16 can print by Chrome, Frappe 15's new print designer by WeasyPrint.
	format_doc = print_format and frappe.db.exists("Print Format", print_format)
	if not format_doc:
		return False
	format_doc = frappe.get_cached_doc("Print Format", print_format)
	return bool(
		format_doc.get("pdf_generator") == "chrome" or cint(format_doc.get("print_format_builder_beta"))
	)


def drop_prints_that_fail(queue, method: str | None = None) -> None:
	"""Email Queue, before_insert: a mail about a payment goes without its print where none can be made."""
	if queue.reference_doctype != "Invoice Payment" or not queue.attachments:
		return
	attachments = json.loads(queue.attachments)
	kept = [
		row
		for row in attachments
		if row.get("print_format_attachment") != 1 or can_attach_print(row.get("print_format"))
	]
	if len(kept) != len(attachments):
		queue.attachments = json.dumps(kept)
