"""An Invoice Payment pays one document or several, each in a row of its own (Invoice Payment Reference), by which balances are
summed. Payments of before get their one row here: by SQL, in batches, and only those that have none, so that it can be run again."""

from functools import partial

import frappe

from stripe_service.utils.transaction import in_fresh_transaction

BATCH = 10_000

_FILL = """
	insert into `tabInvoice Payment Reference` (
		name, creation, modified, owner, modified_by, docstatus, idx, parent, parenttype, parentfield,
		reference_doctype, reference_name, reference_title, organisation_unit,
		amount, settled_amount, refunded_amount, disputed_amount, unallocated_amount,
		amount_minor, reserved_minor, received_minor, refunded_minor, disputed_minor, unallocated_minor, settled_minor,
		after_payment_status, after_payment_error, booked_minor, event_minor
	)
	select
		left(sha2(concat('reference of ', payment.name), 256), 20), payment.creation, payment.modified, payment.owner,
		payment.modified_by, 0, 1, payment.name, 'Invoice Payment', 'references',
		payment.reference_doctype, payment.reference_name, payment.reference_title, payment.organisation_unit,
		payment.amount, payment.amount * payment.settled_minor / greatest(payment.amount_minor, 1), payment.refunded_amount,
		payment.disputed_amount, payment.unallocated_amount,
		payment.amount_minor,
		case when payment.status in ('Started', 'Action Required', 'Processing') then payment.amount_minor else 0 end,
		payment.received_minor, payment.refunded_minor,
		greatest(payment.received_minor - payment.refunded_minor - payment.settled_minor, 0),
		payment.unallocated_minor, payment.settled_minor,
		payment.after_payment_status, payment.after_payment_error, payment.booked_minor, payment.event_minor
	from `tabInvoice Payment` payment
	left join `tabInvoice Payment Reference` reference
		on reference.parent = payment.name and reference.parenttype = 'Invoice Payment'
	where payment.name > %(after)s and payment.name <= %(last)s and reference.name is null
"""


def execute() -> None:
	if not frappe.db.has_column("Invoice Payment", "booked_minor"):
		return  # a site that was installed with rows
	after = ""
	while last := _last_of_batch(after):
		in_fresh_transaction(partial(_fill, after, last))
		after = last


def _fill(after: str, last: str) -> None:
	frappe.db.sql(_FILL, {"after": after, "last": last})
	frappe.db.sql(
		"update `tabInvoice Payment` set document_count = 1 where name > %s and name <= %s and document_count = 0",
		(after, last),
	)


def _last_of_batch(after: str) -> str | None:
	names = frappe.db.sql(
		"""select max(name) from (
			select name from `tabInvoice Payment` where name > %s order by name limit %s
		) batch""",
		(after, BATCH),
	)
	return names[0][0]
