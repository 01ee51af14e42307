"""Notices about late failures, returns, disputes and money that fits nowhere."""

from frappe import _

from stripe_service.gateway import payment_states
from stripe_service.payments.follow_up import AppliedChange
from stripe_service.utils.notices import notify_administrators, notify_user


def write_notices(change: AppliedChange) -> None:
	"""Write what the payer must hear of (a payment that failed or came back days later) and what needs an
	administrator, in the transaction that records the change."""
	payment = change.payment
	status_changed = payment.status != change.old_status
	by_debit = payment.method_type == "us_bank_account"
	if status_changed and payment.status in (payment_states.DISPUTED, payment_states.DISPUTE_LOST):
		notify_administrators(payment.doctype, payment.name, _about_dispute(payment, by_debit))
	if status_changed and payment.status == payment_states.FAILED and by_debit:
		_notify_payer(
			payment,
			_("Your payment of {0} failed: {1}").format(
				payment.reference_name, payment.failure_message or _("the bank gave no reason")
			),
		)
	if status_changed and payment.status == payment_states.DISPUTE_LOST and by_debit:
		_notify_payer(
			payment,
			_("Your bank returned the payment of {0}: {1} The amount is due again.").format(
				payment.reference_name, payment.failure_message
			),
		)
	if payment.attention and change.settled_changed:
		notify_administrators(payment.doctype, payment.name, f"{payment.name}: {payment.attention}")


def _about_dispute(payment, by_debit: bool) -> str:
	reason = payment.dispute_reason or _("no reason given")
	if by_debit:
		# A bank's return is final: there is nothing to answer.
		return _("The bank returned {0} ({1}): {2}. The amount is due again.").format(
			payment.name, payment.reference_name, reason
		)
	return _("{0} ({1}) is disputed: {2}. Answer it in the Stripe Dashboard.").format(
		payment.name, payment.reference_name, reason
	)


def _notify_payer(payment, subject: str) -> None:
	notify_user(payment.user, payment.doctype, payment.name, subject)
