"""What an administrator changes: Stripe Service Settings, Server Scripts, what a Payable DocType opens to portal users."""

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path

import frappe

from tests.support.records import unique

CONFIG = "common_site_config.json"
# What a Payable DocType opens to portal users.
NOTHING, UNITS, CONTACTS = "Nothing", "Documents of Their Units", "Documents of Their Contacts"


@contextmanager
def server_scripts(enabled: bool):
	"""Server Scripts switched on or off for the bench, as far as this process sees: it reads a folder of links to the
	sites, with a common_site_config.json of its own."""
	before = Path(frappe.local.sites_path).resolve()
	with tempfile.TemporaryDirectory() as folder:
		for entry in before.iterdir():
			(Path(folder) / entry.name).symlink_to(entry)
		config = Path(folder) / CONFIG
		config.unlink()
		config.write_text(
			json.dumps(json.loads((before / CONFIG).read_text()) | {"server_script_enabled": enabled})
		)
		frappe.local.sites_path = folder
		try:
			yield
		finally:
			frappe.local.sites_path = str(before)


@contextmanager
def script_after_payment(script: str, doctype: str = "Portal Invoice"):
	"""An enabled Server Script on On Payment Authorization, gone afterwards; yields the document."""
	doc = frappe.get_doc(
		doctype="Server Script",
		name=unique("After payment"),
		script_type="DocType Event",
		reference_doctype=doctype,
		doctype_event="On Payment Authorization",
		script=script,
	).insert()
	frappe.db.commit()
	try:
		yield doc
	finally:
		frappe.db.rollback()
		frappe.delete_doc("Server Script", doc.name, force=True)
		frappe.db.commit()


@contextmanager
def settings(**changes):
	"""Stripe Service Settings changed for a while."""
	before = _save_settings(changes)
	try:
		yield
	finally:
		frappe.db.rollback()
		_save_settings(before)


def _save_settings(changes: dict) -> dict:
	doc = frappe.get_doc("Stripe Service Settings")
	before = {fieldname: doc.get(fieldname) for fieldname in changes}
	doc.update(changes)
	doc.save()
	frappe.db.commit()
	# Saving has emptied the cache before the commit: a page that was loading could fill it with what was before.
	frappe.clear_document_cache(doc.doctype, doc.doctype)
	return before


@contextmanager
def opened(access: str = CONTACTS, field: str | None = "bill_to_email", doctype: str = "Portal Invoice"):
	"""Inside the block portal users pay this of the DocType; afterwards nothing, as it comes."""
	set_access(access, field, doctype)
	try:
		yield
	finally:
		frappe.db.rollback()
		frappe.set_user("Administrator")
		set_access(NOTHING, None, doctype)


def set_access(access: str, field: str | None = None, doctype: str = "Portal Invoice") -> None:
	row = frappe.get_doc("Payable DocType", doctype)
	row.update({"portal_access": access, "portal_party_fieldname": field})
	row.save()
	frappe.db.commit()


def set_settings(**values) -> None:
	"""Stripe Service Settings changed for good."""
	_save_settings(values)
