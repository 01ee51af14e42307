"""Claiming an amount of a document before a cent moves.

A claim is one Invoice Payment in a reserving state, inserted while the document's row is locked and committed before
Stripe is asked for anything. Two payers, two tabs or a repeated click therefore meet at the row lock, and the later
one sees what the earlier one took.
"""

from dataclasses import dataclass, replace

import frappe

from stripe_service.access.pay import check_may_pay
from stripe_service.gateway import money, payment_states
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payments import limits, links
from stripe_service.payments.intent import new_key
from stripe_service.utils.transaction import in_fresh_transaction


@dataclass(frozen=True)
class PayRequest:
	"""What a payer asks for. `amount` is in major units, as typed; currency, account and customer are not theirs to
	say. `request_id` names this press of the button, so that the same press never claims twice. `name` is the name of the
	document that was loaded: MariaDB finds it in other spellings too ("pinv-1 "), and each would be another press.

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
	automatic_payment: str | None = None

	def with_display(self, display: dict) -> "PayRequest":
		"""With what a person recognises the saved method by (`saved_method.payment_params`)."""
		return replace(self, **display)

	def with_card(self, card, label: str) -> "PayRequest":
		return replace(self, brand=card.brand, last4=card.last4, method_label=label)


def claim(request: PayRequest) -> tuple[str, bool]:
	"""Reserve the amount; returns the Invoice Payment's name and whether this call made it.

	Needs the right to pay the document (access.pay), or a good payment link. Raises frappe.PermissionError, AmountRefused, or
	frappe.ValidationError (links.LinkRefused) where the document can't be paid now. Commits.
	"""
	limits.read_amount(request.amount)
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
	# The lock is the first statement of the transaction, so that what is read next is what was committed before.
	frappe.db.get_value(request.doctype, request.name, "name", for_update=True)
	# The same press, sent twice at the same instant: the other one has it.
	earlier = find_claim(request)
	if earlier:
		return earlier, False
	doc = frappe.get_doc(request.doctype, request.name, for_update=True)
	payable = open_payable(doc)
	balance = balance_of(payable, lock=True)
	if request.payment_link:
		links.check_claim(request.payment_link, payable, balance)
	else:
		check_may_pay(doc, request.user, balance)
	amount_minor = limits.read_amount(request.amount, payable.currency)
	limits.check(amount_minor, allowed_bounds(payable, balance, request.method_type))
	payment = _insert(request, payable, amount_minor)
	payable.update_document(balance_of(payable, lock=True))
	return payment, True


def allowed_bounds(payable, balance, method: str = "card") -> limits.Bounds:
	"""The bounds that Stripe and the document's Stripe Account set (partial payments, least amount)."""
	account = frappe.get_cached_doc("Stripe Account", payable.account)
	least = 0
	if account.minimum_partial_amount and account.default_currency == balance.currency:
		least = money.round_to_minor(account.minimum_partial_amount, balance.currency)
	of_stripe = limits.limits_of(account.name, balance.currency, method)
	return limits.bounds(balance, bool(account.allow_partial_payments), least, of_stripe)


def _insert(request: PayRequest, payable, amount_minor: int) -> str:
	payment = frappe.new_doc("Invoice Payment")
	payment.update(
		{
			"reference_doctype": payable.doctype,
			"reference_name": payable.name,
			"reference_title": payable.title,
			"organisation_unit": payable.unit,
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
