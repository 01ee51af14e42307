"""What the desk does with the payment link of a document. Each call needs read on the document; making and seeing links is
*create* on Stripe Payment Link, revoking one *write*."""

import frappe

from stripe_service.payables.payable import load_payable
from stripe_service.payments import links


@frappe.whitelist(methods=["POST"])
def get_link(doctype: str, name: str) -> dict:
	"""The open link of a document; `url` is None where there is none."""
	return _describe(_load(doctype, name, "create"))


@frappe.whitelist(methods=["POST"])
def make_link(doctype: str, name: str, expires_on: str | None = None) -> dict:
	"""A new link, good until the end of the day `expires_on` (empty: as Stripe Service Settings say); the one before is revoked."""
	payable = _load(doctype, name, "create")
	links.make(payable, expires_on)
	return _describe(payable)


@frappe.whitelist(methods=["POST"])
def revoke_link(doctype: str, name: str) -> dict:
	"""Nobody can pay by the links that this document had; payments that were begun can be finished. Returns how many there were."""
	payable = _load(doctype, name, "write")
	return {"revoked": links.revoke(payable.doctype, payable.name)}


def _load(doctype: str, name: str, right: str):
	frappe.has_permission(links.DOCTYPE, right, throw=True)
	payable = load_payable(doctype, name)
	payable.doc.check_permission("read")
	return payable


def _describe(payable) -> dict:
	link = links.current(payable.doctype, payable.name)
	return {
		"url": links.url_of(link.name) if link else None,
		"expires_on": link.expires_on if link else None,
		"opened": link.opened if link else 0,
		"last_opened": link.last_opened if link else None,
		"default_expiry": links.default_expiry(),
		"switched_off": links.is_switched_off(),
		"may_revoke": bool(frappe.has_permission(links.DOCTYPE, "write")),
	}
