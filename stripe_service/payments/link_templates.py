"""Payment links in print formats, e-mails and Notifications (hook `jinja`).

A template is filled in for somebody, and what it says of links is that user's right: whoever may read the document gets the
link that is open; a new one is made where the user may make one (*create* on Stripe Payment Link). A job, such as a
reminder's, acts as Administrator. A template never fails for want of a link: it gets an empty text.
"""

import frappe
from frappe import _
from markupsafe import Markup

from stripe_service.access.permissions import may_read
from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_enabled_config
from stripe_service.payments import links


def stripe_payment_link(doc) -> str:
	"""The address at which `doc` can be paid without a login, or an empty text."""
	link = _link_for(doc)
	return links.url_of(link) if link else ""


def stripe_payment_qr(doc, scale: int = 3) -> str:
	"""The same address as a QR code for paper: an SVG element, or an empty text. `scale` is the size of a module in pixels."""
	address = stripe_payment_link(doc)
	if not address:
		return ""
	# Here, so that a bench whose Python packages were not updated with the app can still render every other template.
	import segno

	code = segno.make(address, error="m", micro=False)
	title = _("Payment link as a QR code")
	return Markup(code.svg_inline(scale=scale, border=4, dark="#000", light="#fff", title=title))


def _link_for(doc) -> str | None:
	doctype, name = (doc.get("doctype"), doc.get("name")) if hasattr(doc, "get") else (None, None)
	if not (isinstance(doctype, str) and isinstance(name, str)) or not get_enabled_config(doctype):
		return None
	if links.is_switched_off() or not may_read(doctype, name):
		return None
	payable = open_payable(frappe.get_doc(doctype, name))
	existing = links.current([payable])
	if existing:
		return existing.name
	if payable.is_void or not links.may_make(doctype, name):
		return None
	link = links.make([payable])
	# A print view is a GET, which Frappe rolls back at its end; the paper would bear a link that is not there.
	frappe.local.flags.commit = True
	return link
