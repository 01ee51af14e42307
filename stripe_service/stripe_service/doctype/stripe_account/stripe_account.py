from frappe.model.document import Document


class StripeAccount(Document):
	pass
