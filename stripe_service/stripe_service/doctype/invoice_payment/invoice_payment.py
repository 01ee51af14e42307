"""One attempt to pay one document or several: one PaymentIntent at Stripe, with a row for each document (`references`).

What Stripe reports is one figure for the payment; each row holds its document's part, and the rows add up to it. One document is
one row and nothing special. `reference_doctype`, `reference_name`, `reference_title` and `organisation_unit` are facts of the
first row, for lists and indexes: nothing is decided by them.

Not submittable, because its state goes on changing for months (debits, refunds, disputes). The row is evidence of
money: it is inserted by the claim, changed by settling, and by nothing else.
"""

from collections.abc import Iterable

import frappe
from frappe import _

from stripe_service.accounts.dashboard import set_dashboard_links
from stripe_service.gateway import dashboard, payment_states
from stripe_service.utils.fitting import fit
from stripe_service.utils.labels import brand_name, money_in_words
from stripe_service.utils.written_by_app import WrittenByApp

# Each holds all that the figures of the workspace sum (accounts.figures), so that no row is read for them: payments are
# many and wide.
FIGURE_INDEXES = {
	"received_by_currency": [
		"currency", "settled_at", "method_type", "brand", "organisation_unit",
		"received_minor", "refunded_minor", "disputed_minor", "settled_minor", "document_count",
	],
	"under_way_by_status": [
		"status", "creation", "currency", "organisation_unit", "method_type", "amount_minor", "document_count",
	],
	"changed_by_settled_at": ["modified", "settled_at"],
	# Of two columns: Frappe drops an index of one that the field does not ask for.
	"unallocated_by_status": ["unallocated_minor", "status"],
}  # fmt: skip

# How many documents a sentence names.
NAMED = 3


class InvoicePayment(WrittenByApp):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from stripe_service.stripe_service.doctype.invoice_payment_reference.invoice_payment_reference import (
			InvoicePaymentReference,
		)

		after_payment_attempts: DF.Int
		after_payment_error: DF.Code | None
		after_payment_mark: DF.Data | None
		after_payment_status: DF.Literal["", "Pending", "Done", "Failed"]
		amount: DF.Currency
		amount_minor: DF.Int
		attention: DF.SmallText | None
		automatic_payment: DF.Link | None
		balance_transaction_id: DF.Data | None
		brand: DF.Data | None
		charge_id: DF.Data | None
		confirm_sent_at: DF.Datetime | None
		currency: DF.Link
		decline_code: DF.Data | None
		dispute_blocks_refund: DF.Check
		dispute_due_by: DF.Datetime | None
		dispute_id: DF.Data | None
		dispute_reason: DF.Data | None
		dispute_status: DF.Data | None
		disputed_amount: DF.Currency
		disputed_minor: DF.Int
		disputes_unread: DF.Check
		document_count: DF.Int
		expected_by: DF.Date | None
		failure_code: DF.Data | None
		failure_message: DF.SmallText | None
		fee_currency: DF.Link | None
		idempotency_key: DF.Data | None
		last4: DF.Data | None
		last_error: DF.SmallText | None
		last_synced_at: DF.Datetime | None
		livemode: DF.Check
		method_label: DF.Data | None
		method_type: DF.Literal["card", "us_bank_account"]
		net_amount: DF.Currency
		organisation_unit: DF.Link | None
		payer_email: DF.Data | None
		payment_intent_id: DF.Data | None
		payment_link: DF.Link | None
		payout_id: DF.Data | None
		receipt_url: DF.SmallText | None
		received_amount: DF.Currency
		received_minor: DF.Int
		reference_doctype: DF.Link
		reference_name: DF.DynamicLink
		reference_title: DF.Data | None
		references: DF.Table[InvoicePaymentReference]
		refunded_amount: DF.Currency
		refunded_minor: DF.Int
		request_id: DF.Data | None
		save_method: DF.Check
		saved_card: DF.Link | None
		settled_at: DF.Datetime | None
		settled_minor: DF.Int
		status: DF.Literal[
			"Started",
			"Action Required",
			"Processing",
			"Succeeded",
			"Failed",
			"Cancelled",
			"Partly Refunded",
			"Refunded",
			"Disputed",
			"Dispute Lost",
		]
		stripe_account: DF.Link
		stripe_bank_account: DF.Link | None
		stripe_customer: DF.Link | None
		stripe_fee: DF.Currency
		stripe_status: DF.Data | None
		sync_version: DF.Int
		unallocated_amount: DF.Currency
		unallocated_minor: DF.Int
		user: DF.Link

	# end: auto-generated types

	def get_formatted(self, fieldname: str, *args, **given):
		"""In print a card's brand has its name, as everywhere: the field has Stripe's word for it, or the bank's name."""
		if fieldname == "brand" and self.brand and self.method_type == "card":
			return brand_name(self.brand)
		return super().get_formatted(fieldname, *args, **given)

	def written_by(self) -> str:
		return _("Payments are created when somebody pays. Press Pay on the document instead.")

	def onload(self):
		"""The payer's own card and receipt, which are of a permission level that payers don't hold."""
		if self.user == frappe.session.user:
			stored = frappe.db.get_value(
				self.doctype, self.name, ["method_label", "receipt_url"], as_dict=True
			)
			self.set_onload("own", stored)
		ids = {
			dashboard.PAYMENT: self.payment_intent_id,
			dashboard.CUSTOMER: self.stripe_customer,
			dashboard.DISPUTE: self.dispute_id,
			dashboard.PAYOUT: self.payout_id,
		}
		set_dashboard_links(self, self.stripe_account, self.livemode, ids)

	def write(self, **values):
		"""Set `values` and write what has changed; a new payment is inserted. The caller holds the row's lock.

		A payment that exists is changed by a plain update of its row, past everything that could refuse (Links to records
		that were deleted since, hooks of other apps, scripts): what Stripe says is a fact. Who wants to hear of it does
		so afterwards, in `payments.follow_up`.
		"""
		if self.is_new():
			return super().write(**values)
		self.update(fit(self.doctype, values, self.as_dict()))
		changed = self._changed_values()
		if changed:
			frappe.db.set_value(self.doctype, self.name, changed)
		return self

	def _changed_values(self) -> dict:
		names = [name for name in self.meta.get_valid_columns() if self.meta.has_field(name)]
		stored = frappe.db.get_value(self.doctype, self.name, names, as_dict=True, for_update=True)
		given = {name: self.get(name) for name in names if self.get(name) != stored[name]}
		return fit(self.doctype, given, self.as_dict())

	def row(self, name: str):
		"""The reference (Invoice Payment Reference) of this name."""
		return next(row for row in self.references if row.name == name)

	@property
	def documents(self) -> list[tuple[str, str]]:
		"""(DocType, name) of each document that it pays, in their order."""
		return [(row.reference_doctype, row.reference_name) for row in self.references]

	@property
	def documents_in_words(self) -> str:
		"""The documents that it pays, for people who may know all of them: all names of few, else the first ones."""
		names = [row.reference_name for row in self.references]
		if len(names) <= NAMED:
			return ", ".join(names)
		return _("{0} and {1} more").format(", ".join(names[:NAMED]), len(names) - NAMED)

	@property
	def is_open(self) -> bool:
		"""Whether money may still move, so that the amount stays reserved."""
		return self.status in payment_states.RESERVING

	def in_words(self, minor: int) -> str:
		"""An amount in minor units of `currency`, formatted for people, with the decimals that Stripe knows."""
		return money_in_words(minor, self.currency)


