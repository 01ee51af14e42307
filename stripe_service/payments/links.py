"""Payment links: one document, or several of one party, paid by somebody without a login.

Whoever holds a link may see what its documents owe and pay them, so the link is a right, given by whoever made it. Its token is
the name of its row and a signature with the site's own secret: it can't be guessed, is stored nowhere, and can be shown
again to those who may make links. A site that gets another encryption key ends all its links.

A link has a row for each document, also where it is one. The same documents have one open link at most: a new one revokes the
one before, so that everybody can say which is good; a document's own link and one that names it together with others are two.
A document that is cancelled or deleted takes nothing from the others of its link; one that bills another party by now is no part
of it (`billed_to`).

A payment by a link is made by Guest, whoever is logged in; what it belongs to is its link. The browser that began it proves so
by the `request_id` that it drew itself, of which the row keeps a hash.
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
from stripe_service.payables.payable import Payable, open_payable
from stripe_service.payables.registry import get_config, get_enabled_config
from stripe_service.payments import billed_to
from stripe_service.payments.ledger import first_document
from stripe_service.payments.together import check_one_link
from stripe_service.utils.dates import read_day
from stripe_service.utils.fitting import fit
from stripe_service.utils.service_settings import service_settings

DOCTYPE = "Stripe Payment Link"
ROW = "Stripe Payment Link Reference"
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


@dataclass(frozen=True)
class LinkDocument:
	"""A document of a link. `row` is what the link's page calls it by: the name of its row, which says nothing of the document."""

	row: str
	payable: Payable

	def why_not_payable(self) -> Refusal | None:
		"""As far as can be said without the document's lock."""
		return why_not_payable(self.payable, balance_of(self.payable, lock=False))


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
	"""The address to send, on this site's own host name, for the Stripe Payment Link `link`. Checks no permission."""
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
	"""(row, its LinkDocuments in their order). Raises LinkRefused unless the link is good and has a document that is still part of
	it."""
	row = find(token)
	refuse_if(why_closed(row))
	documents = documents_of(row)
	if not documents:
		refuse_if(none_left(len(row.references)))
	return row, documents


def documents_of(row) -> list[LinkDocument]:
	"""Those of the link's documents that bill whom they billed when it was made. `row.references` names the others, too, of which
	its holder is told no more than how many they are."""
	loaded = [
		(one, open_payable(frappe.get_doc(one.reference_doctype, one.reference_name)))
		for one in row.references
	]
	return [
		LinkDocument(one.name, payable) for one, payable in loaded if billed_to.is_unchanged(one, payable)
	]


def _read(link: str, lock: bool = False):
	"""With `references`, the rows of those documents that are there and can be paid by this site at all."""
	fields = ["name", "expires_on", "revoked", "last_opened"]
	row = frappe.db.get_value(DOCTYPE, link, fields, as_dict=True, for_update=lock)
	if row:
		row.references = [one for one in _rows_of(link) if _is_there(one)]
	return row


def _rows_of(link: str) -> list:
	return frappe.get_all(
		ROW,
		filters={"parent": link, "parenttype": DOCTYPE},
		fields=["name", "reference_doctype", "reference_name", *billed_to.PARTY, "organisation_unit"],
		order_by="idx asc",
	)


def _is_there(row) -> bool:
	return bool(
		get_config(row.reference_doctype) and frappe.db.exists(row.reference_doctype, row.reference_name)
	)


# What is refused, and why


def why_closed(row) -> Refusal | None:
	"""Of the link itself; None if it is good."""
	if not row or not row.references:
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


def why_none_payable(refusals: list[Refusal | None]) -> Refusal | None:
	"""What is said of all documents of a link, by what is said of each; None if one of them can be paid now."""
	if not all(refusals):
		return None
	if len(refusals) == 1:
		return refusals[0]
	kinds = {refusal.kind for refusal in refusals}
	if kinds == {"cancelled"}:
		return Refusal("cancelled", 410, _("These invoices were cancelled"), _("There is nothing to pay."))
	if kinds == {"paid"}:
		return Refusal(
			"paid", 200, _("These invoices are paid"), _("There is nothing left to pay. Thank you.")
		)
	if kinds == {"paid", "cancelled"}:
		return Refusal(
			"paid", 200, _("Nothing is left to pay"), _("Each of these invoices is paid or was cancelled.")
		)
	return Refusal(
		"unavailable",
		503,
		_("These invoices can't be paid online at the moment"),
		_("Try again later, or ask whoever sent you the link."),
	)


