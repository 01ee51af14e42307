"""The one function through which anything that Stripe says reaches the site.

The browser's return, the webhook, the reconciler and the charge itself all call `settle`, in any order and any
number of times. It reads the PaymentIntent, locks, and writes what it read, unless something was applied since the
reading began: then it reads again, so that an old answer never undoes a newer one. The money is committed before
anything that could fail for other reasons (scripts, workflow, e-mail) is even started.
"""

from dataclasses import dataclass

import frappe
from frappe import _
from frappe.utils import add_days, cint, getdate, now_datetime, nowdate

from stripe_service.accounts.connect import gateway_for
from stripe_service.gateway import money
from stripe_service.payables.registry import open_payable, payable_for
from stripe_service.payments import states
from stripe_service.payments.balance import balance_of
from stripe_service.payments.times import from_stripe
from stripe_service.payments.transaction import in_fresh_transaction

EXPAND = ["latest_charge.balance_transaction", "payment_method"]
READINGS = 5
# "up to 4 business days": https://docs.stripe.com/payments/ach-direct-debit
DEBIT_BUSINESS_DAYS = 4


class OutOfStep(Exception):
	"""Others kept applying newer answers while we read; whoever calls may try again later."""


@dataclass(frozen=True)
class Reading:
	"""A PaymentIntent as Stripe told it, with the disputes of its charge, and the version of the row that the
	reading was begun with."""

	intent: dict
	version: int
	dispute: dict | None = None