def documents_of(name: str) -> list[tuple[str, str]]:
	"""(DocType, name) of each document that a payment pays, in their order on it."""
	rows = frappe.get_all(
		"Invoice Payment Reference",
		filters={"parent": name, "parenttype": "Invoice Payment"},
		fields=["reference_doctype", "reference_name"],
		order_by="idx asc",
	)
	return [(row.reference_doctype, row.reference_name) for row in rows]


def lock_documents(documents: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
	"""Lock the rows of documents (DocType, name), in that order, as everybody does who needs several; returns those that are
	there: a document, or its whole DocType, may be gone, and the money is recorded all the same. Only the rows: what loads a
	document may fail, and is not needed to record money."""
	return {(doctype, name) for doctype, name in sorted(set(documents)) if _lock_row(doctype, name)}


def _lock_row(doctype: str, name: str) -> bool:
	try:
		return bool(frappe.db.get_value(doctype, name, "name", for_update=True))
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		raise
	except Exception:
		frappe.clear_messages()
		return False


def on_doctype_update():
	"""Called by Frappe when the table was made or changed. The lists find the payments of a document by the first, the
	jobs what waits by the second. Balances are summed over the references."""
	frappe.db.add_index("Invoice Payment", ["reference_doctype", "reference_name"])
	frappe.db.add_index("Invoice Payment", ["status", "modified"])
	for name, columns in FIGURE_INDEXES.items():
		if _columns_of(name) not in ([], columns):
			frappe.db.sql_ddl(f"alter table `tabInvoice Payment` drop index `{name}`")
		frappe.db.add_index("Invoice Payment", columns, name)


def _columns_of(index: str) -> list[str]:
	"""The columns of an index that an earlier version made, in their order; empty if there is none of this name."""
	return frappe.db.sql_list(
		"""select column_name from information_schema.statistics
		where table_schema = database() and table_name = 'tabInvoice Payment' and index_name = %s
		order by seq_in_index""",
		index,
	)
