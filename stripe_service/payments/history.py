"""What became of a document's payments, for its form: how much of the total is paid and under way, and each payment, refund,
dispute and adjustment.

Whoever may read the document reads what it shows already (what is paid and what is under way), in lines instead of sums:
amount, card or bank debit, time and state. More is for those who may read it elsewhere:

- who paid, and a link to the payment: for who may read that Invoice Payment;
- the card or account, the receipt and why it failed: for who may read it with permission level 1, and for its payer;
- until when a dispute can be answered, and one that was won: for who may read it with permission level 1;
- who recorded an adjustment, with its number and note: for who may read Payment Adjustments.

Fees and Stripe's codes are in none of it. The number of queries does not depend on the number of payments.
"""

from dataclasses import dataclass
from itertools import groupby

import frappe
from frappe import _
from frappe.utils import cint, get_datetime

from stripe_service.access.permissions import readable_of
from stripe_service.gateway import payment_states, refund_states
from stripe_service.payables.balance import Balance, balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payments.history_words import (
	Words,
	about_adjustment,
	about_dispute,
	about_payment,
	about_refund,
	is_debit,
)
from stripe_service.payments.release import abandoned_after
from stripe_service.stripe_service.doctype.invoice_payment.invoice_payment import NAMED
from stripe_service.stripe_service.doctype.payment_adjustment.payment_adjustment import (
	CANCELLED,
	WRITTEN_OFF,
)
from stripe_service.utils.dates import date_in_words
from stripe_service.utils.labels import money_in_words, web_address

# The newest, and whatever is under way; the rest is in the lists.
LINES_SHOWN = 100

# A document's own part of each payment, and no more of what was paid together with it.
_PAYMENTS = """
	select payment.name, payment.user, payment.status, payment.currency, payment.method_type, payment.method_label,
		payment.creation, payment.settled_at, payment.expected_by, payment.failure_message, payment.receipt_url,
		payment.dispute_id, payment.dispute_due_by, payment.document_count, payment.automatic_payment,
		reference.name as row_name, reference.amount_minor, reference.received_minor, reference.refunded_minor,
		reference.disputed_minor, reference.unallocated_minor
	from `tabInvoice Payment Reference` reference join `tabInvoice Payment` payment on payment.name = reference.parent
	where reference.reference_doctype = %(doctype)s and reference.reference_name = %(name)s
	order by case when payment.status in %(reserving)s then 0 else 1 end, payment.creation desc, payment.name desc
	limit %(limit)s
"""
_ADJUSTMENT_FIELDS = (
	"name", "kind", "status", "amount_minor", "currency", "means", "received_on", "reference_no", "reason",
	"recorded_by", "recorded_at", "cancel_reason",
)  # fmt: skip


@dataclass(frozen=True)
class Reader:
	"""What the session user may know of the payments in `readable` (names), and of the document's adjustments."""

	user: str
	readable: frozenset
	level_1: bool
	reads_adjustments: bool

	def is_payer(self, payment) -> bool:
		"""Whether it is the reader's own."""
		return payment.user == self.user

	def knows_payer(self, payment) -> bool:
		"""Whether the reader may know who paid, and open the payment."""
		return self.is_payer(payment) or payment.name in self.readable

	def deals_with(self, payment) -> bool:
		"""Whether the reader looks after payments: may read this one with permission level 1."""
		return self.level_1 and payment.name in self.readable

	def knows_details(self, payment) -> bool:
		"""Whether the reader may know the card or account, the receipt, and why it failed."""
		return self.is_payer(payment) or self.deals_with(payment)


