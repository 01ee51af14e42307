"""Documents that a request names: refused unless the user may read them, by whatever argument and in whatever JSON.

Three kinds of names are looked for in the arguments of Frappe's calls. A guarded DocType and, beside or below it, the
name of one of its documents. The name of a row that belongs to a document (a mail, a comment, a file ...), which says
by itself what it is. The address of a private file.

MariaDB finds a name in other spellings too: it makes no difference between cases, letters with and without accents or of
other widths, digits of any script, and pays no heed to blanks at the end and to characters that are not shown. Of plain text
(ASCII) it is easily said what it stands for; of anything else MariaDB is asked.

A name that belongs to no document is let through: Frappe says what it says then. Filters and free text are not looked
at: a list finds nothing that the user may not read, and text may say anything.
"""

import re
from collections import defaultdict

import frappe
from frappe import _
from frappe.query_builder import DocType

from stripe_service.access import files, permissions
from stripe_service.access.guarded import guarded_doctypes
from stripe_service.utils.json_arguments import from_json

TEXT = frozenset(
	{
		"comment",
		"content",
		"csrf_token",
		"description",
		"fields",
		"filters",
		"filters_json",
		"current_filters",
		"export_filters",
		"group_by",
		"message",
		"or_filters",
		"order_by",
		"search_term",
		"subject",
		"text",
		"title",
		"value",
	}
)
WORK_ITEM = {"Workflow Action": ("reference_doctype", "reference_name")}
LONGEST_NAME = 140
DEEPEST = 12
# Random as a rule; discussions and events are numbered. In lower case.
ROW_NAME = re.compile(r"[0-9a-z]{10}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]{2,}\d+")


class Named:
	"""What the arguments name: `documents` of guarded DocTypes, `rows` (their names) and `files` (addresses). `odd` is text that is
	not plain, and may be a DocType's name to MariaDB."""

	def __init__(self):
		self.documents: dict[str, set[str]] = defaultdict(set)
		self.rows: set[str] = set()
		self.files: set[str] = set()
		self.odd: set[str] = set()
		self._guarded = {doctype.lower(): doctype for doctype in guarded_doctypes()}

	def read(self, arguments: dict) -> None:
		"""The arguments of a call. A link field's own query is given the text as its second argument."""
		text = TEXT if arguments.get("query") else TEXT | {"txt"}
		self._read_dict(arguments, set(), text, depth=0)

	def read_document(self, document: dict) -> None:
		"""The body of a REST call, whose DocType and name stand in the path."""
		self._read_dict(document, set(), TEXT, depth=1)

	def _read_any(self, value, doctypes: set[str], text: frozenset, depth: int) -> None:
		if depth > DEEPEST:
			frappe.throw(_("The request is nested too deeply."))
		value = from_json(value)
		if isinstance(value, dict):
			self._read_dict(value, doctypes, text, depth)
		elif isinstance(value, list | tuple):
			here = doctypes | self._doctypes_in(value)
			for item in value:
				self._read_any(item, here, text, depth + 1)
		elif isinstance(value, str | int) and not isinstance(value, bool):
			self._read_name(str(value), doctypes)

	def _read_dict(self, values: dict, doctypes: set[str], text: frozenset, depth: int) -> None:
		here = self._doctypes_in([*values.keys(), *values.values()])
		if depth and "doctype" in values:  # a document, whose other fields say what they like
			own = self._doctypes_in([values["doctype"]])
			for doctype in own:
				self._read_any(values.get("name"), {doctype}, text, depth + 1)
			here -= own
		else:
			here |= doctypes
		for key, value in values.items():
			if key not in text:
				self._read_any(value, here, text, depth + 1)

	def _read_name(self, value: str, doctypes: set[str]) -> None:
		if files.PRIVATE in value:
			self.files.add(value)
		name = value.strip().lower()
		if not _is_plain(value):
			if not _may_be_name(value):
				return
			if " " not in name:
				self.rows.add(value)
		elif len(name) > LONGEST_NAME:
			return
		elif ROW_NAME.fullmatch(name):
			self.rows.add(name)
		for doctype in doctypes:
			self.documents[doctype].update((value, *value.split(",")))

	def _doctypes_in(self, values) -> set[str]:
		texts = [value for value in values if isinstance(value, str)]
		self.odd.update(text for text in texts if not _is_plain(text) and _may_be_name(text))
		found = (self._guarded.get(text.strip().lower()) for text in texts)
		return {doctype for doctype in found if doctype}


