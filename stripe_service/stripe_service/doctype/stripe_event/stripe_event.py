"""An event as Stripe sent it, and what became of it. Written by `webhooks.receive` and `webhooks.process` alone."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import Interval
from frappe.query_builder.functions import Now

from stripe_service.accounts.dashboard import set_dashboard_links
from stripe_service.gateway import dashboard

UNFINISHED = ("Received", "Working")
# Of the objects that events are about, those that have a page in Stripe's Dashboard, by `object_type`.
PAGES = {
	"payment_intent": dashboard.PAYMENT,
	"charge": dashboard.PAYMENT,
	"customer": dashboard.CUSTOMER,
	"dispute": dashboard.DISPUTE,
	"payout": dashboard.PAYOUT,
}


class StripeEvent(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		api_version: DF.Data | None
		attempts: DF.Int
		created_at_stripe: DF.Datetime | None
		event_type: DF.Data | None
		livemode: DF.Check
		next_attempt_at: DF.Datetime | None
		object_id: DF.Data | None
		object_type: DF.Data | None
		outcome: DF.SmallText | None
		payload: DF.Code | None
		processed_at: DF.Datetime | None
		received_at: DF.Datetime | None
		source: DF.Literal["Webhook", "Fetched"]
		status: DF.Literal["Received", "Working", "Done", "Ignored", "Failed"]
		stripe_account: DF.Link | None
		traceback: DF.Code | None

	# end: auto-generated types

	def onload(self):
		"""The links to Stripe's Dashboard: the event, and what it is about."""
		ids = {dashboard.EVENT: self.name}
		if page := PAGES.get(self.object_type):
			ids[page] = self.object_id
		set_dashboard_links(self, self.stripe_account, self.livemode, ids)

	def validate(self):
		"""Always refused: the two writers go past `save`, so whoever comes here is a form, an import or the REST API."""
		frappe.throw(_("Stripe Events are written by Stripe alone."), frappe.PermissionError)

	def before_rename(self, *args):
		"""Always refused: the name is Stripe's ID."""
		frappe.throw(_("A Stripe Event keeps the ID that Stripe gave it."), frappe.PermissionError)

	@staticmethod
	def clear_old_logs(days: int = 90) -> None:
		"""For Frappe's Log Settings: forget what was worked on more than `days` ago; what waits stays, however old."""
		event = frappe.qb.DocType("Stripe Event")
		frappe.db.delete(
			event,
			filters=(
				(event.creation < (Now() - Interval(days=days)))
				& event.status.notin(UNFINISHED)
				& event.next_attempt_at.isnull()
			),
		)