def document_history(doc) -> dict:
	"""The history of `doc`, which the session user may read (the caller has checked). Amounts are formatted, those that end in
	`_minor` are in minor units of `currency`. Raises NotPayable."""
	payable = open_payable(doc)
	balance = balance_of(payable, lock=False)
	about = {"doctype": payable.doctype, "name": payable.name}
	payments = frappe.db.sql(
		_PAYMENTS,
		{**about, "reserving": payment_states.RESERVING, "limit": LINES_SHOWN + 1},
		as_dict=True,
	)
	adjustments = frappe.get_all(
		"Payment Adjustment",
		filters={"reference_doctype": payable.doctype, "reference_name": payable.name},
		fields=_ADJUSTMENT_FIELDS,
		order_by="recorded_at desc",
		limit=LINES_SHOWN + 1,
	)
	more = len(payments) > LINES_SHOWN or len(adjustments) > LINES_SHOWN
	payments, adjustments = payments[:LINES_SHOWN], adjustments[:LINES_SHOWN]
	reader = _reader([payment.name for payment in payments])
	lines = [
		*_payment_lines(payments, reader, _paid_with_them(payments, payable)),
		*(_adjustment_line(row, reader.reads_adjustments) for row in adjustments),
	]
	_name_people(lines)
	return {
		"currency": payable.currency,
		"progress": _progress(payable, balance),
		"lines": sorted(lines, key=lambda line: get_datetime(line["at"]), reverse=True),
		"more": more,
	}


def payment_history(payment) -> dict:
	"""The history of one Invoice Payment, which the session user may read (the caller has checked): as its line on the document,
	with the steps that stand there in other words."""
	(line,) = _payment_lines([payment], _reader([payment.name]), {})
	began = {"state": _("Started"), "colour": "gray", "text": "", "at": payment.creation}
	steps = [began]
	if payment.settled_at and cint(payment.received_minor):
		received = money_in_words(payment.received_minor, payment.currency)
		steps.append(
			{
				"state": _("Received"),
				"colour": "green",
				"text": _("{0} was received.").format(received),
				"at": payment.settled_at,
			}
		)
	line["steps"] = steps + line["steps"]
	_name_people([line])
	return {"currency": payment.currency, "progress": None, "lines": [line], "more": False}


def _reader(payments: list[str]) -> Reader:
	user = frappe.session.user
	readable = []
	if payments and frappe.has_permission("Invoice Payment", "read"):
		# As a list of them would show.
		readable = frappe.get_list(
			"Invoice Payment", filters={"name": ("in", payments)}, pluck="name", limit=len(payments)
		)
	levels = frappe.get_meta("Invoice Payment").get_permlevel_access("read", user=user)
	return Reader(
		user=user,
		readable=frozenset(readable),
		level_1=user == "Administrator" or 1 in levels,
		reads_adjustments=bool(frappe.has_permission("Payment Adjustment", "read")),
	)


# How much of the total


def _progress(payable, balance: Balance) -> dict:
	"""The parts of the total: paid, under way, outstanding, written off. Each is text and a number, so that no reader needs the
	colour of a bar."""
	currency = payable.currency or "USD"
	paid = balance.settled_minor
	if payable.config.keeps_outstanding:
		# Paid in whatever way the document counts, such as ERPNext's Payment Entries.
		paid = max(balance.total_minor - balance.outstanding_minor - balance.written_off_minor, 0)
	rest = balance.available_minor
	parts = [
		("paid", _("Paid"), paid),
		("under_way", _("On its way"), balance.reserved_minor),
		("written_off", _("Written off"), balance.written_off_minor),
		("outstanding", _("Still to be paid"), rest),
	]
	return {
		"total": money_in_words(balance.total_minor, currency),
		"total_minor": balance.total_minor,
		"paid_minor": paid,
		"outstanding_minor": rest,
		"text": _summary(paid, balance, currency),
		**_due(payable, balance),
		"parts": [
			{"part": part, "label": label, "amount": money_in_words(minor, currency), "minor": minor}
			for part, label, minor in parts
			if minor > 0 or part in ("paid", "outstanding")
		],
	}


def _due(payable, balance: Balance) -> dict:
	"""By when what is outstanding is to be paid; `due` is None where nothing is, or where the document has no such date."""
	if not payable.due_date or balance.outstanding_minor <= 0:
		return {"due": None, "overdue": False}
	words = _("Overdue since {0}") if payable.is_overdue else _("Due {0}")
	return {"due": words.format(date_in_words(payable.due_date)), "overdue": payable.is_overdue}


