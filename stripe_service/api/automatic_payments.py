"""What the page of saved methods calls to let a saved method pay automatically, and to stop it.

Beginning one needs the right to pay (create on Invoice Payment) and a saved method of the session user's own. Stopping one needs
to be its payer, or *write* on Automatic Payment; nobody begins one for somebody else. Amounts cross the wire in major units as
strings.
"""

import frappe
from frappe import _
from frappe.utils import cint, cstr

from stripe_service.accounts import stripe_account
from stripe_service.gateway import money
from stripe_service.payments.automatic import agreements, scope, settings
from stripe_service.payments.automatic.agreements import DOCTYPE, SCHEDULED, Wish
from stripe_service.payments.automatic.scope import Scope
from stripe_service.stripe_service.doctype.automatic_payment.automatic_payment import STOPPED
from stripe_service.stripe_service.doctype.scheduled_payment.scheduled_payment import CANCELLED, WAITING
from stripe_service.utils.labels import money_in_words

SHOWN = 20


@frappe.whitelist(methods=["GET", "POST"])
def overview() -> dict:
	"""The session user's own automatic payments, and what a new one may be about.

	Returns switched_on, choices (organisation_unit, document_type, party, label), currencies, automatic (name, status,
	method_label, scope_label, limits, stopped_reason; those that run, then the last that were stopped) and scheduled (what is to be
	paid, and what became of the last: title, doctype, document, amount, on, status, reason). No call to Stripe.
	"""
	_check_may_pay()
	user = frappe.session.user
	on = settings.switched_on()
	return {
		"switched_on": on,
		"choices": scope.choices_for(user) if on else [],
		"currencies": _currencies(user) if on else [],
		"automatic": _own(user),
		"scheduled": _scheduled(user),
	}


@frappe.whitelist(methods=["POST"])
def consent_text(
	saved_method: str,
	currency: str,
	maximum_per_document: str | int | float,
	maximum_per_month: str | int | float,
	organisation_unit: str | None = None,
	document_type: str | None = None,
	party: str | None = None,
) -> dict:
	"""{"text"}: what the session user would agree to. Raises frappe.ValidationError for what can't be agreed to, and says why."""
	_check_may_pay()
	chosen = Scope(organisation_unit or None, document_type or None, party or None)
	wish = _wish(saved_method, chosen, currency, maximum_per_document, maximum_per_month)
	return {"text": agreements.consent_text(wish, frappe.session.user)}


@frappe.whitelist(methods=["POST"])
def start(
	saved_method: str,
	currency: str,
	maximum_per_document: str | int | float,
	maximum_per_month: str | int | float,
	agreed_text: str,
	organisation_unit: str | None = None,
	document_type: str | None = None,
	party: str | None = None,
) -> dict:
	"""Let a saved method of the session user's pay automatically. `agreed_text` is the text of `consent_text` that they have agreed to.

	Returns name, status and, where the bank asks the payer first, client_secret and stripe for Stripe.js; then `finish`.
	Errors: switched off, no such method, limits that make no sense (417), another text by now (417 ConsentChanged), refused by the
	bank (417), Stripe down (503).
	"""
	_check_may_pay()
	chosen = Scope(organisation_unit or None, document_type or None, party or None)
	wish = _wish(saved_method, chosen, currency, maximum_per_document, maximum_per_month)
	name, secret = agreements.start(
		wish, frappe.session.user, cstr(agreed_text), getattr(frappe.local, "request_ip", None)
	)
	answer = _status(name)
	if secret:
		account = frappe.db.get_value(DOCTYPE, name, "stripe_account")
		answer |= {"client_secret": secret, "stripe": stripe_account.browser_facts(account)}
	return answer


@frappe.whitelist(methods=["POST"])
def finish(name: str) -> dict:
	"""After the browser has answered the bank's question: read from Stripe what came of it. Needs to be its payer. Returns name,
	status and reason."""
	if not _is_own(name):
		_refuse()
	agreements.finish(name)
	return _status(name)


