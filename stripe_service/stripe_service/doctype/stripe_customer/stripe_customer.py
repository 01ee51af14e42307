"""A user's Customer at Stripe. Written by `accounts.customers` alone, which keeps it in step with Stripe."""

import frappe
from frappe import _

from stripe_service.accounts.dashboard import set_dashboard_links
from stripe_service.gateway import dashboard
from stripe_service.utils.written_by_app import WrittenByApp


class StripeCustomer(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		deleted_at: DF.Datetime | None
		deleted_by: DF.Link | None
		email: DF.Data | None
		full_name: DF.Data | None
		livemode: DF.Check
		status: DF.Literal["Active", "Deleted"]
		stripe_account: DF.Link
		stripe_customer_id: DF.Data | None
		user: DF.Link

	# end: auto-generated types

	def written_by(self) -> str:
		return _("Stripe Customers are made and kept by payments; they cannot be edited.")

	def onload(self):
		"""The link to Stripe's Dashboard."""
		# Stripe shows a deleted customer, too, with its payments.
		ids = {dashboard.CUSTOMER: self.stripe_customer_id}
		set_dashboard_links(self, self.stripe_account, self.livemode, ids)

	def on_trash(self):
		"""Always refused: the action Delete keeps the record."""
		frappe.throw(
			_(
				"Use the action Delete: it deletes the customer at Stripe and keeps the record that its payments point at."
			)
		)
