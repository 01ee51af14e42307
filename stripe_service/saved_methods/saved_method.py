"""What saved cards and bank accounts have in common: paying with one, the default, removing."""

import frappe
from frappe import _
from frappe.utils import now_datetime

from stripe_service.accounts import stripe_account
from stripe_service.gateway import errors
from stripe_service.saved_methods import ownership
from stripe_service.saved_methods.records import BANK_ACCOUNT, CARD, DOCTYPES, REMOVED, lock_customer
from stripe_service.utils.stripe_errors import stripe_errors_as_messages
from stripe_service.utils.transaction import in_fresh_transaction

METHOD_TYPES = {CARD: "card", BANK_ACCOUNT: "us_bank_account"}
# Which status lets a method pay.
USABLE = {CARD: "Active", BANK_ACCOUNT: "Verified"}


def payment_params(saved_name: str, user: str, account: str, method_type: str) -> dict:
	"""What a PaymentIntent needs to charge the saved method `saved_name` of `user` at the Stripe Account `account`.

	Returns the parameters of `payment_intents.confirm` that name the method (`payment_method` and, for a bank account,
	`mandate`), and under `display` what a person recognises it by: `brand`, `last4`, `method_label`.

	Raises frappe.PermissionError if the method is not the user's (or does not exist), frappe.ValidationError if it is
	another account's, expired, removed, not verified or blocked. `method_type`: "card" or "us_bank_account".
	"""
	doctype = _doctype_for(method_type)
	row = ownership.check_own(doctype, saved_name, user)
	if row.stripe_account != account:
		frappe.throw(_("This payment method was saved for another Stripe account. Use a new one."))
	check_usable(doctype, row)
	params = {"payment_method": row.payment_method_id}
	if doctype == BANK_ACCOUNT:
		params["mandate"] = row.mandate_id
	return {**params, "display": _display(doctype, row)}


def _display(doctype: str, row) -> dict:
	brand = row.brand if doctype == CARD else row.bank_name
	return {"brand": brand, "last4": row.last4, "method_label": label(doctype, row)}


def _doctype_for(method_type: str) -> str:
	for doctype, stripe_type in METHOD_TYPES.items():
		if stripe_type == method_type:
			return doctype
	frappe.throw(_("Unknown kind of payment method: {0}").format(method_type))


def check_usable(doctype: str, row) -> None:
	"""Raise frappe.ValidationError, saying why and what to do, unless the method can pay now."""
	from stripe_service.saved_methods import bank_accounts, cards

	reason = cards.why_not_usable(row) if doctype == CARD else bank_accounts.why_not_usable(row)
	if reason:
		frappe.throw(reason)


def label(doctype: str, row) -> str:
	"""As a person reads it, e.g. "Visa •••• 4242"."""
	from stripe_service.saved_methods import cards

	name = cards.brand_name(row.brand) if doctype == CARD else (row.bank_name or _("Bank account"))
	return f"{name} •••• {row.last4}" if row.last4 else name


def accounts_of(user: str) -> list[str]:
	"""The Stripe Accounts at which `user` has saved methods."""
	found = set()
	for doctype in DOCTYPES:
		found |= set(
			frappe.get_all(
				doctype,
				filters={"user": user, "status": ["!=", REMOVED]},
				pluck="stripe_account",
				distinct=True,
				order_by=None,
			)
		)
	return sorted(found)


def set_default(doctype: str, name: str, user: str | None = None) -> None:
	"""Make an own, usable method the one that is chosen first among its kind. Raises like payment_params."""
	row = ownership.check_own(doctype, name, user)
	check_usable(doctype, row)
	in_fresh_transaction(lambda: _move_default(doctype, row))


def _move_default(doctype: str, row) -> None:
	lock_customer(row.stripe_customer)
	for other in frappe.get_all(
		doctype, filters={"stripe_customer": row.stripe_customer, "is_default": 1}, pluck="name"
	):
		if other != row.name:
			frappe.get_doc(doctype, other, for_update=True).write(is_default=0)
	chosen = frappe.get_doc(doctype, row.name, for_update=True)
	if chosen.status == USABLE[doctype] and not chosen.is_default:
		chosen.write(is_default=1)


def is_first(doctype: str, customer: str) -> bool:
	"""Whether the customer has no default of this kind yet, so that a new method becomes it."""
	return not frappe.get_all(
		doctype, filters={"stripe_customer": customer, "is_default": 1, "status": USABLE[doctype]}, limit=1
	)


def remove(doctype: str, name: str, user: str | None = None) -> None:
	"""Detach an own method at Stripe, then mark its row Removed; payments go on pointing to it.

	Removing what is already gone, here or at Stripe, is no error. Raises frappe.PermissionError if it is not the
	user's, `faults.StripeUnavailable` (nothing removed) if Stripe does not answer.
	"""
	row = ownership.check_own(doctype, name, user)
	if row.status == REMOVED:
		return
	with stripe_errors_as_messages():
		end_at_stripe(doctype, row)
	mark_row_removed(doctype, row.name)


