"""The rows of payment links keep whom their documents billed when the link was made. For the open links of before that is whom they
bill now. Only rows that name nobody yet, so that it can be run again."""

import frappe
from frappe.utils import nowdate

from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_config
from stripe_service.payments import billed_to

ROW = "Stripe Payment Link Reference"

_OPEN_ROWS = """
	select reference.name, reference.reference_doctype, reference.reference_name
	from `tabStripe Payment Link Reference` reference
	join `tabStripe Payment Link` link on link.name = reference.parent and reference.parenttype = 'Stripe Payment Link'
	where link.revoked = 0 and link.expires_on >= %s
		and coalesce(nullif(reference.party, ''), nullif(reference.billed_to, ''), nullif(reference.organisation_unit, '')) is null
"""


def execute() -> None:
	for row in frappe.db.sql(_OPEN_ROWS, nowdate(), as_dict=True):
		document = (row.reference_doctype, row.reference_name)
		if get_config(row.reference_doctype) and frappe.db.exists(*document):
			payable = open_payable(frappe.get_doc(*document))
			frappe.db.set_value(ROW, row.name, billed_to.facts_of(payable), update_modified=False)
