import frappe
from frappe.model.document import Document


class PortalInvoiceItem(Document):
	def has_permission(self, permtype="read", *, debug=False, user=None) -> bool:
		"""A row loaded by itself goes by its invoice; Frappe would ask for the right to read invoices in general."""
		if self.parent_doc or self.flags.ignore_permissions or not self.parent:
			return super().has_permission(permtype, debug=debug, user=user)
		invoice = frappe.get_doc(self.parenttype, self.parent)
		return invoice.has_permission(permtype, debug=debug, user=user)
