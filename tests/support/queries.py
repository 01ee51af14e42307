"""What a request costs: counted in queries, never in seconds."""

from contextlib import contextmanager

import frappe


@contextmanager
def counted_queries():
	"""The statements that reach the database inside the block."""
	seen, real = [], frappe.db.sql

	def sql(query, *args, **kwargs):
		seen.append(str(query))
		return real(query, *args, **kwargs)

	frappe.db.sql = sql
	try:
		yield seen
	finally:
		frappe.db.sql = real


def fresh_request():
	frappe.local.document_cache = {}
	frappe.local.role_permissions = {}
