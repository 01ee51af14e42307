"""One document that an Invoice Payment pays, and what it has of the payment: the row by which a document's balance is summed.

Written with its payment, by the claim and by settling (`payments.ledger`). It may be seen by whoever may see the payment.
"""

import frappe
from frappe import _

from stripe_service.utils.written_by_app import WrittenByApp

# All that a document's balance sums, so that only the index is read.
BALANCE_INDEX = [
	"reference_doctype", "reference_name", "reserved_minor", "settled_minor", "booked_minor", "unallocated_minor",
]  # fmt: skip


class InvoicePaymentReference(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		after_payment_error: DF.Code | None
		after_payment_status: DF.Literal["", "Pending", "Done", "Failed"]
		amount: DF.Currency
		amount_minor: DF.Int
		booked_minor: DF.Int
		disputed_amount: DF.Currency
		disputed_minor: DF.Int
		event_minor: DF.Int
		organisation_unit: DF.Link | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		received_minor: DF.Int
		reference_doctype: DF.Link
		reference_name: DF.DynamicLink
		reference_title: DF.Data | None
		refunded_amount: DF.Currency
		refunded_minor: DF.Int
		reserved_minor: DF.Int
		settled_amount: DF.Currency
		settled_minor: DF.Int
		unallocated_amount: DF.Currency
		unallocated_minor: DF.Int

	# end: auto-generated types

	def written_by(self) -> str:
		return _("Payments are created when somebody pays. Press Pay on the document instead.")

	def has_permission(self, permtype="read", *, debug=False, user=None) -> bool:
		"""A row loaded by itself goes by its payment; Frappe would ask for the right to read payments in general."""
		if self.parent_doc or self.flags.ignore_permissions or not self.parent:
			return super().has_permission(permtype, debug=debug, user=user)
		payment = frappe.get_doc(self.parenttype, self.parent)
		return payment.has_permission(permtype, debug=debug, user=user)


def on_doctype_update():
	"""Called by Frappe when the table was made or changed."""
	frappe.db.add_index("Invoice Payment Reference", BALANCE_INDEX, "balance_of_document")
