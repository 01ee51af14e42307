"""Going through this site's own payments, by the ids that were stored before any money could move."""

from datetime import timedelta

import frappe
from frappe.utils import cint, now_datetime

from stripe_service.accounts.jobs import Report
from stripe_service.gateway import errors, payment_states
from stripe_service.payments import release, settle
from stripe_service.payments.intent import REQUEST_IS_OVER
from stripe_service.reconcile import findings

# One reading each and one after the other, which stays far below Stripe's 25 requests a second of a test account.
MOST_PER_RUN = 500
# A fee is booked within the hour after success (https://docs.stripe.com/payments/payment-intents/asynchronous-capture).
FEE_IS_BOOKED = timedelta(hours=2)
FEES_ARE_AWAITED = timedelta(days=10)


def read_open(account: str, report: Report) -> None:
	"""Read every payment whose money may still move, those first that were not read for longest."""
	filters = {"status": ["in", payment_states.RESERVING], "payment_intent_id": ["is", "set"]}
	for payment in _payments(account, filters):
		_each(report, payment, _read)


def read_unfinished(account: str, report: Report) -> None:
	"""Read what is paid but not over: an open dispute, a fee that Stripe had not booked yet."""
	filters = {"status": payment_states.DISPUTED}
	no_fee = {
		"status": ["in", payment_states.RECEIVED],
		"balance_transaction_id": ["is", "not set"],
		"settled_at": ["between", [_ago(FEES_ARE_AWAITED), _ago(FEE_IS_BOOKED)]],
	}
	for payment in [*_payments(account, filters), *_payments(account, no_fee)]:
		_each(report, payment, _read)


def cancel_unstored_intents(account: str, report: Report) -> None:
	"""End the claims whose worker stopped before it had stored a PaymentIntent: cancel the one that was made, if one
	was, and free the amount. Nothing can have been charged, because confirming comes after storing."""
	filters = {**_request_is_over(), "payment_intent_id": ["is", "not set"]}
	_cancel_all(account, report, filters)


def release_abandoned(account: str, report: Report) -> None:
	"""Cancel at Stripe, and then free, what nobody is going to finish: a Started payment is waiting for a request that
	is over, an Action Required one for a payer who left. A debit under way (Processing) is never touched."""
	abandoned = {"status": payment_states.ACTION_REQUIRED, "creation": ["<", _ago(release.abandoned_after())]}
	for filters in (_request_is_over(), abandoned):
		_cancel_all(account, report, {**filters, "payment_intent_id": ["is", "set"]})


def accounts_left_behind() -> list[str]:
	"""Stripe Accounts with something for `finish_left_behind`: two small reads by index, however many payments there are."""
	frappe.db.rollback()
	found = [
		frappe.get_all("Invoice Payment", filters, pluck="stripe_account", distinct=True, order_by=None)
		for filters in (_request_is_over(), {"disputes_unread": 1})
	]
	return sorted(set().union(*found))


def finish_left_behind(account: str, report: Report) -> None:
	"""What can't wait for the hour: claims whose request ended without ending them, and disputes that could not be
	read, whose payments count nothing meanwhile."""
	cancel_unstored_intents(account, report)
	_cancel_all(account, report, {**_request_is_over(), "payment_intent_id": ["is", "set"]})
	for payment in _payments(account, {"disputes_unread": 1}):
		_each(report, payment, _read)


def _request_is_over() -> dict:
	"""Filters for the claims whose request has ended without ending them."""
	return {"status": payment_states.STARTED, "creation": ["<", _ago(REQUEST_IS_OVER)]}


def _cancel_all(account: str, report: Report, filters: dict) -> None:
	for payment in _payments(account, filters):
		_each(report, payment, lambda name: release.cancel(name, raise_faults=True))


def _payments(account: str, filters: dict) -> list[frappe._dict]:
	frappe.db.rollback()  # a snapshot of before would show what has changed since
	return frappe.get_all(
		"Invoice Payment",
		filters={"stripe_account": account, **filters},
		fields=["name", "status", "settled_minor", "payment_intent_id", "creation"],
		order_by="last_synced_at asc, creation asc",
		limit=MOST_PER_RUN,
	)


def _each(report: Report, payment: frappe._dict, work) -> None:
	"""Work on one payment; what is wrong with it alone does not keep the others waiting."""
	try:
		after = work(payment.name)
		report.payments_read += 1
		if (after.status, cint(after.settled_minor)) != (payment.status, cint(payment.settled_minor)):
			report.changed.append(f"{payment.name}: {payment.status} → {after.status}")
	except errors.NotFound:
		findings.missing_at_stripe(report, payment.name)
	except Exception as fault:
		report.note_or_raise(payment.name, fault)


def _read(name: str):
	return settle.settle(name)


def _ago(span: timedelta):
	return now_datetime() - span
