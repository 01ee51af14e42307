"""What a payer's home shows: what waits to be paid, the sums, and the payer's own payments.

What waits is what the payer could open and pay: the same rules as those of the form (`access.pay`, `payables`), for all
documents at once. The number of queries depends on how many DocTypes can be paid, never on how many documents there are.
Amounts are strings in major units of their row's currency; amounts of different currencies are never added.
"""

from collections import defaultdict

import frappe
from frappe import _
from frappe.utils import cint, date_diff, get_first_day, getdate, nowdate, strip_html

from stripe_service.access import permissions, portal, units
from stripe_service.access.pay import conditions_on_payable, may_pay_doctype
from stripe_service.accounts.stripe_account import default_account, is_in_test_mode
from stripe_service.gateway import money
from stripe_service.payables import outstanding, registry
from stripe_service.payables.balance import balances_of
from stripe_service.payables.payable import open_payable
from stripe_service.payments.claim import allowed_bounds
from stripe_service.payments.link_form import sender_of
from stripe_service.stripe_service.doctype.scheduled_payment.scheduled_payment import WAITING
from stripe_service.utils.people import editors_of, is_website_user

PAGE = 100
PAYMENTS_SHOWN = 10
SUMS = ("to_pay", "overdue", "under_way", "paid_this_month")


def home_of(user: str, start: int = 0, limit: int = PAGE) -> dict:
	"""`waiting` is a page of what waits for `user`, `more` whether there is a next one; `why_empty` says why there is none."""
	owing = _owing(user)
	waiting, more = _waiting(owing, max(start, 0), min(max(limit, 1), PAGE))
	for row in waiting:
		if not portal.shows_unit(row["doctype"], user):
			row["unit"] = None
	_mark_automatic(waiting, user)
	return {
		"waiting": waiting,
		"more": more,
		"sums": _sums(owing, user),
		"payments": own_payments(user)["payments"],
		"why_empty": None if waiting or start else _why_empty(user),
		"may_pay": bool(frappe.has_permission("Invoice Payment", "create", user=user)),
		"test_mode": is_in_test_mode(default_account()),
	}


def facts_of(doctype: str, names: list[str], user: str) -> dict[str, dict]:
	"""The rows of `waiting` for the documents of these names that `user` may read, by name, whether or not they can be paid."""
	conditions = permissions.conditions_of(doctype, user) if registry.get_config(doctype) else None
	if conditions is None:
		return {}
	listed = ", ".join(frappe.db.escape(name, percent=False) for name in names)
	where = " and ".join(f"({condition})" for condition in [f"`name` in ({listed})", *conditions])
	statement = f"select `tab{doctype}`.`name` from `tab{doctype}` where {where}"
	readable = [name for (name,) in frappe.db.sql(statement)] if names else []
	return {row["name"]: row for row in _rows(doctype, readable)}


# What waits


def _owing(user: str) -> dict[str, outstanding.Owing]:
	"""By DocType, the documents that `user` could pay. Those of which there can be none are left out."""
	owing = {}
	for doctype, config in registry.get_all_configs().items():
		conditions = conditions_on_payable(doctype, user) if config.enabled else None
		if conditions is not None:
			owing[doctype] = outstanding.Owing(config, [*conditions, *outstanding.state_conditions(config)])
	return owing


def _waiting(owing: dict[str, outstanding.Owing], start: int, limit: int) -> tuple[list[dict], bool]:
	found = []
	for doctype, documents in owing.items():
		rows = documents.first_due(start + limit + 1)
		found += [(outstanding.order_of(row), doctype, row.name) for row in rows]
	found.sort(key=lambda one: one[0])
	page, more = found[start : start + limit], len(found) > start + limit
	names = defaultdict(list)
	for _order, doctype, name in page:
		names[doctype].append(name)
	rows = {(doctype, row["name"]): row for doctype, named in names.items() for row in _rows(doctype, named)}
	return [rows[doctype, name] for _order, doctype, name in page if (doctype, name) in rows], more


def _mark_automatic(rows: list[dict], user: str) -> None:
	"""Set on each row `automatic_on`: when an automatic payment of the user's will pay it; one query."""
	if not rows:
		return
	scheduled = frappe.get_all(
		"Scheduled Payment",
		filters={
			"user": user,
			"status": ("in", WAITING),
			"reference_name": ("in", [row["name"] for row in rows]),
		},
		fields=["reference_doctype", "reference_name", "next_attempt_on"],
	)
	days = {(one.reference_doctype, one.reference_name): one.next_attempt_on for one in scheduled}
	for row in rows:
		row["automatic_on"] = days.get((row["doctype"], row["name"]))


def _rows(doctype: str, names: list[str]) -> list[dict]:
	"""Two queries for the figures and one for the documents, however many they are."""
	if not names:
		return []
	stored = frappe.get_all(doctype, filters={"name": ("in", names)}, fields=["*"])
	payables = [open_payable(frappe.get_doc({**row, "doctype": doctype})) for row in stored]
	balances = balances_of(payables)
	return [_row(payable, balances[payable.name]) for payable in payables]


def _row(payable, balance) -> dict:
	currency = payable.currency or "USD"
	due = getdate(payable.due_date) if payable.due_date else None
	days_overdue = date_diff(nowdate(), due) if due else 0
	why_not = payable.why_not_payable(balance) or _why_no_amount(payable, balance)
	return {
		"doctype": payable.doctype,
		"name": payable.name,
		"title": payable.title,
		"party": payable.party,
		"sender": sender_of(payable),
		"unit": payable.unit,
		"status": payable.status,
		"status_label": _(payable.status) if payable.status else None,
		"currency": currency,
		"outstanding": str(money.from_minor(balance.outstanding_minor, currency)),
		"under_way": str(money.from_minor(balance.reserved_minor, currency)),
		"due_date": due,
		"days_overdue": max(days_overdue, 0) if balance.outstanding_minor else 0,
		"due_today": due is not None and not days_overdue,
		"may_pay": why_not is None,
		"why_not": strip_html(why_not) if why_not else None,
	}


