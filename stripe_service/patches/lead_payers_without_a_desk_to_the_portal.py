"""The Notification on automatic payments led everybody to the form on the desk, Website Users too, who have no desk.

The Notification is the administrator's from the day it was made, so only the line that made the address is exchanged, and only if
it still stands there.
"""

import frappe

NAME = "Automatic Payment"
BEFORE = "{% set address = frappe.utils.get_url_to_form(doc.reference_doctype, doc.reference_name) %}"
NOW = "{% set address = stripe_address_for_payer(doc) %}"


def execute():
	message = frappe.db.get_value("Notification", NAME, "message")
	if message and BEFORE in message:
		frappe.db.set_value("Notification", NAME, "message", message.replace(BEFORE, NOW))
		frappe.cache.delete_value("notifications")
