from frappe.utils.nestedset import NestedSet


class OrganisationUnit(NestedSet):
	pass
