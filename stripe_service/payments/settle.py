"""The one function through which anything that Stripe reports reaches the site.

The browser's return, the webhook, the reconciler and the charge itself all call `settle`, in any order and any
number of times. It reads the PaymentIntent, locks, and writes what it read, unless something was applied since the
reading began: then it reads again, so that an old answer never undoes a newer one. The money is committed before
anything that could fail for other reasons (scripts, workflow, e-mail) is even started.
"""

import frappe
from frappe import _
from frappe.utils import cint

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import payment_states
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_enabled_config
from stripe_service.payments import follow_up
from stripe_service.payments.follow_up import AppliedChange
from stripe_service.payments.record import IntentSnapshot, charge_of, facts_of, write_facts
from stripe_service.payments.surplus import mark_surplus
from stripe_service.stripe_service.doctype.invoice_payment.invoice_payment import lock_document
from stripe_service.utils.transaction import in_fresh_transaction

EXPAND = ["latest_charge.balance_transaction", "payment_method"]
READINGS = 5


class OutOfStep(Exception):
	"""Others kept applying newer answers while we read; whoever calls may try again later."""


def settle(payment_name: str):
	"""Read the payment's PaymentIntent from Stripe and write what it says; returns the Invoice Payment.

	Needs no permission of the session user: callers check theirs. Commits. Raises gateway.errors when Stripe can't
	be read, OutOfStep after several readings in vain.
	"""
	for _attempt in range(READINGS):
		row = frappe.db.get_value(
			"Invoice Payment",
			payment_name,
			["payment_intent_id", "stripe_account", "sync_version"],
			as_dict=True,
		)
		if not row.payment_intent_id:
			return frappe.get_doc("Invoice Payment", payment_name)
		gateway = gateway_for(row.stripe_account)
		intent = gateway.call("payment_intents.retrieve", row.payment_intent_id, params={"expand": EXPAND})
		snapshot = IntentSnapshot(intent, cint(row.sync_version), dispute_of(gateway, intent))
		if apply(payment_name, snapshot):
			return frappe.get_doc("Invoice Payment", payment_name)
		# A fresh snapshot, or the version read next would be the one read before.
		frappe.db.rollback()
	raise OutOfStep(payment_name)


def settle_intent(account: str, payment_intent_id: str):
	"""Settle by PaymentIntent id; returns the Invoice Payment, or None if the site has none for it."""
	name = frappe.db.get_value(
		"Invoice Payment", {"payment_intent_id": payment_intent_id, "stripe_account": account}
	)
	return settle(name) if name else None


def dispute_of(gateway, intent: dict) -> dict | None:
	"""The dispute that counts: the latest of the charge, if there is any. One more call where the charge is disputed."""
	charge = charge_of(intent)
	if not charge.get("disputed"):
		return None
	found = gateway.call("disputes.list", params={"payment_intent": intent["id"], "limit": 10})["data"]
	return max(found, key=lambda dispute: dispute["created"]) if found else None


def apply(payment_name: str, snapshot: IntentSnapshot) -> bool:
	"""Write a snapshot; False if a later one was applied since it was begun. Commits, then starts what follows."""
	change = in_fresh_transaction(lambda: _apply(payment_name, snapshot))
	if change is None:
		return False
	follow_up.run(change)
	return True


def _apply(payment_name: str, snapshot: IntentSnapshot) -> AppliedChange | None:
	reference = frappe.db.get_value(
		"Invoice Payment", payment_name, ["reference_doctype", "reference_name"], as_dict=True
	)
	# The document before the payment, as the claim locks them.
	document = lock_document(reference)
	payment = frappe.get_doc("Invoice Payment", payment_name, for_update=True)
	if cint(payment.sync_version) != snapshot.version:
		return None
	change = AppliedChange(payment, payment.status, cint(payment.settled_minor), snapshot.intent)
	facts = facts_of(snapshot, payment)
	status = payment_states.status_of(facts)
	if not payment_states.may_follow(payment.status, status):
		_report_impossible(payment, status)
		return change
	write_facts(payment, facts, status, snapshot)
	if change.settled_changed:
		payment.after_payment_status = "Pending"
	payment.write()
	if document and get_enabled_config(document.doctype):
		_update_document(document, payment)
	return change


def _report_impossible(payment, status: str) -> None:
	payment.write(
		attention=_("Stripe reports {0} for a payment that is {1} here. Please check it at Stripe.").format(
			status, payment.status
		),
		sync_version=cint(payment.sync_version) + 1,
	)


def _update_document(document, payment) -> None:
	payable = open_payable(document)
	balance = balance_of(payable, lock=True)
	mark_surplus(payable, balance, loaded=payment)
	payable.update_document(balance)
