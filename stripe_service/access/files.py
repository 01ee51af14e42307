"""Private files. Frappe opens an address to whoever may read *any* File row that bears it, and a row's owner always
may; so a row of one's own with a foreign address would be the key to the file. Here the address of a file that hangs
on a document which is not shown to everybody (access.guarded) goes by that document.
"""

import os
from urllib.parse import unquote

import frappe
from frappe import _
from frappe.utils import get_files_path

from stripe_service.access import permissions
from stripe_service.access.guarded import guarded_doctypes

PRIVATE = "/private/files/"


def address_of(file_url: str | None, file_name: str | None = None, is_private: bool = True) -> str | None:
	"""The one address of a private file, however it is written; None for a public or remote one.

	As Frappe's File.get_full_path resolves it: with the site's own host before it, escaped, through `..`, or a bare
	file name.
	"""
	written = unquote(file_url or file_name or "").split("?")[0]
	if PRIVATE in written:
		written = written.split(PRIVATE, 1)[1]
	elif "/" in written or not is_private or not written:
		return None
	folder = os.path.realpath(get_files_path(is_private=1))
	path = os.path.realpath(os.path.join(folder, written.lstrip("/")))
	return PRIVATE + os.path.relpath(path, folder)


def may_open(address: str, user: str | None = None) -> bool:
	"""Whether the documents on which the file hangs leave it to `user`: none is guarded, or one of them may be read."""
	rows = _hanging_on_guarded(address_of(address))
	return not rows or any(permissions.may_read(*_document(row), user) for row in rows)


def may_download(address: str) -> bool:
	"""Whether the session user may have the file's content: as `may_open`, or because the file was theirs before it was attached to
	such a document. Frappe asks no hook of File about that."""
	rows = _hanging_on_guarded(address_of(address))
	if not rows or any(permissions.may_read(*_document(row)) for row in rows):
		return True
	earlier = frappe.get_all(
		"File",
		filters={"file_url": address_of(address), "creation": ("<", rows[0].creation)},
		fields=["*"],
	)
	return any(frappe.get_doc(doctype="File", **row).is_downloadable() for row in earlier)


def _hanging_on_guarded(address: str | None) -> list:
	if not address:
		return []
	return frappe.get_all(
		"File",
		filters={
			"file_url": address,
			"attached_to_doctype": ("in", sorted(guarded_doctypes())),
			"attached_to_name": ("is", "set"),
		},
		fields=["name", "attached_to_doctype", "attached_to_name", "creation", "content_hash"],
		order_by="creation",
	)


def _document(row) -> tuple[str, str]:
	return row.attached_to_doctype, row.attached_to_name


def check_file(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Hook has_permission of File. A row that was there before the document's own may have given the address."""
	if ptype == "create":
		# Here the row is still as it was asked for: before_insert reads the content of whatever address it names.
		doc.flags.stripe_service_content_given = bool(doc.get("content"))
		return permissions.answer(True)
	address = _address(doc)
	rows = _hanging_on_guarded(address)
	if not rows or str(doc.creation) < str(rows[0].creation) or may_open(address, user):
		return permissions.answer(True)
	return permissions.DENY


def refuse_foreign_file(doc, method: str | None = None) -> None:
	"""doc_events File, before_insert and validate. Raises frappe.PermissionError.

	Frappe keeps one file for the same content. Whoever brought the content along, and happens to have the same, gets
	a file of their own instead.
	"""
	address = _address(doc)
	if doc.is_folder or not address or frappe.session.user == "Administrator":
		return
	if not doc.is_new() and not doc.has_value_changed("file_url") and not doc.has_value_changed("file_name"):
		return
	rows = [row for row in _hanging_on_guarded(address) if row.name != doc.name]
	if not rows or any(permissions.may_read(*_document(row)) for row in rows):
		return
	if doc.flags.stripe_service_content_given and doc.content_hash in [row.content_hash for row in rows]:
		content, doc.file_url = doc.content, ""
		doc.save_file(content=content, ignore_existing_file_check=True)
		return
	frappe.throw(
		_("This file is attached to a document that you do not have access to."), frappe.PermissionError
	)


def _address(doc) -> str | None:
	return address_of(doc.file_url, doc.file_name, bool(doc.is_private))
