"""What the page of a payment link calls: for people without a login.

Each call takes the link's token, and nothing else that names a document or a payment. A payment is named by the `request_id`
that the browser drew for it: only the browser that began a payment can follow, finish or give it up, and only it is given
the client secret. That goes on after a link was revoked or has expired, so that money on its way comes to its end.

Limited for each address (Frappe's rate limiter), for each link (`links.count_attempt`), and by declined cards for each
link and document (`declines`).
"""

import frappe
from frappe import _
from frappe.rate_limiter import rate_limit
from frappe.utils import validate_email_address

from stripe_service.payables.payable import open_payable
from stripe_service.payments import charge, limits, link_form, links, release, unforeseen
from stripe_service.payments.allowed_methods import check_method
from stripe_service.payments.claim import PayRequest, claim
from stripe_service.payments.declines import check_declines
from stripe_service.payments.new_card import read_new_card
from stripe_service.payments.result import refresh, result_for_payer

HOUR = 60 * 60
# An open page asks twice a minute, and many people may share an address.
CALLS_PER_ADDRESS = 1200
PAYMENTS_PER_ADDRESS = 40
LONGEST_EMAIL = 254


@frappe.whitelist(allow_guest=True, methods=["POST"])
@rate_limit(limit=CALLS_PER_ADDRESS, seconds=HOUR)
def open_form(token: str, request_id: str | None = None) -> dict:
	"""All that the form shows: the invoice, the amounts, Stripe's fields, and the payment that this browser has under way."""
	row, payable = links.open_link(token)
	links.note_opened(row)
	payment = links.find_payment(row.name, request_id)
	if payment:
		refresh(payment)
		payable = open_payable(frappe.get_doc(payable.doctype, payable.name))
	return link_form.form_of_link(payable, payment)


@frappe.whitelist(allow_guest=True, methods=["POST"])
@rate_limit(limit=PAYMENTS_PER_ADDRESS, seconds=HOUR)
def pay(
	token: str,
	amount: str | int | float | bool,  # bool is refused; without it Frappe would make 1 of it
	confirmation_token: str,
	request_id: str,
	email: str | None = None,
) -> dict:
	"""Pay `amount` (major units of the document's currency) by a new card; returns the outcome (payments.result). To `email`
	Stripe sends its receipt. The same `request_id` never charges twice.
	"""
	limits.read_amount(amount)
	found = links.find(token)
	earlier = found and links.find_payment(found.name, request_id)
	if earlier:
		return _look_up(earlier)
	row, payable = links.open_link(token)
	request = PayRequest(
		payable.doctype,
		payable.name,
		amount,
		"card",
		links.PAYER,
		links.hashed_request_id(row.name, request_id),
		payment_link=row.name,
		payer_email=_read_email(email),
	)
	links.check_document(payable)
	limits.read_amount(amount, payable.currency)
	check_method(payable, "card")
	links.count_attempt(row.name)
	card = read_new_card(payable.account, confirmation_token)
	check_declines(request.user, payable.doctype, payable.name, card.brand, card.last4, row.name)
	payment, is_new = claim(request.with_card(card))
	if not is_new:
		return _look_up(payment)
	return unforeseen.carry_out(
		payment, lambda: charge.start(payment, {"confirmation_token": confirmation_token}), result_for_payer
	)


@frappe.whitelist(allow_guest=True, methods=["POST"])
@rate_limit(limit=CALLS_PER_ADDRESS, seconds=HOUR)
def payment_status(token: str, request_id: str) -> dict:
	"""What became of the payment that this browser began; asks Stripe while it is open."""
	payment = _own_payment(token, request_id)
	if not payment:
		return {"payment": None, "status": "Not Started", "outcome": "not_started"}
	return _look_up(payment)


@frappe.whitelist(allow_guest=True, methods=["POST"])
@rate_limit(limit=CALLS_PER_ADDRESS, seconds=HOUR)
def finish(token: str, request_id: str) -> dict:
	"""After the browser has dealt with 3-D Secure: read the outcome from Stripe."""
	return _look_up(_own_payment(token, request_id) or _refuse())


@frappe.whitelist(allow_guest=True, methods=["POST"])
@rate_limit(limit=CALLS_PER_ADDRESS, seconds=HOUR)
def abandon(token: str, request_id: str) -> dict:
	"""Give up the payment that this browser began, if it is still open, and free its amount."""
	payment = _own_payment(token, request_id) or _refuse()
	return unforeseen.look_up(payment, lambda: release.cancel(payment), result_for_payer)


def _own_payment(token: str, request_id: str) -> str | None:
	"""Whatever became of the link meanwhile. Raises LinkRefused for a token that never was one."""
	row = links.find(token)
	if not row:
		links.refuse_if(links.why_closed(None))
	return links.find_payment(row.name, request_id)


def _look_up(payment: str) -> dict:
	return unforeseen.look_up(payment, lambda: refresh(payment), result_for_payer)


def _refuse() -> None:
	frappe.throw(_("No payment was started here."), links.NoSuchPayment)


def _read_email(email: str | None) -> str:
	text = (email or "").strip()
	if not text or not link_form.sends_receipts():
		return ""
	if len(text) > LONGEST_EMAIL or not validate_email_address(text) or "," in text:
		frappe.throw(_("This is not an e-mail address. Correct it, or leave it empty."))
	return text
