from frappe.model.document import Document


class InvoicePayment(Document):
	pass
