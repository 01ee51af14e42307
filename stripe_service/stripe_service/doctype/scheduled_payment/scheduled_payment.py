"""One document that an Automatic Payment pays or has tried to pay.

The row is written before anybody is told and before anything is charged, so that no run of the job announces or pays the same
document twice. `schedule_key` is made of the Automatic Payment, the document and its due date. See payments/automatic.
"""

import frappe
from frappe import _

from stripe_service.utils.written_by_app import WrittenByApp

ANNOUNCED = "Announced"
BEING_PAID = "Being Paid"
UNDER_WAY = "Under Way"
RETRY = "To Be Tried Again"
PAID = "Paid"
AUTHENTICATION_REQUIRED = "Authentication Required"
SKIPPED = "Skipped"
FAILED = "Failed"
CANCELLED = "Cancelled"

# Still to be paid automatically, on `next_attempt_on`.
WAITING = (ANNOUNCED, RETRY)
# Money was taken or may be: these count for the limit of their month.
TAKEN = (BEING_PAID, UNDER_WAY, PAID)
# Nobody else pays the document by itself meanwhile.
OPEN = (*WAITING, BEING_PAID, UNDER_WAY)


class ScheduledPayment(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		amount: DF.Currency
		amount_minor: DF.Int
		attempts: DF.Int
		automatic_payment: DF.Link
		currency: DF.Link
		due_on: DF.Date | None
		first_attempt_on: DF.Date | None
		last_attempt_on: DF.Date | None
		message: DF.SmallText | None
		next_attempt_on: DF.Date | None
		payment: DF.Link | None
		reason: DF.SmallText | None
		reference_doctype: DF.Link
		reference_name: DF.DynamicLink
		reference_title: DF.Data | None
		schedule_key: DF.Data | None
		status: DF.Literal[
			"Announced",
			"Being Paid",
			"Under Way",
			"To Be Tried Again",
			"Paid",
			"Authentication Required",
			"Skipped",
			"Failed",
			"Cancelled",
		]
		told_at: DF.Datetime | None
		user: DF.Link

	# end: auto-generated types

	def written_by(self) -> str:
		return _("Scheduled payments are written by Stripe Service. Stop the automatic payment instead.")

	def before_insert(self):
		"""The payer owns the row, whoever inserts it: see SavedMethod."""
		self.owner = self.user

	@property
	def request_id(self) -> str:
		"""Names this attempt to the claim (`payments.claim`), which charges no attempt twice."""
		return f"{self.name}:{self.attempts}"


def on_doctype_update():
	"""Called by Frappe when the table was made or changed. The job finds the rows of a document by the first, what is due by the
	second, and sums a month by the third."""
	frappe.db.add_index("Scheduled Payment", ["reference_doctype", "reference_name"])
	frappe.db.add_index("Scheduled Payment", ["status", "next_attempt_on"])
	frappe.db.add_index("Scheduled Payment", ["automatic_payment", "status"])
