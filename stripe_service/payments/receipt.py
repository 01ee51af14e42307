"""What a receipt says of an Invoice Payment: for the print format, and for the mail to its payer (hook `jinja`).

A print is read by whoever prints it: the card or account and Stripe's receipt are shown to the payer and to whoever holds
permission level 1, as everywhere. The mail is read by its payer, whatever user happens to cause it, and in the payer's
language.
"""

from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import cint, fmt_money
from frappe.www.printview import validate_print_permission

from stripe_service.access import portal
from stripe_service.access.permissions import may_read
from stripe_service.gateway import money, payment_states
from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_config
from stripe_service.payments import links
from stripe_service.payments.history_words import about_payment, is_debit
from stripe_service.payments.result import is_payer_or_reader
from stripe_service.utils.dates import date_in_words
from stripe_service.utils.labels import in_one_piece, money_in_words, web_address
from stripe_service.utils.language import words_for

DOCTYPE = "Invoice Payment"


def stripe_amount(amount: float | None, currency: str) -> str:
	"""An amount of a document (major units), with the decimals that its currency has: Frappe prints two, or the site's. A rate
	that has more keeps them."""
	exact = Decimal(str(amount or 0)).normalize()
	decimals = max(money.exponent(currency), -exact.as_tuple().exponent)
	return in_one_piece(fmt_money(exact, precision=decimals, currency=currency))


def stripe_date(day) -> str:
	"""A date of a document in words, in the language of the print; empty for none."""
	return date_in_words(day) if day else ""


def stripe_receipt(doc) -> frappe._dict:
	"""What the session user may know of a payment (an Invoice Payment; raises frappe.PermissionError for who may not print it), in the
	language of the page: `heading`, `number`, `amount`, `stamp` and its `colour`, `rows` of `label` and `value`,
	`received` (whether any money was), `test_mode`, `receipt_url` (Stripe's, or empty), `note`."""
	payment = frappe.get_doc(DOCTYPE, doc.get("name"))
	if not frappe.flags.ignore_print_permissions:
		# Frappe has asked about the document that it was given, which may be one that a request made up.
		validate_print_permission(payment)
	return _receipt(payment, is_payer_or_reader(payment), frappe.session.user)


def stripe_receipt_for_payer(doc) -> frappe._dict:
	"""The same for the mail to the payer, with `subject` and `thanks`, in the payer's language. Only for the Notifications on
	a payment that the app itself has changed, and for whoever may know as much: raises frappe.PermissionError."""
	payment = frappe.get_doc(DOCTYPE, doc.get("name"))
	by_app = not isinstance(doc, dict) and doc.flags.by_stripe_service
	if not by_app and not (payment.has_permission("read") and is_payer_or_reader(payment)):
		frappe.throw(_("You may not read this payment's receipt."), frappe.PermissionError)
	if payment.user == links.PAYER:
		return _mail(payment)
	return words_for(payment.user, lambda: _mail(payment))


def keep_off_timeline(communication, method: str | None = None) -> None:
	"""doc_events Communication, before_insert: Frappe files a copy of each Notification's mail at its document, for whoever may
	read that. A colleague who may read a payment may not know its card."""
	if communication.reference_doctype == DOCTYPE and communication.communication_type == "Automated Message":
		communication.update({"reference_doctype": None, "reference_name": None})


def _mail(payment) -> frappe._dict:
	receipt = _receipt(payment, True, payment.user)
	receipt.subject = _("Receipt for {0}").format(_paid_for(payment))
	receipt.thanks = _("Thank you. We have received your payment of {0}.").format(
		money_in_words(payment.received_minor, payment.currency)
	)
	if receipt.test_mode:
		receipt.subject = _("[TEST MODE] {0}").format(receipt.subject)
	return receipt


