"""Payment links: one document, paid by somebody without a login.

Whoever holds a link may see what its document owes and pay it, so the link is a right, given by whoever made it. Its token is
the name of its row and a signature with the site's own secret: it can't be guessed, is stored nowhere, and can be shown
again to those who may make links. A site that gets another encryption key ends all its links.

A document has one open link at most: a new one revokes the one before, so that everybody can say which is good. A payment by
a link is made by Guest, whoever is logged in; what it belongs to is its link. The browser that began it proves so by the
`request_id` that it drew itself, of which the row keeps a hash.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.utils import add_days, cint, get_url, getdate, now_datetime, nowdate
from frappe.utils.password import get_encryption_key

from stripe_service.access.permissions import may_read
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_config, get_enabled_config
from stripe_service.utils.dates import read_day

DOCTYPE = "Stripe Payment Link"
PAYER = "Guest"
PATH = "payment-link"
DAYS = 60
SIGNATURE_LENGTH = 52  # of 32 bytes, five bits a letter
PURPOSE = b"stripe_service payment link\n"
# A UUID: long enough that nobody guesses another browser's.
REQUEST_ID = re.compile(r"[0-9A-Za-z-]{32,64}")

# How often somebody may press Pay on one link within an hour.
ATTEMPTS_PER_HOUR = 20


@dataclass(frozen=True)
class Refusal:
	"""Why a link opens nothing, in words for a stranger, who learns nothing else."""

	kind: str
	http_status: int
	title: str
	message: str


class LinkRefused(frappe.ValidationError):
	"""The link can't be used; `http_status_code` is the Refusal's."""

	http_status_code = 410


class NoSuchPayment(frappe.ValidationError):
	"""This browser began no payment by this link."""

	http_status_code = 404


class TooManyAttempts(frappe.ValidationError):
	"""Pay was pressed too often on this link within an hour."""

	http_status_code = 429


# The token


def url_of(link: str) -> str:
	return get_url(f"/{PATH}/{token_of(link)}")


def token_of(link: str) -> str:
	"""Letters and digits alone: what else a link may hold, the text part of a mail escapes, or an address is cut at."""
	signature = hmac.new(get_encryption_key().encode(), PURPOSE + link.encode(), hashlib.sha256).digest()
	return link + base64.b32encode(signature).decode().rstrip("=").lower()


def find(token: str):
	"""The row of the link that this is the token of, whatever became of it; None for any other text."""
	link = str(token or "")[:-SIGNATURE_LENGTH]
	if not link or not hmac.compare_digest(token_of(link).encode(), str(token).encode()):
		return None
	return _read(link)


def open_link(token: str):
	"""(row, document as a Payable). Raises LinkRefused unless the link is good and its document still there."""
	row = find(token)
	refuse_if(why_closed(row))
	return row, open_payable(frappe.get_doc(row.reference_doctype, row.reference_name))


def _read(link: str, lock: bool = False):
	fields = ["name", "reference_doctype", "reference_name", "expires_on", "revoked", "last_opened"]
	return frappe.db.get_value(DOCTYPE, link, fields, as_dict=True, for_update=lock)


# What is refused, and why


def why_closed(row) -> Refusal | None:
	"""Of the link itself; None if it is good."""
	if (
		not row
		or not get_config(row.reference_doctype)
		or not frappe.db.exists(row.reference_doctype, row.reference_name)
	):
		return Refusal(
			"unknown",
			404,
			_("This link is not valid"),
			_("Check that the link was copied as a whole, or ask whoever sent it to you for a new one."),
		)
	if is_switched_off():
		return Refusal(
			"off",
			403,
			_("Payment by link is switched off"),
			_(
				"Payment by link is not possible here at the moment. Ask whoever sent you the link how else to pay."
			),
		)
	if row.revoked:
		return Refusal(
			"revoked",
			410,
			_("This link was withdrawn"),
			_("This link can no longer be used to pay. Ask whoever sent it to you for a new one."),
		)
	if getdate(row.expires_on) < getdate(nowdate()):
		return Refusal(
			"expired",
			410,
			_("This link has expired"),
			_("This link can no longer be used to pay. Ask whoever sent it to you for a new one."),
		)
	return None


def why_not_payable(payable, balance) -> Refusal | None:
	"""Of the document; None if it can be paid now. What the desk says of it names states and fields: not for a stranger."""
	if not payable.why_not_payable(balance):
		return None
	if payable.is_void:
		return Refusal(
			"cancelled",
			410,
			_("This invoice was cancelled"),
			_("There is nothing to pay."),
		)
	if balance.total_minor > 0 and balance.outstanding_minor <= 0:
		return Refusal("paid", 200, _("This invoice is paid"), _("There is nothing left to pay. Thank you."))
	return cannot_be_paid_now()


def cannot_be_paid_now() -> Refusal:
	return Refusal(
		"unavailable",
		503,
		_("This invoice can't be paid online at the moment"),
		_("Try again later, or ask whoever sent you the link."),
	)


def refuse_if(refusal: Refusal | None) -> None:
	if not refusal:
		return
	try:
		frappe.throw(refusal.message, LinkRefused, title=refusal.title)
	except LinkRefused as error:
		error.http_status_code = refusal.http_status
		raise


def check_document(payable) -> None:
	"""Raises LinkRefused unless the document can be paid, as far as can be said without its lock."""
	refuse_if(why_not_payable(payable, balance_of(payable, lock=False)))


def check_claim(link: str, payable, balance) -> None:
	"""Called with the document locked: raises LinkRefused unless the link is good now and its document can be paid. The row
	stays locked until the claim is written, so that who revokes a link knows that nothing more comes by it."""
	row = _read(link, lock=True)
	if row and (row.reference_doctype, row.reference_name) != (payable.doctype, payable.name):
		row = None
	refuse_if(why_closed(row) or why_not_payable(payable, balance))


def is_switched_off() -> bool:
	return bool(cint(frappe.get_cached_doc("Stripe Service Settings").payment_links_off))


def count_attempt(link: str) -> None:
	"""Raises TooManyAttempts. Beside the limit on declined cards (`declines`) and the one for an address (`api.pay_by_link`)."""
	key = frappe.cache.make_key(
		f"stripe_service:link_attempts:{link}"
	)  # names the site, so any call of Redis will do
	if not frappe.cache.get(key):  # nosemgrep
		frappe.cache.setex(key, 3600, 0)
	if frappe.cache.incrby(key, 1) > ATTEMPTS_PER_HOUR:
		frappe.throw(
			_("Too many payments were tried with this link. Nothing was charged. Try again in an hour."),
			TooManyAttempts,
			title=_("Too many attempts"),
		)


# The payment of a link


def hashed_request_id(link: str, request_id: str) -> str:
	"""What the Invoice Payment keeps: whoever reads it can't go on with the payment. Raises frappe.ValidationError for what is
	no UUID."""
	if not isinstance(request_id, str) or not REQUEST_ID.fullmatch(request_id):
		frappe.throw(_("The request is not valid. Please reload the page."))
	return hashlib.sha256(f"{link}\n{request_id}".encode()).hexdigest()


def find_payment(link: str, request_id: str | None) -> str | None:
	"""The Invoice Payment that the holder of `request_id` began by this link."""
	if not request_id:
		return None
	press = {"payment_link": link, "request_id": hashed_request_id(link, request_id)}
	return frappe.db.get_value("Invoice Payment", press)


def is_of_its_document(payment) -> bool:
	"""Whether a payment by a link still belongs to the link's document, and not to an amendment that took it over."""
	if not payment.payment_link:
		return False
	row = _read(payment.payment_link)
	paid = {(one.reference_doctype, one.reference_name) for one in payment.references}
	return bool(row) and paid == {(row.reference_doctype, row.reference_name)}


