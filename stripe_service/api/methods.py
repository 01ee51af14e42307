"""What the page of saved methods and the pay form's bank account part call. Thin: the right first, then `methods`.

Every call needs the right to pay (create on Invoice Payment) and touches the session user's own methods alone; another's
is answered as one that does not exist.
"""

import frappe
from frappe import _

from stripe_service.accounts import stripe_account
from stripe_service.saved_methods import bank_accounts, cards, ownership, saved_method, verification


@frappe.whitelist(methods=["GET", "POST"])
def my_methods(account: str | None = None) -> dict:
	"""The session user's own cards and bank accounts at `account` (default: the default Stripe Account).

	Returns account, accounts (all where the user has any), cards, bank_accounts, may_add_bank_account (allowed,
	reason), stripe (publishable_key, stripe_js_url, test_mode) and loading_error (message, link) where no keys are
	entered. No call to Stripe.
	"""
	_check_may_pay()
	user = frappe.session.user
	account = account or stripe_account.default_account()
	accounts = saved_method.accounts_of(user)
	found = {"account": account, "accounts": accounts, "cards": [], "bank_accounts": [], "stripe": None}
	error = stripe_account.loading_error(account)
	if error:
		return found | {"loading_error": error, "may_add_bank_account": {"allowed": False, "reason": None}}
	allowed, reason = bank_accounts.may_add(account)
	return found | {
		"cards": cards.saved_cards(user, account),
		"bank_accounts": bank_accounts.saved_bank_accounts(user, account),
		"may_add_bank_account": {"allowed": allowed, "reason": reason or None},
		"stripe": stripe_account.browser_facts(account),
		"loading_error": None,
	}


@frappe.whitelist(methods=["POST"])
def start_bank_account(account: str | None = None) -> dict:
	"""Begin to add a bank account. Returns name, client_secret, setup_intent, billing_details and stripe.

	Errors: ACH not to be had here (417, with the reason), no keys (417), Stripe down (503).
	"""
	_check_may_pay()
	account = account or stripe_account.default_account()
	facts = stripe_account.browser_facts(account)
	return bank_accounts.start_adding(account) | {"stripe": facts}


@frappe.whitelist(methods=["POST"])
def bank_account_confirmed(setup_intent: str) -> dict:
	"""The browser has confirmed this SetupIntent: returns the bank account as Stripe now has it."""
	_check_may_pay()
	return bank_accounts.after_confirmation(setup_intent)


@frappe.whitelist(methods=["POST"])
def verify_bank_account(
	name: str,
	first_amount: int | str | None = None,
	second_amount: int | str | None = None,
	descriptor_code: str | None = None,
) -> dict:
	"""Verify by micro-deposits: the two amounts in cents, in any order, or the code. Returns the bank account: Verified,
	or Failed with its reason.

	Errors: wrong guess (417 WrongDeposits, with the tries left), not waiting for a verification (417), Stripe down (503).
	"""
	_check_may_pay()
	amounts = [amount for amount in (first_amount, second_amount) if amount not in (None, "")]
	return verification.verify(name, amounts, descriptor_code)


@frappe.whitelist(methods=["POST"])
def remove_method(name: str) -> dict:
	"""Detach one of the user's own methods at Stripe and mark it Removed. Returns my_methods of its account.

	Errors: Stripe down (503): then nothing is removed.
	"""
	_check_may_pay()
	doctype = ownership.doctype_of(name)
	saved_method.remove(doctype, name)
	return my_methods(_account_of(doctype, name))


@frappe.whitelist(methods=["POST"])
def set_default(name: str) -> dict:
	"""Make one of the user's own usable methods the one chosen first of its kind. Returns my_methods of its account."""
	_check_may_pay()
	doctype = ownership.doctype_of(name)
	saved_method.set_default(doctype, name)
	return my_methods(_account_of(doctype, name))


@frappe.whitelist(methods=["POST"])
def refresh_bank_account(name: str) -> dict:
	"""Read one of the user's own bank accounts anew from Stripe, for those still being checked by the bank."""
	_check_may_pay()
	return bank_accounts.refresh_own(name)


def _check_may_pay() -> None:
	if frappe.session.user == "Guest" or not frappe.has_permission("Invoice Payment", "create"):
		frappe.throw(_("You need the right to pay (role Stripe Payer) for this."), frappe.PermissionError)


def _account_of(doctype: str, name: str) -> str:
	return frappe.db.get_value(doctype, name, "stripe_account")
