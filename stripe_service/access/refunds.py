"""Who sees a Stripe Refund: whoever sees the payment that it belongs to."""

import frappe

from stripe_service.access import document_checks, query_conditions
from stripe_service.access.answers import answer


def query_condition(user: str | None = None) -> str:
	"""Hook permission_query_conditions of Stripe Refund."""
	payments = query_conditions.of_payment(user)
	if not payments:
		return query_conditions.EVERYTHING
	return f"`tabStripe Refund`.`payment` in (select `name` from `tabInvoice Payment` where {payments})"


def has_permission(
	doc, ptype: str | None = None, user: str | None = None, debug: bool = False
) -> bool | None:
	"""Hook has_permission of Stripe Refund: it only ever denies."""
	payment = frappe.db.get_value(
		"Invoice Payment", doc.payment, ["name", "user", "reference_doctype", "reference_name", "organisation_unit"],
		as_dict=True,
	)  # fmt: skip
	return document_checks.of_payment(payment, "read", user) if payment else answer(False)
