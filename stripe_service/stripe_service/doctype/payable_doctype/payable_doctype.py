from frappe.model.document import Document


class PayableDocType(Document):
	pass
