"""What is kept in Redis of rows that change seldom: read from the database by one request, for those that follow.

A request reads the database as it was when its transaction began. So it must not keep for others what it read while
somebody changed the rows: they had been forgotten before it wrote them back, and nothing would forget them again.
"""

from collections.abc import Callable
from typing import TypeVar

import frappe

T = TypeVar("T")

# Longer than a transaction that reads such rows.
CHANGED_FOR_SECONDS = 60
# Nothing depends on it; it ends what nobody foresaw.
KEPT_SECONDS = 3600


def read_cached(key: str, read: Callable[[], T]) -> T:
	"""The cached value of `key`; where there is none, what `read` reads from the database: kept for this request, and for others
	unless the rows have changed just now. None is not kept."""
	value = frappe.cache.get_value(key)
	if value is None and (value := read()) is not None:
		if not frappe.cache.get_value(_changed(key), expires=True):
			frappe.cache.set_value(key, value, expires_in_sec=KEPT_SECONDS)
		frappe.local.cache[frappe.cache.make_key(key)] = value
	return value


def forget_cached(key: str) -> None:
	"""Forget the cached value of `key` now, for this transaction, and again when the transaction has ended, either way. Until a
	minute after, nobody keeps it for others (`read_cached`)."""

	def forget() -> None:
		frappe.cache.set_value(_changed(key), 1, expires_in_sec=CHANGED_FOR_SECONDS)
		frappe.cache.delete_value(key)

	forget()
	frappe.db.after_commit.add(forget)
	frappe.db.after_rollback.add(forget)


def changed_lately(key: str) -> bool:
	"""Whether `forget_cached` was called for `key` within the last minute: another request may have written back since what it
	had read before the change."""
	return bool(frappe.cache.get_value(_changed(key), expires=True))


def _changed(key: str) -> str:
	return f"{key}:changed"