def _summary(paid_minor: int, balance: Balance, currency: str) -> str:
	paid = _("{0} of {1} paid").format(
		money_in_words(paid_minor, currency), money_in_words(balance.total_minor, currency)
	)
	if not balance.reserved_minor:
		return paid
	return _("{0}, {1} on its way").format(paid, money_in_words(balance.reserved_minor, currency))


# Payments, with what became of them


def _payment_lines(payments, reader: Reader, together: dict[str, str]) -> list[dict]:
	refunds = _refunds_of([payment.name for payment in payments])
	refunds |= _refunds_of_rows([payment for payment in payments if _is_part(payment)])
	wait = abandoned_after()
	lines = [_payment_line(payment, refunds.get(payment.name, []), reader, wait) for payment in payments]
	for line, payment in zip(lines, payments, strict=True):
		if payment.name in together:
			line["text"] = " ".join(filter(None, (line["text"], together[payment.name])))
	return lines


def _is_part(payment) -> bool:
	"""Whether it is a document's part of a payment that pays others, too."""
	return bool(payment.get("row_name")) and cint(payment.document_count) > 1


def _paid_with_them(payments, payable) -> dict[str, str]:
	"""By payment: that it paid other documents, too, naming those that the session user may read."""
	several = [payment.name for payment in payments if _is_part(payment)]
	if not several:
		return {}
	rows = frappe.get_all(
		"Invoice Payment Reference",
		filters={"parent": ("in", several), "parenttype": "Invoice Payment"},
		fields=["parent", "reference_doctype", "reference_name"],
		order_by="parent asc, idx asc",
		limit=0,
	)
	others = [
		row for row in rows if (row.reference_doctype, row.reference_name) != (payable.doctype, payable.name)
	]
	readable = readable_of((row.reference_doctype, row.reference_name) for row in others)
	return {
		payment: _together([row for row in others if row.parent == payment], readable) for payment in several
	}


def _together(others: list, readable: set) -> str:
	named = [row.reference_name for row in others if (row.reference_doctype, row.reference_name) in readable]
	shown, rest = named[:NAMED], len(others) - len(named[:NAMED])
	if not shown:
		return (
			_("Paid together with another document.")
			if rest == 1
			else _("Paid together with {0} other documents.").format(rest)
		)
	if not rest:
		return _("Paid together with {0}.").format(", ".join(shown))
	return _("Paid together with {0} and {1} more.").format(", ".join(shown), rest)


def _refunds_of_rows(parts: list) -> dict[str, list]:
	"""Of a payment of several documents, the refunds that name the document, with its part. What was given back of it by refunds
	that name none is told by its amounts (`_refund_steps`)."""
	rows = [payment.row_name for payment in parts]
	if not rows:
		return {}
	found = frappe.db.sql(
		"""select refund.name, refund.payment, refund.status, reference.amount_minor, refund.currency,
			refund.requested_at, refund.creation
		from `tabStripe Refund Reference` reference join `tabStripe Refund` refund on refund.name = reference.parent
		where refund.payment in %(payments)s and reference.payment_reference in %(rows)s
		order by refund.payment asc, refund.creation asc""",
		{"payments": [payment.name for payment in parts], "rows": rows},
		as_dict=True,
	)
	of_payment = {payment: list(group) for payment, group in groupby(found, key=lambda row: row.payment)}
	return {payment.name: of_payment.get(payment.name, []) for payment in parts}


def _refunds_of(payments: list[str]) -> dict[str, list]:
	if not payments:
		return {}
	rows = frappe.get_all(
		"Stripe Refund",
		filters={"payment": ("in", payments)},
		fields=["name", "payment", "status", "amount_minor", "currency", "requested_at", "creation"],
		order_by="payment asc, creation asc",
		limit=0,
	)
	return {payment: list(group) for payment, group in groupby(rows, key=lambda row: row.payment)}


