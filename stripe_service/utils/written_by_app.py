"""Documents that only this app writes: payments, customers, saved methods, findings.

They are evidence of what Stripe reported, so no form, import, REST call or bulk edit may change them, whatever the
caller's permissions. Flags can't be set from outside, so the flag that `write` sets is the door.

Nobody can fill in or correct them either. So values are made to fit, and what a form would be asked for (a field that
somebody made mandatory, a Link to a record that was deleted since) refuses nothing.
"""

import frappe
from frappe import _
from frappe.model.document import Document

from stripe_service.utils.fitting import fit
from stripe_service.utils.frappe_versions import announce_dynamic_link


class WrittenByApp(Document):
	"""Base class of such a DocType's controller. Refuses everything that does not come through `write`."""

	def written_by(self) -> str:
		"""Who writes these documents and what to do instead, translated, for the message of a refusal."""
		return _("{0} is written by Stripe Service only.").format(_(self.doctype))

	def write(self, **values):
		"""Set `values`, made to fit, and save the document, or insert it if it is new; no permission is checked. Does
		not commit."""
		self.update(fit(self.doctype, values, self.as_dict()))
		self.flags.by_stripe_service = True
		self.flags.ignore_links = self.flags.ignore_mandatory = True
		if self.is_new():
			self._fit_all()
			self.insert(ignore_permissions=True)
		else:
			self.save(ignore_permissions=True)
		self._announce_dynamic_links()
		return self

	def _announce_dynamic_links(self) -> None:
		"""Frappe remembers which DocTypes a Dynamic Link field names, and renames the names in it for these alone. It learns of a new
		one where it checks links, which `write` leaves out."""
		named = {
			(document.doctype, field.options, document.get(field.options))
			for document in (self, *self.get_all_children())
			for field in document.meta.get_dynamic_link_fields()
		}
		for doctype, fieldname, linked in named:
			if linked:
				announce_dynamic_link(doctype, fieldname, linked)

	def _fit_all(self) -> None:
		given = {field: value for field, value in self.get_valid_dict().items() if value is not None}
		fitted = fit(self.doctype, given)
		self.update({field: fitted.get(field) for field in given})
		missing = [
			field.label
			for field in self.meta.fields
			if field.reqd and not field.get("is_custom_field") and not self.get(field.fieldname)
		]
		if missing:
			frappe.throw(
				_("{0} lacks {1}.").format(_(self.doctype), ", ".join(missing)), frappe.MandatoryError
			)

	def validate(self):
		"""Refuses what the app did not write. Raises frappe.PermissionError."""
		if not self.flags.by_stripe_service:
			frappe.throw(self.written_by(), frappe.PermissionError)

	def before_rename(self, *args):
		"""Raises frappe.PermissionError."""
		frappe.throw(_("{0} keeps its name.").format(_(self.doctype)), frappe.PermissionError)

	def on_trash(self):
		"""Raises frappe.PermissionError, unless the app deletes it."""
		if not self.flags.by_stripe_service:
			frappe.throw(
				_("{0} is a record of what happened at Stripe and can't be deleted.").format(_(self.doctype)),
				frappe.PermissionError,
			)
