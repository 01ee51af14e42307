from frappe.model.document import Document


class SavedCard(Document):
	pass
