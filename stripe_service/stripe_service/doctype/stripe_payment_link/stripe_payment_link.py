"""A link with which somebody without a login pays one document, or several of one party: a row for each, also where it is one.

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

		from stripe_service.stripe_service.doctype.stripe_payment_link_reference.stripe_payment_link_reference import (
			StripePaymentLinkReference,
		)

		document_count: DF.Int
		expires_on: DF.Date
		last_opened: DF.Datetime | None
		made_by: DF.Link | None
		opened: DF.Int
		reference_doctype: DF.Link
		reference_name: DF.DynamicLink
		reference_title: DF.Data | None
		references: DF.Table[StripePaymentLinkReference]
		revoked: DF.Check
		revoked_at: DF.Datetime | None
		revoked_by: DF.Link | None

	# end: auto-generated types

	def written_by(self) -> str:
		return _("Press Payment Link on the document instead.")


def on_doctype_update():
	"""Called by Frappe when the table was made or changed. For the connections of a document."""
	frappe.db.add_index("Stripe Payment Link", ["reference_doctype", "reference_name"])
