"""Tell people, by Frappe's Notification Log, which each user can switch off or have mailed in Notification Settings."""

import frappe
from frappe.desk.doctype.notification_log.notification_log import make_notification_logs


def stripe_administrators() -> list[str]:
	"""Enabled users who hold the role Stripe Administrator; Administrator if nobody does."""
	holders = frappe.get_all(
		"Has Role",
		filters={"role": "Stripe Administrator", "parenttype": "User"},
		pluck="parent",
		distinct=True,
	)
	enabled = frappe.get_all("User", filters={"name": ("in", holders or [""]), "enabled": 1}, pluck="name")
	return enabled or ["Administrator"]


def notify_users(users: list[str], doctype: str, name: str, subject: str, from_user: str = "Administrator") -> None:
	"""Write a notice about a document for these users (names of User), without the queue, which may be what is
	broken. Does not commit."""
	notice = {"type": "Alert", "document_type": doctype, "document_name": name, "subject": subject}
	# Frappe finds the users by their e-mail addresses, which need not be their names.
	emails = frappe.get_all("User", filters={"name": ("in", users or [""])}, pluck="email")
	make_notification_logs(frappe._dict(notice, from_user=from_user), emails)


def notify_administrators(doctype: str, name: str, subject: str) -> None:
	"""Write a notice about a document that needs a Stripe Administrator. Does not commit; callers see to it that the
	same thing is told once."""
	notify_users(stripe_administrators(), doctype, name, subject)
