"""Notifications about late failures, returns, disputes and money that fits nowhere."""

from frappe import _

from stripe_service.gateway import payment_states
from stripe_service.payments.follow_up import AppliedChange
from stripe_service.utils.notices import notify_administrators, notify_users


def notify_about(change: AppliedChange) -> None:
	"""A follow-up step: tell the payer of a payment that failed or came back days later, and administrators of what
	needs them. Does not commit."""
	payment = change.payment
	status_changed = payment.status != change.old_status
	by_debit = payment.method_type == "us_bank_account"
	if status_changed and payment.status in (payment_states.DISPUTED, payment_states.DISPUTE_LOST):
		notify_administrators(
			payment.doctype,
			payment.name,
			_("{0} ({1}) is disputed: {2}. Answer it on the Stripe dashboard.").format(
				payment.name, payment.reference_name, payment.dispute_reason or _("no reason given")
			),
		)
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


def _notify_payer(payment, subject: str) -> None:
	notify_users([payment.user], payment.doctype, payment.name, subject)
