"""What the pay form calls. Thin: each method checks the right first, then hands over to `payments`.

Amounts cross the wire in major units as strings, exactly as typed, with minor units beside them where the browser
computes. The browser proposes an amount and nothing else: currency, account and customer are the server's.
"""

from dataclasses import replace

import frappe
from frappe import _
from frappe.utils import cint

from stripe_service.access.pay import check_may_open, check_may_pay
from stripe_service.payables.payable import load_payable, stored_name
from stripe_service.payments import charge, limits, release, unforeseen
from stripe_service.payments.allowed_methods import check_method
from stripe_service.payments.claim import PayRequest, Wanted, claim, find_claim, naming
from stripe_service.payments.declines import check_declines
from stripe_service.payments.form import form_of, form_of_several
from stripe_service.payments.new_card import read_new_card
from stripe_service.payments.result import refresh
from stripe_service.payments.together import check_count, check_together
from stripe_service.saved_methods.saved_method import payment_params
from stripe_service.utils.json_arguments import documents_in
from stripe_service.utils.service_settings import service_settings

METHOD_TYPES = ("card", "us_bank_account")


@frappe.whitelist(methods=["GET", "POST"])
def open_form(doctype: str, name: str) -> dict:
	"""All that the form shows: the invoice, the amounts, the methods, what is saved and what is under way.

	Needs read on the document, or that it is open to the user on the portal. Whether it may be paid is part of the answer (`why_not`), and so is that no API keys
	are entered (`loading_error`).
	"""
	doc = load_payable(doctype, name).doc
	check_may_open(doc)
	return form_of(doc, frappe.session.user)


@frappe.whitelist(methods=["POST"])
def pay(
	doctype: str,
	name: str,
	amount: str | int | float | bool,  # bool is refused below; without it Frappe would make 1 of it
	method_type: str,
	confirmation_token: str | None = None,
	saved_method: str | None = None,
	save: int | str | bool = 0,
	request_id: str | None = None,
) -> dict:
	"""Pay `amount` (major units of the document's currency) of a document; returns the outcome (payments.result).

	Needs the right to pay (access.pay). `confirmation_token` is a new card's, `saved_method` the name of a Saved
	Card or Stripe Bank Account of the session user. The same `request_id` never charges twice: sent again, it
	answers with what became of the first.
	"""
	wanted = (Wanted(doctype, name, amount),)
	return _pay(wanted, method_type, confirmation_token, saved_method, save, request_id)


@frappe.whitelist(methods=["GET", "POST"])
def open_form_for_several(documents: str | list) -> dict:
	"""The form of several documents, `documents` being a JSON list of {doctype, name}: as `open_form`, with `documents`, a row for
	each that can be paid now together with the others, and `left_out`, why each of the rest can't.

	Needs read on each of them.
	"""
	docs = []
	for one in _few_enough(documents_in(documents)):
		doc = load_payable(one["doctype"], one["name"]).doc
		check_may_open(doc)
		docs.append(doc)
	return form_of_several(docs, frappe.session.user)


@frappe.whitelist(methods=["POST"])
def pay_several(
	documents: str | list,
	method_type: str,
	confirmation_token: str | None = None,
	saved_method: str | None = None,
	save: int | str | bool = 0,
	request_id: str | None = None,
) -> dict:
	"""Pay several documents by one payment; `documents` is a JSON list of {doctype, name, amount}, amounts as in `pay`. All or
	nothing: one that can't be paid so refuses all. Else as `pay`, which see. Raises NotTogether where they differ in currency or
	Stripe Account.
	"""
	wanted = tuple(
		Wanted(one["doctype"], one["name"], one.get("amount")) for one in _few_enough(documents_in(documents))
	)
	return _pay(wanted, method_type, confirmation_token, saved_method, save, request_id)


def _few_enough(documents: list[dict]) -> list[dict]:
	check_count(len(documents))
	return documents


