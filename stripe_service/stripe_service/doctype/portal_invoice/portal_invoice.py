"""An invoice of the portal, for sites that have no invoices of their own.

Its total is computed here, exact to the currency's minor unit; what is paid, under way and outstanding follows from
its Invoice Payments (payables.balance) and cannot be typed. What holds of every payable document is in payables.guards.
"""

from decimal import Decimal

import frappe
from frappe import _
from frappe.model.document import Document

from stripe_service.gateway import money

# What waits for money, since when and in which unit, is picked and summed by this index alone (accounts.figures,
# payables.outstanding).
OWED_INDEX = [
	"workflow_state", "due_date", "currency", "outstanding_amount", "organisation_unit",
	"total", "paid_amount", "reserved_amount", "docstatus",
]  # fmt: skip


def on_doctype_update():
	"""Called by Frappe when the table was made or changed."""
	frappe.db.add_index("Portal Invoice", OWED_INDEX, "owed_by_due_date")


class PortalInvoice(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from stripe_service.stripe_service.doctype.portal_invoice_item.portal_invoice_item import (
			PortalInvoiceItem,
		)

		bill_to: DF.Data
		bill_to_email: DF.Data | None
		currency: DF.Link
		due_date: DF.Date | None
		invoice_number: DF.Data | None
		items: DF.Table[PortalInvoiceItem]
		naming_series: DF.Literal["PINV-.YYYY.-.#####"]
		organisation_unit: DF.Link
		outstanding_amount: DF.Currency
		paid_amount: DF.Currency
		posting_date: DF.Date
		remarks: DF.SmallText | None
		reserved_amount: DF.Currency
		settled_by: DF.Data | None
		title: DF.Data
		total: DF.Currency
		workflow_state: DF.Link | None

	# end: auto-generated types

	def validate(self):
		"""The total is that of the items."""
		self._compute_total()

	def _compute_total(self):
		for item in self.items:
			item.currency = self.currency
			item.amount = self._major(self._amount_minor(item))
		total = sum(self._amount_minor(item) for item in self.items)
		if total < 0:
			frappe.throw(
				_("The total cannot be negative. Change the quantities or the rates."),
				frappe.NonNegativeError,
			)
		self.total = self._major(total)

	def _amount_minor(self, item) -> int:
		"""Each line is rounded by itself, half up, so that the lines as printed add up to the total as printed."""
		exact = Decimal(str(item.quantity or 0)) * Decimal(str(item.rate or 0))
		return money.round_to_minor(exact, self.currency)

	def _major(self, minor: int) -> float:
		return float(money.from_minor(minor, self.currency))
