"""Telling payers what becomes of their scheduled payments.

The text is kept on the Scheduled Payment and, as a Stripe Notice, delivered to Frappe's Notification Log (utils.notices): both
in the transaction that records what happened. That the payer was told is written afterwards (`told_at`), by a save of its own:
that sets off the Notification with which an administrator mails it, and whatever that Notification does wrong, no record of a
payment depends on it.
"""

from collections.abc import Callable

import frappe
from frappe import _
from frappe.utils import now_datetime

from stripe_service.access.permissions import may_read
from stripe_service.stripe_service.doctype.scheduled_payment.scheduled_payment import SKIPPED
from stripe_service.utils.language import words_for
from stripe_service.utils.notices import notify_user
from stripe_service.utils.transaction import in_fresh_transaction

DOCTYPE = "Scheduled Payment"


def record(row, text: str | Callable[[], str], **values) -> None:
	"""Write `values` on the locked Scheduled Payment, and that its payer is to be told `text`, which is called in their
	language. Does not commit."""
	words = words_for(row.user, text)
	row.write(message=words, told_at=None, **values)
	if may_read(row.reference_doctype, row.reference_name, row.user):
		notify_user(row.user, row.reference_doctype, row.reference_name, words)
	else:
		# Frappe's Notification Log of a document goes by the document, which is the reason to be told.
		notify_user(row.user, DOCTYPE, row.name, words)


def skip(row, reason: str, **values) -> None:
	"""Write on the locked or new row that it is not paid automatically, and that its payer is to be told. Does not commit."""
	record(
		row,
		lambda: _("{0} ({1}) is not paid automatically: {2} Please pay it yourself.").format(
			row.reference_title, row.reference_name, reason
		),
		status=SKIPPED,
		reason=reason,
		next_attempt_on=None,
		**values,
	)


def mark_told(name: str) -> None:
	"""Note that the payer was told, and with that set off the Notification on it. Never raises; commits. What fails is tried
	again by `mark_all_told`."""
	try:
		in_fresh_transaction(lambda: _mark(name))
	except Exception:
		_log(name)


def _log(name: str) -> None:
	"""Never raises: the database may be what failed."""
	try:
		frappe.db.rollback()
		frappe.clear_messages()
		title = f"Stripe Service: message of {name}"[:140]
		frappe.log_error(title=title, reference_doctype=DOCTYPE, reference_name=name)
		frappe.db.commit()
	except Exception:
		frappe.logger("stripe_service").error(f"message of {name}", exc_info=True)


def mark_all_told() -> None:
	"""Those whose worker was ended in between."""
	waiting = {"told_at": ("is", "not set"), "message": ("is", "set")}
	for name in frappe.get_all(DOCTYPE, filters=waiting, order_by="modified asc", limit=200, pluck="name"):
		mark_told(name)


def _mark(name: str) -> None:
	row = frappe.get_doc(DOCTYPE, name, for_update=True)
	if row.message and not row.told_at:
		row.write(told_at=now_datetime())
