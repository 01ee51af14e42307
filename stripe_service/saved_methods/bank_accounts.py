"""US bank accounts for ACH: added, verified, then good for debits.

A bank account comes in by a SetupIntent and never by a PaymentIntent, so that an unverified one can't be charged. The
payer gives its numbers (or links it) and accepts the mandate inside Stripe's own Element; what reaches this server is
the SetupIntent's id. Stripe verifies at once where the bank can be asked, and by micro-deposits otherwise.

`usage` stays Stripe's default, off_session: it makes the mandate one for many payments, while an on_session one would
have the payer accept it anew each time. The debits themselves are still started by the payer.

What one bank account does (following its SetupIntent, ending at Stripe) stands on its controller.
"""

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, cstr, now_datetime

from stripe_service.accounts import customers, stripe_account
from stripe_service.accounts.jobs import Report, for_each_account
from stripe_service.gateway import errors
from stripe_service.gateway.bank_account_states import NEW, PENDING, REMOVED, VERIFIED
from stripe_service.saved_methods import ownership
from stripe_service.saved_methods.ownership import BANK_ACCOUNT
from stripe_service.saved_methods.saved_method import as_document
from stripe_service.utils.service_settings import service_settings
from stripe_service.utils.stripe_errors import stripe_errors_as_messages
from stripe_service.utils.transaction import in_fresh_transaction

CURRENCY = "USD"
UNFINISHED_ALLOWED = 10  # forms opened and left within an hour, by one payer
LISTED = [
	"name", "stripe_account", "stripe_customer", "bank_name", "last4", "account_type", "account_holder_name", "status",
	"status_code", "network_code", "is_default", "microdeposit_type", "arrival_date", "attempts_left",
]  # fmt: skip


# what is offered


def offer(account: str, currency: str) -> tuple[bool, str]:
	"""Whether ACH may be offered for a payment in `currency` at this Stripe Account, and if not, why (translated)."""
	if currency.upper() != CURRENCY:
		return False, _("Only invoices in US dollars can be paid by ACH.")
	return may_add(account)


def may_add(account: str) -> tuple[bool, str]:
	"""Whether bank accounts can be added and debited at this Stripe Account, and if not, why (translated)."""
	settings = service_settings()
	if not settings.allow_ach:
		return False, _("Paying by ACH is switched off here.")
	if not settings.allow_saving:
		return False, _("Paying by ACH needs a saved bank account, and saving is switched off here.")
	return stripe_account.ach_available(account)


def saved_bank_accounts(user: str, account: str) -> list[dict]:
	"""The user's own bank accounts at a Stripe Account, whatever their state: the default first; one query.

	Each: name, bank_name, last4, account_type, account_holder_name, status, usable, is_default, microdeposit_type,
	arrival_date, attempts_left, reason (why it can't pay, in the reader's language). Those that were begun and never
	filled in are left out.
	"""
	rows = frappe.get_all(
		BANK_ACCOUNT,
		filters={"user": user, "stripe_account": account, "status": ["!=", REMOVED], "last4": ["is", "set"]},
		fields=LISTED,
		order_by="is_default desc, creation desc",
	)
	return [as_listed(as_document(BANK_ACCOUNT, row)) for row in rows]


def as_listed(row) -> dict:
	"""A Stripe Bank Account as pages and forms show it."""
	return {
		"name": row.name,
		"bank_name": row.bank_name,
		"last4": row.last4,
		"account_type": row.account_type,
		"account_holder_name": row.account_holder_name,
		"status": row.status,
		"usable": row.status == VERIFIED,
		"is_default": bool(row.is_default),
		"microdeposit_type": row.microdeposit_type or None,
		"arrival_date": cstr(row.arrival_date) or None,
		"attempts_left": cint(row.attempts_left) if row.status == PENDING else None,
		"reason": row.why_not_usable(),
	}


# adding


def start_adding(account: str, user: str | None = None) -> dict:
	"""Begin to add a bank account: what the browser needs to show Stripe's form for it.

	Returns name (of the new Stripe Bank Account), client_secret, setup_intent and billing_details (name, email). The
	row is committed before Stripe is asked, so that no SetupIntent is without one. Raises frappe.ValidationError where
	ACH is not to be had, or Stripe refuses.
	"""
	user = user or frappe.session.user
	allowed, reason = may_add(account)
	if not allowed:
		frappe.throw(reason)
	_check_not_too_many(user)
	with stripe_errors_as_messages("us_bank_account"):
		name, intent = _begin(account, user)
	found = frappe.db.get_value("User", user, ["full_name", "email"], as_dict=True)
	return {
		"name": name,
		"client_secret": intent["client_secret"],
		"setup_intent": intent["id"],
		"billing_details": {"name": found.full_name, "email": found.email} if found else {},
	}


