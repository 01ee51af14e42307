"""A user's Customer at Stripe. Written by `accounts.customers` alone, which keeps it in step with Stripe."""

import frappe
from frappe import _
from frappe.model.document import Document


class StripeCustomer(Document):
	def validate(self):
		if not self.flags.by_stripe_service:
			frappe.throw(
				_("Stripe Customers are made and kept by payments; they cannot be edited."),
				frappe.PermissionError,
			)

	def on_trash(self):
		frappe.throw(
			_(
				"Use the action Delete: it deletes the customer at Stripe and keeps the record that its payments point at."
			)
		)
