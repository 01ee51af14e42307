import frappe
from frappe.model.document import Document


class PortalInvoiceItem(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		amount: DF.Currency
		currency: DF.Link | None
		description: DF.Data
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		quantity: DF.Float
		rate: DF.Currency

	# end: auto-generated types

	def has_permission(self, permtype="read", *, debug=False, user=None) -> bool:
		"""A row loaded by itself goes by its invoice; Frappe would ask for the right to read invoices in general."""
		if self.parent_doc or self.flags.ignore_permissions or not self.parent:
			return super().has_permission(permtype, debug=debug, user=user)
		invoice = frappe.get_doc(self.parenttype, self.parent)
		return invoice.has_permission(permtype, debug=debug, user=user)
