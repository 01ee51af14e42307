"""Reading and writing an account's secrets in Frappe's encrypted store.

Written past the document, because a background job must not make an open form stale, and read past it, because the
document's own `get_password` is closed (it answers to Server Scripts and to the desk).
"""

import frappe
from frappe.utils.password import get_decrypted_password, remove_encrypted_password, set_encrypted_password

DOCTYPE = "Stripe Account"
FIELDS = ("secret_key", "webhook_secret", "previous_webhook_secret")


def read_secret(account: str, field: str) -> str | None:
	"""The secret in clear, or None if there is none or it was encrypted under another site's encryption key."""
	try:
		return get_decrypted_password(DOCTYPE, account, field, raise_exception=False)
	except frappe.ValidationError:
		frappe.clear_last_message()
		return None


def write_secret(account: str, field: str, value: str) -> None:
	"""Store a secret encrypted; the row shows stars of its length. Does not commit."""
	set_encrypted_password(DOCTYPE, account, value, field)
	frappe.db.set_value(DOCTYPE, account, field, "*" * len(value), update_modified=False)


def forget_secret(account: str, field: str) -> None:
	"""Remove a secret. Does not commit."""
	remove_encrypted_password(DOCTYPE, account, field)
	frappe.db.set_value(DOCTYPE, account, field, "", update_modified=False)
