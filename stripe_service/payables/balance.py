"""What a document owes, and how much of it may be claimed now.

The rows of Invoice Payments (References) and the Payment Adjustments are the ledger: their amounts, summed while the document's
row is locked, decide. The fields on the document are a reflection for people and reports. A document that keeps its own outstanding
amount (ERPNext's Sales Invoice) is taken at its word, less what was settled here and is not booked there yet.
"""

from dataclasses import dataclass
from typing import NamedTuple

import frappe

from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_config
from stripe_service.utils.transaction import read_committed

_PAYMENTS = """
	coalesce(sum(reserved_minor), 0) as reserved,
	coalesce(sum(reserved_minor > 0), 0) as under_way,
	coalesce(sum(settled_minor), 0) as settled,
	coalesce(sum(settled_minor - booked_minor), 0) as not_booked,
	coalesce(sum(unallocated_minor), 0) as marked
	from `tabInvoice Payment Reference` where reference_doctype = %(doctype)s
"""
_ADJUSTMENTS = """
	coalesce(sum(case when kind = 'Paid Otherwise' then amount_minor else 0 end), 0) as recorded,
	coalesce(sum(case when kind = 'Written Off' then amount_minor else 0 end), 0) as written_off
	from `tabPayment Adjustment` where status = 'Recorded' and reference_doctype = %(doctype)s
"""
_SUMS = f"""
	select reserved, under_way, settled, not_booked, marked, recorded, written_off
	from (select {_PAYMENTS} and reference_name = %(name)s) payments,
		(select {_ADJUSTMENTS} and reference_name = %(name)s) adjustments
"""
_PAYMENTS_OF_MANY = (
	f"select reference_name, {_PAYMENTS} and reference_name in %(names)s group by reference_name"
)
_ADJUSTMENTS_OF_MANY = (
	f"select reference_name, {_ADJUSTMENTS} and reference_name in %(names)s group by reference_name"
)


class Sums(NamedTuple):
	"""What the queries above sum, in their order; minor units, but for `under_way`, which counts payments."""

	reserved: int
	under_way: int
	settled: int
	not_booked: int
	marked: int
	recorded: int
	written_off: int


@dataclass(frozen=True)
class Balance:
	"""All amounts in minor units of `currency`. `settled_minor` is all money that came for the document, `recorded_minor` the
	part of it that did not come through Stripe, `under_way_count` how many payments make up `reserved_minor`. `unallocated_minor` is money beyond what is owed, never a write-off;
	`marked_minor` what of it is marked on payments already (payments.surplus)."""

	currency: str
	total_minor: int
	settled_minor: int
	reserved_minor: int
	outstanding_minor: int
	unallocated_minor: int
	recorded_minor: int = 0
	written_off_minor: int = 0
	under_way_count: int = 0
	marked_minor: int = 0

	@property
	def available_minor(self) -> int:
		"""What may be claimed now: outstanding less what is under way."""
		return max(self.outstanding_minor - self.reserved_minor, 0)


def balance_of(payable, lock: bool) -> Balance:
	"""The balance of an open Payable.

	`lock`: the caller holds the lock on the document's row and decides by the answer, so it is what is committed now and
	stays so while the lock is held, in a transaction of any age (utils.transaction). Without, it is what a form shows: true
	when the transaction began to read, and checked again at the claim.
	"""
	read = read_committed if lock else frappe.db.sql
	values = {"doctype": payable.doctype, "name": payable.name}
	return _balance(payable, Sums(*map(int, read(_SUMS, values)[0])))


def balances_of(payables: list) -> dict[str, Balance]:
	"""The balances of open Payables of one DocType by name, as a form would show them (`lock=False`), by two queries."""
	if not payables:
		return {}
	values = {"doctype": payables[0].doctype, "names": [payable.name for payable in payables]}
	of_payments = {name: sums for name, *sums in frappe.db.sql(_PAYMENTS_OF_MANY, values)}
	of_adjustments = {name: sums for name, *sums in frappe.db.sql(_ADJUSTMENTS_OF_MANY, values)}
	return {
		payable.name: _balance(
			payable,
			Sums(
				*map(int, of_payments.get(payable.name, (0, 0, 0, 0, 0))),
				*map(int, of_adjustments.get(payable.name, (0, 0))),
			),
		)
		for payable in payables
	}


def _balance(payable, sums: Sums) -> Balance:
	if payable.config.keeps_outstanding:
		unpaid = payable.outstanding_minor - sums.not_booked
	else:
		unpaid = (0 if payable.is_void else payable.total_minor) - sums.settled - sums.recorded
	owed = unpaid - sums.written_off
	return Balance(
		currency=payable.currency,
		total_minor=payable.total_minor,
		settled_minor=sums.settled + sums.recorded,
		reserved_minor=sums.reserved,
		outstanding_minor=max(owed, 0),
		unallocated_minor=max(-unpaid, 0),
		recorded_minor=sums.recorded,
		written_off_minor=sums.written_off,
		under_way_count=sums.under_way,
		marked_minor=sums.marked,
	)


def last_payer(doctype: str, name: str) -> str | None:
	"""The user whose payment brought the last money for the document. Stripe's times are whole seconds: of the payments of
	one second it is the one that was claimed last."""
	last = frappe.db.sql(
		"""select payment.user
		from `tabInvoice Payment Reference` reference join `tabInvoice Payment` payment on payment.name = reference.parent
		where reference.reference_doctype = %s and reference.reference_name = %s and reference.settled_minor > 0
		order by payment.settled_at desc, payment.creation desc limit 1""",
		(doctype, name),
	)
	return last[0][0] if last else None


def restore_payment_amounts(doc, method=None) -> None:
	"""doc_events "*", validate: put paid, under way and outstanding back to what the payments say, whatever the form,
	an import or the REST API sent along; the outstanding amount follows a total that was edited.

	Runs on every save on the site, so the first line decides for nearly all of them, without a query.
	"""
	config = get_config(doc.doctype)
	if not config or not any(
		(config.paid_fieldname, config.reserved_fieldname, config.outstanding_fieldname)
	):
		return
	payable = open_payable(doc)
	# The row is locked by the save, but this transaction may be older than the last claim.
	if doc.is_new():
		total = payable.total_minor
		balance = Balance(payable.currency, total, 0, 0, outstanding_minor=max(total, 0), unallocated_minor=0)
	else:
		balance = balance_of(payable, lock=True)
	doc.update(payable.amounts(balance))
