"""One attempt to pay a document.

Not submittable, because its state goes on changing for months (debits, refunds, disputes). The row is evidence of
money: it is inserted by the claim, changed by settling, and by nothing else, whoever asks and whichever way.
"""

import frappe
from frappe import _
from frappe.model.document import Document


class InvoicePayment(Document):
	def validate(self):
		self._only_by_this_app()

	def on_trash(self):
		frappe.throw(_("A payment is a record of money and can't be deleted."), frappe.PermissionError)

	def before_rename(self, *args):
		frappe.throw(_("A payment keeps its name."), frappe.PermissionError)

	def _only_by_this_app(self):
		"""Flags can't be set from outside: REST, imports, bulk edits and scripts' db writes end here."""
		if not self.flags.by_stripe_service:
			frappe.throw(
				_("Payments are written by the payment itself. Press Pay on the document instead."),
				frappe.PermissionError,
			)


def on_doctype_update():
	"""The claim sums the payments of one document: by index, however many there are."""
	frappe.db.add_index("Invoice Payment", ["reference_doctype", "reference_name"])
	frappe.db.add_index("Invoice Payment", ["status", "modified"])