def no_longer_part(count: int) -> Refusal:
	"""Of `count` documents that are to be paid and bill somebody else by now, or that were renamed or deleted a moment ago."""
	message = _("This can no longer be paid by this link. Please reload the page, or ask for a new link.")
	return Refusal("no longer part", 410, words_of_no_longer_part(count), message)


def none_left(count: int) -> Refusal:
	"""Where all `count` documents of a link bill somebody else by now."""
	message = _("This link can no longer be used to pay. Ask whoever sent it to you for a new one.")
	return Refusal("no longer part", 410, words_of_no_longer_part(count), message)


def words_of_no_longer_part(count: int) -> str:
	"""Translated, with how many of the link's documents (`count`) bill somebody else now."""
	if count == 1:
		return _("An invoice is no longer part of this link.")
	return _("{0} invoices are no longer part of this link.").format(count)


def cannot_be_paid_now() -> Refusal:
	"""Where the site or Stripe is at fault and the visitor is not: HTTP 503, so that trying again makes sense."""
	return Refusal(
		"unavailable",
		503,
		_("This invoice can't be paid online at the moment"),
		_("Try again later, or ask whoever sent you the link."),
	)


def refuse_if(refusal: Refusal | None) -> None:
	"""Raises LinkRefused. The page of what is paid is as it should be; a call to pay it is an error like any other."""
	if not refusal:
		return
	try:
		frappe.throw(refusal.message, LinkRefused, title=refusal.title)
	except LinkRefused as error:
		error.http_status_code = refusal.http_status if refusal.http_status != 200 else 410
		raise


def check_claim(link: str, docs: list) -> None:
	"""Called with the documents `docs` locked: raises LinkRefused unless the link is good now and all are part of it. Its row
	stays locked until the claim is written, so that who revokes a link knows that nothing more comes by it."""
	row = _read(link, lock=True)
	refuse_if(why_closed(row))
	named = {(one.reference_doctype, one.reference_name): one for one in row.references}
	rows = [(named.get((doc.doctype, doc.name)), open_payable(doc)) for doc in docs]
	gone = [payable for one, payable in rows if not one or not billed_to.is_unchanged(one, payable)]
	if gone:
		refuse_if(no_longer_part(len(gone)))


def is_switched_off() -> bool:
	"""Whether an administrator has switched payment links off for the whole site, in Stripe Service Settings."""
	return bool(cint(service_settings().payment_links_off))


def count_attempt(link: str) -> None:
	"""Raises TooManyAttempts. Beside the limit on declined cards (`declines`) and the one for an address (`api.pay_by_link`)."""
	# The key names the site, so that Redis' own calls will do.
	key = frappe.cache.make_key(f"stripe_service:link_attempts:{link}")
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


def is_of_its_documents(payment) -> bool:
	"""Whether all documents of a payment by a link are still part of the link. An amendment that took it over is not, nor one that
	bills another party."""
	if not payment.payment_link:
		return False
	row = _read(payment.payment_link)
	if not row:
		return False
	paid = {(one.reference_doctype, one.reference_name) for one in payment.references}
	row.references = [one for one in row.references if (one.reference_doctype, one.reference_name) in paid]
	return len(documents_of(row)) == len(paid)


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


def current(payables: list[Payable]):
	"""The open link of these documents, and no others, of which each is still part: a row with `name`, `expires_on`, `opened`,
	`last_opened`; None if there is none."""
	found = frappe.get_all(
		DOCTYPE,
		filters={"name": ("in", _links_of(_names_of(payables))), "expires_on": (">=", nowdate())},
		fields=["name", "expires_on", "opened", "last_opened"],
		order_by="creation desc",
	)
	by_name = {(payable.doctype, payable.name): payable for payable in payables}
	for link in found:
		rows = _rows_of(link.name)
		if all(
			billed_to.is_unchanged(row, by_name[row.reference_doctype, row.reference_name]) for row in rows
		):
			return link
	return None