def end_at_stripe(doctype: str, row) -> None:
	"""Make sure that nothing can be charged with this method any more. Raises gateway errors."""
	from stripe_service.saved_methods import bank_accounts

	if doctype == BANK_ACCOUNT:
		bank_accounts.end_at_stripe(row)
	else:
		detach(row.stripe_account, row.payment_method_id)


def detach(account: str, payment_method_id: str | None) -> None:
	"""Take a PaymentMethod from its Customer at Stripe, if it is still there. Raises gateway errors."""
	if not payment_method_id:
		return
	gateway = stripe_account.gateway_for(account)
	try:
		gateway.call("payment_methods.detach", payment_method_id)
	except errors.NotFound:
		return
	except errors.InvalidRequest:
		# Stripe refuses to detach what is attached to nobody, with no code of its own: look.
		if gateway.call("payment_methods.retrieve", payment_method_id).get("customer"):
			raise


def mark_removed(payment_method_id: str) -> list[str]:
	"""A PaymentMethod is gone at Stripe (detached here, in Stripe's dashboard, or with its Customer): say so on its row.

	Returns the names of the rows that changed. For the event payment_method.detached and for a payment that failed with
	resource_missing; harmless for PaymentMethods that were never saved here.
	"""
	if not payment_method_id:
		return []
	changed = []
	for doctype in DOCTYPES:
		for name in frappe.get_all(doctype, filters={"payment_method_id": payment_method_id}, pluck="name"):
			if mark_row_removed(doctype, name):
				changed.append(name)
	return changed


def recheck(payment, error: errors.GatewayError) -> str | None:
	"""Stripe refused to charge the saved method of this Invoice Payment: it may be gone, or blocked. Bring its row up to date.

	Returns why it can't pay any more, in words, or None if nothing is wrong with it or Stripe does not say. A declined card
	is not read anew: that is between the payer and the bank. Never while a lock is held.
	"""
	from stripe_service.saved_methods import bank_accounts, cards

	missing = error.param if isinstance(error, errors.NotFound) else None
	try:
		if payment.saved_card and isinstance(error, errors.InvalidRequest):
			if missing == "payment_method":
				mark_row_removed(CARD, payment.saved_card)
			else:
				cards.refresh(payment.saved_card)
			return cards.why_not_usable(frappe.get_doc(CARD, payment.saved_card))
		if payment.stripe_bank_account:
			if missing == "payment_method":
				mark_row_removed(BANK_ACCOUNT, payment.stripe_bank_account)
			elif missing == "mandate":
				bank_accounts.block_without_mandate(payment.stripe_bank_account)
			else:
				bank_accounts.sync(payment.stripe_bank_account)
			return bank_accounts.why_not_usable(frappe.get_doc(BANK_ACCOUNT, payment.stripe_bank_account))
	except errors.GatewayError as fault:
		frappe.logger("stripe_service").info(
			f"The saved method of {payment.name} could not be re-read: {fault}"
		)
	return None


def mark_row_removed(doctype: str, name: str) -> bool:
	"""Whether the row was changed."""
	return in_fresh_transaction(lambda: _mark_row_removed(doctype, name))


def _mark_row_removed(doctype: str, name: str) -> bool:
	doc = frappe.get_doc(doctype, name, for_update=True)
	if doc.status == REMOVED:
		return False
	doc.write(status=REMOVED, removed_at=now_datetime(), is_default=0)
	return True


def remove_duplicates(doctype: str, doc) -> None:
	"""Keep `doc` alone of the methods with its fingerprint: the same card or account saved again.

	The newest is kept, because its expiry, consent and mandate are; it takes over being the default. The older ones
	are detached at Stripe: where that fails now they stay, and the next saving tries again.
	"""
	if not doc.fingerprint:
		return
	for other in _same_fingerprint(doctype, doc):
		try:
			end_at_stripe(doctype, other)
		except errors.GatewayError:
			frappe.log_error(
				f"Stripe: duplicate of {doc.name} stays for now",
				reference_doctype=doctype,
				reference_name=other.name,
			)
			continue
		mark_row_removed(doctype, other.name)
		if other.is_default:
			in_fresh_transaction(lambda: _move_default(doctype, doc))


def _same_fingerprint(doctype: str, doc) -> list[frappe._dict]:
	return frappe.get_all(
		doctype,
		filters={
			"stripe_customer": doc.stripe_customer,
			"fingerprint": doc.fingerprint,
			"status": ["!=", REMOVED],
			"name": ["!=", doc.name],
			"creation": ["<=", doc.creation],
		},
		fields=_identity(doctype),
	)


def _identity(doctype: str) -> list[str]:
	fields = ["name", "stripe_account", "payment_method_id", "status", "is_default"]
	return [*fields, "setup_intent_id"] if doctype == BANK_ACCOUNT else fields
