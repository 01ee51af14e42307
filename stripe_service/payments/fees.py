"""Stripe's fee, for documents whose payments are booked in accounts.

Stripe names the fee of a card payment some seconds after the money (charge.updated). Accountants want one voucher with
the fee as its deduction, so the booking waits for it a little: the payment counts as received all the while, only
the voucher is not there yet. If the fee is later still, the money is booked without, and the fee on its own.
"""

import frappe
from frappe.utils import add_to_date, cint, flt, now_datetime

from stripe_service.payables.payable import is_booked
from stripe_service.payments.settle import settle

PATIENCE_MINUTES = 5


def should_wait_for_fee(payment_name: str) -> bool:
	"""Whether booking the payment should wait for its fee. Asks Stripe for it first. For jobs: commits."""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	if not _is_unknown(payment):
		return False
	try:
		settle(payment_name)
	except Exception:
		frappe.db.rollback()
		frappe.clear_messages()
		frappe.logger("stripe_service").info(f"{payment_name}: fee not learnt yet", exc_info=True)
	payment = frappe.get_doc("Invoice Payment", payment_name)
	return _is_unknown(payment) and payment.settled_at > add_to_date(
		now_datetime(), minutes=-PATIENCE_MINUTES
	)


def _is_unknown(payment) -> bool:
	first_booking = any(
		is_booked(row.reference_doctype) and cint(row.settled_minor) > 0 and not cint(row.booked_minor)
		for row in payment.references
	)
	return first_booking and not flt(payment.stripe_fee) and bool(payment.settled_at)
