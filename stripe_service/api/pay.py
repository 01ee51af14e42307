"""What the pay form calls. Thin: each method checks the right first, then hands over to `payments`.

Amounts cross the wire in major units as strings, exactly as typed, with minor units beside them where the browser
computes. The browser proposes an amount and nothing else: currency, account and customer are the server's.
"""

from dataclasses import replace

import frappe
from frappe import _
from frappe.utils import cint

from stripe_service.access.pay import check_may_pay
from stripe_service.payables.payable import load_payable, stored_name
from stripe_service.payments import charge, limits, release, unforeseen
from stripe_service.payments.allowed_methods import check_method
from stripe_service.payments.claim import PayRequest, claim, find_claim
from stripe_service.payments.declines import check_declines
from stripe_service.payments.form import form_of
from stripe_service.payments.new_card import read_new_card
from stripe_service.payments.result import refresh
from stripe_service.saved_methods.saved_method import payment_params

METHOD_TYPES = ("card", "us_bank_account")


@frappe.whitelist(methods=["GET", "POST"])
def open_form(doctype: str, name: str) -> dict:
	"""All that the form shows: the invoice, the amounts, the methods, what is saved and what is under way.

	Needs read on the document. Whether it may be paid is part of the answer (`why_not`), and so is that no API keys
	are entered (`loading_error`).
	"""
	doc = load_payable(doctype, name).doc
	doc.check_permission("read")
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
	_check_arguments(method_type, confirmation_token, saved_method, request_id)
	limits.read_amount(amount)
	payable = load_payable(doctype, name)
	request = PayRequest(doctype, payable.name, amount, method_type, frappe.session.user, request_id or "")
	# Before it is asked whether it can be paid: the answer to the first press may be that nothing is left to pay.
	earlier = find_claim(request)
	if earlier:
		return unforeseen.look_up(earlier, lambda: refresh(earlier))
	check_may_pay(payable.doc)
	limits.read_amount(amount, payable.currency)
	check_method(payable, method_type)
	account = payable.account
	if saved_method:
		request, method_params = _with_saved_method(request, account, saved_method)
	else:
		request, method_params = _with_new_card(request, account, confirmation_token, cint(save))
	check_declines(request.user, doctype, payable.name, request.brand, request.last4)
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
	told = chosen.pop("display", {})
	return replace(request, saved_method=saved_method, **told), chosen


def _with_new_card(request: PayRequest, account: str, confirmation_token: str, save: int):
	card = read_new_card(account, confirmation_token)
	told = {
		"brand": card.brand,
		"last4": card.last4,
		"method_label": card.label,
		"save": bool(save and saving_allowed()),
	}
	return replace(request, **told), {"confirmation_token": confirmation_token}


def saving_allowed() -> bool:
	"""Whether payers may save cards, by Stripe Service Settings."""
	return bool(cint(frappe.get_cached_doc("Stripe Service Settings").allow_saving))


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
