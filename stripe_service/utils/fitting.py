"""Make values fit the fields of a DocType, where they come from Stripe or from another DocType.

Nobody can be asked to correct such a value, and what it says is only shown: so a text that is too long is cut, and a
value that the field can't hold at all (a Link to a record that does not exist, a number beyond the column) is left out
and logged. It never raises, because money must not wait for a label.

Driven by the meta and the column types, so that a field added later needs nothing here.
"""

from datetime import date, datetime
from decimal import Decimal

import frappe
from frappe.utils import (
	cint,
	cstr,
	flt,
	get_datetime,
	getdate,
	strip_html,
	validate_email_address,
	validate_url,
)
from frappe.utils.html_utils import sanitize_html

from stripe_service.utils.plain_text import as_text

ELLIPSIS = "…"
_TEXT_BYTES = 65_535  # MariaDB's text
_LARGEST = {"int": 2**31 - 1, "bigint": 2**63 - 1}
# decimal(21,9)
_LARGEST_DECIMAL = 10**12
_SHOWN_AS_HTML = ("Small Text", "Text", "Long Text")
_NOT_HTML = ("Code", "JSON", "HTML Editor", "Text Editor", "Markdown Editor")
_NEVER_NULL = ("Check", "Int", "Currency", "Float", "Percent")
# An address or an e-mail address that is cut is another one.
_WHOLE_OR_NOTHING = ("Email", "URL", "Phone", "IBAN", "Name")
_LOGGED_AGAIN_AFTER = 24 * 3600


class DoesNotFit(Exception):
	"""The field can't hold the value, not even a part of it; the message says why, without the value."""


def fit(doctype: str, values: dict, known: dict | None = None) -> dict:
	"""`values` (by fieldname) as the fields of `doctype` can hold them; what they can't hold is left out and logged. `known`
	are the document's other values: which DocType a Dynamic Link is to is one of them.

	Needs no permission. Reads the database for Links alone. Never raises.
	"""
	meta = frappe.get_meta(doctype)
	fitted = {}
	for fieldname, value in values.items():
		field = meta.get_field(fieldname)
		if field is None:
			fitted[fieldname] = value  # the name and the like: the caller's own
			continue
		try:
			fitted[fieldname] = _fit(field, value, {**(known or {}), **values, **fitted})
		except Exception as reason:
			log_left_out(doctype, fieldname, reason)
	return fitted


def cut(text: str, length: int) -> str:
	"""`text` in at most `length` characters; an ellipsis says that something is missing."""
	return text if len(text) <= length else text[: length - 1].rstrip() + ELLIPSIS


def _fit(field, value, values: dict):
	kind = field.fieldtype
	if value is None or value == "":
		if kind in _NEVER_NULL:
			return 0
		return None if kind in ("Date", "Datetime") else value
	if kind == "Check":
		return int(bool(cint(value)))
	if kind in ("Int", "Long Int"):
		return _fit_integer(field, value)
	if kind in ("Currency", "Float", "Percent"):
		return _fit_decimal(value)
	if kind in ("Date", "Datetime"):
		return _fit_time(kind, value)
	text = cstr(value).encode("utf-8", "replace").decode()  # lone surrogates can't be written
	if kind == "Select":
		if field.options and text not in field.options.split("\n"):
			raise DoesNotFit("not one of the options")
		return text
	if kind in ("Link", "Dynamic Link"):
		return _fit_link(field, text, values)
	return _fit_text(field, text)


def _fit_integer(field, value) -> int:
	number = int(value)
	wide = field.fieldtype == "Long Int" or cint(field.length) > 11
	if abs(number) > _LARGEST["bigint" if wide else "int"]:
		raise DoesNotFit("the number is beyond the column")
	return number


def _fit_decimal(value):
	number = float(value) if isinstance(value, Decimal | float | int) else flt(value)
	if not abs(number) < _LARGEST_DECIMAL:  # not a number compares to nothing
		raise DoesNotFit("the number is beyond the column")
	return number


def _fit_time(kind: str, value) -> date | datetime:
	moment = getdate(value) if kind == "Date" else get_datetime(value)
	if moment is None or moment.year < 1000:
		raise DoesNotFit("no such date")
	return moment


def _fit_link(field, text: str, values: dict) -> str:
	doctype = field.options if field.fieldtype == "Link" else values.get(field.options)
	if not doctype or len(text) > _length(field) or not frappe.db.exists(doctype, text):
		raise DoesNotFit(f"no such {doctype}")
	return text


def _fit_text(field, text: str) -> str:
	if field.fieldtype in _SHOWN_AS_HTML:
		text = text if "<" not in text else as_text(text)
	elif field.fieldtype not in _NOT_HTML and "<" in text:
		text = sanitize_html(text)
	column = frappe.db.type_map.get(field.fieldtype, ("varchar",))[0]
	if column == "varchar":
		return _fit_short_text(field, text)
	if column == "text" and len(text.encode()) > _TEXT_BYTES:
		return cut(strip_html(text), _TEXT_BYTES // 4)  # four bytes a character at most
	return text


def _fit_short_text(field, text: str) -> str:
	length = _length(field)
	if field.fieldtype == "Data" and field.options in _WHOLE_OR_NOTHING:
		if len(text) > length or not _is_valid(field.options, text):
			raise DoesNotFit(f"not a valid {field.options}")
		return text
	return text if len(text) <= length else cut(strip_html(text), length)


def _is_valid(kind: str, text: str) -> bool:
	if kind == "Email":
		return bool(validate_email_address(text))
	return validate_url(text) if kind == "URL" else True


def _length(field) -> int:
	# Frappe makes no column shorter than 64, but checks the length that the field names.
	return cint(field.length) or cint(frappe.db.VARCHAR_LEN)


def log_left_out(doctype: str, fieldname: str, reason: Exception | str) -> None:
	"""Log that a field stays as it is. Once a day for a field and a reason: a currency without a record would be logged
	by every payment. Never raises."""
	line = f"{doctype}.{fieldname} left out: {reason}"
	try:
		frappe.logger("stripe_service").warning(line)
		key = f"stripe_service_left_out::{line}"
		if not frappe.cache.get_value(key):
			frappe.cache.set_value(key, 1, expires_in_sec=_LOGGED_AGAIN_AFTER)
			frappe.log_error(title=line[:140], message=line)
	except Exception:
		frappe.logger("stripe_service").error(line, exc_info=True)
