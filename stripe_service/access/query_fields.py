"""The fields by which a request asks: no way to what the fields themselves would not show.

Frappe 15 leaves a field of a permission level that the user does not hold out of the answer, but filters, sorts and
computes by it, and it joins a linked DocType's fields after asking for that DocType as a whole. So whoever can filter
reads such a value letter by letter, and a colleague's card through the payment. Frappe 16 asks by itself.
"""

import re

import frappe
from frappe import _

from stripe_service.access.guarded import is_guarded, is_open_to
from stripe_service.utils.json_arguments import from_json

NOT_QUERIES = frozenset(
	{"cmd", "data", "doc", "docs", "document", "csrf_token", "txt", "text", "content", "value"}
)
WORD = re.compile(r"[A-Za-z_]\w*")
# It begins where a word does: begun at each letter it would take minutes for a word of many thousands.
JOINED = re.compile(r"(?<!\w)([A-Za-z_]\w*)`?\.`?([A-Za-z_]\w*)")
# What may be asked for by itself: Frappe leaves it out of the answer.
PLAIN = re.compile(r"(`tab[^`]+`\.)?`?\w+`?( +as +`?\w+`?)?", re.IGNORECASE)
DEEPEST = 6


def check(arguments: dict) -> None:
	"""Raises frappe.PermissionError. No query for a DocType that is not guarded, unless a field is joined."""
	if isinstance(arguments.get("doctype"), str):
		_check_query(arguments["doctype"], arguments)
	for value in arguments.values():
		chart = from_json(value)
		if isinstance(chart, dict) and isinstance(chart.get("document_type"), str):
			_check_query(chart["document_type"], {**chart, "filters": arguments.get("filters")})


def _check_query(doctype: str, query: dict) -> None:
	hidden, in_tables = hidden_fields(doctype), hidden_fields_of_tables(doctype)
	for key, value in query.items():
		if key in NOT_QUERIES:
			continue
		for expression in _expressions(value):
			if in_tables & set(WORD.findall(expression)):
				_refuse()
			_check_expression(doctype, hidden, expression, selected="field" in key)


def hidden_fields(doctype: str) -> set[str]:
	"""The fields of a guarded DocType that are of a permission level which the session user does not hold."""
	if not is_guarded(doctype) or frappe.session.user == "Administrator":
		return set()
	meta = frappe.get_meta(doctype)
	held = meta.get_permlevel_access("read")
	return {field.fieldname for field in meta.get_high_permlevel_fields() if field.permlevel not in held}


def hidden_fields_of_tables(doctype: str) -> set[str]:
	"""The same of the rows in its tables, which go by the levels that the user holds of `doctype`; but for names that a field of
	`doctype` itself has."""
	if not is_guarded(doctype) or frappe.session.user == "Administrator":
		return set()
	meta = frappe.get_meta(doctype)
	held = meta.get_permlevel_access("read")
	rows = [
		field
		for table in meta.get_table_fields()
		for field in frappe.get_meta(table.options).get_high_permlevel_fields()
	]
	return {
		field.fieldname
		for field in rows
		if field.permlevel not in held and not meta.has_field(field.fieldname)
	}


def _expressions(value, depth: int = 0) -> list[str]:
	"""The strings in `value` that can name a field: the keys of a dict, and of a filter all but what it compares with."""
	value = from_json(value)
	if isinstance(value, str):
		return [value]
	if isinstance(value, dict):
		return [str(key) for key in value]
	if not isinstance(value, list | tuple):
		return []
	if depth > DEEPEST:
		frappe.throw(_("The request is nested too deeply."))
	is_filter = depth and len(value) >= 3 and isinstance(value[0], str)
	items = value[:2] if is_filter else value
	return [expression for item in items for expression in _expressions(item, depth + 1)]


def _check_expression(doctype: str, hidden: set[str], expression: str, selected: bool) -> None:
	if hidden & set(WORD.findall(expression)) and not (selected and PLAIN.fullmatch(expression.strip())):
		_refuse()
	joined = [link for link, fieldname in JOINED.findall(expression) if fieldname != "name"]
	if not joined:
		return
	try:
		meta = frappe.get_meta(doctype)
	except frappe.DoesNotExistError:
		frappe.clear_last_message()
		return
	for link in joined:
		field = meta.get_field(link)
		if field and field.fieldtype == "Link" and not is_open_to(field.options):
			_refuse()


def _refuse() -> None:
	frappe.throw(_("You do not have access to a field that this asks for."), frappe.PermissionError)
