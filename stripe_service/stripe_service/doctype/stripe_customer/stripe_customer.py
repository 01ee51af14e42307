"""A user's Customer at Stripe. Written by `accounts.customers` alone, which keeps it in step with Stripe."""

import frappe
from frappe import _

from stripe_service.utils.written_by_app import WrittenByApp


class StripeCustomer(WrittenByApp):
	def written_by(self) -> str:
		return _("Stripe Customers are made and kept by payments; they cannot be edited.")

	def on_trash(self):
		frappe.throw(
			_(
				"Use the action Delete: it deletes the customer at Stripe and keeps the record that its payments point at."
			)
		)
