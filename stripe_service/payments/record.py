"""What a reading of Stripe says about an Invoice Payment: first the facts that decide, then what is only shown.

`decisive_values` are numbers, states and ids of this app's own choosing: nothing in them can fail to fit. `set_shown`
takes everything that Stripe words as it likes; the caller writes it apart from the money, made to fit, and lets none of
it raise.
"""

from dataclasses import dataclass

import frappe
from frappe.utils import add_days, cint, getdate, now_datetime, nowdate

from stripe_service.gateway import disputes, money, payment_states
from stripe_service.gateway.disputes import Disputes
from stripe_service.gateway.times import from_stripe
from stripe_service.payments.ledger import PENDING
from stripe_service.utils.failure_messages import failure_message, return_message
from stripe_service.utils.fitting import log_left_out
from stripe_service.utils.labels import method_label

# "up to 4 business days": https://docs.stripe.com/payments/ach-direct-debit
DEBIT_BUSINESS_DAYS = 4


@dataclass(frozen=True)
class IntentSnapshot:
	"""A PaymentIntent as Stripe reported it, with the disputes of its charge, and the version of the row that the
	reading began with."""

	intent: dict
	version: int
	disputes: Disputes = disputes.NONE

	def __repr__(self) -> str:
		# A PaymentIntent holds its client secret, and tracebacks print local variables.
		return f"<IntentSnapshot {self.intent.get('id')} {self.intent.get('status')}>"


def facts_of(snapshot: IntentSnapshot, payment=None) -> payment_states.Facts:
	"""The amounts (minor units of the payment) and the state that Stripe reports."""
	intent, charge = snapshot.intent, charge_of(snapshot.intent)
	failed_before = bool(payment and payment.failure_message)
	has_failure = bool(intent.get("last_payment_error")) or failed_before
	if intent["status"] != "succeeded":
		return payment_states.Facts(intent["status"], has_failure=has_failure)
	received = cint(intent.get("amount_received"))
	return payment_states.Facts(
		stripe_status=intent["status"],
		received_minor=received,
		refunded_minor=cint(charge.get("amount_refunded")),
		disputed_minor=min(snapshot.disputes.withheld_minor, received),
		dispute_standing=snapshot.disputes.standing,
		has_failure=has_failure,
	)


def charge_of(intent: dict) -> dict:
	"""The PaymentIntent's last charge, if it was read with it; else empty."""
	charge = intent.get("latest_charge")
	return charge if isinstance(charge, dict) else {}


def decisive_values(payment, facts: payment_states.Facts, status: str, snapshot: IntentSnapshot) -> dict:
	"""By fieldname: state, amounts and ids of the payment; of its rows see `ledger`."""
	charge = charge_of(snapshot.intent)
	values = {
		"status": status,
		"stripe_status": facts.stripe_status,
		"sync_version": cint(payment.sync_version) + 1,
		"last_synced_at": now_datetime(),
		"livemode": int(bool(snapshot.intent.get("livemode"))),
		"settled_minor": facts.settled_minor,
		"settled_at": settled_at(payment, snapshot) if facts.received_minor else payment.settled_at,
		"charge_id": charge.get("id") or payment.charge_id,
		"dispute_id": (snapshot.disputes.shown or {}).get("id") or payment.dispute_id,
		"dispute_blocks_refund": int(snapshot.disputes.blocks_refund),
		"disputes_unread": int(snapshot.disputes.unread),
	}
	for field, minor in (
		("received", facts.received_minor),
		("refunded", facts.refunded_minor),
		("disputed", facts.disputed_minor),
	):
		values |= {f"{field}_minor": minor, f"{field}_amount": money.from_minor(minor, payment.currency)}
	return values


def marked_pending() -> dict:
	"""By fieldname: that what follows the payment is to be run. The mark is another each time, so that a run that was begun
	before does not take it for done."""
	return {"after_payment_status": PENDING, "after_payment_mark": frappe.generate_hash(length=10)}


