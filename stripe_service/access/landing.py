"""Where payers arrive after logging in: the workspace Payments; on the portal the page /payments.

By the field Default Workspace of the user, which is Frappe's own way: the login of 15 and of 16 goes by it, and so does the
desk of 15 wherever it is opened. It is filled in when a user becomes a payer who administers nothing, and only if it is
empty; from then on it is an administrator's to change. When such a user gets a role that has a home of its own, it is
taken back.

On the portal by the hook get_website_user_home_page, which Frappe asks when neither a role nor Portal Settings names a home.
Not by role_home_page: Administrator, who holds every role, would land there as well.
"""

import frappe

from stripe_service.access import portal
from stripe_service.utils.people import is_website_user
from stripe_service.utils.portal_page import PATH

WORKSPACE = "Payments"
PAYER_ROLES = frozenset({"Stripe Payer", "Invoice Payers"})
# Their holders administer something, or have the workspace Stripe.
OTHER_HOMES = frozenset({"System Manager", "Workspace Manager", "Stripe Administrator", "Stripe Viewer"})
PORTAL_HOOK, OURS = "get_website_user_home_page", "stripe_service.access.landing.portal_home_page"


def set_default_workspace(doc, method: str | None = None) -> None:
	"""doc_events User, validate. No query for a user whose roles stay as they are."""
	if not doc.meta.has_field("default_workspace"):
		return
	before = doc.get_doc_before_save()
	was_payer = bool(before) and _is_only_payer(before)
	is_payer = _is_only_payer(doc)
	if is_payer == was_payer:
		return
	if not is_payer:
		if doc.default_workspace == WORKSPACE:
			doc.default_workspace = None
	elif not doc.default_workspace and frappe.db.exists("Workspace", WORKSPACE):
		doc.default_workspace = WORKSPACE


def _is_only_payer(user) -> bool:
	return user.user_type != "Website User" and lands_on_payments({row.role for row in user.roles})


def lands_on_payments(roles: set[str]) -> bool:
	"""Whether somebody with these roles is a payer and administers nothing."""
	return bool(roles & PAYER_ROLES) and not roles & OTHER_HOMES


def portal_home_page(user: str) -> str | None:
	"""Hook get_website_user_home_page, of which Frappe asks one app alone, and then no `website_user_home_page`: so what other
	apps say goes first, and is all that is said to whoever is no Portal Payer."""
	others = [path for path in frappe.get_hooks(PORTAL_HOOK) if path != OURS]
	if others:
		page = frappe.get_attr(others[-1])(user)
	else:
		page = (frappe.get_hooks("website_user_home_page") or [None])[-1]
	roles = set(frappe.get_roles(user))
	if page or not is_website_user(user) or portal.ROLE not in roles:
		return page
	return None if roles & set(frappe.get_hooks("role_home_page", {})) else PATH


def set_for_all_payers() -> None:
	"""For the users who are there already (a patch). One who has a default workspace keeps it."""
	payers = frappe.get_all(
		"Has Role", filters={"parenttype": "User", "role": ("in", list(PAYER_ROLES))}, pluck="parent"
	)
	others = frappe.get_all(
		"Has Role", filters={"parenttype": "User", "role": ("in", list(OTHER_HOMES))}, pluck="parent"
	)
	users = frappe.get_all(
		"User",
		filters={
			"name": ("in", list(set(payers) - {*others, "Administrator", "Guest"})),
			"user_type": ("!=", "Website User"),
			"default_workspace": ("is", "not set"),
		},
		pluck="name",
	)
	for user in users:
		frappe.db.set_value("User", user, "default_workspace", WORKSPACE, update_modified=False)
		frappe.clear_cache(user=user)


def forget() -> None:
	"""before_uninstall: the workspace goes, and the desk of whoever still named it would not open."""
	for user in frappe.get_all("User", filters={"default_workspace": WORKSPACE}, pluck="name"):
		frappe.db.set_value("User", user, "default_workspace", None, update_modified=False)
		frappe.clear_cache(user=user)
