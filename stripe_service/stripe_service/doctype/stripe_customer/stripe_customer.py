"""A user's Customer at Stripe. Written by `accounts.customers` alone, which keeps it in step with Stripe."""

import frappe
from frappe import _

from stripe_service.accounts.dashboard import set_dashboard_links
from stripe_service.gateway import dashboard
from stripe_service.utils.written_by_app import WrittenByApp


class StripeCustomer(WrittenByApp):
	def written_by(self) -> str:
		return _("Stripe Customers are made and kept by payments; they cannot be edited.")

	def onload(self):
		# Stripe shows a deleted customer, too, with its payments.
		ids = {dashboard.CUSTOMER: self.stripe_customer_id}
		set_dashboard_links(self, self.stripe_account, self.livemode, ids)

	def on_trash(self):
		frappe.throw(
			_(
				"Use the action Delete: it deletes the customer at Stripe and keeps the record that its payments point at."
			)
		)
