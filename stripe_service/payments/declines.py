"""A limit on declined attempts, against card testing.

Who tries stolen cards needs many attempts, and each decline costs the merchant trust at Stripe and the card networks.
A person who mistypes needs a few. So after a number of declines within an hour (Stripe Service Settings), a payer, or
everybody on one document, has to wait; administrators are told once.
https://docs.stripe.com/disputes/prevention/card-testing
"""

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, now_datetime

from stripe_service.gateway import payment_states
from stripe_service.utils.notices import notify_administrators
from stripe_service.utils.service_settings import service_settings
from stripe_service.utils.transaction import in_fresh_transaction

WITHIN_MINUTES = 60
# The same card, declined again and again, will not be accepted the next time either.
SAME_CARD = 5


class TooManyDeclines(frappe.ValidationError):
	"""The payer, the card or the document has had too many declined attempts; the message says when to try again."""

	http_status_code = 429


def check_declines(
	user: str, doctype: str, name: str, brand: str = "", last4: str = "", link: str | None = None
) -> None:
	"""Raises TooManyDeclines, before anything is claimed, if one more attempt would be one too many. Who pays by a payment
	`link` is nobody in particular: then the link stands for the payer."""
	limit = cint(service_settings().declines_per_hour)
	if not limit:
		return
	of_payer = {"payment_link": link} if link else {"user": user}
	if _declined(of_payer) >= limit or _declined_on_document(doctype, name) >= limit:
		_notify_once("Stripe Payment Link" if link else "User", link or user, name)
		frappe.throw(
			_(
				"Too many attempts were declined. Nothing was charged. Try again in an hour, or ask an administrator."
			),
			TooManyDeclines,
			title=_("Too many declined attempts"),
		)
	if last4 and _declined({**of_payer, "brand": brand, "last4": last4}) >= SAME_CARD:
		frappe.throw(
			_(
				"This card was declined several times. Nothing was charged. Use another card, or ask your bank."
			),
			TooManyDeclines,
			title=_("Too many declined attempts"),
		)


def _declined(filters: dict) -> int:
	"""What pays by itself tries one saved card a few times in all, which tests no cards: it is not counted against its payer."""
	since = add_to_date(now_datetime(), minutes=-WITHIN_MINUTES)
	return frappe.db.count(
		"Invoice Payment",
		{
			**filters,
			"status": payment_states.FAILED,
			"method_type": "card",
			"automatic_payment": ("is", "not set"),
			"creation": (">", since),
		},
	)


def _declined_on_document(doctype: str, name: str) -> int:
	"""Attempts that paid it alone or together with others."""
	return frappe.db.sql(
		"""select count(*)
		from `tabInvoice Payment Reference` reference join `tabInvoice Payment` payment on payment.name = reference.parent
		where reference.reference_doctype = %(doctype)s and reference.reference_name = %(name)s
			and payment.status = %(failed)s and payment.method_type = 'card' and payment.creation > %(since)s""",
		{
			"doctype": doctype,
			"name": name,
			"failed": payment_states.FAILED,
			"since": add_to_date(now_datetime(), minutes=-WITHIN_MINUTES),
		},
	)[0][0]


def _notify_once(kind: str, payer: str, document: str) -> None:
	"""Once within the hour for each payer (a User, or a Stripe Payment Link), however often they go on trying."""
	since = add_to_date(now_datetime(), minutes=-WITHIN_MINUTES)
	known = {"reference_doctype": kind, "reference_name": payer, "creation": (">", since)}

	def in_words() -> str:
		return _(
			"Many declined cards: {0} is paused for an hour. Last document: {1}. Someone may be testing cards."
		).format(payer if kind == "User" else _("the payment link {0}").format(payer), document)

	def notify() -> None:
		if not frappe.db.exists("Stripe Notice", known):
			notify_administrators(kind, payer, in_words)

	in_fresh_transaction(notify)