def _names_of(payables: list[Payable]) -> list[tuple[str, str]]:
	return [(payable.doctype, payable.name) for payable in payables]


def count_shared(doctype: str, name: str) -> int:
	"""How many open links name this document together with others."""
	return frappe.db.sql(
		"""select count(*) from `tabStripe Payment Link Reference` reference
		join `tabStripe Payment Link` link on link.name = reference.parent
		where reference.reference_doctype = %s and reference.reference_name = %s
			and link.document_count > 1 and link.revoked = 0 and link.expires_on >= %s""",
		(doctype, name, nowdate()),
	)[0][0]


def make(payables: list[Payable], expires_on: str | None = None) -> str:
	"""A new link of these documents; returns its name. Those that the same documents had are revoked. Checks no permission; does
	not commit. Raises NotTogether where they can't stand in one link, and frappe.ValidationError for a day that is past, where
	links are switched off, and for a DocType that can't be paid."""
	if is_switched_off():
		frappe.throw(_("Payment links are switched off in Stripe Service Settings."))
	for payable in payables:
		if not get_enabled_config(payable.doctype):
			frappe.throw(
				_("Payment of {0} is switched off in its Payable DocType.").format(_(payable.doctype))
			)
	check_one_link(payables)
	day = read_day(expires_on) or default_expiry()
	if day < getdate(nowdate()):
		frappe.throw(_("Choose a day that is not past."), title=_("Expires On"))
	revoke(_names_of(payables))
	link = frappe.new_doc(DOCTYPE)
	for payable in payables:
		link.append("references", {**fit(ROW, _row(payable)), **billed_to.facts_of(payable)})
	return link.write(**_about(link.references), expires_on=day, made_by=frappe.session.user).name


def _row(payable: Payable) -> dict:
	return {
		"reference_doctype": payable.doctype,
		"reference_name": payable.name,
		"reference_title": payable.title,
	}


def _about(rows: list) -> dict:
	"""What the link itself says of its documents, for lists."""
	about = first_document(rows)
	del about["organisation_unit"]
	return about


def default_expiry():
	"""The last day of a link made today: Stripe Service Settings say after how many days it expires."""
	days = cint(service_settings().payment_link_days) or DAYS
	return getdate(add_days(nowdate(), days))


def revoke(documents: list[tuple[str, str]]) -> int:
	"""Revoke the open links of these documents, and no others; returns how many there were. Checks no permission; does not
	commit."""
	names = _links_of(documents)
	for link in names:
		frappe.get_doc(DOCTYPE, link, for_update=True).write(
			revoked=1, revoked_by=frappe.session.user, revoked_at=now_datetime()
		)
	return len(names)


def _links_of(documents: list[tuple[str, str]]) -> list[str]:
	"""The links that name exactly these documents and were not revoked."""
	doctype, name = documents[0]
	found = frappe.db.sql_list(
		"""select link.name from `tabStripe Payment Link Reference` reference
		join `tabStripe Payment Link` link on link.name = reference.parent
		where reference.reference_doctype = %s and reference.reference_name = %s
			and link.document_count = %s and link.revoked = 0""",
		(doctype, name, len(documents)),
	)
	if len(documents) == 1:
		return found
	wanted = set(documents)
	return [
		link
		for link in found
		if {(row.reference_doctype, row.reference_name) for row in _rows_of(link)} == wanted
	]


def forget_links(doc, method: str | None = None) -> None:
	"""doc_events "*", on_trash: its own links go with the document, so that none opens another that gets its name; those that name
	others, too, go on without it."""
	if not get_config(doc.doctype):
		return
	named = {"reference_doctype": doc.doctype, "reference_name": doc.name, "parenttype": DOCTYPE}
	for name in frappe.get_all(ROW, filters=named, pluck="parent", distinct=True):
		link = frappe.get_doc(DOCTYPE, name, for_update=True)
		rest = [
			row
			for row in link.references
			if (row.reference_doctype, row.reference_name) != (doc.doctype, doc.name)
		]
		if rest:
			link.set("references", rest)
			link.write(**_about(rest))
		else:
			frappe.db.delete(ROW, {"parent": name, "parenttype": DOCTYPE})
			frappe.db.delete(DOCTYPE, {"name": name})
