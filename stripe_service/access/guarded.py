"""Which DocTypes have documents that are not shown to everybody who may read the DocType, and so are not left to what
Frappe's calls ask: those under unit control, the tables inside them, and all of this app's own."""

import frappe

from stripe_service.access import permissions, units

CACHE_KEY = "stripe_service:own_doctypes"


def is_guarded(doctype: str | None) -> bool:
	"""Whether documents of `doctype` are shown to some users only."""
	return bool(doctype) and doctype in guarded_doctypes()


def guarded_doctypes() -> set[str]:
	"""The DocTypes under unit control, their child tables, and those of this app."""
	controlled = units.controlled_doctypes()
	tables = {table for doctype in controlled for table in permissions.child_tables_of(doctype)}

	def read() -> list[str]:
		return frappe.get_all("DocType", filters={"module": "Stripe Service"}, pluck="name")

	own = frappe.cache.get_value(CACHE_KEY, read) or []
	return {*controlled, *tables, *own}


def is_limited(doctype: str | None) -> bool:
	"""Guarded, or a DocType of Frappe's whose rows go by the document to which they belong."""
	return is_guarded(doctype) or doctype in permissions.REFERENCES or doctype == "Workflow Action"


def is_open_to(doctype: str, user: str | None = None) -> bool:
	"""Whether `user` may be told about any row of `doctype` there is, by a count or a link."""
	return not is_limited(doctype) or permissions.sees_all(doctype, user)
