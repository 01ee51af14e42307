"""Users of the portal, and what Payable DocType opens to them."""

from contextlib import contextmanager

from tests.support.records import PASSWORD

NOTHING, UNITS, CONTACTS = "Nothing", "Documents of Their Units", "Documents of Their Contacts"


@contextmanager
def opened(access: str = CONTACTS, field: str | None = "bill_to_email", doctype: str = "Portal Invoice"):
	"""Inside the block portal users pay this of the DocType; afterwards nothing, as it comes."""
	set_access(access, field, doctype)
	try:
		yield
	finally:
		import frappe

		frappe.db.rollback()
		frappe.set_user("Administrator")
		set_access(NOTHING, None, doctype)


def set_access(access: str, field: str | None = None, doctype: str = "Portal Invoice") -> None:
	import frappe

	row = frappe.get_doc("Payable DocType", doctype)
	row.update({"portal_access": access, "portal_party_fieldname": field})
	row.save()
	frappe.db.commit()


def make_portal_user(make_user, roles=("Portal Payer",), **given) -> str:
	return make_user(roles=roles, password=PASSWORD, **given)


def make_contact(user: str, links=(), made_by: str = "Administrator") -> str:
	"""A Contact that names the user and links to these (DocType, name), made by that user as anybody may make one."""
	import frappe

	from tests.support.site import as_user

	with as_user(made_by):
		contact = frappe.get_doc(
			doctype="Contact",
			first_name="Portal",
			user=user,
			links=[{"link_doctype": doctype, "link_name": name} for doctype, name in links],
		).insert()
		frappe.db.commit()
	return contact.name
