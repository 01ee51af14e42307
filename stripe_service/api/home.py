"""What the payer's home and the list of work items read. Each caller is told about their own and what they may see."""

import frappe
from frappe import _

from stripe_service.access import units
from stripe_service.payments import home
from stripe_service.utils.json_arguments import from_json

MOST_ITEMS = 500
LAST_START = 100_000


@frappe.whitelist(methods=["GET", "POST"])
def payer_home(start: int = 0, limit: int = home.PAGE) -> dict:
	"""What waits for the session user, from the `start`-th on and at most 100 of it, the sums of all of it, and the user's newest
	payments. Needs a login; the rights to read and to pay decide what is in it."""
	_check_login()
	return home.home_of(frappe.session.user, min(start, LAST_START), limit)


@frappe.whitelist(methods=["GET", "POST"])
def own_payments(start: int = 0, limit: int = home.PAYMENTS_SHOWN) -> dict:
	"""The session user's own payments, newest first, from the `start`-th on and at most 100 of them: `payments`, `more`. Needs a
	login."""
	_check_login()
	return home.own_payments(frappe.session.user, min(start, LAST_START), limit)


@frappe.whitelist(methods=["GET", "POST"])
def units_to_follow() -> list[str]:
	"""The session user's units, of which the desk may be told that something has changed in them (payables.live). Needs a login."""
	_check_login()
	return units.rooms_of(frappe.session.user)


@frappe.whitelist(methods=["GET", "POST"])
def work_item_facts(names: str | list) -> dict:
	"""What the documents of these work items (names of Workflow Actions) are about: title, party, amount, due date. Needs read on
	the work item and on its document; others are left out."""
	_check_login()
	wanted = from_json(names)
	if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
		frappe.throw(_("The names of the work items are not a list."))
	items = frappe.get_list(
		"Workflow Action",
		filters={"name": ("in", wanted[:MOST_ITEMS] or [""])},
		fields=["name", "reference_doctype", "reference_name"],
		limit=MOST_ITEMS,
	)
	return _facts_by_item(items)


def _facts_by_item(items: list) -> dict:
	facts = {}
	for doctype in {item.reference_doctype for item in items}:
		named = {item.reference_name: item.name for item in items if item.reference_doctype == doctype}
		of_documents = home.facts_of(doctype, list(named), frappe.session.user)
		for item in items:
			if item.reference_doctype == doctype and item.reference_name in of_documents:
				facts[item.name] = of_documents[item.reference_name]
	return facts


def _check_login() -> None:
	if frappe.session.user == "Guest":
		frappe.throw(_("Log in to see what waits for you."), frappe.PermissionError)
