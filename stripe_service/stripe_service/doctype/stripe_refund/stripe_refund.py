"""One refund of an Invoice Payment: asked for here, or made in the Stripe Dashboard.

Written by `payments.refund` alone. Its state is what Stripe reports of the refund; one that was asked for here and of which
Stripe has not reported anything yet is Pending without a `stripe_refund_id`.
"""

import frappe
from frappe import _

from stripe_service.accounts.dashboard import set_dashboard_links
from stripe_service.gateway import dashboard, refund_states
from stripe_service.utils.written_by_app import WrittenByApp


class StripeRefund(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from stripe_service.stripe_service.doctype.stripe_refund_reference.stripe_refund_reference import (
			StripeRefundReference,
		)

		amount: DF.Currency
		currency: DF.Link | None
		failure_message: DF.SmallText | None
		failure_reason: DF.Data | None
		idempotency_key: DF.Data | None
		last_error: DF.SmallText | None
		last_synced_at: DF.Datetime | None
		livemode: DF.Check
		notified: DF.Check
		payment: DF.Link
		reason: DF.Data | None
		references: DF.Table[StripeRefundReference]
		request_id: DF.Data | None
		requested_at: DF.Datetime | None
		requested_by: DF.Link | None
		retry_of: DF.Link | None
		sent_at: DF.Datetime | None
		source: DF.Literal["Here", "Stripe Dashboard"]
		status: DF.Literal["Pending", "Requires Action", "Succeeded", "Failed", "Cancelled"]
		stripe_account: DF.Link | None
		stripe_refund_id: DF.Data | None
		sync_version: DF.Int

	# end: auto-generated types

	def written_by(self) -> str:
		return _("Refunds are made by the button Refund of a payment.")

	@property
	def outcome_is_unknown(self) -> bool:
		"""Whether Stripe was asked and has not reported a refund yet."""
		return self.status == refund_states.PENDING and not self.stripe_refund_id

	@property
	def may_be_tried_again(self) -> bool:
		"""Whether the money was not given back, or came back from the bank."""
		return self.status in refund_states.NOT_REFUNDED

	def write(self, **values):
		"""Who asked, and the payment's currency, are facts; a User that was deleted since must not keep Stripe's news out."""
		self.flags.ignore_links = True
		return super().write(**values)

	def onload(self):
		"""The button Try Again, and the link to the payment's page in Stripe's Dashboard."""
		self.set_onload("may_be_tried_again", self.may_be_tried_again)
		# The Dashboard shows a refund on its payment's page.
		intent = frappe.db.get_value("Invoice Payment", self.payment, "payment_intent_id")
		set_dashboard_links(self, self.stripe_account, self.livemode, {dashboard.PAYMENT: intent})


def on_doctype_update():
	"""The index for finding the refunds that are not settled."""
	frappe.db.add_index("Stripe Refund", ["status", "stripe_account"])
