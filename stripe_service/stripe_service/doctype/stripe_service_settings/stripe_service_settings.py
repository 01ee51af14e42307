from frappe.model.document import Document


class StripeServiceSettings(Document):
	pass