def settle(payment_name: str, dispute_hint: dict | None = None):
	"""Read the payment's PaymentIntent from Stripe and bring the site into line; returns the Invoice Payment.

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
		reading = read(row.stripe_account, row.payment_intent_id, cint(row.sync_version))
		if apply(payment_name, reading):
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


def read(account: str, payment_intent_id: str, version: int) -> Reading:
	"""One reading call, two where the charge is disputed."""
	gateway = gateway_for(account)
	intent = gateway.call("payment_intents.retrieve", payment_intent_id, params={"expand": EXPAND})
	return Reading(intent, version, dispute_of(gateway, intent))


def dispute_of(gateway, intent: dict) -> dict | None:
	"""The dispute that counts: the latest of the charge, if there is any."""
	charge = charge_of(intent)
	if not charge.get("disputed"):
		return None
	found = gateway.call("disputes.list", params={"payment_intent": intent["id"], "limit": 10})["data"]
	return max(found, key=lambda dispute: dispute["created"]) if found else None


def apply(payment_name: str, reading: Reading) -> bool:
	"""Write a reading; False if a later one was applied since it was begun. Commits, then starts what follows."""
	change = in_fresh_transaction(lambda: _apply(payment_name, reading))
	if change is None:
		return False
	_follow_up(change)
	return True


@dataclass(frozen=True)
class Change:
	"""What an applied reading did to the payment."""

	payment: object
	old_status: str
	old_settled_minor: int
	intent: dict

	@property
	def settled_changed(self) -> bool:
		return cint(self.payment.settled_minor) != self.old_settled_minor


def _apply(payment_name: str, reading: Reading) -> Change | None:
	reference = frappe.db.get_value(
		"Invoice Payment", payment_name, ["reference_doctype", "reference_name"], as_dict=True
	)
	# The document before the payment, as the claim locks them.
	document = _lock_document(reference)
	payment = frappe.get_doc("Invoice Payment", payment_name, for_update=True)
	if cint(payment.sync_version) != reading.version:
		return None
	change = Change(payment, payment.status, cint(payment.settled_minor), reading.intent)
	facts = facts_of(reading, payment)
	status = states.status_of(facts)
	if not states.may_follow(payment.status, status):
		_report_impossible(payment, status, reading)
		return change
	_write_facts(payment, facts, status, reading)
	if cint(payment.settled_minor) != change.old_settled_minor:
		payment.after_payment_status = "Pending"
	_save(payment)
	if document and payable_for(document.doctype):
		_reflect(document, payment)
	return change


def _lock_document(reference):
	try:
		return frappe.get_doc(reference.reference_doctype, reference.reference_name, for_update=True)
	except (frappe.DoesNotExistError, ImportError):
		# The document is gone or its app is: the money is recorded all the same.
		frappe.clear_last_message()
		return None


def facts_of(reading: Reading, payment=None) -> states.Facts:
	intent, charge, dispute = reading.intent, charge_of(reading.intent), reading.dispute or {}
	succeeded = intent["status"] == "succeeded"
	failed_before = bool(payment and payment.failure_message)
	return states.Facts(
		stripe_status=intent["status"],
		received_minor=cint(intent.get("amount_received")) if succeeded else 0,
		refunded_minor=cint(charge.get("amount_refunded")) if succeeded else 0,
		disputed_amount_minor=cint(dispute.get("amount")) if succeeded else 0,
		dispute_status=dispute.get("status") if succeeded else None,
		has_failure=bool(intent.get("last_payment_error")) or failed_before,
	)


def charge_of(intent: dict) -> dict:
	charge = intent.get("latest_charge")
	return charge if isinstance(charge, dict) else {}


def _write_facts(payment, facts: states.Facts, status: str, reading: Reading) -> None:
	currency, charge = payment.currency, charge_of(reading.intent)
	payment.status = status
	payment.stripe_status = facts.stripe_status
	payment.sync_version = cint(payment.sync_version) + 1
	payment.last_synced_at = now_datetime()
	for field, minor in (
		("received", facts.received_minor),
		("refunded", facts.refunded_minor),
		("disputed", facts.disputed_minor),
	):
		payment.set(f"{field}_minor", minor)
		payment.set(f"{field}_amount", money.from_minor(minor, currency))
	payment.settled_minor = facts.settled_minor
	if facts.received_minor and not payment.settled_at:
		payment.settled_at = now_datetime()
	payment.livemode = int(bool(reading.intent.get("livemode")))
	if status == states.PROCESSING and payment.method_type == "us_bank_account" and not payment.expected_by:
		payment.expected_by = _business_days_from_today(DEBIT_BUSINESS_DAYS)
	_write_failure(payment, reading.intent, status)
	_write_charge(payment, charge)
	_write_dispute(payment, reading.dispute)


def _business_days_from_today(days: int):
	day = getdate(nowdate())
	while days:
		day = add_days(day, 1)
		days -= day.weekday() < 5
	return day


def _write_failure(payment, intent: dict, status: str) -> None:
	if status in states.RECEIVED:
		payment.failure_code = payment.decline_code = payment.failure_message = None
		return
	error = intent.get("last_payment_error")
	if error:
		record_failure(payment, error.get("code"), error.get("decline_code"), error.get("message"))


def record_failure(payment, code: str | None, decline_code: str | None, stripe_message: str | None) -> None:
	"""Set the three failure fields, the message in words for the payer."""
	from stripe_service.methods.messages import plain

	payment.failure_code = code
	payment.decline_code = decline_code
	payment.failure_message = plain(code, decline_code, stripe_message, payment.method_type)


def _write_charge(payment, charge: dict) -> None:
	if not charge:
		return
	payment.charge_id = charge["id"]
	payment.receipt_url = charge.get("receipt_url") or payment.receipt_url
	_write_method(payment, charge.get("payment_method_details") or {})
	transaction = charge.get("balance_transaction")
	if isinstance(transaction, dict):
		_write_fee(payment, transaction)


def _write_method(payment, details: dict) -> None:
	kind = details.get("type")
	told = details.get(kind) or {}
	if not told.get("last4"):
		return
	payment.last4 = told["last4"]
	payment.brand = told.get("brand") or told.get("bank_name") or payment.brand
	payment.method_label = method_label(kind, payment.brand, payment.last4)


BRAND_NAMES = {
	"visa": "VISA",
	"mastercard": "MasterCard",
	"amex": "American Express",
	"discover": "Discover",
	"diners": "Diners Club",
	"jcb": "JCB",
}


def method_label(kind: str, brand: str | None, last4: str | None) -> str:
	"""How a person names the card or the account: VISA •••• 4242."""
	name = BRAND_NAMES.get(brand or "", brand) or (_("Card") if kind == "card" else _("Bank account"))
	return f"{name} •••• {last4}" if last4 else name


def _write_fee(payment, transaction: dict) -> None:
	# In the account's own currency, which need not be the payment's.
	currency = transaction["currency"].upper()
	payment.balance_transaction_id = transaction["id"]
	payment.fee_currency = currency
	payment.stripe_fee = money.from_minor(transaction["fee"], currency)
	payment.net_amount = money.from_minor(transaction["net"], currency)


def _write_dispute(payment, dispute: dict | None) -> None:
	if not dispute:
		return
	payment.dispute_id = dispute["id"]
	payment.dispute_reason = dispute.get("reason")
	due_by = (dispute.get("evidence_details") or {}).get("due_by")
	payment.dispute_due_by = from_stripe(due_by)
	if payment.status == states.DISPUTE_LOST and payment.method_type == "us_bank_account":
		from stripe_service.methods.messages import plain_return

		payment.failure_message = plain_return(payment.dispute_reason)


def _save(payment) -> None:
	payment.flags.by_stripe_service = True
	payment.save(ignore_permissions=True)


def _reflect(document, payment) -> None:
	payable = open_payable(document)
	balance = balance_of(payable, lock=True)
	_mark_unallocated(payment, balance)
	payable.reflect(balance)


def _mark_unallocated(payment, balance) -> None:
	"""Money beyond what the document owes stays visible on the payment that brought it."""
	excess = min(balance.unallocated_minor, cint(payment.settled_minor))
	if excess == cint(payment.unallocated_minor):
		return
	payment.unallocated_minor = excess
	payment.unallocated_amount = money.from_minor(excess, payment.currency)
	payment.attention = (
		_("{0} more than the document owes was received. Refund it, or credit it to the payer.").format(
			frappe.utils.fmt_money(payment.unallocated_amount, currency=payment.currency)
		)
		if excess
		else None
	)
	_save(payment)


def _report_impossible(payment, status: str, reading: Reading) -> None:
	payment.attention = _(
		"Stripe reports {0} for a payment that is {1} here. Please check it at Stripe."
	).format(status, payment.status)
	payment.sync_version = cint(payment.sync_version) + 1
	_save(payment)


def _follow_up(change: Change) -> None:
	"""What the money sets off. Each step can be lost and is found again by a sweep, so none may raise."""
	payment = change.payment
	for step in (_run_after_payment, _keep_card, _release_what_failed, _tell_people, _tell_browsers):
		try:
			step(change)
			frappe.db.commit()
		except Exception:
			frappe.db.rollback()
			frappe.log_error(
				title=f"Stripe Service: {step.__name__.strip('_')} of {payment.name}",
				reference_doctype="Invoice Payment",
				reference_name=payment.name,
			)


def _run_after_payment(change: Change) -> None:
	if change.settled_changed:
		from stripe_service.payables.after_payment import enqueue

		enqueue(change.payment.name)


def _keep_card(change: Change) -> None:
	"""A card that the payer chose to save is theirs once Stripe has attached it, which success does."""
	payment = change.payment
	newly = payment.status in states.RECEIVED and change.old_status in states.RESERVING
	if not (newly and payment.save_method and payment.method_type == "card" and not payment.saved_card):
		return
	from stripe_service.methods.cards import remember

	if isinstance(change.intent.get("payment_method"), dict):
		remember(
			payment.stripe_account,
			payment.stripe_customer,
			change.intent["payment_method"],
			consent=payment.creation,
		)


def _release_what_failed(change: Change) -> None:
	"""A PaymentIntent that failed after it was sent (3-D Secure, a debit days later) could be confirmed again by
	whoever has its client secret: cancel it, and with that free the amount."""
	payment = change.payment
	if payment.status == states.STARTED and payment.confirm_sent_at and payment.failure_message:
		from stripe_service.payments.release import cancel

		cancel(payment.name)


def _tell_people(change: Change) -> None:
	from stripe_service.payments.notices import tell_about

	tell_about(change)


def _tell_browsers(change: Change) -> None:
	payment = change.payment
	frappe.publish_realtime(
		"stripe_payment",
		{"payment": payment.name, "status": payment.status},
		doctype=payment.reference_doctype,
		docname=payment.reference_name,
		after_commit=True,
	)
