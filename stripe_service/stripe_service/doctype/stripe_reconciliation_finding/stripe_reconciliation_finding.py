"""Something on which this site and Stripe differ and that a person must decide. Written by `reconcile.findings`."""

from frappe import _

from stripe_service.utils.written_by_app import WrittenByApp


class StripeReconciliationFinding(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		amount: DF.Currency
		currency: DF.Link | None
		found_at: DF.Datetime | None
		invoice_payment: DF.Link | None
		kind: DF.Literal["Charge Without a Payment Here", "Payment Without a Charge at Stripe"]
		last_seen_at: DF.Datetime | None
		note: DF.SmallText | None
		notified: DF.Check
		object_id: DF.Data | None
		reason: DF.SmallText | None
		settled_at: DF.Datetime | None
		settled_by: DF.Link | None
		status: DF.Literal["Open", "Settled"]
		stripe_account: DF.Link | None

	# end: auto-generated types

	def written_by(self) -> str:
		return _("Findings are written by the reconciler. Use the button Settle.")
