"""Stripe's list of PaymentIntents against the payments here, in both directions."""

from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import cint, format_datetime, now_datetime

from stripe_service.accounts.jobs import Report
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors, payment_states
from stripe_service.gateway.times import to_stripe
from stripe_service.payments import settle
from stripe_service.payments.intent import why_not_ours
from stripe_service.payments.record import charge_of
from stripe_service.reconcile import findings, unknown_intents

# The daily run looks back over more than a day, so that a run that was missed is made good by the next.
DAYS_BACK = 3
MOST_DAYS_BACK = 30
PAGES_PER_RUN = 200
_PAGE = 100
_FACTS = [
	"name",
	"status",
	"stripe_status",
	"received_minor",
	"refunded_minor",
	"dispute_id",
	"payment_intent_id",
]


def compare_days(days: int):
	"""The step that compares what was created within so many days (at most 30, the reach of Stripe's events too)."""
	since = now_datetime() - timedelta(days=min(max(days, 1), MOST_DAYS_BACK))

	def compare(account: str, report: Report) -> None:
		compare_since(account, report, since)

	return compare


def compare_since(account: str, report: Report, since: datetime) -> None:
	"""Settle what differs, take up what is unknown here, and look for what Stripe does not list. Commits."""
	seen: set[str] = set()
	complete = False
	for page in _pages(account, since):
		complete = not page["has_more"]
		_compare_page(account, page["data"], report)
		seen.update(intent["id"] for intent in page["data"])
	if not complete:
		report.stopped = _("More than {0} PaymentIntents since {1}: compare fewer days at a time.").format(
			PAGES_PER_RUN * _PAGE, format_datetime(since)
		)
		return
	_look_for_unlisted(account, since, seen, report)


def _pages(account: str, since: datetime):
	gateway = gateway_for(account)
	params = {"limit": _PAGE, "created": {"gte": to_stripe(since)}, "expand": ["data.latest_charge"]}
	for _number in range(PAGES_PER_RUN):
		page = gateway.call("payment_intents.list", params=params)
		yield page
		if not page["has_more"] or not page["data"]:
			return
		params = {**params, "starting_after": page["data"][-1]["id"]}


def _compare_page(account: str, intents: list[dict], report: Report) -> None:
	report.compared_at_stripe += len(intents)
	payments = _payments_of(account, [intent["id"] for intent in intents])
	for intent in intents:
		payment = payments.get(intent["id"])
		try:
			if payment and _differs(payment, intent):
				after = settle.settle(payment.name)
				report.payments_read += 1
				report.changed.append(f"{payment.name}: {payment.status} → {after.status}")
			elif not payment and not why_not_ours(intent.get("metadata") or {}):
				unknown_intents.adopt_or_report(account, intent["id"], report)
		except unknown_intents.NotOurs:
			continue
		except Exception as fault:
			report.note_or_raise(intent["id"], fault)


def _payments_of(account: str, intent_ids: list[str]) -> dict[str, frappe._dict]:
	frappe.db.rollback()
	rows = frappe.get_all(
		"Invoice Payment",
		filters={"stripe_account": account, "payment_intent_id": ["in", intent_ids or [""]]},
		fields=_FACTS,
	)
	return {row.payment_intent_id: row for row in rows}


def _differs(payment: frappe._dict, intent: dict) -> bool:
	"""Whether reading the PaymentIntent would change the payment; Stripe's list tells all that is needed but fees."""
	charge = charge_of(intent)
	succeeded = intent["status"] == "succeeded"
	return (
		payment.stripe_status != intent["status"]
		or cint(payment.received_minor) != (cint(intent.get("amount_received")) if succeeded else 0)
		or cint(payment.refunded_minor) != cint(charge.get("amount_refunded"))
		or bool(charge.get("disputed")) != bool(payment.dispute_id)
	)


def _look_for_unlisted(account: str, since: datetime, seen: set[str], report: Report) -> None:
	frappe.db.rollback()
	rows = frappe.get_all(
		"Invoice Payment",
		# A PaymentIntent is created after its payment's row.
		filters={
			"stripe_account": account,
			"creation": [">=", since],
			"payment_intent_id": ["is", "set"],
			"status": ["not in", payment_states.VOID],
		},
		fields=["name", "payment_intent_id"],
	)
	gateway = gateway_for(account)
	for row in rows:
		if row.payment_intent_id not in seen:
			report.each(row.name, lambda row=row: _check_exists(gateway, row, report))


def _check_exists(gateway, row: frappe._dict, report: Report) -> None:
	"""Reading decides, not the list: the payment may be younger than the list."""
	try:
		gateway.call("payment_intents.retrieve", row.payment_intent_id)
	except errors.NotFound:
		findings.missing_at_stripe(report, row.name)


def close_what_is_over(account: str, report: Report) -> None:
	"""Settle the findings that have been put right since they were made. Commits."""
	gateway = gateway_for(account)

	def is_over(finding: frappe._dict) -> bool:
		return bool(report.each(finding.object_id, lambda: _is_over(gateway, account, finding)))

	for subject in findings.close_if_over(account, is_over):
		report.changed.append(_("{0}: no longer so").format(subject))


def _is_over(gateway, account: str, finding: frappe._dict) -> bool:
	if finding.kind == findings.UNKNOWN_HERE:
		if frappe.db.exists(
			"Invoice Payment", {"payment_intent_id": finding.object_id, "stripe_account": account}
		):
			return True
		try:
			intent = gateway.call(
				"payment_intents.retrieve", finding.object_id, params={"expand": ["latest_charge"]}
			)
		except errors.NotFound:
			return True
		return intent["status"] == "canceled" or bool(charge_of(intent).get("refunded"))
	try:
		gateway.call("payment_intents.retrieve", finding.object_id)
	except errors.NotFound:
		return False
	return True
