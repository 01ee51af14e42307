"""One attempt to pay a document.

Not submittable, because its state goes on changing for months (debits, refunds, disputes). The row is evidence of
money: it is inserted by the claim, changed by settling, and by nothing else.
"""

import frappe
from frappe import _
from frappe.utils import cint, fmt_money

from stripe_service.gateway import money, payment_states
from stripe_service.utils.written_by_app import WrittenByApp


class InvoicePayment(WrittenByApp):
	def written_by(self) -> str:
		return _("Payments are written by the payment itself. Press Pay on the document instead.")

	def onload(self):
		"""The payer's own card and receipt, which are of a permission level that payers don't hold."""
		if self.user == frappe.session.user:
			stored = frappe.db.get_value(
				self.doctype, self.name, ["method_label", "receipt_url"], as_dict=True
			)
			self.set_onload("own", stored)

	@property
	def is_open(self) -> bool:
		"""Whether money may still move, so that the amount stays reserved."""
		return self.status in payment_states.RESERVING

	@property
	def refundable_minor(self) -> int:
		"""What is left to refund, in minor units of `currency`: nothing while a dispute holds the money."""
		if self.status not in (payment_states.SUCCEEDED, payment_states.PARTLY_REFUNDED):
			return 0
		return max(cint(self.received_minor) - cint(self.refunded_minor) - cint(self.disputed_minor), 0)

	def in_words(self, minor: int) -> str:
		"""An amount in minor units of `currency`, formatted for people, with the decimals that Stripe knows."""
		return fmt_money(
			money.from_minor(minor, self.currency),
			precision=money.exponent(self.currency),
			currency=self.currency,
		)


def lock_payment(name: str) -> InvoicePayment:
	"""The payment, its document's row locked before its own: the order in which everyone locks. Call it first in a
	transaction, so that every later read sees what was committed before."""
	reference = frappe.db.get_value(
		"Invoice Payment", name, ["reference_doctype", "reference_name"], as_dict=True
	)
	lock_document(reference)
	return frappe.get_doc("Invoice Payment", name, for_update=True)


def lock_document(reference):
	"""The document that a payment refers to, its row locked; None if the document or its app is gone: the money is
	recorded all the same."""
	try:
		return frappe.get_doc(reference.reference_doctype, reference.reference_name, for_update=True)
	except (frappe.DoesNotExistError, ImportError):
		frappe.clear_last_message()
		return None


def on_doctype_update():
	"""The claim sums the payments of one document: by index, however many there are."""
	frappe.db.add_index("Invoice Payment", ["reference_doctype", "reference_name"])
	frappe.db.add_index("Invoice Payment", ["status", "modified"])
