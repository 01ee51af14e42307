"""Forgetting what is kept in Redis, at the right moments."""

import frappe


def forget_cached(key: str) -> None:
	"""Forget the cached value `key` now, for this transaction, and again when the transaction has ended, either way:
	another process may read the old rows in between and put them back."""

	def forget() -> None:
		frappe.cache.delete_value(key)

	forget()
	frappe.db.after_commit.add(forget)
	frappe.db.after_rollback.add(forget)
