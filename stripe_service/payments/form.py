"""What the pay form shows when it is opened: one answer, few queries, no call to Stripe on the straight way."""

import frappe

from stripe_service.access import portal
from stripe_service.access.pay import why_not_pay
from stripe_service.accounts.stripe_account import read_browser_facts
from stripe_service.gateway import money, payment_states
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payments import limits, links
from stripe_service.payments.allowed_methods import allowed_methods
from stripe_service.payments.claim import allowed_bounds
from stripe_service.payments.result import client_secret
from stripe_service.saved_methods import bank_accounts, cards
from stripe_service.utils.people import is_website_user

UNDER_WAY_SHOWN = 20


def form_of(doc, user: str) -> dict:
	"""The form of `doc` for `user`, who may read it, or has it open on the portal."""
	payable = open_payable(doc)
	balance = balance_of(payable, lock=False)
	account, error = read_browser_facts(payable.account)
	form = {
		"invoice": _invoice(payable, balance, portal.shows_unit(payable.doctype, user)),
		"why_not": why_not_pay(doc, user, balance),
		"loading_error": error,
		"under_way": _under_way(payable, user),
	}
	if error:
		return {**form, "amount": None, "methods": {}, "saved": {}, "stripe": None, "resume": None}
	return {
		**form,
		"amount": amount_facts(allowed_bounds(payable, balance)),
		"methods": allowed_methods(payable),
		"saved": {
			"cards": cards.saved_cards(user, payable.account),
			"bank_accounts": bank_accounts.saved_bank_accounts(user, payable.account),
		},
		"stripe": account,
		"resume": _resume(form["under_way"]),
	}


def _invoice(payable, balance, with_unit: bool) -> dict:
	currency = payable.currency

	def text(minor: int) -> str:
		return str(money.from_minor(minor, currency))

	return {
		"doctype": payable.doctype,
		"name": payable.name,
		"title": payable.title,
		"party": payable.party,
		"details": payable.details(with_unit),
		"currency": currency,
		"exponent": money.exponent(currency),
		"total": text(balance.total_minor),
		"paid": text(balance.settled_minor),
		"reserved": text(balance.reserved_minor),
		"outstanding": text(balance.outstanding_minor),
		"outstanding_minor": balance.outstanding_minor,
		"due_date": payable.due_date,
		"overdue": payable.is_overdue,
		"status": payable.status,
	}


def amount_facts(bounds: limits.Bounds) -> dict:
	"""What may be paid now, as the form needs it."""
	currency = bounds.currency
	return {
		"max": str(money.from_minor(bounds.max_minor, currency)),
		"max_minor": bounds.max_minor,
		"min": str(money.from_minor(bounds.min_minor, currency)),
		"min_minor": bounds.min_minor,
		"owed_minor": bounds.owed_minor,
		"least_rest_minor": bounds.least_rest_minor,
		"step_minor": money.step_minor(currency),
		"partial_allowed": bounds.partial_allowed,
		"reason": bounds.reason,
	}


def _under_way(payable, user: str) -> list[dict]:
	rows = frappe.get_all(
		"Invoice Payment",
		filters={
			"reference_doctype": payable.doctype,
			"reference_name": payable.name,
			"status": ("in", payment_states.RESERVING),
		},
		fields=[
			"name",
			"user",
			"amount_minor",
			"currency",
			"method_label",
			"method_type",
			"status",
			"expected_by",
			"stripe_account",
			"payment_intent_id",
		],
		order_by="creation asc",
		limit=UNDER_WAY_SHOWN,
	)
	return [_one_under_way(row, user) for row in rows]


def _one_under_way(row, user: str) -> dict:
	mine = row.user == user
	nameless = row.user == links.PAYER or (is_website_user(user) and not mine)
	shown = {
		"payment": row.name,
		# Who pays by a link has no name, and to the portal nobody else has; the form says "Someone else".
		"payer": None if nameless else frappe.utils.get_fullname(row.user),
		"mine": mine,
		"amount": str(money.from_minor(row.amount_minor, row.currency)),
		"currency": row.currency,
		"method_type": row.method_type,
		"status": row.status,
		"expected_by": row.expected_by,
	}
	if mine:
		# Which card a colleague uses is theirs to know.
		shown["method_label"] = row.method_label
	return shown


def _resume(under_way: list[dict]) -> dict | None:
	"""The payer's own payment that waits for their bank's question, so that a reopened form can go on with it."""
	for row in under_way:
		if row["mine"] and row["status"] == payment_states.ACTION_REQUIRED:
			payment = frappe.get_doc("Invoice Payment", row["payment"])
			return {
				"payment": payment.name,
				"status": payment.status,
				"client_secret": client_secret(payment),
			}
	return None
