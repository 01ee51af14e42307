"""What the pay form shows when it is opened: one answer, few queries, no call to Stripe on the straight way."""

import frappe
from frappe import _

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
from stripe_service.payments.together import why_not_together
from stripe_service.saved_methods import bank_accounts, cards
from stripe_service.utils.people import is_website_user

UNDER_WAY_SHOWN = 20
NOTHING_SAVED = {"cards": [], "bank_accounts": []}


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
		return {
			**form,
			"amount": None,
			"methods": {},
			"saved": NOTHING_SAVED,
			"stripe": None,
			"resume": None,
		}
	return {
		**form,
		**_ways_to_pay(payable, user),
		"amount": amount_facts(allowed_bounds(payable, balance)),
		"stripe": account,
		"resume": _resume(form["under_way"]),
	}


def form_of_several(docs: list, user: str) -> dict:
	"""The form of documents that are to be paid by one payment, for `user`, who may read them. Those that can't be paid, or not
	together with the first that can, are left out, with the reason."""
	payables = [open_payable(doc) for doc in docs]
	parts = [(payable, _part(payable, user)) for payable in payables]
	together, left_out = choose_together(parts)
	first = together[0][0] if together else payables[0]
	account, error = read_browser_facts(first.account)
	form = {
		"invoice": as_one_invoice(together or parts),
		"documents": [part for _payable, part in together],
		"left_out": left_out,
		"why_not": None if together else _("None of the chosen documents can be paid now."),
		"loading_error": error,
		"under_way": [],
		"resume": None,
	}
	if error or not together:
		return {**form, "amount": None, "methods": {}, "saved": NOTHING_SAVED, "stripe": None}
	return {
		**form,
		**_ways_to_pay(first, user),
		"amount": amount_of_all(together),
		"stripe": account,
	}


def choose_together(parts: list[tuple]) -> tuple[list[tuple], list[dict]]:
	"""Of (Payable, what the form says of it) those that can be paid together with the first that can be paid at all, and the
	rest, each with the `reason`. What is said of a document has `why_not`."""
	together, left_out = [], []
	for payable, part in parts:
		first = together[0][0] if together else None
		why = part["why_not"] or (first and why_not_together([first, payable]))
		if why:
			left_out.append({"name": payable.name, "title": payable.title, "reason": why})
		else:
			together.append((payable, part))
	return together, left_out


def _ways_to_pay(payable, user: str) -> dict:
	"""The methods that the document may be paid by, and what `user` has saved of them."""
	return {
		"methods": allowed_methods(payable),
		"saved": {
			"cards": cards.saved_cards(user, payable.account),
			"bank_accounts": bank_accounts.saved_bank_accounts(user, payable.account),
		},
	}


def _part(payable, user: str) -> dict:
	"""One of several documents, and what may be paid of it."""
	balance = balance_of(payable, lock=False)
	invoice = _invoice(payable, balance, portal.shows_unit(payable.doctype, user))
	part = {**invoice, "why_not": why_not_pay(payable.doc, user, balance), "amount": None}
	if payable.account and not part["why_not"]:
		bounds = allowed_bounds(payable, balance, alone=False)
		part |= {"amount": amount_facts(bounds), "why_not": bounds.reason}
	return part


def as_one_invoice(together: list[tuple]) -> dict:
	"""All of them, as far as they are of the first one's currency, as if they were one invoice."""
	currency = together[0][0].currency
	together = [one for one in together if one[0].currency == currency]
	outstanding = sum(part["outstanding_minor"] for _payable, part in together)
	count = len(together)
	return {
		"doctype": None,
		"name": None,
		"title": _("{0} documents").format(count) if count > 1 else together[0][0].title,
		"party": None,
		"details": [],
		"currency": currency,
		"exponent": money.exponent(currency),
		"outstanding": str(money.from_minor(outstanding, currency)),
		"outstanding_minor": outstanding,
	}


def amount_of_all(together: list[tuple]) -> dict:
	"""What may be paid of all of them at once: Stripe's limits are those of the sum."""
	first = together[0][0]
	of_stripe = limits.limits_of(first.account, first.currency)
	most = sum(part["amount"]["max_minor"] for _payable, part in together)
	least = sum(part["amount"]["min_minor"] for _payable, part in together)
	bounds = limits.Bounds(
		first.currency,
		min(most, of_stripe.most_minor),
		min(max(least, of_stripe.least_minor), most),
		all(part["amount"]["partial_allowed"] for _payable, part in together),
		most,
		0,
	)
	return {**amount_facts(bounds), "least_minor": of_stripe.least_minor}


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
		"reason": bounds.reason or limits.why_no_more(bounds),
	}


def _under_way(payable, user: str) -> list[dict]:
	"""What of the document is being paid: its part of each payment."""
	rows = frappe.db.sql(
		"""select payment.name, payment.user, reference.reserved_minor as amount_minor, payment.currency,
			payment.method_label, payment.method_type, payment.status, payment.expected_by
		from `tabInvoice Payment Reference` reference join `tabInvoice Payment` payment on payment.name = reference.parent
		where reference.reference_doctype = %(doctype)s and reference.reference_name = %(name)s
			and reference.reserved_minor > 0
		order by payment.creation asc
		limit %(limit)s""",
		{"doctype": payable.doctype, "name": payable.name, "limit": UNDER_WAY_SHOWN},
		as_dict=True,
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
