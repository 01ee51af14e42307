"""Who is told of what money does by itself, weeks after anyone looked.

Notification Log entries, which each user can turn off or have mailed in Frappe's own Notification Settings.
"""

import frappe
from frappe import _
from frappe.desk.doctype.notification_log.notification_log import (
	enqueue_create_notification,
	make_notification_logs,
)

from stripe_service.payments import states


def tell_about(change) -> None:
	"""Tell the payer of a payment that failed or came back behind their back, and administrators of what needs them."""
	payment = change.payment
	status_changed = payment.status != change.old_status
	if status_changed and payment.status in (states.DISPUTED, states.DISPUTE_LOST):
		_tell(stripe_administrators(), payment, _about_dispute(payment))
	if status_changed and payment.status == states.FAILED and payment.method_type == "us_bank_account":
		_tell([payment.user], payment, _about_failure(payment))
	if status_changed and payment.status == states.DISPUTE_LOST and payment.method_type == "us_bank_account":
		_tell([payment.user], payment, _about_return(payment))
	if payment.attention and change.settled_changed:
		_tell(stripe_administrators(), payment, f"{payment.name}: {payment.attention}")


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


def _tell(users: list[str], payment, subject: str) -> None:
	enqueue_create_notification(
		users,
		{
			"type": "Alert",
			"document_type": "Invoice Payment",
			"document_name": payment.name,
			"subject": subject,
			"from_user": payment.user,
		},
	)


def _about_dispute(payment) -> str:
	return _("{0} ({1}) is disputed: {2}. Answer it on the Stripe dashboard.").format(
		payment.name, payment.reference_name, payment.dispute_reason or _("no reason given")
	)


def _about_failure(payment) -> str:
	return _("Your payment of {0} failed: {1}").format(
		payment.reference_name, payment.failure_message or _("the bank gave no reason")
	)


def _about_return(payment) -> str:
	return _("Your bank returned the payment of {0}: {1} The amount is due again.").format(
		payment.reference_name, payment.failure_message
	)


def tell_administrators(doctype: str, name: str, subject: str) -> None:
	"""Tell Stripe Administrators of a document that needs them, without the queue: it may be what is broken. Does not
	commit; callers see to it that the same thing is told once."""
	notice = {"type": "Alert", "document_type": doctype, "document_name": name, "subject": subject}
	make_notification_logs(frappe._dict(notice, from_user="Administrator"), _emails(stripe_administrators()))


def _emails(users: list[str]) -> list[str]:
	return frappe.get_all("User", filters={"name": ("in", users)}, pluck="email")
