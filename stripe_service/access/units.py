"""Who belongs to which organisation unit, and what follows from it.

Membership is Frappe's own User Permission on Organisation Unit (descendants included unless it hides them, and for
one DocType only where `applicable_for` says so). But User Permissions fail open: a user who has none is allowed
everything. On the DocTypes for which a role administrator has switched unit control on, it is the other way round
here: no membership, no access. The payable DocTypes themselves are kept in a cache (payables.registry), so that
asking about a DocType that nobody made payable costs no query.
"""

import frappe

from stripe_service.payables import registry
from stripe_service.utils.cache import changed_lately, forget_cached
from stripe_service.utils.service_settings import service_settings

UNIT = "Organisation Unit"
# Frappe's own cache of them, a hash by user.
MEMBERSHIPS = "user_permissions"
# Of which a page is told by realtime; its server asks the site once for each.
MOST_ROOMS = 20


class _All:
	"""Every unit there is, and every one to come."""

	def __contains__(self, unit) -> bool:
		return True

	def __repr__(self) -> str:
		return "ALL"


ALL = _All()


def unit_control_on(doctype: str) -> bool:
	"""Whether documents of `doctype` are shown to members of their unit only.

	A Payable DocType row that is disabled keeps its control: switching payment off must not open the documents.
	"""
	return controlled(doctype) is not None


def controlled(doctype: str):
	"""The PayableConfig under whose unit control `doctype` is, or None."""
	config = registry.get_config(doctype)
	return config if config and config.unit_control else None


def all_controlled() -> list:
	"""The PayableConfigs of all DocTypes under unit control."""
	return [config for config in registry.get_all_configs().values() if config.unit_control]


def controlled_doctypes() -> list[str]:
	"""The names of the DocTypes under unit control. No query."""
	return [config.document_type for config in all_controlled()]


def sees_all_units(user: str) -> bool:
	"""Administrator, and whoever holds the role named in Stripe Service Settings (System Manager unless changed)."""
	return user == "Administrator" or bypass_role() in frappe.get_roles(user)


def bypass_role() -> str | None:
	"""The role that sees all units, of Stripe Service Settings; None if it names none."""
	return service_settings().unit_bypass_role


def visible_units(user: str | None = None, doctype: str | None = None):
	"""The names of the units whose documents of `doctype` the user may see, or ALL.

	Without `doctype`: the units the user belongs to for whatever purpose. A frozenset that may be empty, which means
	no access.
	"""
	user = user or frappe.session.user
	if sees_all_units(user):
		return ALL
	return frozenset(
		permission["doc"]
		for permission in _memberships(user)
		if not doctype or (permission.get("applicable_for") or doctype) == doctype
	)


def _memberships(user: str) -> list:
	"""The user's User Permissions on units, with the units below, from Frappe's cache; read anew, once in a request, where
	somebody's changed a moment ago."""
	looked_at = frappe.local.cache.setdefault("stripe_service:memberships", set())
	if user not in looked_at:
		looked_at.add(user)
		if changed_lately(MEMBERSHIPS):
			frappe.cache.hdel(MEMBERSHIPS, user)
	return frappe.permissions.get_user_permissions(user).get(UNIT, [])


def own_units(user: str, doctype: str) -> frozenset:
	"""The units to which the user belongs directly, not by way of a unit above."""
	memberships = frappe.get_all(
		"User Permission", filters={"user": user, "allow": UNIT}, fields=["for_value", "applicable_for"]
	)
	return frozenset(row.for_value for row in memberships if (row.applicable_for or doctype) == doctype)


def sees_whole(user: str, unit: str) -> bool:
	"""Whether nothing that is under unit control is hidden from `user` in the unit and those below it."""
	if sees_all_units(user):
		return True
	doctypes = controlled_doctypes()
	if not doctypes or any(unit not in visible_units(user, doctype) for doctype in doctypes):
		return False
	below = frappe.db.get_descendants(UNIT, unit)
	return all(visible_units(user, doctype).issuperset(below) for doctype in doctypes)


def rooms_of(user: str) -> list[str]:
	"""The units to which the user belongs directly and of which they see everything: those whose changes they are told of. None
	below another one, whose room hears of it, and at most MOST_ROOMS. Of who sees all units, the topmost."""
	if sees_all_units(user):
		return frappe.get_all(
			UNIT, filters={"parent_organisation_unit": ("is", "not set")}, pluck="name", limit=0
		)
	own = frappe.get_all(
		"User Permission", filters={"user": user, "allow": UNIT}, pluck="for_value", distinct=True
	)
	rooms: list[str] = []
	for unit in sorted(own):  # one above comes before those below it, as names are paths
		if len(rooms) == MOST_ROOMS:
			break
		if not any(unit.startswith(f"{room}/") for room in rooms) and sees_whole(user, unit):
			rooms.append(unit)
	return rooms


def unit_allows(doc, user: str, ptype: str = "read") -> bool:
	"""Whether the unit of `doc` lets `user` do `ptype` with it; True for a document without unit control.

	For anything but reading, the unit that is stored counts as well as the one in `doc`: what a request has put into
	the field must not be the key to the document.
	"""
	config = controlled(doc.doctype)
	if not config:
		return True
	units = visible_units(user, doc.doctype)
	if units is ALL:
		return True
	return all(unit in units for unit in _units_of(doc, config, ptype))


def _units_of(doc, config, ptype: str) -> list:
	unit = doc.get(config.unit_fieldname) if config.unit_fieldname else None
	if ptype == "create" and not unit:
		return []  # what a form starts with; the field being mandatory is the DocType's affair
	if ptype in ("read", "select", "create") or not doc.name or doc.is_new():
		return [unit]
	return [unit, frappe.db.get_value(doc.doctype, doc.name, config.unit_fieldname)]


def forget_memberships(doc=None, method=None, *args) -> None:
	"""Frappe caches a user's permissions with the descendants of their units; a unit that moved must not stay in it."""
	forget_cached(MEMBERSHIPS)
