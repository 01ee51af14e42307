"""Documents that only this app writes: payments, customers, saved methods, findings.

They are evidence of what Stripe reported, so no form, import, REST call or bulk edit may change them, whatever the
caller's permissions. Flags can't be set from outside, so the flag that `write` sets is the door.
"""

import frappe
from frappe import _
from frappe.model.document import Document


class WrittenByApp(Document):
	"""Base class of such a DocType's controller. Refuses everything that does not come through `write`."""

	def written_by(self) -> str:
		"""Who writes these documents and what to do instead, translated, for the message of a refusal."""
		return _("{0} is written by Stripe Service only.").format(_(self.doctype))

	def write(self, **values):
		"""Set `values` and save the document, or insert it if it is new; no permission is checked. Does not commit."""
		self.update(values)
		self.flags.by_stripe_service = True
		return self.insert(ignore_permissions=True) if self.is_new() else self.save(ignore_permissions=True)

	def validate(self):
		if not self.flags.by_stripe_service:
			frappe.throw(self.written_by(), frappe.PermissionError)

	def before_rename(self, *args):
		frappe.throw(_("{0} keeps its name.").format(_(self.doctype)), frappe.PermissionError)

	def on_trash(self):
		if not self.flags.by_stripe_service:
			frappe.throw(
				_("{0} is a record of what happened at Stripe and can't be deleted.").format(_(self.doctype)),
				frappe.PermissionError,
			)
