"""Claiming amounts of one document or several before a cent moves.

A claim is one Invoice Payment in a reserving state, with a row for each document, inserted while the documents' rows are
locked and committed before Stripe is asked for anything. Two payers, two tabs or a repeated click therefore meet at the row
lock, and the later one sees what the earlier one took. It is all or nothing: one document that can't be claimed refuses all.
"""

from contextlib import contextmanager
from dataclasses import dataclass, replace

import frappe

from stripe_service.access.pay import check_may_pay
from stripe_service.gateway import money, payment_states
from stripe_service.payables.balance import Balance, balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payments import ledger, limits, links
from stripe_service.payments.intent import new_key
from stripe_service.payments.together import check_count, check_together
from stripe_service.utils.transaction import in_fresh_transaction


@dataclass(frozen=True)
class Wanted:
	"""A document and what is to be paid of it: `amount` in major units, as typed. `name` is the name of the document that was
	loaded: MariaDB finds it in other spellings too ("pinv-1 "), and each would be another press."""

	doctype: str
	name: str
	amount: str


@dataclass(frozen=True)
class PayRequest:
	"""What a payer asks for: to pay `amount` of a document, and of `others` together with it. Amounts are all that is theirs to
	say: currency, account and customer are not. `request_id` names this press of the button, so that the same press never
	claims twice.

	`payment_link` is the link by which somebody without a login pays: the right then is the link's, not the user's.
	`automatic_payment` names the Automatic Payment by which nobody pressed a button (payments.automatic)."""

	doctype: str
	name: str
	amount: str
	method_type: str
	user: str
	request_id: str = ""
	save: bool = False
	saved_method: str | None = None
	method_label: str = ""
	brand: str = ""
	last4: str = ""
	payment_link: str | None = None
	payer_email: str = ""
	others: tuple[Wanted, ...] = ()
	automatic_payment: str | None = None

	@property
	def documents(self) -> tuple[Wanted, ...]:
		"""All that is to be paid, in the order of the payment's rows."""
		return (Wanted(self.doctype, self.name, self.amount), *self.others)

	def with_display(self, display: dict) -> "PayRequest":
		"""With what a person recognises the saved method by (`saved_method.payment_params`)."""
		return replace(self, **display)

	def with_card(self, card) -> "PayRequest":
		"""With what a person recognises a new card by (`new_card.NewCard`)."""
		return replace(self, brand=card.brand, last4=card.last4, method_label=card.label)


def claim(request: PayRequest) -> tuple[str, bool]:
	"""Reserve the amounts; returns the Invoice Payment's name and whether this call made it.

	Needs the right to pay each document (access.pay), or a good payment link. Raises frappe.PermissionError, AmountRefused, or
	frappe.ValidationError (links.LinkRefused, together.NotTogether) where a document can't be paid now: then nothing is claimed. Commits.
	"""
	check_count(len(request.documents))
	for wanted in request.documents:
		limits.read_amount(wanted.amount)
	earlier = find_claim(request)
	if earlier:
		return earlier, False
	return in_fresh_transaction(lambda: _claim(request))


def find_claim(request: PayRequest) -> str | None:
	"""The Invoice Payment that this press of the button has made already; only ever the same user's, or the same browser's, own."""
	if not request.request_id:
		return None
	if request.payment_link:
		press = {"payment_link": request.payment_link, "request_id": request.request_id}
		return frappe.db.get_value("Invoice Payment", press)
	press = {
		"reference_doctype": request.doctype,
		"reference_name": request.name,
		"user": request.user,
		"request_id": request.request_id,
	}
	return frappe.db.get_value("Invoice Payment", press)


def _claim(request: PayRequest) -> tuple[str, bool]:
	# The locks are the first statements of the transaction, so that what is read next is what was committed before.
	named = sorted({(wanted.doctype, wanted.name) for wanted in request.documents})
	docs = _lock(request, named)
	# The same press, sent twice at the same instant: the other one has it.
	earlier = find_claim(request)
	if earlier:
		return earlier, False
	if request.payment_link:
		links.check_claim(request.payment_link, list(docs.values()))
	claimed = [_check(request, docs[wanted.doctype, wanted.name], wanted) for wanted in request.documents]
	check_together([one.payable for one in claimed])
	check_total(claimed, request.method_type)
	payment = _insert(request, claimed)
	for one in claimed:
		reserved = one.balance.reserved_minor + one.amount_minor
		one.payable.update_document(replace(one.balance, reserved_minor=reserved))
	return payment, True


