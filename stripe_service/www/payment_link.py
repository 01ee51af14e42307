"""The page of a payment link, /payment-link/<token>: its invoices, for people without a login.

Opening it changes nothing, because mail programs and chats open links to look at them. The link is in the page's address, so
the page is kept out of caches, of search engines and of what other sites are told (Referer).
"""

import frappe
from frappe import _
from frappe.website.page_renderers.base_renderer import BaseRenderer
from frappe.website.page_renderers.template_page import TemplatePage

from stripe_service.payments import link_form, links
from stripe_service.utils.language import page_messages

no_cache = 1
sitemap = 0

HEADERS = {
	"Cache-Control": "no-store, private",
	"Referrer-Policy": "strict-origin",
	"X-Robots-Tag": "noindex, nofollow",
}
# What may still be said of the invoices: whoever has a good link may see it.
WITH_INVOICES = ("paid", "cancelled", "unavailable")


class PaymentLinkPage(BaseRenderer):
	"""Hook `page_renderer`: the website's own page of that name, told the token, with headers of its own."""

	def can_render(self) -> bool:
		"""Frappe asks whether the path is a payment link."""
		return self.path.startswith(f"{links.PATH}/")

	def render(self):
		"""The page, with the token from its path, and headers that keep the address secret."""
		frappe.local.flags.payment_link_token = self.path.partition("/")[2]
		page = TemplatePage(links.PATH)
		response = page.render()
		response.status_code = page.context.http_status_code
		for header, value in HEADERS.items():
			response.headers[header] = value
		return response


def get_context(context):
	"""Whoever has the token sees what the link asks for; why not, where it is closed."""
	token = frappe.local.flags.payment_link_token
	row = links.find(token) if token else None
	refusal = links.why_closed(row)
	invoices, gone = [], 0
	if not refusal:
		documents = links.documents_of(row)
		gone = len(row.references) - len(documents)
		refusals = [document.why_not_payable() for document in documents]
		refusal = links.why_none_payable(refusals) if documents else links.none_left(gone)
		invoices = [
			{**link_form.describe(document.payable), "why_not": why_not.title if why_not else None}
			for document, why_not in zip(documents, refusals, strict=True)
		]
	heading = _("Pay invoices") if len(invoices) > 1 else _("Pay an invoice")
	context.update(
		{
			"title": refusal.title if refusal else heading,
			"heading": heading,
			"refusal": refusal,
			"no_longer_part": links.words_of_no_longer_part(gone) if gone and invoices else None,
			"invoices": invoices if not refusal or refusal.kind in WITH_INVOICES else [],
			# Also for a closed one: this browser may have paid by it.
			"token": token if row else "",
			"http_status_code": refusal.http_status if refusal else 200,
			"stripe_service_messages": page_messages(),
			"no_header": 1,
			"show_sidebar": False,
		}
	)
