"""How rows of saved methods are written: by this app alone, and never from an old reading of Stripe."""

from collections.abc import Callable

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_datetime

from stripe_service.utils.transaction import in_fresh_transaction
from stripe_service.utils.written_by_app import WrittenByApp

CARD = "Saved Card"
BANK_ACCOUNT = "Stripe Bank Account"
DOCTYPES = (CARD, BANK_ACCOUNT)
REMOVED = "Removed"


class SavedMethod(WrittenByApp):
	"""A payer's payment method at Stripe. Rows follow what Stripe has; nobody writes them by form, REST or import."""

	def written_by(self) -> str:
		return _("Saved payment methods follow what Stripe has. Use the page My Payment Methods instead.")

	def before_insert(self):
		# "If Owner" in Role Permission Manager then means the payer, also when a job inserts the row.
		self.owner = self.user


def lock_customer(customer: str) -> frappe._dict | None:
	"""Lock a Stripe Customer's row: whatever spans several of its methods (default, duplicates) happens one by one."""
	return frappe.db.get_value(
		"Stripe Customer", customer, ["name", "user", "status"], as_dict=True, for_update=True
	)


def apply_fresh_reading(
	doctype: str, name: str, read: Callable[[], dict], apply: Callable[[Document, dict], None]
):
	"""Read Stripe with `read` (no lock held), then let `apply` change the locked row; returns the row.

	A reading is applied only if nobody wrote the row since it began, and is taken anew otherwise. So each write rests
	on a reading younger than the write before it, and an old answer can't undo a newer one, whatever the order in which
	webhook, browser and scheduler come.
	"""
	for _attempt in range(5):
		seen = in_fresh_transaction(lambda: frappe.db.get_value(doctype, name, "modified"))
		facts = read()
		doc = in_fresh_transaction(lambda: _apply_unless_changed(doctype, name, seen, facts, apply))
		if doc:
			return doc
	raise frappe.QueryTimeoutError(f"{doctype} {name} is written faster than Stripe can be read")


def _apply_unless_changed(doctype: str, name: str, seen, facts: dict, apply) -> Document | None:
	# The Customer first, as everywhere: becoming the default is decided among all its methods.
	lock_customer(frappe.db.get_value(doctype, name, "stripe_customer"))
	doc = frappe.get_doc(doctype, name, for_update=True)
	if get_datetime(doc.modified) != get_datetime(seen):
		return None
	apply(doc, facts)
	return doc
