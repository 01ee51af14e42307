"""One document that a Stripe Refund was asked for, and how much of the refund is its."""

import frappe
from frappe import _

from stripe_service.utils.written_by_app import WrittenByApp


class StripeRefundReference(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		amount: DF.Currency
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		payment_reference: DF.Data | None
		reference_doctype: DF.Link
		reference_name: DF.DynamicLink

	# end: auto-generated types

	def written_by(self) -> str:
		return _("Refunds are made by the button Refund of a payment.")

	def has_permission(self, permtype="read", *, debug=False, user=None) -> bool:
		"""A row loaded by itself goes by its refund."""
		if self.parent_doc or self.flags.ignore_permissions or not self.parent:
			return super().has_permission(permtype, debug=debug, user=user)
		refund = frappe.get_doc(self.parenttype, self.parent)
		return refund.has_permission(permtype, debug=debug, user=user)
