from frappe.model.document import Document


class WorkItemRule(Document):
	pass
