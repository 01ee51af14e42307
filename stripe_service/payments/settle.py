"""The one function through which anything that Stripe reports reaches the site.

The browser's return, the webhook, the reconciler and the charge itself all call `settle`, in any order and any
number of times. It reads the PaymentIntent, locks, and writes what it read, unless something was applied since the
reading began: then it reads again, so that an old answer never undoes a newer one.

The facts that decide (state, amounts, ids) are written first and by themselves, and nothing else can refuse them: a
document that can't be updated, a receipt's address that is too long or a script that fails is logged. What is only shown
is written after the money is committed, and what may fail for other reasons (scripts, workflow, e-mail) starts after that.
"""

from collections.abc import Callable
from functools import partial

import frappe
from frappe import _
from frappe.utils import cint

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import disputes, errors, payment_states
from stripe_service.gateway.disputes import Disputes
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import is_booked, open_payable
from stripe_service.payables.registry import get_enabled_config
from stripe_service.payments import follow_up, ledger
from stripe_service.payments.follow_up import AppliedChange, values_before
from stripe_service.payments.notices import write_notices
from stripe_service.payments.record import (
	IntentSnapshot,
	charge_of,
	decisive_values,
	facts_of,
	marked_pending,
	set_shown,
)
from stripe_service.payments.surplus import mark_surplus, notify_about_surplus
from stripe_service.stripe_service.doctype.invoice_payment.invoice_payment import (
	documents_of,
	lock_documents,
)
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
		snapshot = IntentSnapshot(intent, cint(row.sync_version), disputes_of(gateway, intent))
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


def disputes_of(gateway, intent: dict) -> Disputes:
	"""All disputes of the PaymentIntent's charge, summed. One more call where the charge is disputed.

	Where Stripe does not tell them, the doubt withholds: the charge says that it is disputed, so nothing of it counts
	until they can be read, which the next sweep tries (`disputes_unread`). Does not raise.
	"""
	if not charge_of(intent).get("disputed"):
		return disputes.NONE
	received = cint(intent.get("amount_received"))
	try:
		found = gateway.list_all("disputes.list", params={"payment_intent": intent["id"]})
	except errors.GatewayError as error:
		frappe.logger("stripe_service").warning(f"{intent['id']}: its disputes can't be read: {error}")
		return disputes.unread(received)
	# An empty list for a charge that is disputed is a list that lags behind.
	return disputes.summed(found, received, intent["currency"]) if found else disputes.unread(received)


def apply(payment_name: str, snapshot: IntentSnapshot, documents: list | None = None) -> bool:
	"""Write a snapshot; False if a later one was applied since it was begun. `documents` of the payment (DocType, name), if the
	caller has read them already. Commits, then starts what follows."""
	documents = documents or documents_of(payment_name)
	try:
		change = in_fresh_transaction(lambda: _apply(payment_name, documents, snapshot))
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		# Somebody holds a document. The payment's own row is enough to record money.
		change = in_fresh_transaction(lambda: _apply(payment_name, [], snapshot))
	if change is None:
		return False
	_write_shown(change, snapshot)
	follow_up.run(change)
	return True


def _apply(payment_name: str, documents: list, snapshot: IntentSnapshot) -> AppliedChange | None:
	# The documents before the payment, as the claim locks them.
	locked = lock_documents(documents)
	payment = frappe.get_doc("Invoice Payment", payment_name, for_update=True)
	if cint(payment.sync_version) != snapshot.version:
		return None
	change = AppliedChange(payment, values_before(payment), snapshot.intent)
	facts = facts_of(snapshot, payment)
	status = payment_states.status_of(facts)
	if not payment_states.may_follow(payment.status, status):
		payment.write(
			attention=_(
				"Stripe reports {0} for a payment that is {1} here. Please check it at Stripe."
			).format(status, payment.status),
			sync_version=cint(payment.sync_version) + 1,
		)
		return change
	values = decisive_values(payment, facts, status, snapshot)
	shares = ledger.shares_of(payment, facts)
	if ledger.changes(payment, shares):
		values |= marked_pending()
	payment.write(**values)
	ledger.write_shares(payment, shares, reserving=payment.is_open)
	reflect_on_documents(payment, locked)
	# In this transaction, so that no notice is lost. Their texts need what is only shown, which is set here but written
	# by the next transaction.
	set_shown(payment, snapshot)
	_beside_the_money(lambda: write_notices(change), payment)
	return change


def reflect_on_documents(payment, locked: set) -> None:
	"""Show on the payment's documents, of which those in `locked` (DocType, name) are there and locked, what is paid and under
	way, in the caller's transaction, in which money is written. One that can't be updated keeps no other from it."""
	for row in payment.references:
		if (row.reference_doctype, row.reference_name) in locked:
			_beside_the_money(partial(_update_document, payment, row), payment)


def _beside_the_money(work: Callable[[], None], payment) -> None:
	"""Run `work` in the transaction in which money is written, which goes on without it if it fails. A deadlock ends the
	whole transaction, so it is raised, and all of it is run again."""
	frappe.db.savepoint("beside_the_money")
	try:
		work()
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		raise
	except Exception:
		frappe.db.rollback(save_point="beside_the_money")
		_log("what goes with the money", payment)


def _update_document(payment, row) -> None:
	if not get_enabled_config(row.reference_doctype):
		return
	document = frappe.get_doc(row.reference_doctype, row.reference_name, for_update=True)
	payable = open_payable(document)
	balance = balance_of(payable, lock=True)
	changed = mark_surplus(payable, balance, loaded=payment)
	# Of the payment itself `write_notices` tells.
	notify_about_surplus([other for other in changed if other.name != payment.name])
	payable.update_document(balance)


def _write_shown(change: AppliedChange, snapshot: IntentSnapshot) -> None:
	"""What people are shown of a payment whose money is committed. Never raises; what is missing comes with the next
	reading, at the latest when the fee is looked for."""
	try:
		change.payment = in_fresh_transaction(
			lambda: _write_shown_unless_older(change.payment.name, snapshot)
		)
	except Exception:
		_log(_write_shown.__name__, change.payment)


def _write_shown_unless_older(payment_name: str, snapshot: IntentSnapshot):
	payment = frappe.get_doc("Invoice Payment", payment_name, for_update=True)
	if cint(payment.sync_version) != snapshot.version + 1:
		return payment  # a later reading has been written, and shows what is newer
	fee = payment.stripe_fee
	set_shown(payment, snapshot)
	booked = [row.name for row in payment.references if is_booked(row.reference_doctype)]
	if payment.stripe_fee != fee and payment.after_payment_status and booked:
		payment.update(marked_pending())  # the fee is booked, too
		ledger.mark_rows_pending(payment.name, booked)
	return payment.write()


def _log(what: str, payment) -> None:
	"""Never raises. An Error Log's secrets are masked when it is inserted (utils.masking)."""
	try:
		frappe.clear_messages()
		frappe.log_error(
			title=f"Stripe Service: {what.strip('_')} of {payment.name}",
			reference_doctype="Invoice Payment",
			reference_name=payment.name,
		)
	except Exception:
		frappe.logger("stripe_service").error(f"{what} of {payment.name}", exc_info=True)