def _is_plain(text: str) -> bool:
	return text.isascii() and text.isprintable()


def _may_be_name(text: str) -> bool:
	"""Of text that is not plain: not for JSON, nor where more is written in plain letters than a name can hold."""
	plain = sum(one.isascii() and one.isalnum() for one in text)
	return 0 < len(text) and plain <= LONGEST_NAME and text.lstrip()[:1] not in ("[", "{")


def check(path: dict, arguments: dict) -> None:
	"""Raises frappe.PermissionError. No query if the arguments name nothing that is guarded and hold nothing
	that looks like a row's name or a private file's address.

	`path` is what a REST address names: Frappe itself asks for that document. Not so for a table's row: there it tells
	whoever may not read it the name of the row's document.
	"""
	named = Named()
	if path:
		is_row = path.get("doctype") in guarded_doctypes() and frappe.get_meta(path["doctype"]).istable
		named.read_document({**arguments, **path, "name": path.get("name") if is_row else None})
	else:
		named.read(arguments)
	if not all(
		(
			all(_may_name(doctype, names) for doctype, names in named.documents.items()),
			_may_name_rows(named.rows),
			all(files.may_open(address) for address in named.files),
			_spells_no_guarded(named.odd),
		)
	):
		frappe.throw(_("You do not have access to this document."), frappe.PermissionError)


def _spells_no_guarded(texts: set[str]) -> bool:
	"""Whether none of `texts` is, to MariaDB, the name of a guarded DocType whose documents the user does not all see."""
	if not texts:
		return True
	found = frappe.get_all("DocType", filters={"name": ("in", list(texts))}, pluck="name")
	return all(permissions.sees_all(doctype) for doctype in found if doctype in guarded_doctypes())


def _may_name(doctype: str, names: set[str]) -> bool:
	meta = frappe.get_meta(doctype)
	if meta.issingle or permissions.sees_all(doctype):
		return True
	fields = ["name", "parenttype", "parent"] if meta.istable else ["name"]
	rows = frappe.get_all(doctype, filters={"name": ("in", list(names))}, fields=fields)
	if meta.istable:
		return all(permissions.may_read(row.parenttype, row.parent) for row in rows)
	return all(_may_see(doctype, row.name) for row in rows)


def _may_see(doctype: str, name: str) -> bool:
	doc = frappe.get_doc(doctype, name)
	return bool(
		frappe.has_permission(doctype, "read", doc=doc)
		or frappe.has_permission(doctype, "select", doc=doc)
		or frappe.has_website_permission(doc)
	)


def _may_name_rows(names: set[str]) -> bool:
	if not names:
		return True
	addresses = frappe.get_all("File", filters={"name": ("in", list(names))}, pluck="file_url")
	return all(permissions.may_read(*document) for document in documents_of_rows(names)) and all(
		files.may_download(address) for address in addresses
	)


def documents_of_rows(names: set[str]) -> set[tuple[str, str]]:
	"""The documents of a unit or of this app to which rows of these names belong, whatever DocType the rows are of."""
	if not names:
		return set()
	queries = []
	for doctype in (*permissions.REFERENCES, *WORK_ITEM):
		if not frappe.db.table_exists(doctype):
			continue
		if fields := WORK_ITEM.get(doctype) or permissions.reference_fields(doctype):
			type_field, name_field = fields
			table = DocType(doctype)
			queries.append(
				frappe.qb.from_(table)
				.select(table[type_field], table[name_field])
				.where(
					table.name.isin(list(names)) & table[type_field].isin(permissions.documents_with_rows())
				)
			)
	union = queries[0]
	for query in queries[1:]:
		union = union + query
	return set(union.run())
