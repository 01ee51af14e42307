"""Lists and homes of others hear at once that a document of one of their units has changed, and look again.

Frappe tells everybody in a DocType's room the name of each document that is saved, so only who sees them all is let into it
(access.frappe_overrides). For all others there is a room of each unit: that of its Organisation Unit, into which a user is let who
sees every document of the unit and of those below it. What is told there is that something has changed, and no more: whoever
hears it asks as ever, and is answered by their rights. It costs a message for the unit and for each one above it, however many
payers there are, and no query.
"""

import frappe

from stripe_service.payables.registry import get_config

EVENT = "stripe_unit"
UNIT = "Organisation Unit"


def tell_units(doc, method: str | None = None) -> None:
	"""doc_events "*", on_change and on_trash: to the unit in which the document is, and to the one in which it was. After the
	commit; a look into a dict for a DocType that is not under unit control."""
	config = get_config(doc.doctype)
	if not config or not config.unit_control or not config.unit_fieldname:
		return
	for unit in {one.get(config.unit_fieldname) for one in (doc, doc.get_doc_before_save()) if one}:
		tell_unit(unit)


def tell_unit(unit: str | None) -> None:
	"""Those of the unit, and of each one above it: a unit's name is its path."""
	names = (unit or "").split("/")
	for end in range(2, len(names) + 1):
		frappe.publish_realtime(EVENT, {}, doctype=UNIT, docname="/".join(names[:end]), after_commit=True)


def tell_lists(doc) -> None:
	"""As Frappe does at a save, for a document that was changed past its save."""
	message = {"doctype": doc.doctype, "name": doc.name, "user": frappe.session.user}
	frappe.publish_realtime("list_update", message, after_commit=True)
