"""The jobs of automatic payments: what becomes due is announced, what is due is paid.

Each scheduled payment is paid by a job of its own, so that one that hangs at Stripe holds up no other. A job that is lost (Redis
was down, a worker was killed) is queued again by the next hour's run; what was begun is then found, not begun again.
"""

import frappe
from frappe.utils import add_to_date, getdate, now_datetime, nowdate

from stripe_service.accounts import stripe_account
from stripe_service.payments.automatic import agreements, planning, settings, telling
from stripe_service.stripe_service.doctype.scheduled_payment.scheduled_payment import (
	BEING_PAID,
	UNDER_WAY,
	WAITING,
)

BATCH = 2000
# A worker that is at it has answered by then.
BEGUN_BEFORE_SECONDS = 120


def announce_and_pay() -> None:
	"""Daily: announce what becomes due, then queue the payment of what is due today."""
	if not settings.switched_on() or not stripe_account.usable_accounts():
		return  # a copy of the site tells nobody anything
	planning.announce_all()
	queue_due()


def find_unfinished() -> None:
	"""Hourly: what a lost job or an unfinished browser left behind, and what became of debits."""
	agreements.end_unfinished()
	telling.mark_all_told()
	if stripe_account.usable_accounts():
		queue_due()
		queue_begun()


def queue_due(day=None) -> None:
	"""Queue the payment of what is due; `day` stands for today."""
	day = getdate(day or nowdate())
	_queue({"status": ("in", WAITING), "next_attempt_on": ("<=", day)}, day)


def queue_begun() -> None:
	"""Queue a look at what was begun: a killed worker's, and debits that take days."""
	before = add_to_date(now_datetime(), seconds=-BEGUN_BEFORE_SECONDS)
	_queue({"status": ("in", (BEING_PAID, UNDER_WAY)), "modified": ("<", before)}, getdate(nowdate()))


def _queue(filters: dict, day) -> None:
	names = frappe.get_all(
		planning.DOCTYPE, filters=filters, order_by="next_attempt_on asc, name asc", limit=BATCH, pluck="name"
	)
	for name in names:
		frappe.enqueue(
			"stripe_service.payments.automatic.paying.pay",
			queue="long",
			job_id=f"stripe_automatic::{name}",
			deduplicate=True,
			name=name,
			day=str(day),
		)