def note_opened(row) -> None:
	"""Count a visit. The page asks again while it is looked at: within ten minutes that is the same visit."""
	frappe.db.sql(
		"""update `tabStripe Payment Link` set opened = opened + 1, last_opened = %(now)s
		where name = %(name)s and (last_opened is null or last_opened < %(now)s - interval 10 minute)""",
		{"name": row.name, "now": now_datetime()},
	)


# Making and revoking


def may_make(doctype: str, name: str) -> bool:
	"""Whether the session user may make and see links of this document: *create* on Stripe Payment Link, and read on it."""
	return bool(frappe.has_permission(DOCTYPE, "create")) and may_read(doctype, name)


def current(doctype: str, name: str):
	"""The open link of a document: a row with `name`, `expires_on`, `opened`, `last_opened`; None if there is none."""
	rows = frappe.get_all(
		DOCTYPE,
		filters={
			"reference_doctype": doctype,
			"reference_name": name,
			"revoked": 0,
			"expires_on": (">=", nowdate()),
		},
		fields=["name", "expires_on", "opened", "last_opened"],
		order_by="creation desc",
		limit=1,
	)
	return rows[0] if rows else None


def make(payable, expires_on: str | None = None) -> str:
	"""A new link of the document; returns its name. Those before are revoked. Checks no permission; does not commit. Raises
	frappe.ValidationError for a day that is past, where links are switched off, and for a DocType that can't be paid."""
	if is_switched_off():
		frappe.throw(_("Payment links are switched off in Stripe Service Settings."))
	if not get_enabled_config(payable.doctype):
		frappe.throw(_("Payment of {0} is switched off in its Payable DocType.").format(_(payable.doctype)))
	day = read_day(expires_on) or default_expiry()
	if day < getdate(nowdate()):
		frappe.throw(_("Choose a day that is not past."), title=_("Expires On"))
	revoke(payable.doctype, payable.name)
	link = frappe.new_doc(DOCTYPE)
	return link.write(
		reference_doctype=payable.doctype,
		reference_name=payable.name,
		reference_title=payable.title,
		expires_on=day,
		made_by=frappe.session.user,
	).name


def default_expiry():
	days = cint(frappe.get_cached_doc("Stripe Service Settings").payment_link_days) or DAYS
	return getdate(add_days(nowdate(), days))


def revoke(doctype: str, name: str) -> int:
	"""Revoke the open links of a document; returns how many there were. Checks no permission; does not commit."""
	filters = {"reference_doctype": doctype, "reference_name": name, "revoked": 0}
	names = frappe.get_all(DOCTYPE, filters=filters, pluck="name")
	for link in names:
		frappe.get_doc(DOCTYPE, link, for_update=True).write(
			revoked=1, revoked_by=frappe.session.user, revoked_at=now_datetime()
		)
	return len(names)


def forget_links(doc, method: str | None = None) -> None:
	"""doc_events "*", on_trash: its links go with the document, so that none opens another that gets its name."""
	if get_config(doc.doctype):
		frappe.db.delete(DOCTYPE, {"reference_doctype": doc.doctype, "reference_name": doc.name})
