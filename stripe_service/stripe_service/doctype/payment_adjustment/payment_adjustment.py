"""What a document no longer owes without having been paid for through Stripe: paid otherwise (cheque, transfer, cash), or a rest
that was written off.

Part of the ledger, as Invoice Payments are: written by payments.adjustments under the document's lock, never edited and
never deleted; a wrong one is cancelled, with a reason. The right to make one is *create* here, to cancel one *write*.
"""

import frappe
from frappe import _

from stripe_service.gateway import money
from stripe_service.utils.labels import money_in_words
from stripe_service.utils.written_by_app import WrittenByApp

PAID_OTHERWISE, WRITTEN_OFF = "Paid Otherwise", "Written Off"
RECORDED, CANCELLED = "Recorded", "Cancelled"
MEANS = ("Cheque", "Bank Transfer", "Cash", "Other")


class PaymentAdjustment(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		amount: DF.Currency
		cancel_reason: DF.SmallText | None
		cancelled_at: DF.Datetime | None
		cancelled_by: DF.Link | None
		currency: DF.Link
		follow_up_pending: DF.Check
		kind: DF.Literal["Paid Otherwise", "Written Off"]
		means: DF.Literal["", "Cheque", "Bank Transfer", "Cash", "Other"]
		reason: DF.SmallText | None
		received_on: DF.Date | None
		recorded_at: DF.Datetime | None
		recorded_by: DF.Link | None
		reference_doctype: DF.Link
		reference_name: DF.DynamicLink
		reference_no: DF.Data | None
		reference_title: DF.SmallText | None
		request_id: DF.Data | None
		status: DF.Literal["Recorded", "Cancelled"]

	# end: auto-generated types

	def written_by(self) -> str:
		return _(
			"Press Record a Payment or Write Off Rest on the document instead, or Cancel on a wrong one."
		)

	def before_insert(self):
		"""`amount` is for lists and reports only; `amount_minor` decides."""
		self.amount = money.from_minor(self.amount_minor, self.currency)

	@property
	def in_words(self) -> str:
		"""The amount with its currency, in the language of the reader."""
		return money_in_words(self.amount_minor, self.currency)


def on_doctype_update():
	"""The balance of a document sums them: by index, however many there are."""
	frappe.db.add_index("Payment Adjustment", ["reference_doctype", "reference_name"])
