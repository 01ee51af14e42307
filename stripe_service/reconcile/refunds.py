"""Refunds whose outcome is not known, not final, or not told: read from this site's own rows."""

from collections.abc import Callable
from datetime import timedelta

import frappe
from frappe.utils import now_datetime

from stripe_service.accounts.jobs import Report
from stripe_service.gateway import errors, refund_states
from stripe_service.payments import refund
from stripe_service.reconcile import findings

MOST_PER_RUN = 500
AN_ANSWER_TAKES = timedelta(minutes=2)


def look_up_unanswered(account: str, report: Report) -> None:
	"""Find out what became of the refunds that were never answered. Asks nothing of Stripe where there are none."""
	filters = {
		"status": refund_states.PENDING,
		"stripe_refund_id": ["is", "not set"],
		"sent_at": ["<", now_datetime() - AN_ANSWER_TAKES],
	}
	for row in _refunds(account, filters):
		is_over = row.sent_at < now_datetime() - refund.REQUEST_IS_OVER
		_each(
			report, row.payment, row.name, lambda row=row, is_over=is_over: refund.look_up(row.name, is_over)
		)
		status = frappe.db.get_value(refund.DOCTYPE, row.name, "status")
		if status != row.status:
			report.changed.append(f"{row.name}: {row.status} → {status}")


def read_unfinished(account: str, report: Report) -> None:
	"""Read the refunds that Stripe, or the payer, is still working on; tell administrators of failed ones that they were not
	told of."""
	unfinished = {"status": ["in", refund_states.UNFINISHED], "stripe_refund_id": ["is", "set"]}
	untold = {"status": ["in", refund_states.NOT_REFUNDED], "notified": 0}
	for payment in dict.fromkeys(row.payment for row in _refunds(account, unfinished)):
		_each(report, payment, payment, lambda payment=payment: refund.sync_refunds(payment))
	for payment in dict.fromkeys(row.payment for row in _refunds(account, untold)):
		refund.notify_failed(payment)


def _each(report: Report, payment: str, subject: str, work: Callable[[], None]) -> None:
	"""Work on one refund or payment; what is wrong with it alone does not keep the others waiting."""
	try:
		work()
	except errors.NotFound:
		findings.missing_at_stripe(report, payment)
	except Exception as fault:
		report.note_or_raise(subject, fault)


def _refunds(account: str, filters: dict) -> list[frappe._dict]:
	frappe.db.rollback()  # a snapshot of before would show what has changed since
	return frappe.get_all(
		refund.DOCTYPE,
		filters={"stripe_account": account, **filters},
		fields=["name", "payment", "status", "sent_at"],
		order_by="last_synced_at asc, creation asc",
		limit=MOST_PER_RUN,
	)
