"""A payer's permission to let a saved method pay what becomes due, with the text that they agreed to.

It is evidence of a consent, so it is never edited: it is stopped, and another one is made. See payments/automatic.
"""

from frappe import _

from stripe_service.utils.written_by_app import WrittenByApp

CONFIRMATION_REQUIRED = "Confirmation Required"
ACTIVE = "Active"
STOPPED = "Stopped"


class AutomaticPayment(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		consent_at: DF.Datetime | None
		consent_ip: DF.Data | None
		consent_text: DF.Text | None
		currency: DF.Link
		document_type: DF.Link | None
		maximum_per_document: DF.Currency
		maximum_per_month: DF.Currency
		message: DF.SmallText | None
		method_label: DF.Data | None
		method_type: DF.Literal["card", "us_bank_account"]
		notice_days: DF.Int
		organisation_unit: DF.Link | None
		party: DF.Data | None
		saved_card: DF.Link | None
		scope_label: DF.Data | None
		setup_intent_id: DF.Data | None
		status: DF.Literal["Confirmation Required", "Active", "Stopped"]
		stopped_at: DF.Datetime | None
		stopped_by: DF.Link | None
		stopped_reason: DF.SmallText | None
		stripe_account: DF.Link
		stripe_bank_account: DF.Link | None
		told_at: DF.Datetime | None
		user: DF.Link

	# end: auto-generated types

	def written_by(self) -> str:
		return _("Only the payer can start an automatic payment, on the page My Payment Methods.")

	def before_insert(self):
		"""The payer owns the row, whoever inserts it: see SavedMethod."""
		self.owner = self.user

	@property
	def saved_method(self) -> str | None:
		"""The name of the Saved Card or Stripe Bank Account that pays."""
		return self.saved_card or self.stripe_bank_account
