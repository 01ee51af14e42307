"""Money beyond what a document owes, kept visible on the payments that brought it.

It is marked once: spread over the payments, newest first, so that the marks add up to what is too much, and taken off
again when it is refunded or owed once more. Whoever changes what a document owes calls `mark_surplus`.
"""

import frappe
from frappe import _
from frappe.utils import cint

from stripe_service.gateway import money
from stripe_service.payments.ledger import write_row
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
	if not (balance.unallocated_minor or balance.marked_minor):
		return []
	left, changed = balance.unallocated_minor, []
	for row in _rows(payable):
		if payable.config.keeps_outstanding and row.parent != loaded.name:
			continue
		share = min(left, cint(row.settled_minor))
		left -= share
		if share != cint(row.unallocated_minor):
			known = loaded is not None and loaded.name == row.parent
			payment = loaded if known else frappe.get_doc("Invoice Payment", row.parent, for_update=True)
			_write(payment, payment.row(row.name), share)
			changed.append(payment)
	return changed


def _rows(payable) -> list:
	"""Those of the document that brought money or are marked, newest money first."""
	return frappe.db.sql(
		"""select reference.name, reference.parent, reference.settled_minor, reference.unallocated_minor
		from `tabInvoice Payment Reference` reference join `tabInvoice Payment` payment on payment.name = reference.parent
		where reference.reference_doctype = %(doctype)s and reference.reference_name = %(name)s
			and (reference.settled_minor > 0 or reference.unallocated_minor > 0)
		order by payment.settled_at desc, payment.creation desc""",
		{"doctype": payable.doctype, "name": payable.name},
		as_dict=True,
	)


def _write(payment, row, minor: int) -> None:
	"""The mark on the row, and the sum of the marks on the payment."""
	write_row(row, unallocated_minor=minor, unallocated_amount=money.from_minor(minor, payment.currency))
	marked = [one for one in payment.references if cint(one.unallocated_minor)]
	total = sum(cint(one.unallocated_minor) for one in marked)
	payment.write(
		unallocated_minor=total,
		unallocated_amount=money.from_minor(total, payment.currency),
		attention=_in_words(payment, marked, total) if total else None,
	)


def _in_words(payment, marked: list, total: int) -> str:
	amount = money_in_words(total, payment.currency)
	with site_language():
		if len(payment.references) == 1:
			return _(
				"{0} more than the document owes was received. Refund it, or credit it to the payer."
			).format(amount)
		names = ", ".join(row.reference_name for row in marked)
		return _("{0} more than is owed was received for {1}. Refund it, or credit it to the payer.").format(
			amount, names
		)


def notify_about_surplus(payments: list) -> None:
	"""Tell administrators of payments that `mark_surplus` has marked. Does not commit."""
	for payment in payments:
		if payment.unallocated_minor:
			notify_administrators(payment.doctype, payment.name, f"{payment.name}: {payment.attention}")
