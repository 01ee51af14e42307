"""A Stripe Payment Link names its documents in rows (Stripe Payment Link Reference). Links of before get their one row here, so
that what was sent and printed stays good. Only those that have none, so that it can be run again."""

import frappe

_FILL = """
	insert into `tabStripe Payment Link Reference` (
		name, creation, modified, owner, modified_by, docstatus, idx, parent, parenttype, parentfield,
		reference_doctype, reference_name, reference_title
	)
	select
		left(sha2(concat('reference of ', link.name), 256), 20), link.creation, link.modified, link.owner, link.modified_by,
		0, 1, link.name, 'Stripe Payment Link', 'references',
		link.reference_doctype, link.reference_name, link.reference_title
	from `tabStripe Payment Link` link
	left join `tabStripe Payment Link Reference` reference
		on reference.parent = link.name and reference.parenttype = 'Stripe Payment Link'
	where reference.name is null
"""


def execute() -> None:
	frappe.db.sql(_FILL)
	frappe.db.sql("update `tabStripe Payment Link` set document_count = 1 where document_count = 0")