def settled_at(payment, snapshot: IntentSnapshot):
	"""When Stripe had the money, in the site's time: what reports and books go by, however late it was learnt.

	A card's charge succeeds when it is made (`charge.created`). A bank debit's charge is made days before it succeeds;
	its balance transaction is created when it does, some seconds late, so until that is there, it is the time of this
	reading. https://docs.stripe.com/api/balance_transactions/object
	"""
	charge = charge_of(snapshot.intent)
	if payment.method_type == "card":
		return from_stripe(charge.get("created")) or payment.settled_at or now_datetime()
	transaction = charge.get("balance_transaction")
	booked = transaction.get("created") if isinstance(transaction, dict) else None
	return from_stripe(booked) or payment.settled_at or now_datetime()


def set_shown(payment, snapshot: IntentSnapshot) -> None:
	"""Set on `payment`, whose decisive values are written already, what people are shown; does not save. Each part by
	itself: one that can't be understood is logged, and takes no other with it."""
	for part in (_set_expectation, _set_failure, _set_method, _set_receipt, _set_fee, _set_dispute):
		try:
			part(payment, snapshot)
		except Exception:
			frappe.log_error(
				title=f"Stripe Service: {part.__name__.strip('_')} of {payment.name}",
				reference_doctype=payment.doctype,
				reference_name=payment.name,
			)


def _set_expectation(payment, snapshot: IntentSnapshot) -> None:
	by_debit = payment.method_type == "us_bank_account"
	if payment.status != payment_states.PROCESSING or not by_debit or payment.expected_by:
		return
	day, business_days = getdate(nowdate()), DEBIT_BUSINESS_DAYS
	while business_days:
		day = add_days(day, 1)
		business_days -= day.weekday() < 5
	payment.expected_by = day


def _set_failure(payment, snapshot: IntentSnapshot) -> None:
	if payment.status in payment_states.RECEIVED:
		payment.failure_code = payment.decline_code = payment.failure_message = None
		return
	error = snapshot.intent.get("last_payment_error")
	if error:
		record_failure(payment, error.get("code"), error.get("decline_code"), error.get("message"))


def record_failure(payment, code: str | None, decline_code: str | None, stripe_message: str | None) -> None:
	"""Set the three failure fields, the message in words for the payer."""
	payment.failure_code = code
	payment.decline_code = decline_code
	payment.failure_message = failure_message(code, decline_code, stripe_message, payment.method_type)


def _set_method(payment, snapshot: IntentSnapshot) -> None:
	details = charge_of(snapshot.intent).get("payment_method_details") or {}
	kind = details.get("type")
	shown = details.get(kind) or {}
	if not shown.get("last4"):
		return
	payment.last4 = shown["last4"]
	payment.brand = shown.get("brand") or shown.get("bank_name") or payment.brand
	wallet = (shown.get("wallet") or {}).get("type")
	payment.method_label = method_label(kind, payment.brand, payment.last4, wallet)


def _set_receipt(payment, snapshot: IntentSnapshot) -> None:
	payment.receipt_url = charge_of(snapshot.intent).get("receipt_url") or payment.receipt_url


def _set_fee(payment, snapshot: IntentSnapshot) -> None:
	"""In the currency that the account settles in, which need not be the payment's."""
	transaction = charge_of(snapshot.intent).get("balance_transaction")
	if not isinstance(transaction, dict):
		return
	payment.balance_transaction_id = transaction["id"]
	currency = transaction["currency"].upper()
	if not frappe.db.exists("Currency", currency):
		# An amount without its currency would be read as one of the site's own.
		log_left_out(payment.doctype, "stripe_fee", f"no Currency record {currency}")
		return
	payment.fee_currency = currency
	payment.stripe_fee = money.from_minor(transaction["fee"], currency)
	payment.net_amount = money.from_minor(transaction["net"], currency)


def _set_dispute(payment, snapshot: IntentSnapshot) -> None:
	dispute = snapshot.disputes.shown
	if not dispute:
		return
	payment.dispute_status = dispute.get("status")
	payment.dispute_reason = dispute.get("reason")
	payment.dispute_due_by = from_stripe(disputes.due_by(dispute))
	if payment.status == payment_states.DISPUTE_LOST and payment.method_type == "us_bank_account":
		payment.failure_message = return_message(payment.dispute_reason)
