"""Processing the stored events.

The rows are the queue: a job only says "now", and the scheduler says it every minute, so that a lost job, a lost
Redis or a killed worker loses nothing. `next_attempt_at` is the one thing that makes a row due: it is set on
arrival, moved on by a failure, and empty once nothing is left to do. A claim is a lease (status Working until
`next_attempt_at`): a row lock held while Stripe is asked would make the intake of a duplicate wait, and a worker
killed with the row in hand frees it when the lease ends.

A fault of the account (Stripe unreachable or limiting, keys missing or revoked) says nothing about the event: it is not
counted against it, and its account rests for a while. A fault that the event's object alone meets is counted against the
event, and the others go on.
"""

import time
from datetime import timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import now_datetime, strip_html

from stripe_service.accounts.jobs import AccountHealth
from stripe_service.accounts.webhook_endpoint import note_event
from stripe_service.utils.fitting import fit
from stripe_service.utils.masking import mask
from stripe_service.utils.notices import notify_administrators
from stripe_service.utils.transaction import in_fresh_transaction
from stripe_service.webhooks import receive
from stripe_service.webhooks.handlers import HANDLERS, Event, Ignore

BATCH = 100
SECONDS_PER_RUN = 200
LEASE = timedelta(minutes=15)
REST = timedelta(minutes=2)
# After each failed attempt; when they are used up the event is Failed for good and an administrator is told.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 480, 1440))
MAX_ATTEMPTS = len(WAITS) + 1

_FIELDS = [
	"name",
	"event_type",
	"status",
	"source",
	"stripe_account",
	"object_id",
	"payload",
	"attempts",
	"next_attempt_at",
]


def process_events() -> None:
	"""Entry of the queued job and of the scheduler's: works until nothing is due or its time is up."""
	# The request that queued the job was Stripe's, a guest's; what the events set off is done by the site itself.
	before = frappe.session.user
	frappe.set_user("Administrator")
	try:
		receive.processing_begins()
		if not process_due():
			receive.queue_processing()
	finally:
		frappe.set_user(before)


def retry(event: Document) -> None:
	"""Make an event that is over and done with due again, its attempts counted anew. Commits."""
	if event.status not in ("Failed", "Ignored"):
		frappe.throw(
			_("Only failed and ignored events can be retried: this one is {0}.").format(_(event.status))
		)
	values = {"status": "Received", "attempts": 0, "traceback": None, "processed_at": None}
	in_fresh_transaction(lambda: _write(event, **values, next_attempt_at=now_datetime()))
	receive.queue_processing()


def process_due(seconds: float = SECONDS_PER_RUN) -> bool:
	"""Work on what is due, in order of arrival; False if `seconds` did not suffice. Commits after each event."""
	ends = time.monotonic() + seconds
	resting: set[str] = set()
	heard: set[str] = set()
	health: dict[str, AccountHealth] = {}
	try:
		while names := _due(resting):
			for name in names:
				if time.monotonic() > ends:
					return False
				_work_on(name, resting, heard, health)
		return True
	finally:
		_note_heard(heard)


def _due(resting: set[str]) -> list[str]:
	# A new transaction, or MariaDB would go on showing the rows as they were when the last one began.
	frappe.db.rollback()
	# In the query builder, because a filter of `get_all` takes an empty date for one long past.
	event = frappe.qb.DocType("Stripe Event")
	query = frappe.qb.from_(event).select(event.name).where(event.next_attempt_at <= now_datetime())
	if resting:
		query = query.where(event.stripe_account.notin(sorted(resting)))
	return query.orderby(event.next_attempt_at, event.creation).limit(BATCH).run(pluck=True)


def _note_heard(accounts: set[str]) -> None:
	"""Each account whose webhook was heard of, once a run: on every event it would be everyone's bottleneck."""
	try:
		frappe.db.rollback()
		for account in accounts:
			note_event(account)
		frappe.db.commit()
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		frappe.db.rollback()


def _work_on(name: str, resting: set[str], heard: set[str], health: dict[str, AccountHealth]) -> None:
	claimed = _claim(name, resting)
	if not claimed:
		return
	if claimed[0].source == "Webhook":
		heard.add(claimed[0].stripe_account)
	try:
		outcome = _handle(claimed[0])
		_finish(claimed, "Done", outcome)
	except Ignore as reason:
		_finish(claimed, "Ignored", str(reason))
	except Exception as fault:
		account = claimed[0].stripe_account
		if health.setdefault(account, AccountHealth(account)).blames_account(fault):
			resting.add(account)
			_postpone(claimed, fault)
		else:
			_fail(claimed, fault)


