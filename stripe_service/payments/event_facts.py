"""What scripts and hooks are told of a payment: `doc.flags.stripe_payment`.

A promise to people who write Server Scripts (docs/after-payment.md): names stay, values are plain, and nothing can be
changed, so that one script can't mislead the next.
"""

import frappe
from frappe.utils import cint

from stripe_service.gateway import money
from stripe_service.payables.status import state_for

PAID, PARTLY_PAID, REFUNDED, DISPUTED, DISPUTE_WON = (
	"paid",
	"partly_paid",
	"refunded",
	"disputed",
	"dispute_won",
)

# What on_payment_authorized is given, in the words of the apps that have the event already. They take "Completed"
# for "paid in full", so nothing else is called that.
EVENT_STATUS = {PARTLY_PAID: "Partly Paid", REFUNDED: "Refunded", DISPUTED: "Disputed"}


class PaymentFacts(frappe._dict):
	"""A dict that can be read as `facts["amount"]` and `facts.amount`, and not written."""

	def _refuse(self, *args, **kwargs):
		raise TypeError("doc.flags.stripe_payment can only be read")

	__setitem__ = __setattr__ = __delitem__ = __delattr__ = _refuse
	update = pop = popitem = clear = setdefault = __ior__ = _refuse

	def copy(self) -> frappe._dict:
		"""A plain copy, which may be changed."""
		return frappe._dict(self)

	def __reduce__(self):
		return frappe._dict, (dict(self),)


def facts_of(payment, row, payable, balance) -> PaymentFacts:
	"""The facts of one change of what the document has of `payment` (Invoice Payment), by its `row`: since the event last ran.
	Amounts are the document's part of the payment. Those without suffix are major units of `currency`."""
	change = cint(row.settled_minor) - cint(row.event_minor)
	outcome = _outcome(payment, balance, change)
	minor = {
		"amount": cint(row.amount_minor),
		"change": change,
		"settled": balance.settled_minor,
		"outstanding": balance.outstanding_minor,
		"under_way": balance.reserved_minor,
		"total": balance.total_minor,
	}
	facts = {f"{key}_minor": value for key, value in minor.items()}
	facts |= {key: float(money.from_minor(value, payment.currency)) for key, value in minor.items()}
	return PaymentFacts(
		facts,
		payment=payment.name,
		outcome=outcome,
		event_status=_event_status(outcome, balance),
		currency=payment.currency,
		method=payment.method_type,
		method_label=payment.method_label,
		payer=payment.user,
		receipt_url=payment.receipt_url,
		stripe_account=payment.stripe_account,
		payment_intent_id=payment.payment_intent_id,
		test_mode=not payment.livemode,
		doctype=payable.doctype,
		name=payable.name,
		state=state_for(payable, balance),
	)


def _outcome(payment, balance, change: int) -> str:
	if change > 0:
		if payment.dispute_id:
			return DISPUTE_WON
		return PARTLY_PAID if balance.outstanding_minor > 0 else PAID
	return DISPUTED if payment.status in ("Disputed", "Dispute Lost") else REFUNDED


def _event_status(outcome: str, balance) -> str:
	if outcome == DISPUTE_WON:
		outcome = PARTLY_PAID if balance.outstanding_minor > 0 else PAID
	return EVENT_STATUS.get(outcome, "Completed")
