"""Tell people what they must hear of: a row first, then Frappe's Notification Log.

A dispute or a failed debit is learnt in a job or a webhook, at a moment when the queue, the mail server or a user's
settings may stand in the way, and nobody will learn of it a second time. So a Stripe Notice is written in the same
transaction as what it is about, by an insert that nothing can refuse, and delivered from there, again until it worked.
Each user can switch the Notification Log off in Frappe's Notification Settings. It is on the desk, and Frappe mails none of its
alerts: so a delivered notice also sets off Frappe's Notifications on Stripe Notice (event *Method*, `on_delivery`), by which an
administrator mails it.
"""

from collections.abc import Callable
from functools import partial

import frappe
from frappe.desk.doctype.notification_settings.notification_settings import is_notifications_enabled
from frappe.utils import cint, now_datetime
from frappe.utils.user import get_users_with_role

from stripe_service.utils import portal_page
from stripe_service.utils.language import words_for
from stripe_service.utils.masking import mask
from stripe_service.utils.people import is_website_user
from stripe_service.utils.plain_text import as_text
from stripe_service.utils.queue import enqueue_or_leave_to_scheduler

DOCTYPE = "Stripe Notice"
USER = "User"
ADMINISTRATORS = "Stripe Administrators"
BATCH = 100
DELIVER = "stripe_service.utils.notices.deliver_pending"
# The method that a Notification on Stripe Notice names.
DELIVERED = "on_delivery"


def notify_user(user: str, doctype: str, name: str, subject: str | Callable[[], str]) -> None:
	"""Write a notice about a document for one user (name of User). A function as `subject` is called in the user's language.
	In the caller's transaction; does not commit."""
	_write(USER, user, doctype, name, words_for(user, subject))


def notify_administrators(doctype: str, name: str, subject: str | Callable[[], str]) -> None:
	"""Write a notice about a document for the Stripe Administrators, whoever they are when it is delivered. A
	function as `subject` is called in the site's language. In the caller's transaction; does not commit. Callers see to it that the same thing is written once."""
	_write(ADMINISTRATORS, None, doctype, name, words_for(None, subject))


def _write(audience: str, user: str | None, doctype: str, name: str, subject: str) -> None:
	frappe.get_doc(
		doctype=DOCTYPE,
		name=frappe.generate_hash(length=16),
		audience=audience,
		user=user,
		reference_doctype=doctype,
		reference_name=name,
		subject=as_text(mask(subject)),
		attempts=0,
	).db_insert()
	frappe.db.after_commit.add(partial(enqueue_or_leave_to_scheduler, DELIVER))


def deliver_pending() -> None:
	"""Scheduled, and queued after each notice: deliver what was not delivered yet, in the order it was written.
	Commits after each."""
	frappe.db.rollback()
	waiting = frappe.get_all(
		DOCTYPE,
		filters={"delivered_at": ("is", "not set")},
		order_by="attempts asc, creation asc",
		limit=BATCH,
		pluck="name",
	)
	for name in waiting:
		_deliver(name)


def _deliver(name: str) -> None:
	try:
		frappe.db.rollback()
		# Another worker may be at it.
		notice = frappe.db.get_value(DOCTYPE, name, "*", as_dict=True, for_update=True, skip_locked=True)
		if notice and not notice.delivered_at:
			_write_notification_logs(notice)
			frappe.db.set_value(DOCTYPE, name, {"delivered_at": now_datetime(), "error": None})
			_set_off_notifications(notice)
		frappe.db.commit()
	except Exception as error:
		frappe.db.rollback()
		frappe.clear_messages()
		_note_failure(name, mask(f"{type(error).__name__}: {error}"))


def _write_notification_logs(notice: frappe._dict) -> None:
	users = [notice.user] if notice.audience == USER else stripe_administrators()
	for user in users:
		if frappe.db.get_value("User", user, "enabled") and is_notifications_enabled(user):
			frappe.get_doc(
				doctype="Notification Log",
				type="Alert",
				for_user=user,
				from_user="Administrator",
				document_type=notice.reference_doctype,
				document_name=notice.reference_name,
				subject=notice.subject,
				link=_way_for(user, notice),
			).insert(ignore_permissions=True)


def _set_off_notifications(notice: frappe._dict) -> None:
	"""A mistake in an administrator's Notification is logged, and holds up no notice."""
	if notice.audience == USER and not frappe.db.get_value("User", notice.user, "enabled"):
		return
	frappe.db.savepoint(DELIVERED)
	try:
		frappe.get_doc(DOCTYPE, notice.name).run_method(DELIVERED)
	except Exception as error:
		frappe.db.rollback(save_point=DELIVERED)
		frappe.clear_messages()
		frappe.log_error(
			title=f"Stripe Service: notice {notice.name} not mailed",
			message=mask(f"{type(error).__name__}: {error}"),
		)


def _way_for(user: str, notice: frappe._dict) -> str | None:
	"""None on the desk, where Frappe leads to the document by itself."""
	if not is_website_user(user):
		return None
	return portal_page.document_url(user, notice.reference_doctype, notice.reference_name)


def _note_failure(name: str, reason: str) -> None:
	try:
		attempts = cint(frappe.db.get_value(DOCTYPE, name, "attempts"))
		if not attempts:
			frappe.log_error(title=f"Stripe Service: notice {name} not delivered", message=reason)
		frappe.db.set_value(DOCTYPE, name, {"attempts": attempts + 1, "error": as_text(reason[:500])})
		frappe.db.commit()
	except Exception:
		frappe.db.rollback()
		frappe.logger("stripe_service").error(f"notice {name} not delivered: {reason}")


def stripe_administrators() -> list[str]:
	"""Enabled users who hold the role Stripe Administrator; Administrator if nobody does."""
	return get_users_with_role("Stripe Administrator") or ["Administrator"]
