"""The page of saved payment methods for those who use the portal and not the desk: the desk page's own script."""

import frappe

from stripe_service.utils.language import page_messages

no_cache = 1


def get_context(context):
	"""Guests are sent to the login, and come back here."""
	if frappe.session.user == "Guest":
		frappe.local.flags.redirect_location = "/login?redirect-to=/my-payment-methods"
		raise frappe.Redirect
	context.show_sidebar = True
	context.stripe_service_messages = page_messages()
