"""Telling payers what becomes of their scheduled payments, and that an Automatic Payment was stopped.

The text is kept on the Scheduled Payment or Automatic Payment and, as a Stripe Notice, delivered to Frappe's Notification Log
(utils.notices): both in the transaction that records what happened. That the payer was told is written afterwards (`told_at`),
by a save of its own: that sets off the Notification with which an administrator mails it, and whatever that Notification does
wrong, no record of a payment depends on it.
"""

from collections.abc import Callable
from functools import partial

import frappe
from frappe import _
from frappe.utils import now_datetime

from stripe_service.access.permissions import may_read
from stripe_service.stripe_service.doctype.scheduled_payment.scheduled_payment import SKIPPED
from stripe_service.utils.faults import log_fault
from stripe_service.utils.language import words_for
from stripe_service.utils.notices import notify_user
from stripe_service.utils.queue import enqueue_or_leave_to_scheduler
from stripe_service.utils.transaction import in_fresh_transaction

DOCTYPE = "Scheduled Payment"
AGREEMENT = "Automatic Payment"
NAMED = 5  # documents in one message


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


def record_stop(agreement, reason: str, left: list, **values) -> None:
	"""Write `values` on the locked Automatic Payment, and that its payer is to be told that it was stopped. `reason` is in their
	language; `left` are the Scheduled Payments that were announced and are the payer's to pay now. Does not commit."""
	words = words_for(agreement.user, lambda: _stopped(agreement, reason, left))
	agreement.write(message=words, told_at=None, **values)
	notify_user(agreement.user, AGREEMENT, agreement.name, words)
	mark = partial(
		enqueue_or_leave_to_scheduler,
		"stripe_service.payments.automatic.telling.mark_told",
		name=agreement.name,
		doctype=AGREEMENT,
	)
	frappe.db.after_commit.add(mark)


def _stopped(agreement, reason: str, left: list) -> str:
	words = _("Nothing is paid automatically any more with {0} for {1}. {2}").format(
		agreement.method_label, agreement.scope_label, reason
	)
	if not left:
		return words
	named = ", ".join(f"{row.reference_title} ({row.reference_name})" for row in left[:NAMED])
	if len(left) > NAMED:
		named = _("{0} and {1} more").format(named, len(left) - NAMED)
	return f"{words} " + _("Please pay these yourself: {0}.").format(named)


def mark_told(name: str, doctype: str = DOCTYPE) -> None:
	"""Note that the payer was told, and with that set off the Notification on it. Never raises; commits. What fails is tried
	again by `mark_all_told`."""

	def mark() -> None:
		row = frappe.get_doc(doctype, name, for_update=True)
		if row.message and not row.told_at:
			row.write(told_at=now_datetime())

	try:
		in_fresh_transaction(mark)
	except Exception:
		log_fault(f"message of {name}", doctype, name)


def mark_all_told() -> None:
	"""Those whose worker was ended in between."""
	waiting = {"told_at": ("is", "not set"), "message": ("is", "set")}
	for doctype in (DOCTYPE, AGREEMENT):
		for name in frappe.get_all(doctype, waiting, order_by="modified asc", limit=200, pluck="name"):
			mark_told(name, doctype)
