"""What the desk does with the payment link of a document, or of several that one payment may pay. Each call needs read on each of
them; making and seeing links is *create* on Stripe Payment Link, revoking one *write*.

Named are one document (`doctype`, `name`) or several (`documents`, a JSON list of {doctype, name}). Several raise NotTogether
unless they are of one party, one currency and one Stripe Account: the message says which it is.
"""

import frappe
from frappe import _

from stripe_service.payables.payable import Payable, load_payable
from stripe_service.payments import links
from stripe_service.payments.together import check_count, check_one_link
from stripe_service.utils.json_arguments import documents_in


@frappe.whitelist(methods=["POST"])
def get_link(
	doctype: str | None = None, name: str | None = None, documents: str | list | None = None
) -> dict:
	"""The open link of a document, or of exactly these; `url` is None where there is none. `shared` is how many open links name the
	one document together with others."""
	return _describe(_load(doctype, name, documents, "create"))


@frappe.whitelist(methods=["POST"])
def make_link(
	doctype: str | None = None,
	name: str | None = None,
	expires_on: str | None = None,
	documents: str | list | None = None,
) -> dict:
	"""A new link, good until the end of the day `expires_on` (empty: as Stripe Service Settings say); the one that the same
	documents had is revoked."""
	payables = _load(doctype, name, documents, "create")
	links.make(payables, expires_on)
	return _describe(payables)


@frappe.whitelist(methods=["POST"])
def revoke_link(
	doctype: str | None = None, name: str | None = None, documents: str | list | None = None
) -> dict:
	"""Nobody can pay by the links that this document had, or exactly these; payments that were begun can be finished. Returns how
	many there were."""
	payables = _load(doctype, name, documents, "write")
	return {"revoked": links.revoke(_names(payables))}


def _load(doctype, name, documents, right: str) -> list[Payable]:
	frappe.has_permission(links.DOCTYPE, right, throw=True)
	if documents is not None:
		named = [(one["doctype"], one["name"]) for one in documents_in(documents)]
		check_count(len(named))
	elif doctype and name:
		named = [(doctype, name)]
	else:
		frappe.throw(_("The call leaves out: {0}.").format("doctype, name"))
	payables = [load_payable(*document) for document in named]
	for payable in payables:
		payable.doc.check_permission("read")
	return payables


def _names(payables: list[Payable]) -> list[tuple[str, str]]:
	return [(payable.doctype, payable.name) for payable in payables]


def _describe(payables: list[Payable]) -> dict:
	check_one_link(payables)
	documents = _names(payables)
	link = links.current(payables)
	return {
		"url": links.url_of(link.name) if link else None,
		"expires_on": link.expires_on if link else None,
		"opened": link.opened if link else 0,
		"last_opened": link.last_opened if link else None,
		"shared": links.count_shared(*documents[0]) if len(documents) == 1 else 0,
		"default_expiry": links.default_expiry(),
		"switched_off": links.is_switched_off(),
		"may_revoke": bool(frappe.has_permission(links.DOCTYPE, "write")),
	}
