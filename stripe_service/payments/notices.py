"""Notices about what is known only days later (debits, returns, refunds), about disputes and money that fits nowhere."""

from collections.abc import Callable

from frappe import _
from frappe.utils import cint

from stripe_service.gateway import payment_states
from stripe_service.payments.follow_up import AppliedChange
from stripe_service.utils.dates import time_in_words
from stripe_service.utils.failure_messages import dispute_reason, failure_of, return_message
from stripe_service.utils.labels import money_in_words
from stripe_service.utils.notices import notify_administrators, notify_user


def write_notices(change: AppliedChange) -> None:
	"""Write what the payer must hear of (what became of a debit days later, money that is given back) and what needs an
	administrator, in the transaction that records the change."""
	_notify_administrators_of(change)
	_notify_payer_of(change)


def _notify_administrators_of(change: AppliedChange) -> None:
	payment = change.payment
	another = payment.status != change.old_status or payment.dispute_id != change.before.dispute_id
	if another and payment.status in (payment_states.DISPUTED, payment_states.DISPUTE_LOST):
		notify_administrators(payment.doctype, payment.name, lambda: _about_dispute(payment))
	if payment.attention and change.settled_changed:
		notify_administrators(payment.doctype, payment.name, f"{payment.name}: {payment.attention}")


def _notify_payer_of(change: AppliedChange) -> None:
	payment = change.payment
	was, now = change.old_status, payment.status
	refunded_minor = cint(payment.refunded_minor) - cint(change.before.refunded_minor)
	if refunded_minor > 0:
		_notify_payer(
			payment,
			lambda: _("{0} of your payment for {1} is being refunded to {2}.").format(
				_amount(payment, refunded_minor),
				payment.documents_in_words,
				payment.method_label or _("the card or bank account you paid with"),
			),
		)
	if payment.method_type != "us_bank_account" or now == was:
		return
	if (was, now) == (payment_states.PROCESSING, payment_states.SUCCEEDED):
		_notify_payer(
			payment,
			lambda: _("Your payment of {0} for {1} has arrived.").format(
				_amount(payment, payment.received_minor), payment.documents_in_words
			),
		)
	elif now == payment_states.FAILED:
		_notify_payer(
			payment,
			lambda: _("Your payment of {0} failed: {1}").format(
				payment.documents_in_words, failure_of(payment) or _("the bank gave no reason")
			),
		)
	elif now == payment_states.DISPUTE_LOST:
		_notify_payer(
			payment,
			lambda: _("Your bank returned the payment of {0}: {1} The amount is due again.").format(
				payment.documents_in_words, return_message(payment.dispute_reason)
			),
		)


def _about_dispute(payment) -> str:
	"""What happened, and what there is to do: a bank's return, a lost dispute and a blocked one can't be answered."""
	which = _("{0} ({1})").format(payment.name, payment.documents_in_words)
	reason = dispute_reason(payment.dispute_reason)
	if payment.disputes_unread:
		return _("{0} is disputed. Stripe does not say how yet; until it does, nothing of it counts.").format(
			which
		)
	if payment.method_type == "us_bank_account":
		return _("{0} was returned by the payer's bank: {1}. The amount is due again.").format(which, reason)
	if payment.status == payment_states.DISPUTE_LOST:
		return _("The dispute of {0} is lost: {1}. The amount is due again.").format(which, reason)
	if not payment.disputed_minor:
		return _("The payer's bank inquires about {0}: {1}. {2} Refunding it ends the inquiry.").format(
			which, reason, _how_to_answer(payment)
		)
	return _("{0} is disputed: {1}. {2}").format(which, reason, _how_to_answer(payment))


def _how_to_answer(payment) -> str:
	if not payment.dispute_due_by:
		return _("It can't be answered.")
	return _("Answer it in the Stripe Dashboard by {0}.").format(time_in_words(payment.dispute_due_by))


def _amount(payment, minor: int) -> str:
	return money_in_words(cint(minor), payment.currency)


def _notify_payer(payment, subject: Callable[[], str]) -> None:
	"""Who paid by a link has no desk; Stripe's receipts are all that reaches them."""
	if payment.payment_link:
		return
	notify_user(payment.user, payment.doctype, payment.name, subject)
