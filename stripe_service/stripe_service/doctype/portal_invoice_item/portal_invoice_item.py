from frappe.model.document import Document


class PortalInvoiceItem(Document):
	pass
