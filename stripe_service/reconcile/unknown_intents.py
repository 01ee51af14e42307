"""PaymentIntents at Stripe that bear this site's name and that no payment here points to.

They come from a worker that was stopped between creating and storing one, or from a site restored from an older
backup. The first kind was never confirmed and is canceled; the second may hold money, and a person must see it.
"""

import frappe
from frappe import _
from frappe.utils import cint, now_datetime

from stripe_service.accounts.jobs import Report
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors, payment_states
from stripe_service.payments import release, settle
from stripe_service.payments.intent import REQUEST_IS_OVER, adopt_intent, why_not_ours
from stripe_service.reconcile import findings
from stripe_service.utils.labels import money_in_words

CANCELABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")


class NotOurs(Exception):
	"""The PaymentIntent belongs to another site or app; the message says to whom, as far as it is known."""


def adopt_or_report(account: str, intent_id: str, report: Report | None = None) -> str:
	"""Read a PaymentIntent that no payment points to, and put it right or show it; returns what was done.

	Within a run of the reconciler, which tells administrators of everything at its end, `report` is the run's.
	Raises NotOurs, gateway.errors. Commits.
	"""
	try:
		intent = gateway_for(account).call("payment_intents.retrieve", intent_id)
	except errors.NotFound:
		raise NotOurs(_("Stripe has no such PaymentIntent in this account.")) from None
	reason = why_not_ours(intent.get("metadata") or {})
	if reason:
		raise NotOurs(reason)
	if report:
		return _adopt_or_report(account, intent, report)
	outcome = _adopt_or_report(account, intent, Report(account))
	findings.notify_new(account)
	return outcome


def _adopt_or_report(account: str, intent: dict, report: Report) -> str:
	name = intent["metadata"]["payment"]
	fields = ["name", "stripe_account", "status", "payment_intent_id", "creation"]
	payment = frappe.db.get_value("Invoice Payment", name, fields, as_dict=True)
	known = payment and payment.stripe_account == account
	if known and payment.payment_intent_id == intent["id"]:
		settled = settle.settle(name)
		report.payments_read += 1
		return f"{name}: {settled.status}"
	if known and not payment.payment_intent_id and payment.status in payment_states.RESERVING:
		if now_datetime() - payment.creation < REQUEST_IS_OVER:
			return _("{0}: its PaymentIntent is just being stored").format(name)
		if adopt_intent(name, intent["id"]):
			# Nobody has its client secret and the request that made it is over: it can only be canceled, or have been.
			ended = release.cancel(name)
			report.changed.append(f"{name}: {payment_states.STARTED} → {ended.status}")
			return f"{name}: {ended.status}"
	return _cancel_or_report(account, intent, report)


def _cancel_or_report(account: str, intent: dict, report: Report) -> str:
	intent = _canceled(account, intent)
	if intent["status"] == "canceled":
		report.changed.append(_("{0}: canceled at Stripe").format(intent["id"]))
		return _("{0}: belongs to no payment, canceled").format(intent["id"])
	reason = _(
		"Stripe reports {0} of {1} for the payment {2}, which this site does not have. Refund it at Stripe, or book it by hand."
	).format(
		intent["status"],
		money_in_words(cint(intent["amount"]), intent["currency"]),
		intent["metadata"]["payment"],
	)
	findings.record_finding(
		report,
		findings.UNKNOWN_HERE,
		intent["id"],
		reason,
		amount_minor=cint(intent["amount"]),
		currency=intent["currency"].upper(),
	)
	return reason


def _canceled(account: str, intent: dict) -> dict:
	"""The PaymentIntent, canceled if Stripe still can."""
	gateway = gateway_for(account)
	if intent["status"] not in CANCELABLE:
		return intent
	try:
		return gateway.call(
			"payment_intents.cancel", intent["id"], params={"cancellation_reason": "abandoned"}
		)
	except errors.InvalidRequest:
		return gateway.call("payment_intents.retrieve", intent["id"])