def _why_no_amount(payable, balance) -> str | None:
	"""All of it may be under way, or be less than can be paid online. That no account is there, the form says itself."""
	return allowed_bounds(payable, balance).reason if payable.account else None


# Sums


def _sums(owing: dict[str, outstanding.Owing], user: str) -> list[dict]:
	"""[{currency, documents, to_pay, overdue, under_way, paid_this_month}], one for each currency."""
	minor = defaultdict(lambda: dict.fromkeys((*SUMS, "documents"), 0))
	for documents in owing.values():
		for currency, sums in documents.sums().items():
			for name in ("documents", "to_pay", "overdue", "under_way"):
				minor[currency][name] += sums.get(name, 0)
	for currency, paid in _paid_this_month(user):
		minor[currency]["paid_this_month"] += cint(paid)
	return [_in_major(currency, minor[currency]) for currency in sorted(minor)]


def _in_major(currency: str, minor: dict) -> dict:
	amounts = {name: str(money.from_minor(minor[name], currency)) for name in SUMS}
	return {"currency": currency, "documents": minor["documents"], **amounts}


def _paid_this_month(user: str):
	"""What came of the user's own payments that were settled this month, less what has gone back of them."""
	return frappe.db.sql(
		"""select currency, sum(settled_minor) from `tabInvoice Payment`
		where user = %s and settled_at >= %s and settled_minor > 0 group by currency""",
		(user, get_first_day(nowdate())),
	)


# The payer's own payments


def own_payments(user: str, start: int = 0, limit: int = PAYMENTS_SHOWN) -> dict:
	"""{"payments", "more"}: from the `start`-th newest on, with their receipts: of level 1, but a payer is told their own."""
	limit = min(max(limit, 1), PAGE)
	rows = frappe.get_all(
		"Invoice Payment",
		filters={"user": user},
		fields=[
			"name",
			"creation",
			"reference_doctype",
			"reference_name",
			"reference_title",
			"document_count",
			"amount_minor",
			"currency",
			"status",
			"method_label",
			"receipt_url",
			"expected_by",
			"received_minor",
		],
		order_by="creation desc, name desc",
		limit_start=max(start, 0),
		limit=limit + 1,
	)
	for row in rows:
		row.amount = str(money.from_minor(row.pop("amount_minor"), row.currency))
		row.status_label = _(row.status)
		row.was_received = cint(row.pop("received_minor")) > 0
	return {"payments": rows[:limit], "more": len(rows) > limit}


# Why nothing waits


def _why_empty(user: str) -> dict:
	"""{"reason", "message", "ask"}: what is missing for something to be there, or that all is paid."""
	if is_website_user(user):
		return _why_empty_on_portal(user)
	if not frappe.has_permission("Invoice Payment", "create", user=user):
		return _missing("no_right", _("You do not have the right to pay yet."), _("the role Stripe Payer"))
	configs = [config for config in registry.get_all_configs().values() if config.enabled]
	if not configs:
		return _missing(
			"not_set_up",
			_("Nothing is set up for payment here yet."),
			_("a Payable DocType"),
			"Payable DocType",
		)
	readable = [
		config for config in configs if permissions.conditions_of(config.document_type, user) is not None
	]
	if not readable:
		return _missing(
			"no_role", _("Your roles do not let you see what is to be paid."), _("the role Invoice Payers")
		)
	if all(_out_of_reach(config, user) for config in readable):
		return _missing(
			"no_unit",
			_("You do not belong to an organisation unit yet, so no invoice reaches you."),
			_("a User Permission for your organisation unit"),
			"User Permission",
		)
	if not any(may_pay_doctype(config.document_type, user) for config in readable):
		return _missing(
			"no_right",
			_("Your roles do not include the right to pay what you see."),
			_("the right Pay in Role Permission Manager"),
		)
	return _nothing_waits(user)


def _why_empty_on_portal(user: str) -> dict:
	"""Customers are told no name and no word of the desk's: whom to ask they know."""
	doctypes = registry.get_all_configs()
	if not any(conditions_on_payable(doctype, user) is not None for doctype in doctypes):
		return {
			"reason": "not_opened",
			"message": _("No invoices are open to your login yet."),
			"ask": _("Ask whoever sends you the invoices to open them to {0}.").format(user),
		}
	return _nothing_waits(user)


def _nothing_waits(user: str) -> dict:
	if frappe.db.exists("Invoice Payment", {"user": user}):
		return {"reason": "all_paid", "message": _("All paid. Nothing waits for you."), "ask": None}
	return {"reason": "nothing_yet", "message": _("Nothing waits for you to be paid."), "ask": None}


def _out_of_reach(config, user: str) -> bool:
	return config.unit_control and not _has_units(user, config.document_type)


def _has_units(user: str, doctype: str) -> bool:
	visible = units.visible_units(user, doctype)
	return visible is units.ALL or bool(visible)


def _missing(reason: str, message: str, wanted: str, kept_in: str = "User") -> dict:
	names = editors_of(kept_in)
	asked = ", ".join(names) if names else _("a system manager")
	return {"reason": reason, "message": message, "ask": _("Ask {0} for {1}.").format(asked, wanted)}
