"""Money beyond what a document owes, kept visible on the payments that brought it.

It is marked once: spread over the payments, newest first, so that the marks add up to what is too much, and taken off
again when it is refunded or owed once more. Whoever changes what a document owes calls `mark_surplus`.
"""

import frappe
from frappe import _
from frappe.utils import cint

from stripe_service.gateway import money
from stripe_service.utils.labels import money_in_words
from stripe_service.utils.language import site_language
from stripe_service.utils.notices import notify_administrators


def mark_surplus(payable, balance, loaded=None) -> list:
	"""Bring the marks on the payments of an open Payable into line with `balance`; returns the payments that changed.

	In the caller's transaction, which holds the lock on the document's row. `loaded` is a payment that the caller has in
	hand and goes on using: it is written instead of a second copy.

	A document that keeps its own outstanding amount tells of a surplus only until it is booked (as the customer's credit,
	in ERPNext), so there the payment that is being settled is marked and the others are left as they are.
	"""
	if payable.config.keeps_outstanding and loaded is None:
		return []
	left, changed = balance.unallocated_minor, []
	for row in _payments(payable):
		if payable.config.keeps_outstanding and row.name != loaded.name:
			continue
		share = min(left, cint(row.settled_minor))
		left -= share
		if share != cint(row.unallocated_minor):
			known = loaded is not None and loaded.name == row.name
			payment = loaded if known else frappe.get_doc("Invoice Payment", row.name, for_update=True)
			_write(payment, share)
			changed.append(payment)
	return changed


def _payments(payable) -> list:
	"""Those that brought money or are marked, newest money first."""
	return frappe.get_all(
		"Invoice Payment",
		filters={"reference_doctype": payable.doctype, "reference_name": payable.name},
		or_filters={"settled_minor": (">", 0), "unallocated_minor": (">", 0)},
		fields=["name", "settled_minor", "unallocated_minor"],
		order_by="settled_at desc, creation desc",
	)


def _write(payment, minor: int) -> None:
	attention = None
	if minor:
		with site_language():
			attention = _(
				"{0} more than the document owes was received. Refund it, or credit it to the payer."
			).format(money_in_words(minor, payment.currency))
	payment.write(
		unallocated_minor=minor,
		unallocated_amount=money.from_minor(minor, payment.currency),
		attention=attention,
	)


def notify_about_surplus(payments: list) -> None:
	"""Tell administrators of payments that `mark_surplus` has marked. Does not commit."""
	for payment in payments:
		if payment.unallocated_minor:
			notify_administrators(payment.doctype, payment.name, f"{payment.name}: {payment.attention}")
