"""Which function handles which event of Stripe.

Every function takes an `Event` and returns, in a few words, what it did; it raises `Ignore` for what does not concern
this site. None of them believes the event: it names an object, and the object is read from Stripe. So duplicates, old
events and any order end in the same state, several events about one object may share a function, and several waiting
ones are answered by a single reading.

The endpoint at Stripe is registered for `gateway.events.EVENT_TYPES`; a test compares both.
"""

from dataclasses import dataclass

import frappe
from frappe import _

from stripe_service.accounts import customers, registration
from stripe_service.gateway.references import id_of
from stripe_service.payments import payouts, refund, settle
from stripe_service.payments.intent import why_not_ours
from stripe_service.reconcile import unknown_intents
from stripe_service.saved_methods import bank_accounts, cards

_HERE = "stripe_service.webhooks.handlers"

HANDLERS = {
	"payment_intent.processing": f"{_HERE}.payment_intent_changed",
	"payment_intent.requires_action": f"{_HERE}.payment_intent_changed",
	"payment_intent.succeeded": f"{_HERE}.payment_intent_changed",
	"payment_intent.payment_failed": f"{_HERE}.payment_intent_changed",
	"payment_intent.canceled": f"{_HERE}.payment_intent_changed",
	# Sent once Stripe has booked the charge, which is when its fee is known; and again for a late change.
	"charge.updated": f"{_HERE}.charge_changed",
	"charge.refunded": f"{_HERE}.charge_changed",
	"refund.created": f"{_HERE}.refund_changed",
	"refund.updated": f"{_HERE}.refund_changed",
	"refund.failed": f"{_HERE}.refund_changed",
	"charge.dispute.created": f"{_HERE}.charge_changed",
	"charge.dispute.updated": f"{_HERE}.charge_changed",
	"charge.dispute.closed": f"{_HERE}.charge_changed",
	"charge.dispute.funds_withdrawn": f"{_HERE}.charge_changed",
	"charge.dispute.funds_reinstated": f"{_HERE}.charge_changed",
	"setup_intent.succeeded": f"{_HERE}.setup_intent_changed",
	"setup_intent.setup_failed": f"{_HERE}.setup_intent_changed",
	"setup_intent.requires_action": f"{_HERE}.setup_intent_changed",
	"setup_intent.canceled": f"{_HERE}.setup_intent_changed",
	"payment_method.attached": f"{_HERE}.payment_method_changed",
	"payment_method.updated": f"{_HERE}.payment_method_changed",
	"payment_method.automatically_updated": f"{_HERE}.payment_method_changed",
	"payment_method.detached": f"{_HERE}.payment_method_changed",
	"mandate.updated": f"{_HERE}.mandate_changed",
	"payout.reconciliation_completed": f"{_HERE}.payout_reconciled",
	"customer.deleted": f"{_HERE}.customer_deleted",
	"account.updated": f"{_HERE}.account_updated",
}


class Ignore(Exception):
	"""The event does not concern this site; the message says why."""


@dataclass(frozen=True)
class Event:
	"""What a handler may know. `object` is the object as Stripe wrote it into the event: it may be stale, so use only
	its ids."""

	name: str
	type: str
	account: str
	object: dict

	def __repr__(self) -> str:
		# The object may hold a client secret, and tracebacks print local variables.
		return f"<Event {self.name} {self.type}>"

	@property
	def object_id(self) -> str:
		"""The id of the object that the event is about; empty if it names none."""
		return str(self.object.get("id") or "")

	def related(self, field: str) -> str | None:
		"""The id of another object, which Stripe gives bare or expanded."""
		return id_of(self.object.get(field))


def payment_intent_changed(event: Event) -> str:
	"""A payment moved on, or did not."""
	return _settle_intent(event, event.object_id)


def charge_changed(event: Event) -> str:
	"""A fee was booked; a dispute (for a bank debit also a late return) began, changed or ended; money was refunded."""
	return _settle_intent(event, event.related("payment_intent"))


def refund_changed(event: Event) -> str:
	"""A refund began, went through or failed, which its payment's amounts alone do not tell."""
	outcome = _settle_intent(event, event.related("payment_intent"))
	payment = {"payment_intent_id": event.related("payment_intent"), "stripe_account": event.account}
	if name := frappe.db.get_value("Invoice Payment", payment):
		refund.sync_refunds(name)
	return outcome


def _settle_intent(event: Event, intent_id: str | None) -> str:
	"""Settle the payment of this PaymentIntent; returns what was done.

	A PaymentIntent that no payment points to may still be this site's, left behind by a worker that was stopped
	between creating and storing it: the reconciler knows. Raises Ignore for what is not.
	"""
	if not intent_id:
		raise Ignore(_("Not about a PaymentIntent, and this site charges by nothing else."))
	payment = settle.settle_intent(event.account, intent_id)
	if payment:
		return f"{payment.name}: {payment.status}"
	# Other apps' payments need no reading where the event says whose they are: charges and PaymentIntents carry the
	# metadata given at creation, refunds and disputes their own.
	if event.object.get("object") in ("payment_intent", "charge"):
		if why_not := why_not_ours(event.object.get("metadata") or {}):
			raise Ignore(why_not)
	try:
		return unknown_intents.adopt_or_report(event.account, intent_id)
	except unknown_intents.NotOurs as reason:
		raise Ignore(str(reason)) from None


def setup_intent_changed(event: Event) -> str:
	"""A bank account that a payer is adding was verified, failed, or waits for micro-deposits."""
	own = {"setup_intent_id": event.object_id, "stripe_account": event.account}
	return _sync_bank_account(frappe.db.get_value("Stripe Bank Account", own))


def mandate_changed(event: Event) -> str:
	"""A payer's agreement to debits ended, usually because the bank returned one as not authorised."""
	own = {"stripe_account": event.account}
	name = frappe.db.get_value("Stripe Bank Account", {"mandate_id": event.object_id, **own})
	if not name and (method := event.related("payment_method")):
		name = frappe.db.get_value("Stripe Bank Account", {"payment_method_id": method, **own})
	return _sync_bank_account(name)


def payment_method_changed(event: Event) -> str:
	"""A saved card was renewed by its bank, a bank account blocked, or either removed elsewhere."""
	own = {"payment_method_id": event.object_id, "stripe_account": event.account}
	if card := frappe.db.get_value("Saved Card", own):
		cards.refresh(card)
		return f"{card}: {frappe.db.get_value('Saved Card', card, 'status')}"
	return _sync_bank_account(frappe.db.get_value("Stripe Bank Account", own))


def _sync_bank_account(name: str | None) -> str:
	if not name:
		raise Ignore(_("Not saved here."))
	bank_accounts.sync(name)
	return f"{name}: {frappe.db.get_value('Stripe Bank Account', name, 'status')}"


def payout_reconciled(event: Event) -> str:
	"""Stripe says which charges a payout to the bank was made of."""
	booked = payouts.book(event.account, event.object_id)
	return _("{0}: {1} payments paid out").format(event.object_id, booked)


def customer_deleted(event: Event) -> str:
	"""Someone deleted a payer's Customer at Stripe, and its payment methods with it."""
	if not frappe.db.exists("Stripe Customer", {"name": event.object_id, "stripe_account": event.account}):
		raise Ignore(_("Not one of this site's customers."))
	customers.mark_if_deleted(event.object_id)
	return f"{event.object_id}: {frappe.db.get_value('Stripe Customer', event.object_id, 'status')}"


def account_updated(event: Event) -> str:
	"""What the account may do has changed, such as taking bank debits."""
	registration.refresh(event.account)
	return _("{0}: read again").format(event.account)
