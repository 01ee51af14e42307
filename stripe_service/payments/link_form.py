"""What a payment link shows of its documents: these invoices, what they owe now, and how they can be paid by a new card.

Nothing of anybody else: no earlier payments, no names of users, no unit, no account's name, no field that is not named here.
Several are shown in the form that users have for several (`form`), so that there is one.
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
from stripe_service.payments.form import (
	NOTHING_SAVED,
	amount_facts,
	amount_of_all,
	as_one_invoice,
	choose_together,
)
from stripe_service.payments.result import client_secret
from stripe_service.utils.dates import date_in_words
from stripe_service.utils.service_settings import service_settings


def form_of_link(row, documents: list[links.LinkDocument], own_payment: str | None) -> dict:
	"""The form of the `documents` that are part of a link (its `row`), in the shape of `form.form_of`, or of `form.form_of_several`
	where the link has several. `own_payment` is the Invoice Payment that this browser began."""
	payment = frappe.get_doc("Invoice Payment", own_payment) if own_payment else None
	if payment and not payment.is_open:
		payment = None
	gone = len(row.references) - len(documents)
	if len(row.references) == 1:
		shown = _of_one(documents[0], payment)
	else:
		shown = _of_several(documents, gone, payment)
	payable = shown.pop("paid_like")
	form = {
		**shown,
		"loading_error": None,
		"under_way": [_under_way(payment)] if payment else [],
		"asks_email": sends_receipts(),
		"methods": {},
		"saved": NOTHING_SAVED,
		"stripe": None,
		"resume": None,
	}
	facts, error = read_browser_facts(payable.account)
	if error:
		message = links.cannot_be_paid_now().message
		return {**form, "amount": None, "loading_error": {"message": message, "link": None}}
	return {
		**form,
		"methods": {"card": {**allowed_methods(payable)["card"], "may_save": False}},
		"stripe": {**facts, "account": None},
		"resume": _resume(payment),
	}


def _of_one(document: links.LinkDocument, payment) -> dict:
	payable = document.payable
	balance = balance_of(payable, lock=False)
	refusal = links.why_not_payable(payable, balance)
	return {
		"paid_like": payable,
		"invoice": _invoice(payable, balance, _own_minor(payable, payment)),
		"why_not": refusal.message if refusal else None,
		"why_not_title": refusal.title if refusal else None,
		"amount": _amount(payable, balance) if payable.account else None,
	}


def _of_several(documents: list[links.LinkDocument], gone: int, payment) -> dict:
	"""One that was paid or cancelled meanwhile, or is being paid, is left out; the others can be paid. Of the `gone` that are no
	longer part of the link nothing is said but their number."""
	parts = [(document.payable, _part(document, payment)) for document in documents]
	together, left_out = choose_together(parts)
	if gone:
		left_out.append({"name": None, "title": None, "reason": links.words_of_no_longer_part(gone)})
	# While this browser's own payment is open, what it pays is what is shown.
	own = [(payable, part) for payable, part in parts if _own_minor(payable, payment)]
	invoice = as_one_invoice(own or together or parts)
	senders = {sender_of(document.payable) for document in documents}
	return {
		"paid_like": (together or parts)[0][0],
		"invoice": {**invoice, "details": _details(senders.pop() if len(senders) == 1 else None, None)},
		"documents": [part for _payable, part in together],
		"left_out": left_out,
		"why_not": None if together else _("None of these invoices can be paid now."),
		# Without a Stripe Account there are no bounds; the page then says that payments can't be taken.
		"amount": amount_of_all(together) if together and together[0][0].account else None,
	}


def _part(document: links.LinkDocument, payment) -> dict:
	payable = document.payable
	balance = balance_of(payable, lock=False)
	refusal = links.why_not_payable(payable, balance)
	part = {
		"row": document.row,
		**_invoice(payable, balance, _own_minor(payable, payment)),
		"why_not": refusal.title if refusal else None,
		"amount": None,
	}
	if payable.account and not refusal:
		amount = _amount(payable, balance, alone=False)
		part |= {"amount": amount, "why_not": None if amount["max_minor"] else amount["reason"]}
	return part


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
	"""Whether whoever pays a link is asked for an address for the receipt."""
	return bool(cint(service_settings().email_receipts))


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


def _own_minor(payable, payment) -> int:
	"""The document's part of this browser's own open payment."""
	rows = payment.references if payment else []
	return sum(
		cint(row.amount_minor)
		for row in rows
		if (row.reference_doctype, row.reference_name) == (payable.doctype, payable.name)
	)


def _details(sender: str | None, due) -> list[dict]:
	details = [
		{"label": _("Invoice from"), "value": sender},
		{"label": _("Due"), "value": date_in_words(due) if due else None},
	]
	return [detail for detail in details if detail["value"]]


def _invoice(payable, balance, own_minor: int) -> dict:
	"""Outstanding is what this browser can pay, or is paying: what others are paying at the moment is not told apart from paid."""
	currency = payable.currency
	outstanding = balance.available_minor + own_minor
	due = payable.due_date
	return {
		"name": payable.name,
		"title": payable.title,
		"details": _details(sender_of(payable), due),
		"currency": currency,
		"exponent": money.exponent(currency),
		"outstanding": str(money.from_minor(outstanding, currency)),
		"outstanding_minor": outstanding,
		"due_date": due,
		"overdue": payable.is_overdue,
	}


def _amount(payable, balance, alone: bool = True) -> dict:
	amount = amount_facts(allowed_bounds(payable, balance, alone=alone))
	if not amount["max_minor"] and balance.reserved_minor:
		amount["reason"] = _(
			"A payment of this invoice is under way. If it does not go through, the invoice can be paid here again."
		)
	return amount


def _resume(payment) -> dict | None:
	if not payment or payment.status != payment_states.ACTION_REQUIRED:
		return None
	return {"payment": payment.name, "status": payment.status, "client_secret": client_secret(payment)}
