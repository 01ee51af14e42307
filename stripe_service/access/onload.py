"""What a payable document's form is told when it is opened: whether this user may pay it, and what is under way."""

import frappe

from stripe_service.access.pay import why_not_pay
from stripe_service.access.pay_actions import get_pay_transitions
from stripe_service.accounts.stripe_account import is_in_test_mode
from stripe_service.gateway import money
from stripe_service.payables import registry
from stripe_service.payables.balance import Balance, balance_of
from stripe_service.payables.payable import open_payable


def set_payment_onload(doc, method: str | None = None) -> None:
	"""doc_events "*", onload. Sets __onload.stripe_service on documents of payable DocTypes; no query on others."""
	if not registry.get_enabled_config(doc.doctype) or doc.is_new():
		return
	payable = open_payable(doc)
	balance = balance_of(payable, lock=False)
	reason = why_not_pay(doc, balance=balance)
	step = get_pay_transitions(doc.doctype)
	doc.set_onload(
		"stripe_service",
		{
			"may_pay": reason is None,
			"why_not": reason,
			"pay_actions": sorted(step.actions(doc.get(step.fieldname))) if step else [],
			"test_mode": is_in_test_mode(payable.account),
			"under_way": _under_way(balance),
			"may_make_link": frappe.has_permission("Stripe Payment Link", "create"),
			"may_reprocess": frappe.has_permission(doc.doctype, "write", doc=doc),
		},
	)


def _under_way(balance: Balance) -> dict:
	"""Amount in major units; what is claimed but not settled, so that a second payer sees it. `all`: nothing is left to pay."""
	currency = balance.currency
	return {
		"amount": str(money.from_minor(balance.reserved_minor, currency)) if currency else "0",
		"currency": currency,
		"count": balance.under_way_count,
		"all": balance.reserved_minor > 0 and balance.available_minor == 0,
	}
