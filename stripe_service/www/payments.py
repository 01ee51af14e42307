"""The page /payments: what users of the portal have to pay, and what they have paid. All of it comes by calls (api.home),
which ask for the rights; the page itself says nothing."""

from urllib.parse import quote

import frappe

from stripe_service.utils.language import page_messages
from stripe_service.utils.portal_page import PATH

no_cache = 1
sitemap = 0


def get_context(context):
	"""Guests are sent to the login, and come back to the address they asked for."""
	if frappe.session.user == "Guest":
		wanted = frappe.request.full_path.rstrip("?") if frappe.request else f"/{PATH}"
		frappe.local.flags.redirect_location = f"/login?redirect-to={quote(wanted, safe='/')}"
		raise frappe.Redirect
	context.show_sidebar = True
	context.stripe_service_messages = page_messages()