def _receipt(payment, details: bool, reader: str) -> frappe._dict:
	received = cint(payment.received_minor) > 0
	words = about_payment(payment, False, False, frappe.utils.now_datetime())
	return frappe._dict(
		heading=_("Payment Receipt") if received else _("Payment"),
		number=payment.name,
		amount=money_in_words(payment.received_minor if received else payment.amount_minor, payment.currency),
		stamp=words.label,
		colour=words.colour,
		rows=_rows(payment, details, reader),
		received=received,
		note="" if received else _("This is not a receipt: no money was received."),
		# Before Stripe has answered, nothing says which it is.
		test_mode=bool(payment.payment_intent_id) and not payment.livemode,
		receipt_url=(details and web_address(payment.receipt_url)) or "",
		receipt_label=_("Receipt at Stripe"),
		test_note=_("TEST MODE: no real money was moved."),
		stamp_label=_("Status"),
	)


def _rows(payment, details: bool, reader: str) -> list[frappe._dict]:
	def unit_of(row) -> str | None:
		return row.organisation_unit if portal.shows_unit(row.reference_doctype, reader) else None

	received = cint(payment.received_minor) > 0
	rows = [
		(_("Payment Number"), payment.name),
		(_("Paid For"), _paid_for(payment)),
		*_documents(payment),
		(_("Bill To"), _in_common(payment, _party_of)),
		(_("Organisation Unit"), _in_common(payment, unit_of)),
		(_("Paid By"), _payer_of(payment, details)),
		(
			_("Paid With"),
			(details and payment.method_label) or (_("Bank debit") if is_debit(payment) else _("Card")),
		),
		(_("Paid On"), date_in_words(payment.settled_at) if received and payment.settled_at else None),
		(_("Begun On"), None if received else date_in_words(payment.creation)),
		(_("Amount"), money_in_words(payment.amount_minor, payment.currency)),
		(_("Refunded"), _given_back(payment, payment.refunded_minor)),
		(_withheld_label(payment), _given_back(payment, payment.disputed_minor)),
		(_("Counts as Paid"), _rest(payment)),
	]
	return [frappe._dict(label=label, value=value) for label, value in rows if value]


def _paid_for(payment) -> str:
	rows = payment.references
	if len(rows) > 1:
		return _("{0} documents").format(len(rows))
	return rows[0].reference_title or rows[0].reference_name


def _documents(payment) -> list[tuple[str, str]]:
	"""A line for each document; with its part of the amount where there are several."""
	rows = payment.references
	if len(rows) == 1:
		return [(_(rows[0].reference_doctype), rows[0].reference_name)]
	return [
		(
			f"{_(row.reference_doctype)} {row.reference_name}",
			_with_title(row, money_in_words(row.amount_minor, payment.currency)),
		)
		for row in rows
	]


def _with_title(row, amount: str) -> str:
	return f"{amount} · {row.reference_title}" if row.reference_title else amount


def _in_common(payment, fact) -> str | None:
	"""What is the same for all documents of the payment."""
	found = {fact(row) for row in payment.references}
	return found.pop() if len(found) == 1 else None


def _withheld_label(payment) -> str:
	if payment.status != payment_states.DISPUTE_LOST:
		return _("Held Back While Disputed")
	return _("Returned by the bank") if is_debit(payment) else _("Dispute lost")


def _given_back(payment, minor) -> str | None:
	return f"− {money_in_words(minor, payment.currency)}" if cint(minor) else None


def _rest(payment) -> str | None:
	"""Only where it is not what was paid."""
	if not (cint(payment.refunded_minor) or cint(payment.disputed_minor)):
		return None
	return money_in_words(payment.settled_minor, payment.currency)


def _payer_of(payment, details: bool) -> str | None:
	if payment.user == links.PAYER:
		return (details and payment.payer_email) or _("By a payment link")
	return frappe.db.get_value("User", payment.user, "full_name") or payment.user


def _party_of(row) -> str | None:
	"""Whom the document bills, if the session user may read it as it is today; a receipt never fails for want of it."""
	doctype, name = row.reference_doctype, row.reference_name
	if not get_config(doctype) or not frappe.db.exists(doctype, name):
		return None
	if not (may_read(doctype, name) or portal.may_read(doctype, name)):
		return None
	return open_payable(frappe.get_doc(doctype, name)).party
