"""Beginning and ending an Automatic Payment.

Stripe asks that a card be set up for payments without its holder: a SetupIntent with `usage=off_session`, confirmed while the
payer is there, in which the bank may ask for 3-D Secure once. A card that was saved by an ordinary payment is set up for later
payments with its holder alone. A bank account needs no more: its SetupIntent gave a mandate for many debits.
https://docs.stripe.com/payments/save-and-reuse, https://docs.stripe.com/payments/ach-direct-debit/set-up-payment

The text that the payer agrees to is made here, from what they chose, and comes back with the agreement: it is refused if it is
not what would be shown now.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import frappe
from frappe import _
from frappe.utils import add_to_date, get_fullname, now_datetime

from stripe_service.access.pay import why_not_pay
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors, money
from stripe_service.payables.payable import load_payable
from stripe_service.payables.registry import get_config
from stripe_service.payments import limits
from stripe_service.payments.automatic import settings, telling
from stripe_service.payments.automatic.scope import Scope, check_scope
from stripe_service.saved_methods import ownership
from stripe_service.saved_methods.ownership import BANK_ACCOUNT, CARD
from stripe_service.stripe_service.doctype.automatic_payment.automatic_payment import (
	ACTIVE,
	CONFIRMATION_REQUIRED,
	STOPPED,
)
from stripe_service.stripe_service.doctype.scheduled_payment.scheduled_payment import CANCELLED, WAITING
from stripe_service.utils.labels import money_in_words
from stripe_service.utils.language import words_for
from stripe_service.utils.notices import notify_administrators
from stripe_service.utils.stripe_errors import stripe_errors_as_messages
from stripe_service.utils.transaction import in_fresh_transaction

DOCTYPE = "Automatic Payment"
SCHEDULED = "Scheduled Payment"
# A bank that is asked again and again whether a card may be set up is being used to test cards.
BEGUN_PER_HOUR = 10
METHOD_FIELDS = {CARD: "saved_card", BANK_ACCOUNT: "stripe_bank_account"}


class ConsentChanged(frappe.ValidationError):
	"""The text that the payer agreed to is not what would be agreed to now."""


@dataclass(frozen=True)
class Wish:
	"""What a payer asks for. The amounts are in major units of `currency`, as typed."""

	saved_method: str
	scope: Scope
	currency: str
	maximum_per_document: str
	maximum_per_month: str


def why_above_each(agreement, amount_minor: int) -> str | None:
	"""In words, if a document of `amount_minor` (minor units of the agreement's currency) is more than its payer allows for each."""
	each = money.round_to_minor(agreement.maximum_per_document, agreement.currency)
	if amount_minor <= each:
		return None
	return _("{0} is more than you allow for each ({1}).").format(
		money_in_words(amount_minor, agreement.currency), money_in_words(each, agreement.currency)
	)


def consent_text(wish: Wish, user: str) -> str:
	"""The text that `user` agrees to, in their language. Raises frappe.ValidationError for a wish that can't be granted, and
	frappe.PermissionError for a method that is not theirs."""
	method = _check_wish(wish, user)
	# As the payer knows it: the account's name here is its administrators' affair.
	business = frappe.db.get_value("Stripe Account", method.stripe_account, "business_name", cache=True)
	words = [
		_("{0} may charge {1} for {2} without asking me each time, on the day on which each is due.").format(
			business or method.stripe_account, method.label, wish.scope.label
		),
		_("At most {0} for each, and at most {1} in a calendar month.").format(
			_in_words(wish.maximum_per_document, wish.currency),
			_in_words(wish.maximum_per_month, wish.currency),
		),
		_("I am notified {0} days before each payment.").format(settings.notice_days()),
	]
	if days := settings.retry_days(method.method_type):
		words.append(
			_("If a payment is declined, it is tried again after {0} days.").format(", ".join(map(str, days)))
		)
	words.append(_("I can stop this at any time on the page My Payment Methods."))
	return " ".join(words)


def start(wish: Wish, user: str, agreed_text: str, ip: str | None) -> tuple[str, str | None]:
	"""Begin to pay automatically; returns (name, client secret). With a client secret the payer's bank asks them first: the browser
	answers it, then `finish`. Commits.

	Raises like `consent_text`, ConsentChanged, and frappe.ValidationError where Stripe or the bank refuses.
	"""
	if agreed_text != consent_text(wish, user):
		frappe.throw(
			_("What you would agree to has changed in the meantime. Please read it again."), ConsentChanged
		)
	_check_not_too_many(user)
	doctype = ownership.doctype_of(wish.saved_method, user)
	name = in_fresh_transaction(lambda: _insert(wish, user, doctype, agreed_text, ip))
	if doctype == BANK_ACCOUNT:
		_activate(name)
		return name, None
	return name, _set_up_card(name)


def finish(name: str) -> str:
	"""The browser has answered the bank's question: read from Stripe what came of it; returns the status. Commits."""
	agreement = frappe.get_doc(DOCTYPE, name)
	if agreement.status != CONFIRMATION_REQUIRED or not agreement.setup_intent_id:
		return agreement.status
	with stripe_errors_as_messages("card"):
		intent = gateway_for(agreement.stripe_account).call(
			"setup_intents.retrieve", agreement.setup_intent_id
		)
	if intent["status"] == "succeeded":
		_activate(name)
	elif intent["status"] != "requires_action":
		stop(name, lambda: _("The bank did not confirm that this card may pay automatically."), tell=False)
	return frappe.db.get_value(DOCTYPE, name, "status")


def stop(name: str, reason: Callable[[], str], tell: bool = True) -> bool:
	"""End an Automatic Payment; whether it was not ended already. Its scheduled payments that have not begun are cancelled; one
	that is on its way goes on. Commits."""
	return in_fresh_transaction(lambda: stop_locked(name, reason, tell))


def stop_locked(name: str, reason: Callable[[], str], tell: bool = True) -> bool:
	"""The same in the caller's transaction."""
	agreement = frappe.get_doc(DOCTYPE, name, for_update=True)
	if agreement.status == STOPPED:
		return False
	words = words_for(agreement.user, reason)
	values = {
		"status": STOPPED,
		"stopped_at": now_datetime(),
		"stopped_by": frappe.session.user,
		"stopped_reason": words,
	}
	left = _cancel_waiting(name, words)
	if tell:
		owed = [row for row in left if _is_still_owed(row)]
		telling.record_stop(agreement, words, owed, **values)
	else:
		agreement.write(**values)
	return True


def _cancel_waiting(agreement: str, reason: str) -> list:
	"""The Scheduled Payments that are not paid automatically any more, the next due first."""
	waiting = {"automatic_payment": agreement, "status": ("in", WAITING)}
	cancelled = []
	for name in frappe.get_all(SCHEDULED, filters=waiting, order_by="due_on asc, name asc", pluck="name"):
		row = frappe.get_doc(SCHEDULED, name, for_update=True)
		if row.status in WAITING:
			cancelled.append(row.write(status=CANCELLED, reason=reason, next_attempt_on=None))
	return cancelled


def _is_still_owed(row) -> bool:
	"""Whether its payer may pay the document: it may have been paid by hand since, cancelled or taken from them."""
	if not document_is_there(row):
		return False
	payable = load_payable(row.reference_doctype, row.reference_name)
	return why_not_pay(payable.doc, row.user) is None


def document_is_there(row) -> bool:
	"""Whether the document of a Scheduled Payment is still there, and of a DocType that is payable."""
	return bool(get_config(row.reference_doctype)) and bool(
		frappe.db.exists(row.reference_doctype, row.reference_name)
	)


def stop_as(name: str, by: str) -> bool:
	"""Stop because somebody asked for it: the payer, or an administrator, of which the payer is told."""
	user = frappe.db.get_value(DOCTYPE, name, "user")
	if by == user:
		return stop(name, lambda: _("You have stopped it."), tell=False)
	return stop(name, lambda: _("{0} has stopped it.").format(get_fullname(by)))


def stop_all(user: str) -> int:
	"""Stop all of a user's; returns how many there were. Commits."""
	return sum(stop_as(name, user) for name in _running({"user": user}))


def stop_for_method(doc, method: str | None = None) -> None:
	"""doc_events Saved Card and Stripe Bank Account, on_update: what can never pay again pays nothing automatically. In the
	transaction that writes it."""
	if doc.status not in ("Removed", "Blocked", "Failed"):
		return
	for name in _running({METHOD_FIELDS[doc.doctype]: doc.name}):
		stop_locked(name, doc.why_not_usable)


def why_method_unusable(agreement) -> str | None:
	"""None if the saved method can pay, and is its payer's still; else why not, in the reader's language."""
	doctype = CARD if agreement.saved_card else BANK_ACCOUNT
	try:
		return ownership.check_own(doctype, agreement.saved_method, agreement.user).why_not_usable()
	except frappe.PermissionError as refusal:
		# Its Customer was deleted, which marks the methods without a save.
		frappe.clear_last_message()
		return str(refusal)


def stop_for_disabled(agreement) -> None:
	"""The payer's user is disabled. They read nothing any more, so administrators are told. Commits."""

	def reason() -> str:
		return _("The user {0} is disabled.").format(agreement.user)

	def end() -> None:
		if stop_locked(agreement.name, reason, tell=False):
			notify_administrators(
				DOCTYPE,
				agreement.name,
				lambda: _("{0} is disabled: automatic payments for {1} were stopped.").format(
					agreement.user, agreement.scope_label
				),
			)

	in_fresh_transaction(end)


def _running(filters: dict) -> list[str]:
	return frappe.get_all(DOCTYPE, filters={**filters, "status": ("!=", STOPPED)}, pluck="name")


# What is asked for


def _check_wish(wish: Wish, user: str):
	"""Returns the saved method."""
	method = ownership.check_own(ownership.doctype_of(wish.saved_method, user), wish.saved_method, user)
	if not settings.switched_on():
		frappe.throw(_("Automatic payments are switched off here."))
	method.check_usable()
	check_scope(wish.scope, user)
	if not frappe.db.exists("Currency", wish.currency):
		frappe.throw(_("Choose the currency of the amounts."))
	if method.method_type == "us_bank_account" and wish.currency != "USD":
		frappe.throw(_("Only invoices in US dollars can be paid by ACH."))
	most, in_month = (
		limits.read_amount(amount, wish.currency)
		for amount in (wish.maximum_per_document, wish.maximum_per_month)
	)
	if in_month < most:
		frappe.throw(_("The amount for a month must not be below the amount for each."), title=_("Amount"))
	return method


def _in_words(amount: str, currency: str) -> str:
	return money_in_words(limits.read_amount(amount, currency), currency)


def _check_not_too_many(user: str) -> None:
	since = add_to_date(now_datetime(), hours=-1)
	if frappe.db.count(DOCTYPE, {"user": user, "creation": (">", since)}) >= BEGUN_PER_HOUR:
		frappe.throw(_("You have begun many automatic payments. Try again in an hour."))


def _insert(wish: Wish, user: str, doctype: str, text: str, ip: str | None) -> str:
	method = frappe.get_doc(doctype, wish.saved_method)
	agreement = frappe.new_doc(DOCTYPE)
	agreement.write(
		user=user,
		status=CONFIRMATION_REQUIRED,
		method_type=method.method_type,
		method_label=method.label,
		stripe_account=method.stripe_account,
		scope_label=wish.scope.label,
		currency=wish.currency,
		maximum_per_document=_major(wish.maximum_per_document, wish.currency),
		maximum_per_month=_major(wish.maximum_per_month, wish.currency),
		notice_days=settings.notice_days(),
		consent_text=text,
		consent_at=now_datetime(),
		consent_ip=ip,
		**{METHOD_FIELDS[doctype]: method.name},
	)
	# Not with the insert: Frappe fills what is empty then with the user's defaults, such as their only unit.
	return agreement.write(**asdict(wish.scope)).name


def _major(amount: str, currency: str) -> float:
	return float(money.from_minor(limits.read_amount(amount, currency), currency))


# Setting up the card


def _set_up_card(name: str) -> str | None:
	agreement = frappe.get_doc(DOCTYPE, name)
	try:
		with stripe_errors_as_messages("card"):
			intent = _create_setup_intent(agreement)
	except frappe.ValidationError as refusal:
		# Frappe rolls back what a request that raises has written, but not what is committed.
		words = str(refusal)
		stop(name, lambda: words, tell=False)
		raise
	in_fresh_transaction(
		lambda: frappe.get_doc(DOCTYPE, name, for_update=True).write(setup_intent_id=intent["id"])
	)
	if intent["status"] == "succeeded":
		_activate(name)
		return None
	if intent["status"] == "requires_action":
		return intent["client_secret"]
	stop(name, lambda: _("The bank did not confirm that this card may pay automatically."), tell=False)
	frappe.throw(_("The bank did not confirm that this card may pay automatically. Use another card."))


def _create_setup_intent(agreement) -> dict:
	card = frappe.get_doc(CARD, agreement.saved_card)
	return gateway_for(agreement.stripe_account).call(
		"setup_intents.create",
		params={
			"customer": card.stripe_customer,
			"payment_method": card.payment_method_id,
			"allowed_payment_method_types": ["card"],
			"usage": "off_session",
			"confirm": True,
			"use_stripe_sdk": True,
			"metadata": {
				"site": frappe.local.site,
				"user": agreement.user,
				"automatic_payment": agreement.name,
			},
		},
		# Of this one attempt: each has a row of its own.
		idempotency_key=f"automatic_{frappe.generate_hash(length=40)}",
	)


def _activate(name: str) -> None:
	def activate() -> None:
		agreement = frappe.get_doc(DOCTYPE, name, for_update=True)
		if agreement.status == CONFIRMATION_REQUIRED:
			agreement.write(status=ACTIVE)

	in_fresh_transaction(activate)


def end_unfinished() -> None:
	"""Scheduled: what waits for the bank's question for a day is ended, unless it was answered in a browser that then closed."""
	since = add_to_date(now_datetime(), days=-1)
	waiting = {"status": CONFIRMATION_REQUIRED, "creation": ("<", since)}
	for name in frappe.get_all(DOCTYPE, filters=waiting, pluck="name"):
		try:
			status = finish(name)
		except (errors.GatewayError, frappe.ValidationError):
			continue
		if status == CONFIRMATION_REQUIRED:
			stop(name, lambda: _("The bank's question was not answered."), tell=False)