@frappe.whitelist(methods=["POST"])
def stop(name: str) -> dict:
	"""Stop one. Needs to be its payer, or *write* on Automatic Payment. What is being paid already goes on. Returns name, status and
	reason."""
	if not _is_own(name):
		if not (frappe.db.exists(DOCTYPE, name) and frappe.has_permission(DOCTYPE, "write", doc=name)):
			_refuse()
	agreements.stop_as(name, frappe.session.user)
	return _status(name)


@frappe.whitelist(methods=["POST"])
def stop_all() -> dict:
	"""Stop all of the session user's own; returns stopped, how many there were."""
	if frappe.session.user == "Guest":
		frappe.throw(_("Log in first."), frappe.PermissionError)
	return {"stopped": agreements.stop_all(frappe.session.user)}


def _check_may_pay() -> None:
	if frappe.session.user == "Guest" or not frappe.has_permission("Invoice Payment", "create"):
		frappe.throw(_("You need the right to pay (role Stripe Payer) for this."), frappe.PermissionError)


def _is_own(name: str) -> bool:
	user = frappe.session.user
	return user != "Guest" and frappe.db.get_value(DOCTYPE, cstr(name), "user") == user


def _refuse() -> None:
	"""The same answer for another's and for none, so that names can't be probed."""
	frappe.throw(_("There is no such automatic payment of yours."), frappe.PermissionError)


def _wish(saved_method: str, chosen: Scope, currency: str, per_document, per_month) -> Wish:
	return Wish(saved_method, chosen, cstr(currency).upper(), cstr(per_document), cstr(per_month))


def _currencies(user: str) -> list[str]:
	account = stripe_account.default_account()
	own = account and frappe.db.get_value("Stripe Account", account, "default_currency")
	return list(dict.fromkeys(filter(None, [own and own.upper(), *scope.currencies_for(user)])))


def _status(name: str) -> dict:
	row = frappe.db.get_value(DOCTYPE, name, ["status", "stopped_reason"], as_dict=True)
	return {"name": name, "status": row.status, "reason": row.stopped_reason}


def _own(user: str) -> list[dict]:
	rows = frappe.get_all(
		DOCTYPE,
		filters={"user": user},
		fields=[
			"name", "status", "method_label", "scope_label", "saved_card", "stripe_bank_account", "currency",
			"maximum_per_document", "maximum_per_month", "stopped_reason", "consent_at", "consent_text",
		],
		order_by="status asc, creation desc",  # those that run come first, by the alphabet
		limit=SHOWN,
	)  # fmt: skip
	return [
		{
			"name": row.name,
			"status": row.status,
			"status_label": _(row.status),
			"saved_method": row.saved_card or row.stripe_bank_account,
			"method_label": row.method_label,
			"scope_label": row.scope_label,
			"limits": _("at most {0} for each, {1} in a month").format(
				_in_words(row.maximum_per_document, row.currency),
				_in_words(row.maximum_per_month, row.currency),
			),
			"consent_text": row.consent_text,
			"running": row.status != STOPPED,
			"reason": row.stopped_reason,
		}
		for row in rows
	]


def _scheduled(user: str) -> list[dict]:
	"""What is still to be paid, the next first, then what became of the last."""
	waiting = _rows(user, ("in", WAITING), "next_attempt_on asc")
	others = _rows(user, ("not in", (*WAITING, CANCELLED)), "modified desc")
	return [
		{
			"name": row.name,
			"doctype": row.reference_doctype,
			"document": row.reference_name,
			"title": row.reference_title,
			"amount": money_in_words(cint(row.amount_minor), row.currency),
			"on": row.next_attempt_on or row.last_attempt_on,
			"status": row.status,
			"status_label": _(row.status),
			"reason": row.reason,
		}
		for row in [*waiting, *others][:SHOWN]
	]


def _rows(user: str, status: tuple, order: str) -> list:
	return frappe.get_all(
		SCHEDULED,
		filters={"user": user, "status": status},
		fields=[
			"name", "status", "reference_doctype", "reference_name", "reference_title", "amount_minor", "currency",
			"next_attempt_on", "last_attempt_on", "reason",
		],
		order_by=order,
		limit=SHOWN,
	)  # fmt: skip


def _in_words(amount: float, currency: str) -> str:
	return money_in_words(money.round_to_minor(amount, currency), currency)
