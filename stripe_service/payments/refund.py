"""Refunds, begun here or at Stripe's dashboard: either way the payment learns of them by settling.

The idempotency key holds what was refunded before, so that a repeated click, or two administrators at once, refund
once: whoever comes second sends the same key, and whoever comes after that sees the new sum.
"""

import frappe
from frappe import _

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors, money
from stripe_service.payments import settle


class RefundRefused(frappe.ValidationError):
	"""The payment can't be refunded by that amount; the message says why."""


REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def refund(payment_name: str, amount_minor: int | None = None, reason: str | None = None):
	"""Refund `amount_minor` (minor units of the payment's currency; None: all that is left); returns the payment.

	The caller checks the right to refund: write on Invoice Payment. Commits. Raises RefundRefused.
	"""
	payment = settle.settle(payment_name)
	left = payment.refundable_minor
	amount = left if amount_minor is None else amount_minor
	_check(payment, amount, left)
	params = {
		"payment_intent": payment.payment_intent_id,
		"amount": amount,
		"metadata": {"payment": payment.name},
	}
	if reason in REASONS:
		params["reason"] = reason
	try:
		gateway_for(payment.stripe_account).call(
			"refunds.create",
			params=params,
			idempotency_key=f"{payment.idempotency_key}:refund:{payment.refunded_minor}:{amount}",
		)
	except errors.GatewayError as error:
		if error.outcome_known:
			frappe.throw(
				_("Stripe did not refund: {0}").format(error.user_message or error.message), RefundRefused
			)
		frappe.logger("stripe_service").warning(f"{payment_name}: refund: {error}")
	return settle.settle(payment_name)


def _check(payment, amount: int, left: int) -> None:
	if not left:
		frappe.throw(
			_("Nothing of this payment can be refunded: it is {0}.").format(_(payment.status)), RefundRefused
		)
	if amount <= 0 or amount > left:
		most = frappe.utils.fmt_money(money.from_minor(left, payment.currency), currency=payment.currency)
		frappe.throw(_("At most {0} can be refunded.").format(most), RefundRefused)
