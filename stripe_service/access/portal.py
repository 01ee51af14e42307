"""What users of the portal may pay: Website Users, who have no desk.

They get nothing by roles on the documents themselves, so that none of Frappe's calls answers them about an invoice. What
they may see and pay is what Payable DocType says (*Portal Users Pay*), and only this app's own calls ask here:

- *Nothing*, as it is unless somebody changes it;
- *Documents of Their Units*: by their User Permissions on Organisation Unit, as at the desk;
- *Documents of Their Contacts*: those whose party is theirs. As everywhere in Frappe, that is the party that a Contact of
  theirs links to, or that names them as a Portal User (ERPNext); or the Contact, the user or the e-mail address itself.

What other User Permissions allow narrows both. Each rule is one condition on the rows, used for the list and, with the name
of one document, for that document: so it is the stored row that decides, whatever a request says.
"""

import frappe
from frappe import _
from frappe.model.db_query import DatabaseQuery

from stripe_service.access import units
from stripe_service.payables import registry
from stripe_service.utils.people import is_website_user
from stripe_service.utils.portal_page import METHODS_PATH, PATH

ROLE = "Portal Payer"
PAGES = frozenset({f"/{PATH}", f"/{METHODS_PATH}"})
NOTHING = "1=0"


def conditions(doctype: str, user: str) -> list[str] | None:
	"""Which documents of `doctype` are open to `user` on the portal, as conditions on its rows (complete SQL). None if there
	can't be one: for desk users and guests, for a user who is disabled, and for a DocType that is not opened."""
	config = registry.get_enabled_config(doctype)
	if not config or config.portal_access not in RULES or not is_website_user(user):
		return None
	if not frappe.get_cached_value("User", user, "enabled"):
		return None
	theirs = RULES[config.portal_access](config, user)
	return None if theirs == NOTHING else [theirs, *_user_permissions(doctype, user)]


def may_read(doctype: str, name: str, user: str | None = None) -> bool:
	"""Whether the document is open to `user` on the portal. No query for desk users."""
	found = conditions(doctype, user or frappe.session.user)
	if found is None:
		return False
	where = " and ".join(f"({condition})" for condition in [f"`name` = {_quoted(name)}", *found])
	query = f"select 1 from `tab{doctype}` where {where}"
	return bool(frappe.db.sql(query))


def shows_unit(doctype: str, user: str) -> bool:
	"""Whether the unit of a document is something to `user`: not to a customer, to whom it is the seller's own affair."""
	config = registry.get_config(doctype)
	return not is_website_user(user) or bool(config and config.portal_access == registry.UNITS)


def show_menu_entries_once(context) -> dict | None:
	"""Hook update_website_context. A row of the portal's menu has one role, so that each page of ours has a row for Portal Payer and
	one for Stripe Payer; whoever holds both would see it twice. An administrator's own rows are theirs."""
	shown, seen = [], set()
	for item in context.get("sidebar_items") or []:
		is_ours = item.get("route") in PAGES
		if not (is_ours and item["route"] in seen):
			shown.append(item)
		seen.add(item.get("route"))
	return {"sidebar_items": shown} if shown else None


def has_website_permission(doc, ptype: str = "read", user: str | None = None, verbose: bool = False) -> bool:
	"""Hook has_website_permission of Portal Invoice: what is open on the portal can be looked at there, and printed."""
	return ptype in ("read", "print") and may_read(doc.doctype, doc.name, user)


def refuse_own_renaming(doc, method: str | None = None, *names) -> None:
	"""doc_events User, before_rename. A user's name is their e-mail address, and that may say which invoices are theirs. Frappe
	shares each User with its own user, with the right to write, so that everybody can rename themselves: left to those whose
	role keeps users. Raises frappe.PermissionError."""
	if not frappe.permissions.get_role_permissions("User", user=frappe.session.user).get("write"):
		frappe.throw(
			_("Only an administrator can give a user another e-mail address."), frappe.PermissionError
		)


def _of_units(config, user: str) -> str:
	visible = units.visible_units(user, config.document_type)
	if visible is units.ALL:
		return "1=1"
	return _among(f"`tab{config.document_type}`.`{config.unit_fieldname}`", visible)


def _of_contacts(config, user: str) -> str:
	field = frappe.get_meta(config.document_type).get_field(config.portal_party_fieldname or "")
	if not field:
		return NOTHING
	column = f"`tab{config.document_type}`.`{field.fieldname}`"
	if field.fieldtype == "Data":
		return _is_address(column, frappe.get_cached_value("User", user, "email"))
	if field.fieldtype == "Dynamic Link":
		return _is_party(f"`tab{config.document_type}`.`{field.options}`", column, _parties_of(user))
	if field.options == "User":
		return _among(column, [user])
	if field.options == "Contact":
		return _among(column, _contacts_of(user))
	return _among(column, [name for doctype, name in _parties_of(user) if doctype == field.options])


RULES = {registry.UNITS: _of_units, registry.CONTACTS: _of_contacts}


def _contacts_of(user: str) -> list[str]:
	"""The Contacts of the user, but for those whose maker may write only what they made themselves: Frappe lets everybody
	who can log in make Contacts (If Owner), name any user in them and link them to any customer."""
	contacts = frappe.get_all("Contact", filters={"user": user}, fields=["name", "owner"], limit=0)
	return [contact.name for contact in contacts if not _writes_own_only(contact.owner)]


def _writes_own_only(owner: str) -> bool:
	return "write" in frappe.permissions.get_role_permissions("Contact", user=owner).get("if_owner", {})


def _parties_of(user: str) -> set[tuple[str, str]]:
	"""(DocType, name) of whomever the user stands for."""
	links = frappe.get_all(
		"Dynamic Link",
		filters={"parenttype": "Contact", "parent": ("in", _contacts_of(user) or [""])},
		fields=["link_doctype", "link_name"],
		limit=0,
	)
	parties = {(link.link_doctype, link.link_name) for link in links}
	if frappe.db.table_exists("Portal User"):  # ERPNext's
		rows = frappe.get_all("Portal User", filters={"user": user}, fields=["parenttype", "parent"], limit=0)
		parties |= {(row.parenttype, row.parent) for row in rows}
	return parties


def _user_permissions(doctype: str, user: str) -> list[str]:
	"""What Frappe adds to a list of whoever has a role on the DocType."""
	query = DatabaseQuery(doctype, user=user)
	query.match_filters, query.match_conditions = [], []
	query.add_user_permissions(frappe.permissions.get_user_permissions(user))
	return query.match_conditions


def _among(column: str, values) -> str:
	listed = ", ".join(_quoted(value) for value in sorted(values))
	return f"{column} in ({listed})" if listed else NOTHING


def _is_address(column: str, email: str | None) -> str:
	"""Letter by letter: to the database's own comparison an "é" is an "e", and an address somebody else's."""
	if not email:
		return NOTHING
	exact = f"lower({column}) collate utf8mb4_bin = {_quoted(email.strip().lower())}"
	return f"({column} = {_quoted(email)} and {exact})"


def _is_party(type_column: str, column: str, parties: set[tuple[str, str]]) -> str:
	ways = [
		f"({type_column} = {_quoted(doctype)} and {column} = {_quoted(name)})"
		for doctype, name in sorted(parties)
	]
	return "(" + " or ".join(ways) + ")" if ways else NOTHING


def _quoted(value: str) -> str:
	return frappe.db.escape(value, percent=False)
