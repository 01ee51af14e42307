"""Money that did not come through Stripe, and rests that nobody will pay: recorded by hand on a document, under its lock, as part
of its ledger (Payment Adjustment).

A cheque, a transfer or cash counts like money. A rest is written off with a reason: it can't be paid online where it is
below the least amount or step of its currency. Neither is edited; a wrong one is cancelled, with a reason.
"""

from dataclasses import dataclass

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime, nowdate

from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payments import after_payment
from stripe_service.payments.limits import read_amount
from stripe_service.stripe_service.doctype.payment_adjustment.payment_adjustment import (
	CANCELLED,
	MEANS,
	PAID_OTHERWISE,
	RECORDED,
	WRITTEN_OFF,
)
from stripe_service.utils.labels import money_in_words
from stripe_service.utils.transaction import begin_fresh, in_fresh_transaction


class AdjustmentRefused(frappe.ValidationError):
	"""The document can't be adjusted so; the message says why."""

	http_status_code = 417


@dataclass(frozen=True)
class OtherPayment:
	"""What was paid otherwise: `amount` in major units as typed; `means` is one of MEANS; `request_id` names one press of
	the button: the same press, sent again, is answered with the first."""

	amount: str
	means: str
	reference_no: str = ""
	received_on: str = ""
	note: str = ""
	request_id: str = ""


def record_payment(doctype: str, name: str, paid: OtherPayment):
	"""Count money that came by another way than Stripe; returns the Payment Adjustment. Commits.

	The caller checks the right: create on Payment Adjustment, and read on the document. Raises AdjustmentRefused, AmountRefused:
	at most what is neither paid nor under way can be recorded.
	"""
	read_amount(paid.amount)
	if paid.means not in MEANS:
		frappe.throw(
			_("Please say how it was paid: {0}.").format(", ".join(map(_, MEANS))), AdjustmentRefused
		)
	received_on = getdate(paid.received_on or nowdate())
	if received_on > getdate(nowdate()):
		frappe.throw(_("The money can't have been received in the future."), AdjustmentRefused)

	def record():
		payable = _lock(doctype, name)
		if earlier := _find_request(payable, paid.request_id):
			return earlier
		balance = _balance_to_adjust(payable)
		amount = read_amount(paid.amount, payable.currency)
		if amount > balance.available_minor:
			frappe.throw(
				_("At most {0} can be recorded: that is what is neither paid nor under way.").format(
					money_in_words(balance.available_minor, payable.currency)
				),
				AdjustmentRefused,
			)
		values = {
			"means": paid.means,
			"reference_no": paid.reference_no[:140],
			"received_on": received_on,
			"request_id": paid.request_id[:140],
		}
		return _insert(payable, PAID_OTHERWISE, amount, reason=paid.note, **values)

	return _finished(in_fresh_transaction(record))


def write_off(doctype: str, name: str, reason: str):
	"""Write off all that is outstanding; returns the Payment Adjustment. Commits.

	The caller checks the right: create on Payment Adjustment, and read on the document. Raises AdjustmentRefused.
	"""
	reason = _needed(reason)

	def write():
		payable = _lock(doctype, name)
		balance = _balance_to_adjust(payable)
		if balance.reserved_minor:
			frappe.throw(
				_("A payment of {0} is under way. Wait for it, or cancel it first.").format(
					money_in_words(balance.reserved_minor, payable.currency)
				),
				AdjustmentRefused,
			)
		return _insert(payable, WRITTEN_OFF, balance.outstanding_minor, reason=reason)

	return _finished(in_fresh_transaction(write))


def cancel_adjustment(name: str, reason: str):
	"""Take back what was recorded or written off: it is owed again; returns the Payment Adjustment. Commits.

	The caller checks the right: write on Payment Adjustment, and read on the document. Raises AdjustmentRefused.
	"""
	reason = _needed(reason)

	def cancel():
		reference = frappe.db.get_value(
			"Payment Adjustment", name, ["reference_doctype", "reference_name"], as_dict=True
		)
		doc = frappe.get_doc(reference.reference_doctype, reference.reference_name, for_update=True)
		adjustment = frappe.get_doc("Payment Adjustment", name, for_update=True)
		if adjustment.status == CANCELLED:
			frappe.throw(_("{0} is cancelled already.").format(name), AdjustmentRefused)
		adjustment.write(
			status=CANCELLED,
			cancel_reason=reason,
			cancelled_by=frappe.session.user,
			cancelled_at=now_datetime(),
			follow_up_pending=1,
		)
		_show(open_payable(doc), _("{0} was cancelled: {1}").format(adjustment.in_words, reason))
		return adjustment

	return _finished(in_fresh_transaction(cancel))


def _lock(doctype: str, name: str):
	return open_payable(frappe.get_doc(doctype, name, for_update=True))


def _balance_to_adjust(payable):
	"""The balance of a locked document, where something is outstanding that this app keeps account of."""
	if payable.config.keeps_outstanding:
		frappe.throw(
			_(
				"{0} keeps its own account of what is paid. Record it there, as a Payment Entry in ERPNext."
			).format(_(payable.doctype)),
			AdjustmentRefused,
		)
	balance = balance_of(payable, lock=True)
	if problem := payable.why_not_payable(balance):
		frappe.throw(problem, AdjustmentRefused)
	return balance


def _find_request(payable, request_id: str):
	"""The adjustment that this press of the button has recorded already. True only while the document is locked."""
	if not request_id:
		return None
	asked = {
		"reference_doctype": payable.doctype,
		"reference_name": payable.name,
		"request_id": request_id[:140],
	}
	name = frappe.db.get_value("Payment Adjustment", asked)
	return frappe.get_doc("Payment Adjustment", name) if name else None


def _insert(payable, kind: str, minor: int, **values):
	adjustment = frappe.new_doc("Payment Adjustment")
	adjustment.update(
		{
			"kind": kind,
			"status": RECORDED,
			"reference_doctype": payable.doctype,
			"reference_name": payable.name,
			"reference_title": payable.title,
			"currency": payable.currency,
			"amount_minor": minor,
			"recorded_by": frappe.session.user,
			"recorded_at": now_datetime(),
			"follow_up_pending": 1,
			**values,
		}
	)
	adjustment.write()
	_show(payable, f"{adjustment.in_words}: {_(kind)} ({adjustment.reason or _(adjustment.means or '')})")
	return adjustment


def _show(payable, comment: str) -> None:
	payable.update_document(balance_of(payable, lock=True))
	payable.doc.add_comment("Info", frappe.utils.escape_html(comment))


def _needed(reason: str) -> str:
	reason = (reason or "").strip()
	if not reason:
		frappe.throw(_("Please give a reason."), AdjustmentRefused)
	return reason[:1000]


def _finished(adjustment):
	"""What follows, soon; should the queue be away, `run_pending` finds the row by its mark."""
	after_payment.enqueue_document(adjustment.reference_doctype, adjustment.reference_name)
	begin_fresh()
	return adjustment
