"""Something that somebody must hear of, kept until it is delivered. Written by `utils.notices` alone."""

import frappe
from frappe import _
from frappe.query_builder import Interval
from frappe.query_builder.functions import Now

from stripe_service.utils.written_by_app import WrittenByApp


class StripeNotice(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		attempts: DF.Int
		audience: DF.Literal["User", "Stripe Administrators"]
		delivered_at: DF.Datetime | None
		error: DF.SmallText | None
		reference_doctype: DF.Data | None
		reference_name: DF.Data | None
		subject: DF.SmallText | None
		user: DF.Link | None

	# end: auto-generated types

	def written_by(self) -> str:
		return _("Notices are written and delivered by Stripe Service.")

	@staticmethod
	def clear_old_logs(days: int = 90) -> None:
		"""For Frappe's Log Settings: forget what was delivered more than `days` ago."""
		notice = frappe.qb.DocType("Stripe Notice")
		frappe.db.delete(
			notice,
			filters=(notice.delivered_at < (Now() - Interval(days=days))),
		)
