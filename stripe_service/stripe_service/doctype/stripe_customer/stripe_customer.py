from frappe.model.document import Document


class StripeCustomer(Document):
	pass