def _claim(name: str, resting: set[str]) -> list[frappe._dict]:
	"""Lease the event, and those waiting that the same reading answers. Empty if another worker has it."""
	try:
		frappe.db.rollback()
		first = _lease(name, resting)
		if not first:
			frappe.db.rollback()
			return []
		alike = [_lease(other, resting) for other in _same_object_events(first)]
		frappe.db.commit()
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		frappe.db.rollback()
		return []
	return [first, *(event for event in alike if event)]


def _lease(name: str, resting: set[str]) -> frappe._dict | None:
	event = frappe.db.get_value(
		"Stripe Event", name, _FIELDS, as_dict=True, for_update=True, skip_locked=True
	)
	now = now_datetime()
	if (
		not event
		or not event.next_attempt_at
		or event.next_attempt_at > now
		or event.stripe_account in resting
	):
		return None
	event.attempts = (event.attempts or 0) + 1
	_write(event, status="Working", attempts=event.attempts, next_attempt_at=now + LEASE)
	return event


def _same_object_events(event: frappe._dict) -> list[str]:
	if not event.object_id:
		return []
	same = [type for type, handler in HANDLERS.items() if handler == HANDLERS.get(event.event_type)]
	other = frappe.qb.DocType("Stripe Event")
	query = (
		frappe.qb.from_(other)
		.select(other.name)
		.where(other.object_id == event.object_id)
		.where(other.stripe_account == event.stripe_account)
		.where(other.event_type.isin(same))
		.where(other.next_attempt_at <= now_datetime())
		.where(other.name != event.name)
	)
	return query.limit(BATCH).run(pluck=True)


def _handle(row: frappe._dict) -> str:
	if row.attempts > MAX_ATTEMPTS:
		# Each attempt ended without a word: the workers that had it were killed.
		raise RuntimeError("every worker that took this event was stopped before it was done")
	handler = HANDLERS.get(row.event_type)
	if not handler:
		raise Ignore(_("Nothing here depends on events of this type."))
	subject = receive.subject_of(receive.read_stored(row.payload))
	return frappe.get_attr(handler)(Event(row.name, row.event_type, row.stripe_account, subject))


def _finish(events: list[frappe._dict], status: str, outcome: str) -> None:
	try:
		for event in events:
			_write(
				event,
				status=status,
				outcome=outcome,
				traceback=None,
				next_attempt_at=None,
				processed_at=now_datetime(),
			)
		frappe.db.commit()
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		# Nothing is lost: the lease ends, and the handler can be run again.
		frappe.db.rollback()


def _postpone(events: list[frappe._dict], fault: Exception) -> None:
	"""Give the events back as they came, for later."""
	try:
		frappe.db.rollback()
		later = now_datetime() + REST
		for event in events:
			_write(
				event,
				status="Received",
				attempts=event.attempts - 1,
				outcome=mask(strip_html(f"Waits: {fault}")),
				next_attempt_at=later,
			)
		frappe.db.commit()
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		frappe.db.rollback()


def _fail(events: list[frappe._dict], fault: Exception) -> None:
	traceback = mask(frappe.get_traceback())
	reason = mask(f"{type(fault).__name__}: {fault}")
	try:
		frappe.db.rollback()
		for event in events:
			_write(event, status="Failed", outcome=reason, traceback=traceback, **_what_next(event))
		frappe.db.commit()
		for event in events:
			if _is_last(event):
				_give_up(event, reason, traceback)
		frappe.db.commit()
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		frappe.db.rollback()


def _is_last(event: frappe._dict) -> bool:
	return event.attempts >= MAX_ATTEMPTS


def _what_next(event: frappe._dict) -> dict:
	if _is_last(event):
		return {"next_attempt_at": None, "processed_at": now_datetime()}
	return {"next_attempt_at": now_datetime() + WAITS[event.attempts - 1]}


def _give_up(event: frappe._dict, reason: str, traceback: str) -> None:
	frappe.log_error(
		title=f"Stripe Event {event.name} failed {event.attempts} times",
		message=traceback,
		reference_doctype="Stripe Event",
		reference_name=event.name,
	)
	notify_administrators(
		"Stripe Event",
		event.name,
		lambda: _("An event from Stripe ({0}) could not be worked on: {1}").format(event.event_type, reason),
	)


def _write(event: frappe._dict, **values) -> None:
	frappe.db.set_value("Stripe Event", event.name, fit("Stripe Event", values))
