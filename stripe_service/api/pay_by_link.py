"""What the page of a payment link calls: for people without a login.

Each call takes the link's token, and nothing else that names a document or a payment: of a link of several documents each is
called by its row of the link, which names nothing elsewhere. A payment is named by the `request_id` that the browser drew for
it: only the browser that began a payment can follow, finish or give it up, and only it is given the client secret. That goes on after a link was revoked or has expired, so that money on its way comes to its end.

Limited for each address (Frappe's rate limiter), for each link (`links.count_attempt`), and by declined cards for each
link and document (`declines`).
"""

import frappe
from frappe import _
from frappe.rate_limiter import rate_limit
from frappe.utils import validate_email_address

from stripe_service.payments import charge, limits, link_form, links, release, unforeseen
from stripe_service.payments.allowed_methods import check_method
from stripe_service.payments.claim import PayRequest, Wanted, claim, naming
from stripe_service.payments.declines import check_declines
from stripe_service.payments.new_card import read_new_card
from stripe_service.payments.result import refresh, result_for_payer
from stripe_service.payments.together import check_count, check_together
from stripe_service.utils.json_arguments import from_json

HOUR = 60 * 60
# An open page asks twice a minute, and many people may share an address.
CALLS_PER_ADDRESS = 1200
PAYMENTS_PER_ADDRESS = 40
LONGEST_EMAIL = 254


@frappe.whitelist(allow_guest=True, methods=["POST"])
@rate_limit(limit=CALLS_PER_ADDRESS, seconds=HOUR)
def open_form(token: str, request_id: str | None = None) -> dict:
	"""All that the form shows: the invoices, the amounts, Stripe's fields, and the payment that this browser has under way. Of a
	link of several documents `documents` has a row for each that can be paid now, and `left_out` the others with the reason; those
	that are no longer part of the link are counted there without a name."""
	row, documents = links.open_link(token)
	links.note_opened(row)
	payment = links.find_payment(row.name, request_id)
	if payment:
		refresh(payment)
		documents = links.documents_of(row)
	return link_form.form_of_link(row, documents, payment)


@frappe.whitelist(allow_guest=True, methods=["POST"])
@rate_limit(limit=PAYMENTS_PER_ADDRESS, seconds=HOUR)
def pay(
	token: str,
	confirmation_token: str,
	request_id: str,
	amount: str | int | float | bool | None = None,  # bool is refused; without it Frappe would make 1 of it
	amounts: str | list | None = None,
	email: str | None = None,
) -> dict:
	"""Pay by a new card; returns the outcome (payments.result). `amount` (major units of the document's currency) is what is paid
	of the one document of a link, `amounts` what is paid of the documents of a link of several, by one payment: a JSON list of
	{row, amount}. All or nothing: one that can't be paid so refuses all. To `email` Stripe sends its receipt. The same
	`request_id` never charges twice.
	"""
	wished = _read_amounts(amount, amounts)
	found = links.find(token)
	earlier = found and links.find_payment(found.name, request_id)
	if earlier:
		return _look_up(earlier)
	row, documents = links.open_link(token)
	chosen = _choose(row, documents, wished)
	request = _request_for(row, chosen, request_id, _read_email(email))
	for document, text in chosen:
		payable = document.payable
		with naming(payable, len(chosen) > 1):
			links.refuse_if(document.why_not_payable())
			limits.read_amount(text, payable.currency)
			check_method(payable, "card")
	payables = [document.payable for document, _text in chosen]
	check_together(payables)
	links.count_attempt(row.name)
	card = read_new_card(payables[0].account, confirmation_token)
	for payable in payables:
		check_declines(request.user, payable.doctype, payable.name, card.brand, card.last4, row.name)
	payment, is_new = claim(request.with_card(card))
	if not is_new:
		return _look_up(payment)
	return unforeseen.carry_out(
		payment, lambda: charge.start(payment, {"confirmation_token": confirmation_token}), result_for_payer
	)


def _read_amounts(amount, amounts) -> list[tuple]:
	"""[(row, amount)], the row None for the link's one document. Raises frappe.ValidationError for what is no list of amounts, and
	AmountRefused for what is no amount, before anything is looked up."""
	wished = [(None, amount)]
	if amounts is not None:
		listed = from_json(amounts)
		if not isinstance(listed, list) or not listed or not all(map(_is_amount, listed)):
			_refuse_request()
		check_count(len(listed))
		wished = [(one["row"], one.get("amount")) for one in listed]
	for _row, text in wished:
		limits.read_amount(text)
	return wished


def _is_amount(value) -> bool:
	return isinstance(value, dict) and isinstance(value.get("row"), str)


def _choose(row, documents: list[links.LinkDocument], wished: list[tuple]) -> list[tuple]:
	"""[(LinkDocument, amount)]. Raises LinkRefused for what is no longer part of the link, frappe.ValidationError for a row that it has
	not."""
	if wished[0][0] is None:
		if len(documents) > 1:
			_refuse_request()
		return [(documents[0], wished[0][1])]
	by_row = {document.row: document for document in documents}
	missing = {name for name, _text in wished} - by_row.keys()
	if missing - {one.name for one in row.references}:
		_refuse_request()
	if missing:
		links.refuse_if(links.no_longer_part(len(missing)))
	return [(by_row[name], text) for name, text in wished]


def _request_for(row, chosen: list[tuple], request_id: str, email: str) -> PayRequest:
	first, *others = (
		Wanted(document.payable.doctype, document.payable.name, text) for document, text in chosen
	)
	return PayRequest(
		first.doctype,
		first.name,
		first.amount,
		"card",
		links.PAYER,
		links.hashed_request_id(row.name, request_id),
		payment_link=row.name,
		payer_email=email,
		others=tuple(others),
	)


def _refuse_request() -> None:
	frappe.throw(_("The request is not valid. Please reload the page."))


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