def _begin(account: str, user: str) -> tuple[str, dict]:
	customer = customers.customer_for(account, user)
	try:
		return _begin_for(account, customer, user)
	except errors.NotFound as error:
		if error.param != "customer":
			raise
	# Deleted in Stripe's dashboard, and its event has not come yet: the payer need not notice.
	customers.mark_deleted(customer)
	return _begin_for(account, customers.customer_for(account, user), user)


def _begin_for(account: str, customer: str, user: str) -> tuple[str, dict]:
	row = {"stripe_account": account, "stripe_customer": customer, "user": user, "status": NEW}
	doc = in_fresh_transaction(lambda: frappe.new_doc(BANK_ACCOUNT).write(**row))
	try:
		intent = _create_setup_intent(doc)
	except errors.Unreachable as error:
		if not error.answered:
			raise
		# The request is over, and its key would be answered with the same fault for a day. Nobody has the client secret of
		# a SetupIntent that may have come of it, so that it does nothing.
		intent = _create_setup_intent(doc)
	in_fresh_transaction(
		lambda: frappe.get_doc(BANK_ACCOUNT, doc.name, for_update=True).write(setup_intent_id=intent["id"])
	)
	return doc.name, intent


def _check_not_too_many(user: str) -> None:
	since = add_to_date(now_datetime(), hours=-1)
	if (
		frappe.db.count(BANK_ACCOUNT, {"user": user, "status": NEW, "creation": [">", since]})
		>= UNFINISHED_ALLOWED
	):
		frappe.throw(_("You have begun to add many bank accounts. Finish one, or try again in an hour."))


def _create_setup_intent(doc) -> dict:
	return stripe_account.gateway_for(doc.stripe_account).call(
		"setup_intents.create",
		params={
			"customer": doc.stripe_customer,
			"allowed_payment_method_types": ["us_bank_account"],
			"payment_method_options": {
				"us_bank_account": {
					"verification_method": "automatic",
					"financial_connections": {"permissions": ["payment_method"]},
				}
			},
			"metadata": {"site": frappe.local.site, "user": doc.user, "stripe_bank_account": doc.name},
		},
		# Drawn at random: it guards this one call, since each adding has a row and a SetupIntent of its own.
		idempotency_key=f"bank_account_{frappe.generate_hash(length=40)}",
	)


def after_confirmation(setup_intent_id: str, user: str | None = None) -> dict:
	"""The browser has confirmed the SetupIntent: read what came of it. Returns the row as listed.

	Raises frappe.PermissionError for a SetupIntent that is not the user's, in the same words as for none.
	"""
	name = isinstance(setup_intent_id, str) and frappe.db.get_value(
		BANK_ACCOUNT, {"setup_intent_id": setup_intent_id}
	)
	ownership.check_own(BANK_ACCOUNT, name or "", user)
	with stripe_errors_as_messages("us_bank_account"):
		return as_listed(sync(name))


# following Stripe


def refresh_own(name: str, user: str | None = None) -> dict:
	"""Read an own bank account anew from Stripe. Returns the row as listed. Raises like check_own and stripe_errors_as_messages."""
	ownership.check_own(BANK_ACCOUNT, name, user)
	with stripe_errors_as_messages("us_bank_account"):
		return as_listed(sync(name))


def sync(name: str):
	"""Bring the Stripe Bank Account of this name to what Stripe reports; returns the row. Raises gateway errors,
	frappe.DoesNotExistError."""
	return frappe.get_doc(BANK_ACCOUNT, name).sync()


# what no webhook told


def sync_open() -> list[Report]:
	"""Scheduled: re-read what is under way, and end what was begun and never filled in, each account by itself.

	A closed browser tells nobody, and there is no event for a SetupIntent that begins to wait for its deposits on an
	account whose webhook is missing. A copy of the site does nothing.
	"""
	return for_each_account(stripe_account.usable_accounts(), sync_open_of)


def sync_open_of(account: str, report: Report) -> None:
	"""One account's step of `sync_open`; commits."""
	names = frappe.get_all(
		BANK_ACCOUNT,
		filters={
			"stripe_account": account,
			"status": ["in", (NEW, PENDING)],
			"modified": ["<", add_to_date(now_datetime(), minutes=-50)],
		},
		order_by="modified asc",
		limit=500,
		pluck="name",
	)
	for name in names:
		report.each(f"bank account {name}", lambda name=name: _sync_or_end(name))


def _sync_or_end(name: str) -> None:
	"""A row that was begun more than a day ago and never filled in goes."""
	doc = sync(name)
	if doc.status != NEW or doc.last4 or doc.creation > add_to_date(now_datetime(), days=-1):
		return
	doc.end_at_stripe()

	def delete() -> None:
		unused = frappe.get_doc(BANK_ACCOUNT, name, for_update=True)
		if unused.status == NEW and not unused.last4:
			unused.flags.by_stripe_service = True
			unused.delete(ignore_permissions=True)

	in_fresh_transaction(delete)
