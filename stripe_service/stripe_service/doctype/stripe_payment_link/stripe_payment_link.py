"""A link with which somebody without a login pays one document.

The row holds no token: `payments.links` computes it from the row and the site's own secret, so that whoever reads rows, or
a copy of the database, can't open a link. The right to make one is *create* here, to revoke one *write*.
"""

import frappe
from frappe import _

from stripe_service.utils.written_by_app import WrittenByApp


class StripePaymentLink(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		expires_on: DF.Date
		last_opened: DF.Datetime | None
		made_by: DF.Link | None
		opened: DF.Int
		reference_doctype: DF.Link
		reference_name: DF.DynamicLink
		reference_title: DF.Data | None
		revoked: DF.Check
		revoked_at: DF.Datetime | None
		revoked_by: DF.Link | None

	# end: auto-generated types

	def written_by(self) -> str:
		return _("Press Payment Link on the document instead.")


def on_doctype_update():
	"""The links of one document: by index, however many there are."""
	frappe.db.add_index("Stripe Payment Link", ["reference_doctype", "reference_name"])
