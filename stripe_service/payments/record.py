"""Write what Stripe reports of a PaymentIntent onto its Invoice Payment. The caller holds the locks and saves."""

from dataclasses import dataclass

from frappe.utils import add_days, cint, getdate, now_datetime, nowdate

from stripe_service.gateway import money, payment_states
from stripe_service.gateway.times import from_stripe
from stripe_service.utils.failure_messages import failure_message, return_message
from stripe_service.utils.labels import method_label

# "up to 4 business days": https://docs.stripe.com/payments/ach-direct-debit
DEBIT_BUSINESS_DAYS = 4


@dataclass(frozen=True)
class IntentSnapshot:
	"""A PaymentIntent as Stripe reported it, with the dispute of its charge, and the version of the row that the
	reading began with."""

	intent: dict
	version: int
	dispute: dict | None = None

	def __repr__(self) -> str:
		# A PaymentIntent holds its client secret, and tracebacks print local variables.
		return f"<IntentSnapshot {self.intent.get('id')} {self.intent.get('status')}>"


def facts_of(snapshot: IntentSnapshot, payment=None) -> payment_states.Facts:
	intent, charge, dispute = snapshot.intent, charge_of(snapshot.intent), snapshot.dispute or {}
	succeeded = intent["status"] == "succeeded"
	failed_before = bool(payment and payment.failure_message)
	return payment_states.Facts(
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


def write_facts(payment, facts: payment_states.Facts, status: str, snapshot: IntentSnapshot) -> None:
	currency, charge = payment.currency, charge_of(snapshot.intent)
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
	payment.livemode = int(bool(snapshot.intent.get("livemode")))
	if status == payment_states.PROCESSING and payment.method_type == "us_bank_account" and not payment.expected_by:
		payment.expected_by = _business_days_from_today(DEBIT_BUSINESS_DAYS)
	_write_failure(payment, snapshot.intent, status)
	_write_charge(payment, charge)
	_write_dispute(payment, snapshot.dispute)


def _business_days_from_today(days: int):
	day = getdate(nowdate())
	while days:
		day = add_days(day, 1)
		days -= day.weekday() < 5
	return day


def _write_failure(payment, intent: dict, status: str) -> None:
	if status in payment_states.RECEIVED:
		payment.failure_code = payment.decline_code = payment.failure_message = None
		return
	error = intent.get("last_payment_error")
	if error:
		record_failure(payment, error.get("code"), error.get("decline_code"), error.get("message"))


def record_failure(payment, code: str | None, decline_code: str | None, stripe_message: str | None) -> None:
	"""Set the three failure fields, the message in words for the payer."""
	payment.failure_code = code
	payment.decline_code = decline_code
	payment.failure_message = failure_message(code, decline_code, stripe_message, payment.method_type)


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
	if payment.status == payment_states.DISPUTE_LOST and payment.method_type == "us_bank_account":
		payment.failure_message = return_message(payment.dispute_reason)
