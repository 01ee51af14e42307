from frappe.model.document import Document


class StripeBankAccount(Document):
	pass
