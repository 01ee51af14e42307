from frappe.model.document import Document


class PortalInvoice(Document):
	pass
