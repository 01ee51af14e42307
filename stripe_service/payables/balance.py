"""What a document owes, and how much of it may be claimed now.

The Invoice Payments are the ledger: their settled and reserved amounts, summed by a locking read, decide. The fields
on the document are a reflection for people and reports. A document that keeps its own outstanding amount (ERPNext's
Sales Invoice) is taken at its word, less what was settled here and is not booked there yet.
"""

from dataclasses import dataclass

import frappe

from stripe_service.gateway import payment_states
from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_config

_SUMS = """
	select
		coalesce(sum(case when status in %(reserving)s then amount_minor else 0 end), 0),
		coalesce(sum(settled_minor), 0),
		coalesce(sum(settled_minor - booked_minor), 0)
	from `tabInvoice Payment`
	where reference_doctype = %(doctype)s and reference_name = %(name)s
"""


@dataclass(frozen=True)
class Balance:
	"""All amounts in minor units of `currency`."""

	currency: str
	total_minor: int
	settled_minor: int
	reserved_minor: int
	outstanding_minor: int
	unallocated_minor: int

	@property
	def available_minor(self) -> int:
		"""What may be claimed now: outstanding less what is under way."""
		return max(self.outstanding_minor - self.reserved_minor, 0)


def balance_of(payable, lock: bool) -> Balance:
	"""The balance of an open Payable.

	With `lock` the payments are read by a locking read; the caller must hold the document's row and have begun a
	fresh transaction. Without, it is what a form shows: true when read, and checked again at the claim.
	"""
	reserved, settled, not_booked = _sums(payable.doctype, payable.name, lock)
	if payable.config.keeps_outstanding:
		owed = payable.outstanding_minor - not_booked
	else:
		owed = (0 if payable.is_void else payable.total_minor) - settled
	return Balance(
		currency=payable.currency,
		total_minor=payable.total_minor,
		settled_minor=settled,
		reserved_minor=reserved,
		outstanding_minor=max(owed, 0),
		unallocated_minor=max(-owed, 0),
	)


def _sums(doctype: str, name: str, lock: bool) -> tuple[int, int, int]:
	values = {"reserving": payment_states.RESERVING, "doctype": doctype, "name": name}
	query = _SUMS + (" for update" if lock else "")
	row = frappe.db.sql(query, values)[0]
	return int(row[0]), int(row[1]), int(row[2])


def restore_payment_amounts(doc, method=None) -> None:
	"""doc_events "*", validate: put paid, under way and outstanding back to what the payments say, whatever the form,
	an import or the REST API sent along; the outstanding amount follows a total that was edited.

	Runs on every save on the site, so the first line decides for nearly all of them, without a query.
	"""
	config = get_config(doc.doctype)
	if not config or not any((config.paid_fieldname, config.reserved_fieldname, config.outstanding_fieldname)):
		return
	payable = open_payable(doc)
	# The row is locked by the save; a locking read, because this transaction may be older than the last claim.
	if doc.is_new():
		total = payable.total_minor
		balance = Balance(payable.currency, total, 0, 0, outstanding_minor=max(total, 0), unallocated_minor=0)
	else:
		balance = balance_of(payable, lock=True)
	doc.update(payable.amounts(balance))
