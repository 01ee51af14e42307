from frappe.model.document import Document


class StripeEvent(Document):
	pass
