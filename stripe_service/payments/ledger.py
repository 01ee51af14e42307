"""The rows of an Invoice Payment: written here alone, by the claim, by settling, and where a claim ends without Stripe.

What a row reserves and has settled is what its document's balance sums (`payables.balance`). The caller holds the payment's
lock, and the documents' where what they owe may become more or less.
"""

import frappe
from frappe.utils import cint

from stripe_service.gateway import money, payment_states, refund_states
from stripe_service.payments.spread import Share, spread
from stripe_service.utils.fitting import cut, fit

ROW = "Invoice Payment Reference"
PENDING = "Pending"


def new_row(payable, minor: int) -> dict:
	"""The row of a claim of `minor` (minor units of the document's currency) of an open Payable."""
	return {
		"reference_doctype": payable.doctype,
		"reference_name": payable.name,
		"organisation_unit": payable.unit,
		"amount": money.from_minor(minor, payable.currency),
		"amount_minor": minor,
		"reserved_minor": minor,
		**fit(ROW, {"reference_title": payable.title}),
	}


def first_document(rows: list) -> dict:
	"""What the payment itself says of the documents it pays (its rows, as documents or dicts), for lists and indexes."""
	first = rows[0]
	title = first.get("reference_title")
	if len(rows) > 1:
		# As long as the field is, and in every language.
		title = f"{cut(title or first.get('reference_name'), 130)} (+{len(rows) - 1})"
	return {
		"reference_doctype": first.get("reference_doctype"),
		"reference_name": first.get("reference_name"),
		"reference_title": title,
		"organisation_unit": first.get("organisation_unit"),
		"document_count": len(rows),
	}


def payments_of(doctype: str, name: str) -> list[str]:
	"""The names of a document's payments, oldest first."""
	filters = {"reference_doctype": doctype, "reference_name": name, "parenttype": "Invoice Payment"}
	return frappe.get_all(ROW, filters=filters, pluck="parent", order_by="parent asc", distinct=True)


def shares_of(payment, facts: payment_states.Facts) -> list[Share]:
	"""The rows' parts of what Stripe reports of a payment."""
	rows = payment.references
	named = _named_refunds(payment) if len(rows) > 1 and facts.refunded_minor else ()
	return spread(
		[cint(row.amount_minor) for row in rows],
		facts.received_minor,
		facts.refunded_minor,
		facts.disputed_minor,
		named,
	)


def _named_refunds(payment) -> list[dict[int, int]]:
	"""Those that Stripe has made first, then those of which the answer is missing; each by number. A plain read: refunds are
	written behind the payment's lock."""
	index = {row.name: number for number, row in enumerate(payment.references)}
	named: dict[str, dict[int, int]] = {}
	for refund, row, minor in frappe.db.sql(
		"""select refund.name, reference.payment_reference, reference.amount_minor
		from `tabStripe Refund` refund join `tabStripe Refund Reference` reference on reference.parent = refund.name
		where refund.payment = %(payment)s and refund.status in %(refunded)s
		order by ifnull(refund.stripe_refund_id, '') = '', refund.name, reference.idx""",
		{"payment": payment.name, "refunded": refund_states.REFUNDED},
	):
		if row in index:
			parts = named.setdefault(refund, {})
			parts[index[row]] = parts.get(index[row], 0) + cint(minor)
	return list(named.values())


def is_out_of_line(payment) -> bool:
	"""Whether the rows say otherwise than what is known of the payment now: its refunds, which name rows, have changed since."""
	if len(payment.references) == 1 or payment.status not in payment_states.RECEIVED:
		return False
	facts = payment_states.Facts(
		payment.stripe_status,
		cint(payment.received_minor),
		cint(payment.refunded_minor),
		cint(payment.disputed_minor),
	)
	return changes(payment, shares_of(payment, facts))


def changes(payment, shares: list[Share]) -> bool:
	"""Whether some document has more or less of the payment by `shares` than is written."""
	return any(
		share.settled_minor != cint(row.settled_minor)
		for row, share in zip(payment.references, shares, strict=True)
	)


def write_shares(payment, shares: list[Share], reserving: bool) -> None:
	"""Write the rows' parts; what follows is due for each row that has settled more or less than before. `reserving`: whether
	money may still move, so that each row holds what was claimed for it."""
	for row, share in zip(payment.references, shares, strict=True):
		values = {"reserved_minor": cint(row.amount_minor) if reserving else 0}
		for kind in ("received", "refunded", "disputed", "settled"):
			minor = getattr(share, f"{kind}_minor")
			values[f"{kind}_minor"] = minor
			if kind != "received":
				values[f"{kind}_amount"] = money.from_minor(minor, payment.currency)
		if share.settled_minor != cint(row.settled_minor):
			values["after_payment_status"] = PENDING
		write_row(row, **values)


def free(payment) -> None:
	"""The claim has ended: nothing is reserved any more."""
	for row in payment.references:
		write_row(row, reserved_minor=0)


def write_row(row, **values) -> None:
	"""Set values of a row and write what has changed, past everything that could refuse."""
	changed = {
		name: value
		for name, value in fit(ROW, values, {"reference_doctype": row.reference_doctype}).items()
		if row.get(name) != value
	}
	if changed:
		row.update(changed)
		frappe.db.set_value(ROW, row.name, changed)


def mark_rows_pending(payment_name: str, row_names: list[str] | None = None) -> None:
	"""What follows is to be run for these rows; None: for all of them. The caller marks the payment."""
	filters = {"parent": payment_name, "parenttype": "Invoice Payment"}
	for name in row_names or frappe.get_all(ROW, filters=filters, pluck="name", order_by="idx asc"):
		frappe.db.set_value(ROW, name, "after_payment_status", PENDING)
