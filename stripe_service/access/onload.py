"""What a payable document's form is told when it is opened: whether this user may pay it, and what is under way."""

import frappe

from stripe_service.access.pay import why_not_pay
from stripe_service.access.pay_actions import get_pay_transitions
from stripe_service.gateway import money
from stripe_service.gateway.payment_states import RESERVING
from stripe_service.payables import registry
from stripe_service.payables.payable import open_payable


def set_payment_onload(doc, method: str | None = None) -> None:
	"""doc_events "*", onload. Sets __onload.stripe_service on documents of payable DocTypes; no query on others."""
	if not registry.get_enabled_config(doc.doctype) or doc.is_new():
		return
	reason = why_not_pay(doc)
	step = get_pay_transitions(doc.doctype)
	doc.set_onload(
		"stripe_service",
		{
			"may_pay": reason is None,
			"why_not": reason,
			"pay_actions": sorted(step.actions(doc.get(step.fieldname))) if step else [],
			"test_mode": _in_test_mode(doc),
			"under_way": _under_way(doc),
			"may_make_link": frappe.has_permission("Stripe Payment Link", "create"),
			"may_reprocess": frappe.has_permission(doc.doctype, "write", doc=doc),
		},
	)


def _in_test_mode(doc) -> bool:
	account = open_payable(doc).account
	return bool(account) and frappe.db.get_value("Stripe Account", account, "mode", cache=True) == "Test"


def _under_way(doc) -> dict:
	"""Amount in major units; what is claimed but not settled, so that a second payer sees it."""
	payable = open_payable(doc)
	count, minor = frappe.db.sql(
		"""select count(*), coalesce(sum(amount_minor), 0) from `tabInvoice Payment`
		where reference_doctype = %s and reference_name = %s and status in %s""",
		(doc.doctype, doc.name, RESERVING),
	)[0]
	currency = payable.currency
	return {
		"amount": str(money.from_minor(minor, currency)) if currency else "0",
		"currency": currency,
		"count": int(count),
	}
