"""Server Scripts, and the settings around what follows a payment, as an administrator changes them."""

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.support.records import unique

CONFIG = "common_site_config.json"


@contextmanager
def server_scripts(enabled: bool):
	"""Server Scripts switched on or off for the bench, as far as this process sees: it reads a folder of links to the
	sites, with a common_site_config.json of its own."""
	import frappe

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
	import frappe

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
	import frappe

	before = _save_settings(changes)
	try:
		yield
	finally:
		frappe.db.rollback()
		_save_settings(before)


def _save_settings(changes: dict) -> dict:
	import frappe

	doc = frappe.get_doc("Stripe Service Settings")
	before = {fieldname: doc.get(fieldname) for fieldname in changes}
	doc.update(changes)
	doc.save()
	frappe.db.commit()
	return before
