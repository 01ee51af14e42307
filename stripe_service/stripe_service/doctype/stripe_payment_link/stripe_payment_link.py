"""A link with which somebody without a login pays one document.

The row holds no token: `payments.links` computes it from the row and the site's own secret, so that whoever reads rows, or
a copy of the database, can't open a link. The right to make one is *create* here, to revoke one *write*.
"""

import frappe
from frappe import _

from stripe_service.utils.written_by_app import WrittenByApp


class StripePaymentLink(WrittenByApp):
	def written_by(self) -> str:
		return _("Press Payment Link on the document instead.")


def on_doctype_update():
	"""The links of one document: by index, however many there are."""
	frappe.db.add_index("Stripe Payment Link", ["reference_doctype", "reference_name"])
