"""Brings a CSV in through Frappe's own Data Import, as its form does."""

import frappe
from frappe.core.doctype.data_import.importer import Importer

from tests.support.records import unique


def import_csv(doctype: str, text: str, import_type: str = "Insert New Records"):
	"""Import as the session user; the Data Import document, with its log, when it is through. Commits."""
	file = frappe.get_doc(
		doctype="File", file_name=f"{unique('import')}.csv", content=text, is_private=1
	).insert(ignore_permissions=True)
	data_import = frappe.get_doc(
		doctype="Data Import",
		reference_doctype=doctype,
		import_type=import_type,
		import_file=file.file_url,
		mute_emails=1,
	).insert(ignore_permissions=True)
	frappe.db.commit()
	Importer(doctype, data_import=data_import).import_data()
	return data_import.reload()