def _lock(request: PayRequest, named: list[tuple[str, str]]) -> dict:
	try:
		return {document: frappe.get_doc(*document, for_update=True) for document in named}
	except frappe.DoesNotExistError:
		# Renamed or deleted a moment ago. Who pays by a link is not told its name.
		if request.payment_link:
			frappe.clear_last_message()
			links.refuse_if(links.no_longer_part(1))
		raise


@dataclass(frozen=True)
class Claimed:
	"""A locked document, its balance before the claim, and what is claimed of it."""

	payable: object
	balance: Balance
	amount_minor: int


def _check(request: PayRequest, doc, wanted: Wanted) -> Claimed:
	"""What is wanted, if it may be claimed; `doc` is locked."""
	payable = open_payable(doc)
	balance = balance_of(payable, lock=True)
	several = len(request.documents) > 1
	with naming(payable, several):
		if request.payment_link:
			links.refuse_if(links.why_not_payable(payable, balance))
		else:
			check_may_pay(doc, request.user, balance)
		amount_minor = limits.read_amount(wanted.amount, payable.currency)
		limits.check(amount_minor, allowed_bounds(payable, balance, request.method_type, not several))
	return Claimed(payable, balance, amount_minor)


@contextmanager
def naming(payable, several: bool):
	"""Of several documents, a refusal says which it is about."""
	try:
		yield
	except (frappe.ValidationError, frappe.PermissionError) as refused:
		if several:
			frappe.clear_last_message()
			try:
				frappe.throw(f"{frappe.utils.escape_html(payable.name)}: {refused}", type(refused))
			except type(refused) as named:
				named.http_status_code = refused.http_status_code
				raise
		raise


def check_total(claimed: list[Claimed], method: str) -> None:
	"""Raises AmountRefused where Stripe does not take the sum of several amounts at once. (One amount alone is bounded by
	`allowed_bounds`.)"""
	if len(claimed) < 2:
		return
	payable = claimed[0].payable
	of_stripe = limits.limits_of(payable.account, payable.currency, method)
	limits.check_total(sum(one.amount_minor for one in claimed), payable.currency, of_stripe)


def allowed_bounds(payable, balance, method: str = "card", alone: bool = True) -> limits.Bounds:
	"""The bounds that Stripe and the document's Stripe Account set (partial payments, least amount). What Stripe takes at least
	is a matter of the sum where a document is not paid `alone`."""
	account = frappe.get_cached_doc("Stripe Account", payable.account)
	least = 0
	if account.minimum_partial_amount and account.default_currency == balance.currency:
		least = money.round_to_minor(account.minimum_partial_amount, balance.currency)
	of_stripe = limits.limits_of(account.name, balance.currency, method)
	return limits.bounds(balance, bool(account.allow_partial_payments), least, of_stripe, alone)


def _insert(request: PayRequest, claimed: list[Claimed]) -> str:
	payable, amount_minor = claimed[0].payable, sum(one.amount_minor for one in claimed)
	rows = [ledger.new_row(one.payable, one.amount_minor) for one in claimed]
	payment = frappe.new_doc("Invoice Payment")
	payment.update(
		{
			**ledger.first_document(rows),
			"references": rows,
			"user": request.user,
			"payment_link": request.payment_link,
			"automatic_payment": request.automatic_payment,
			"payer_email": _receipt_address(request),
			"status": payment_states.STARTED,
			"currency": payable.currency,
			"amount": money.from_minor(amount_minor, payable.currency),
			"amount_minor": amount_minor,
			"method_type": request.method_type,
			"method_label": request.method_label,
			"brand": request.brand,
			"last4": request.last4,
			"save_method": int(request.save),
			"stripe_account": payable.account,
			"idempotency_key": new_key(),
			"request_id": request.request_id,
		}
	)
	if request.saved_method:
		field = "saved_card" if request.method_type == "card" else "stripe_bank_account"
		payment.set(field, request.saved_method)
	return payment.write().name


def _receipt_address(request: PayRequest) -> str | None:
	"""As it is now: a debit's receipt is written days later."""
	if request.payment_link:
		return request.payer_email
	return frappe.get_cached_value("User", request.user, "email")
