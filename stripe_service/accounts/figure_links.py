"""The way from a figure to the rows that it sums: the address of a desk list with the filters set.

A filter stands in the address as the desk itself writes it there; one on a field of a table names the table's DocType ("Child DocType.fieldname"). Dates are given as `between`: by any other comparison
Frappe lists rows without a date as well.
"""

import json
from datetime import date
from html import escape
from urllib.parse import urlencode, urlsplit

from frappe.utils import get_url_to_list
from frappe.utils.caching import request_cache

LONG_AGO, FAR_OFF = "2000-01-01", "2999-12-31"


def list_path(doctype: str, **filters) -> str:
	"""The path of the list of `doctype`; each filter is a value, or [operator, value]."""
	path = _path_of(doctype)
	return f"{path}?{query_of(**filters)}" if filters else path


def query_of(**filters) -> str:
	"""Filters of a list as they stand behind the `?` of its path, to be joined by `&`: a report of thousands of rows writes
	once what all its rows have in common."""
	return urlencode(
		{
			name: json.dumps(value, default=str) if isinstance(value, list) else value
			for name, value in filters.items()
		}
	)


@request_cache
def _path_of(doctype: str) -> str:
	"""Frappe's own, because 16 keeps the desk below /desk; once a request, because a report asks for each of its rows."""
	return urlsplit(get_url_to_list(doctype)).path


def between(first: date | str, last: date | str) -> list:
	"""The filter of a Frappe list for two days, both of them included."""
	return ["between", [str(first), str(last)]]


def link(path: str, text: str) -> str:
	"""An HTML link. Python's own `escape`, because Frappe's goes through each letter."""
	return f'<a href="{escape(path)}">{escape(text)}</a>'
