"""What administrators do with a payment. Each needs write on Invoice Payment, which the role Stripe Administrator has
and which Role Permission Manager can give to others."""

import frappe

from stripe_service.payments import refund, release, result, settle
from stripe_service.payments.limits import read_amount


@frappe.whitelist(methods=["POST"])
def refund_payment(payment: str, amount: str | None = None, reason: str | None = None) -> dict:
	"""Refund `amount` (major units of the payment's currency; empty: all that is left); returns the outcome.

	Raises RefundRefused where more is asked than is left, or a dispute holds the money.
	"""
	doc = _for_administrator(payment)
	amount_minor = read_amount(amount, doc.currency) if amount else None
	return result.payment_result(refund.refund(payment, amount_minor, reason))


@frappe.whitelist(methods=["POST"])
def read_from_stripe(payment: str) -> dict:
	"""Bring a payment into line with Stripe now; returns the outcome."""
	_for_administrator(payment)
	return result.payment_result(settle.settle(payment))


@frappe.whitelist(methods=["POST"])
def cancel_payment(payment: str) -> dict:
	"""Cancel an open payment at Stripe and free its amount; returns the outcome (the money may have come already)."""
	_for_administrator(payment)
	return result.payment_result(release.cancel(payment))


def _for_administrator(payment: str):
	doc = frappe.get_doc("Invoice Payment", payment)
	doc.check_permission("write")
	return doc
