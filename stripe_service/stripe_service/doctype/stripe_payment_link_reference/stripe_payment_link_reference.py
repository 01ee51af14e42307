"""One document that a Stripe Payment Link opens. Its name is what the link's page calls the document by."""

import frappe
from frappe import _

from stripe_service.utils.written_by_app import WrittenByApp


class StripePaymentLinkReference(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		billed_to: DF.Data | None
		organisation_unit: DF.Link | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		party: DF.DynamicLink | None
		party_doctype: DF.Link | None
		reference_doctype: DF.Link
		reference_name: DF.DynamicLink
		reference_title: DF.Data | None

	# end: auto-generated types

	def written_by(self) -> str:
		return _("Press Payment Link on the document instead.")

	def has_permission(self, permtype="read", *, debug=False, user=None) -> bool:
		"""A row loaded by itself goes by its link; Frappe would ask for the right to read links in general."""
		if self.parent_doc or self.flags.ignore_permissions or not self.parent:
			return super().has_permission(permtype, debug=debug, user=user)
		link = frappe.get_doc(self.parenttype, self.parent)
		return link.has_permission(permtype, debug=debug, user=user)


def on_doctype_update():
	"""Called by Frappe when the table was made or changed. The links of one document: by index, however many there are."""
	frappe.db.add_index("Stripe Payment Link Reference", ["reference_doctype", "reference_name"])
