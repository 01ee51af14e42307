"""What a payment link shows of its document: this invoice, what it owes now, and how it can be paid by a new card.

Nothing of anybody else: no earlier payments, no names of users, no unit, no account's name, no field that is not named here.
"""

import frappe
from frappe import _
from frappe.utils import cint

from stripe_service.accounts.stripe_account import read_browser_facts
from stripe_service.gateway import money, payment_states
from stripe_service.payables.balance import balance_of
from stripe_service.payments import links
from stripe_service.payments.allowed_methods import allowed_methods
from stripe_service.payments.claim import allowed_bounds
from stripe_service.payments.form import amount_facts
from stripe_service.payments.result import client_secret
from stripe_service.utils.dates import date_in_words


def form_of_link(payable, own_payment: str | None) -> dict:
	"""The form of a link's document, in the shape of `form.form_of`. `own_payment` is the Invoice Payment that this browser began."""
	balance = balance_of(payable, lock=False)
	payment = frappe.get_doc("Invoice Payment", own_payment) if own_payment else None
	if payment and not payment.is_open:
		payment = None
	own = _under_way(payment) if payment else None
	refusal = links.why_not_payable(payable, balance)
	form = {
		"invoice": _invoice(payable, balance, own),
		"why_not": refusal.message if refusal else None,
		"loading_error": None,
		"under_way": [own] if own else [],
		"asks_email": sends_receipts(),
		"amount": None,
		"methods": {},
		"saved": {"cards": [], "bank_accounts": []},
		"stripe": None,
		"resume": None,
	}
	facts, error = read_browser_facts(payable.account)
	if error:
		return {**form, "loading_error": {"message": links.cannot_be_paid_now().message, "link": None}}
	return {
		**form,
		"amount": _amount(payable, balance),
		"methods": {"card": {**allowed_methods(payable)["card"], "may_save": False}},
		"stripe": {**facts, "account": None},
		"resume": _resume(payment),
	}


def describe(payable) -> dict:
	"""Title, number, and from whom, for the page's head; translated and without HTML."""
	return {"title": payable.title, "name": payable.name, "sender": sender_of(payable)}


def sender_of(payable) -> str | None:
	"""Whoever the money goes to, as their customers know them: the document's company, the account's business, or the site."""
	field = payable.doc.meta.get_field("company")
	if field and not field.permlevel and payable.doc.get("company"):
		return payable.doc.company
	account = payable.account
	business = account and frappe.db.get_value("Stripe Account", account, "business_name", cache=True)
	return business or frappe.db.get_single_value("Website Settings", "app_name")


def sends_receipts() -> bool:
	return bool(cint(frappe.get_cached_doc("Stripe Service Settings").email_receipts))


def _under_way(payment) -> dict:
	return {
		"payment": payment.name,
		"mine": True,
		"amount": str(money.from_minor(payment.amount_minor, payment.currency)),
		"amount_minor": cint(payment.amount_minor),
		"currency": payment.currency,
		"method_type": payment.method_type,
		"method_label": payment.method_label,
		"status": payment.status,
		"expected_by": payment.expected_by,
	}


def _invoice(payable, balance, own: dict | None) -> dict:
	"""Outstanding is what this browser can pay, or is paying: what others are paying at the moment is not told apart from paid."""
	currency = payable.currency
	outstanding = balance.available_minor + (own["amount_minor"] if own else 0)
	due = payable.due_date
	details = [
		{"label": _("Invoice from"), "value": sender_of(payable)},
		{"label": _("Due"), "value": date_in_words(due) if due else None},
	]
	return {
		"name": payable.name,
		"title": payable.title,
		"details": [detail for detail in details if detail["value"]],
		"currency": currency,
		"exponent": money.exponent(currency),
		"outstanding": str(money.from_minor(outstanding, currency)),
		"outstanding_minor": outstanding,
		"due_date": due,
		"overdue": payable.is_overdue,
	}


def _amount(payable, balance) -> dict:
	amount = amount_facts(allowed_bounds(payable, balance))
	if not amount["max_minor"] and balance.reserved_minor:
		amount["reason"] = _(
			"A payment of this invoice is under way. If it does not go through, the invoice can be paid here again."
		)
	return amount


def _resume(payment) -> dict | None:
	if not payment or payment.status != payment_states.ACTION_REQUIRED:
		return None
	return {"payment": payment.name, "status": payment.status, "client_secret": client_secret(payment)}