def _pay(wanted, method_type, confirmation_token, saved_method, save, request_id) -> dict:
	_check_arguments(method_type, confirmation_token, saved_method, request_id)
	for one in wanted:
		limits.read_amount(one.amount)
	payables = [load_payable(one.doctype, one.name) for one in wanted]
	# By the names that were loaded.
	first, *others = (replace(one, name=payable.name) for one, payable in zip(wanted, payables, strict=True))
	request = PayRequest(
		first.doctype,
		first.name,
		first.amount,
		method_type,
		frappe.session.user,
		request_id or "",
		others=tuple(others),
	)
	# Before it is asked whether it can be paid: the answer to the first press may be that nothing is left to pay.
	earlier = find_claim(request)
	if earlier:
		return unforeseen.look_up(earlier, lambda: refresh(earlier))
	for one, payable in zip(wanted, payables, strict=True):
		with naming(payable, bool(others)):
			check_may_pay(payable.doc)
			limits.read_amount(one.amount, payable.currency)
			check_method(payable, method_type)
	check_together(payables)
	account = payables[0].account
	if saved_method:
		request, method_params = _with_saved_method(request, account, saved_method)
	else:
		request, method_params = _with_new_card(request, account, confirmation_token, cint(save))
	for one in request.documents:
		check_declines(request.user, one.doctype, one.name, request.brand, request.last4)
	payment, is_new = claim(request)
	if not is_new:
		return unforeseen.look_up(payment, lambda: refresh(payment))
	return unforeseen.carry_out(payment, lambda: charge.start(payment, method_params))


def _check_arguments(method_type, confirmation_token, saved_method, request_id) -> None:
	if method_type not in METHOD_TYPES:
		frappe.throw(_("Please choose a card or a bank account."))
	if bool(confirmation_token) == bool(saved_method):
		frappe.throw(_("Please enter a card, or choose a saved card or bank account."))
	if confirmation_token and method_type != "card":
		frappe.throw(_("Please add and verify the bank account first, then choose it."))
	if request_id and len(request_id) > 64:
		frappe.throw(_("The request is not valid. Please close the form and open it again."))


def _with_saved_method(request: PayRequest, account: str, saved_method: str):
	chosen = payment_params(saved_method, request.user, account, request.method_type)
	request = replace(request, saved_method=saved_method)
	return request.with_display(chosen.pop("display", {})), chosen


def _with_new_card(request: PayRequest, account: str, confirmation_token: str, save: int):
	card = read_new_card(account, confirmation_token)
	request = replace(request, save=bool(save and saving_allowed()))
	return request.with_card(card), {"confirmation_token": confirmation_token}


def saving_allowed() -> bool:
	"""Whether payers may save cards, by Stripe Service Settings."""
	return bool(cint(service_settings().allow_saving))


@frappe.whitelist(methods=["POST"])
def payment_status(
	payment: str | None = None,
	doctype: str | None = None,
	name: str | None = None,
	request_id: str | None = None,
) -> dict:
	"""What became of a payment; asks Stripe while it is open. Needs to be the payer, or read on the payment.

	A browser that lost the answer of `pay` knows no payment: it asks with what it sent, `doctype`, `name` and
	`request_id`, and hears {"status": "Not Started"} if the session user has claimed nothing under it.
	"""
	if not payment and doctype and name and request_id:
		payment = find_claim(
			PayRequest(doctype, stored_name(doctype, name), "", "", frappe.session.user, request_id)
		)
	if not payment:
		return {"payment": None, "status": "Not Started", "outcome": "not_started"}
	_check_may_see(payment)
	return unforeseen.look_up(payment, lambda: refresh(payment))


@frappe.whitelist(methods=["POST"])
def finish(payment: str) -> dict:
	"""After the browser has dealt with 3-D Secure: read the outcome from Stripe. Needs to be the payer."""
	_check_is_payer(payment)
	return unforeseen.look_up(payment, lambda: refresh(payment))


@frappe.whitelist(methods=["POST"])
def abandon(payment: str) -> dict:
	"""Give up a payment that is still open and free its amount. Needs to be the payer."""
	_check_is_payer(payment)
	return unforeseen.look_up(payment, lambda: release.cancel(payment))


def _check_is_payer(payment: str) -> None:
	if frappe.db.get_value("Invoice Payment", payment, "user") != frappe.session.user:
		_refuse()


def _check_may_see(payment: str) -> None:
	if frappe.db.get_value("Invoice Payment", payment, "user") == frappe.session.user:
		return
	if not frappe.db.exists("Invoice Payment", payment) or not frappe.has_permission(
		"Invoice Payment", "read", doc=payment
	):
		_refuse()


def _refuse() -> None:
	"""The same answer for another's payment and for none, so that names can't be probed."""
	frappe.throw(_("There is no such payment of yours."), frappe.PermissionError)