def _payment_line(payment, refunds: list, reader: Reader, wait) -> dict:
	if _is_part(payment):
		payment.status = _own_status(payment)
	mine, details = reader.is_payer(payment), reader.knows_details(payment)
	words = about_payment(payment, mine, details, get_datetime(payment.creation) + wait)
	return {
		"kind": "payment",
		"name": payment.name if reader.knows_payer(payment) else None,
		"user": payment.user if reader.knows_payer(payment) else None,
		"mine": mine,
		"amount": money_in_words(payment.amount_minor, payment.currency),
		"amount_minor": cint(payment.amount_minor),
		"how": _how(payment, details),
		"at": payment.creation,
		"status": payment.status,
		"counts": payment.status not in payment_states.VOID,
		"receipt_url": web_address(payment.receipt_url) if details else None,
		"steps": [
			*_refund_steps(payment, refunds, mine),
			*_dispute_steps(payment, reader.deals_with(payment)),
		],
		**_worded(words),
	}


def _own_status(part) -> str:
	"""How it stands with the document's part of a payment of several: another's refund is not its."""
	if part.status not in payment_states.RECEIVED:
		return part.status
	if cint(part.disputed_minor):
		return part.status
	refunded, received = cint(part.refunded_minor), cint(part.received_minor)
	if not refunded:
		return payment_states.SUCCEEDED
	return payment_states.REFUNDED if refunded >= received else payment_states.PARTLY_REFUNDED


def _how(payment, details: bool) -> str:
	how = (details and payment.method_label) or (_("Bank debit") if is_debit(payment) else _("Card"))
	return _("{0}, paid automatically").format(how) if payment.automatic_payment else how


def _refund_steps(payment, refunds: list, mine: bool) -> list[dict]:
	steps = [
		_step(
			about_refund(row.status, money_in_words(row.amount_minor, row.currency), mine),
			row.requested_at or row.creation,
		)
		for row in refunds
	]
	# What Stripe counts as refunded, and whose row is still to come.
	known = sum(cint(row.amount_minor) for row in refunds if row.status in refund_states.REFUNDED)
	unknown = cint(payment.refunded_minor) - known
	if unknown > 0:
		amount = money_in_words(unknown, payment.currency)
		steps.append(_step(about_refund(refund_states.SUCCEEDED, amount, mine)))
	return steps


def _dispute_steps(payment, answers: bool) -> list[dict]:
	words = about_dispute(payment, answers)
	return [_step(words)] if words else []


def _step(words: Words, at=None) -> dict:
	return {**_worded(words), "at": at}


def _worded(words: Words) -> dict:
	return {"state": words.label, "colour": words.colour, "text": words.text}


# What was paid otherwise or written off


def _adjustment_line(row, reads: bool) -> dict:
	words = about_adjustment(row)
	written_off = row.kind == WRITTEN_OFF
	note = [row.reference_no, row.reason, row.cancel_reason] if reads else []
	return {
		"kind": "adjustment",
		"name": row.name if reads else None,
		"user": row.recorded_by if reads else None,
		"mine": False,
		"amount": money_in_words(row.amount_minor, row.currency),
		"amount_minor": cint(row.amount_minor),
		"how": _("Written off") if written_off else _(row.means or "Other"),
		"at": row.recorded_at,
		"status": row.status,
		"counts": row.status != CANCELLED,
		"receipt_url": None,
		"steps": [],
		**_worded(words),
		"text": " · ".join(filter(None, (words.text, *note))),
	}


# Names


def _name_people(lines: list[dict]) -> None:
	"""Put the full name of each line's user in its place, by one query; the address itself is nobody's need."""
	users = {line["user"] for line in lines if line["user"]}
	names = {}
	if users:
		rows = frappe.get_all(
			"User", filters={"name": ("in", list(users))}, fields=["name", "full_name"], limit=0
		)
		names = {row.name: row.full_name for row in rows}
	for line in lines:
		user = line.pop("user")
		line["who"] = (names.get(user) or user) if user else None
