"""ERPNext's Sales Invoice as something to be paid.

The invoice keeps its own outstanding amount and status, by what is posted against it, so a payment is booked rather
than reflected: money that came in by a Payment Entry, with Stripe's fee as its deduction; money that went back by a
Journal Entry of its own, because the Payment Entry was true on its day and its period may be closed. A fee that
Stripe names later than the money is booked when it is known.

Exactly once: what has been booked is noted on the Invoice Payment in the transaction that books it
(`booked_minor` of its row), under its lock. The books themselves are not asked, since an accountant may cancel or
reconcile there what they like.

Accounts come from ERPNext's own place for them, the Mode of Payment "Stripe": per company, the clearing account (its
Default Account), which stands for the balance at Stripe until it is paid out, and the account for fees.

Nothing of ERPNext is imported unless a Sales Invoice is booked.
"""

from dataclasses import dataclass

import frappe
from frappe import _
from frappe.utils import cint, flt, getdate, nowdate

from stripe_service.gateway import money
from stripe_service.payables.payable import Payable
from stripe_service.utils import frappe_versions

# Made by setup/erpnext.py; the accounts in it are an accountant's choice.
MODE_OF_PAYMENT = "Stripe"
FEE_ACCOUNT_FIELD = "stripe_fee_account"


class NotBooked(frappe.ValidationError):
	"""A payment can't be booked as ERPNext is set up; the message says what is missing."""


@dataclass(frozen=True)
class Accounts:
	"""Where a company books what comes through Stripe."""

	clearing: str
	clearing_currency: str
	fees: str
	cost_center: str | None


class SalesInvoicePayable(Payable):
	"""ERPNext's Sales Invoice, whose payments are booked as Payment Entries."""

	books = True

	@property
	def total_minor(self) -> int:
		"""What the customer owes in all: the rounded total where the invoice is rounded."""
		total = self.doc.get("rounded_total") or self._value("total") or 0
		return money.round_to_minor(total, self.currency or "USD")

	@property
	def party_key(self) -> str | None:
		"""The Customer; its name, which is what people read, may be another's too."""
		return self.doc.customer

	@property
	def party_doctype(self) -> str | None:
		"""Of `party_key`, whichever field is shown as the party."""
		return "Customer"

	def why_not_payable(self, balance) -> str | None:
		"""As for any document, and what would keep the payment from being booked."""
		if why_not := super().why_not_payable(balance):
			return why_not
		if self.doc.party_account_currency != self.doc.currency:
			return _(
				"This invoice is in {0}, but its receivable account {1} is kept in {2}. Online payment needs a receivable"
				" account in {0}."
			).format(self.doc.currency, self.doc.debit_to, self.doc.party_account_currency)
		try:
			accounts_of(self.doc)
		except NotBooked as missing:
			return str(missing)
		return None

	def post_to_ledger(self, payment, row) -> list:
		"""Bring the books to what the invoice has of `payment` by its `row`, and to the fee it names. In the caller's transaction.

		The first time, all that the payment brought for one customer is one Payment Entry."""
		change = cint(row.settled_minor) - cint(row.booked_minor)
		accounts = accounts_of(self.doc)
		booked = [row]
		if change > 0:
			parts = [Part(row, self.doc, change)]
			others = [] if cint(row.booked_minor) else self._booked_with_it(payment, row)
			day = _received_on(self.doc, payment)
			booked += [part.row for part in _post_together(parts, others, payment, accounts, day)]
		elif change < 0:
			_post_reversal(self.doc, payment, -change, accounts)
		if _fee_is_due(payment):
			_post_fee(self.doc, payment, accounts)
		return booked

	def _booked_with_it(self, payment, row) -> list["Part"]:
		"""The payment's other invoices of the same customer, whose documents are locked, as far as nothing of them is booked. One
		that is no longer there is its own row's fault to report."""
		same = ("company", "customer", "debit_to", "currency", "party_account_currency")
		parts = []
		for other in payment.references:
			unbooked = cint(other.settled_minor) > 0 and not cint(other.booked_minor)
			if other.name == row.name or other.reference_doctype != self.doctype or not unbooked:
				continue
			if not frappe.db.exists(other.reference_doctype, other.reference_name):
				continue
			invoice = frappe.get_doc(self.doctype, other.reference_name)
			if all(invoice.get(name) == self.doc.get(name) for name in same):
				parts.append(Part(other, invoice, cint(other.settled_minor)))
		return parts


@dataclass(frozen=True)
class Part:
	"""One invoice's part of a payment that is to be booked: its row there, and minor units of the invoice's currency."""

	row: object
	invoice: object
	minor: int


def accounts_of(invoice) -> Accounts:
	"""Raises NotBooked, naming the place where an accountant enters them."""
	row = frappe.db.get_value(
		"Mode of Payment Account",
		{"parent": MODE_OF_PAYMENT, "parenttype": "Mode of Payment", "company": invoice.company},
		["default_account", FEE_ACCOUNT_FIELD],
		as_dict=True,
	)
	if not row or not row.default_account or not row[FEE_ACCOUNT_FIELD]:
		frappe.throw(
			_(
				"{0} has no accounts for online payments yet. An accountant enters them in Mode of Payment {1}: the"
				" clearing account as Default Account, and the Stripe Fee Account."
			).format(frappe.bold(invoice.company), frappe.bold(MODE_OF_PAYMENT)),
			NotBooked,
		)
	return Accounts(
		clearing=row.default_account,
		clearing_currency=frappe.get_cached_value("Account", row.default_account, "account_currency"),
		fees=row[FEE_ACCOUNT_FIELD],
		cost_center=invoice.get("cost_center")
		or frappe.get_cached_value("Company", invoice.company, "cost_center"),
	)


def _post_together(parts: list[Part], others: list[Part], payment, accounts: Accounts, day) -> list[Part]:
	"""One Payment Entry for `parts` and `others`; returns the others that are in it. One of them that ERPNext refuses leaves the
	others out: each is then booked by itself, in its own turn."""
	if others:
		frappe.db.savepoint("booked_together")
		try:
			_post_payment_entry([*parts, *others], payment, accounts, day)
			return others
		except frappe.ValidationError:
			frappe.db.rollback(save_point="booked_together")
			frappe.clear_messages()
	_post_payment_entry(parts, payment, accounts, day)
	return []


def _post_payment_entry(parts: list[Part], payment, accounts: Accounts, day) -> None:
	"""Receive the `parts`, on the day on which Stripe had them; today, if the books of that day are closed."""
	today = getdate(nowdate())
	if day < today:
		frappe.db.savepoint("day_of_the_payment")
		try:
			_post_payment_entry_on(day, parts, payment, accounts)
			return
		except frappe.ValidationError:
			frappe.db.rollback(save_point="day_of_the_payment")
			frappe.clear_messages()
	_post_payment_entry_on(today, parts, payment, accounts)


def _received_on(invoice, payment):
	"""The day of `settled_at`; today for money that came back later (a dispute that was won, a refund that failed)."""
	came_back = _was_returned(invoice, payment)
	return getdate(nowdate() if came_back or not payment.settled_at else payment.settled_at)


def _was_returned(invoice, payment) -> bool:
	"""Whether a voucher gave back what the invoice had of the payment, all of it perhaps: then `booked_minor` is 0 again. One that
	was cancelled counts; one for an invoice that owed nothing names only the customer."""
	return bool(
		frappe.db.sql(
			"""select entry.name
			from `tabJournal Entry Account` account join `tabJournal Entry` entry on entry.name = account.parent
			where entry.cheque_no = %(intent)s and account.party = %(customer)s
				and coalesce(account.reference_name, '') in ('', %(invoice)s)
			limit 1""",
			{"intent": payment.payment_intent_id, "customer": invoice.customer, "invoice": invoice.name},
		)
	)


def _post_payment_entry_on(day, parts: list[Part], payment, accounts: Accounts) -> None:
	"""What an invoice no longer owes stays unallocated, as the customer's credit."""
	invoice = parts[0].invoice
	entry = _allocated_entry(parts[0], accounts)
	for part in parts[1:]:
		for reference in _allocated_entry(part, accounts).references:
			entry.append("references", _copied(reference))
	gross = float(money.from_minor(sum(part.minor for part in parts), invoice.currency))
	entry.update(
		{
			"posting_date": day,
			"mode_of_payment": MODE_OF_PAYMENT,
			"reference_no": payment.payment_intent_id,
			"reference_date": day,
			"custom_remarks": 1,
			"remarks": _remark(payment),
		}
	)
	_deduct_fee(entry, gross, payment, invoice, accounts)
	_submit(entry)


def _deduct_fee(entry, gross: float, payment, invoice, accounts: Accounts) -> None:
	"""What arrives is less than what the customer is credited, by Stripe's fee (major units, of the invoice's currency)."""
	fee = 0
	if _fee_is_due(payment):
		fee = _fee_in(invoice.currency, payment, entry.source_exchange_rate, invoice)
	if fee >= gross:
		# Of the whole payment, whose other documents are booked elsewhere: more than these can pay. It is booked on its own.
		fee = 0
	entry.set("deductions", [])
	# ERPNext's way: paid is what arrives, allocated is what the customer is credited, the deduction is between them.
	entry.paid_amount = flt(gross - fee, entry.precision("paid_amount"))
	entry.received_amount = _in_clearing_currency(entry, accounts)
	if fee:
		rate, digits = flt(entry.source_exchange_rate), entry.precision("base_paid_amount")
		entry.append(
			"deductions",
			{
				"account": accounts.fees,
				"cost_center": accounts.cost_center,
				# What is paid and the fee, each rounded, must add up to what the customer is credited: no cent stays on their account.
				"amount": flt(flt(gross * rate, digits) - flt(entry.paid_amount * rate, digits), digits),
				"description": _("Stripe's fee"),
			},
		)


def _allocated_entry(part: Part, accounts: Accounts):
	"""A new Payment Entry for one invoice alone, its part spread over the invoice's terms."""
	gross = float(money.from_minor(part.minor, part.invoice.currency))
	entry = _new_payment_entry(part.invoice, accounts, gross)
	# Spread `gross` over the references (one, or one for each payment term) in their order.
	left, kept = gross, []
	for row in entry.references:
		row.allocated_amount = flt(min(left, flt(row.allocated_amount)), row.precision("allocated_amount"))
		left = flt(left - row.allocated_amount, row.precision("allocated_amount"))
		if row.allocated_amount > 0:
			kept.append(row)
	entry.set("references", kept)
	return entry


def _copied(reference) -> dict:
	own = ("name", "idx", "parent", "parentfield", "parenttype", "docstatus")
	return {field: value for field, value in reference.as_dict().items() if field not in own}


def _new_payment_entry(invoice, accounts: Accounts, gross: float):
	if invoice.docstatus == 1 and flt(invoice.outstanding_amount) > 0:
		from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

		return get_payment_entry(
			"Sales Invoice",
			invoice.name,
			bank_account=accounts.clearing,
			reference_date=nowdate(),
			**frappe_versions.known_arguments(get_payment_entry, ignore_permissions=True),
		)
	return _payment_on_account(invoice, accounts, gross)


def _payment_on_account(invoice, accounts: Accounts, gross: float):
	"""For an invoice that was paid or cancelled meanwhile: the money is the customer's."""
	entry = frappe.new_doc("Payment Entry")
	entry.update(
		{
			"payment_type": "Receive",
			"company": invoice.company,
			"posting_date": nowdate(),
			"party_type": "Customer",
			"party": invoice.customer,
			"paid_from": invoice.debit_to,
			"paid_to": accounts.clearing,
			"paid_amount": gross,
			"received_amount": gross,
			"cost_center": accounts.cost_center,
		}
	)
	entry.setup_party_account_field()
	entry.set_missing_values()
	entry.set_exchange_rate()
	return entry


def _in_clearing_currency(entry, accounts: Accounts) -> float:
	if entry.paid_from_account_currency == accounts.clearing_currency:
		return entry.paid_amount
	base = flt(entry.paid_amount) * flt(entry.source_exchange_rate)
	return flt(base / (flt(entry.target_exchange_rate) or 1), entry.precision("received_amount"))


def _post_reversal(invoice, payment, minor: int, accounts: Accounts) -> None:
	"""Give back `minor`: the invoice is due again by as much of it as had been allocated to it."""
	amount = float(money.from_minor(minor, invoice.currency))
	against = min(amount, _allocated_to(invoice, payment)) if invoice.docstatus == 1 else 0
	rate = _rate(invoice)
	entry = _new_journal_entry(invoice, payment, _("Money returned through Stripe"))
	for part, reference in ((against, True), (flt(amount - against, 9), False)):
		if part > 0:
			row = {
				"account": invoice.debit_to,
				"party_type": "Customer",
				"party": invoice.customer,
				"exchange_rate": rate,
				"debit_in_account_currency": part,
				"cost_center": invoice.get("cost_center"),
			}
			if reference:
				row |= {"reference_type": "Sales Invoice", "reference_name": invoice.name}
			entry.append("accounts", row)
	entry.append("accounts", _clearing_row(invoice, accounts, amount, rate, "credit"))
	_submit(entry)


def _clearing_row(invoice, accounts: Accounts, amount: float, rate: float, side: str) -> dict:
	"""`amount` of the invoice's currency, on the clearing account's `side` (debit or credit)."""
	own_rate = rate if accounts.clearing_currency == invoice.currency else 1
	return {
		"account": accounts.clearing,
		"exchange_rate": own_rate,
		f"{side}_in_account_currency": flt(amount * rate / own_rate, 2),
		"cost_center": accounts.cost_center,
	}


def _allocated_to(invoice, payment) -> float:
	"""How much of the payment stands against the invoice in the books, in the invoice's currency."""
	received = frappe.db.sql(
		"""select coalesce(sum(reference.allocated_amount), 0)
		from `tabPayment Entry Reference` reference join `tabPayment Entry` entry on entry.name = reference.parent
		where entry.docstatus = 1 and entry.reference_no = %(intent)s
			and reference.reference_doctype = 'Sales Invoice' and reference.reference_name = %(invoice)s""",
		{"intent": payment.payment_intent_id, "invoice": invoice.name},
	)[0][0]
	returned = frappe.db.sql(
		"""select coalesce(sum(account.debit_in_account_currency), 0)
		from `tabJournal Entry Account` account join `tabJournal Entry` entry on entry.name = account.parent
		where entry.docstatus = 1 and entry.cheque_no = %(intent)s
			and account.reference_type = 'Sales Invoice' and account.reference_name = %(invoice)s""",
		{"intent": payment.payment_intent_id, "invoice": invoice.name},
	)[0][0]
	return max(flt(received) - flt(returned), 0)


# Stripe's fee


def _fee_is_due(payment) -> bool:
	"""Whether a fee is known and in no voucher yet; a cancelled voucher counts, since somebody cancelled it."""
	if flt(payment.stripe_fee) <= 0 or not payment.payment_intent_id:
		return False
	return not (
		_fee_is_deducted(payment) or frappe.db.exists("Journal Entry", {"cheque_no": _fee_number(payment)})
	)


def _fee_is_deducted(payment) -> bool:
	entries = frappe.get_all("Payment Entry", {"reference_no": payment.payment_intent_id}, pluck="name")
	return bool(entries and frappe.db.exists("Payment Entry Deduction", {"parent": ("in", entries)}))


def _fee_number(payment) -> str:
	return f"{payment.payment_intent_id} fee"


def _fee_in(currency: str, payment, rate: float, invoice) -> float:
	"""The fee in `currency`; Stripe names it in the currency of its account. `rate`: company's per `currency`."""
	fee = flt(payment.stripe_fee)
	if payment.fee_currency == currency:
		return fee
	return flt(_in_company_currency(fee, payment.fee_currency, invoice) / (flt(rate) or 1), 2)


def _in_company_currency(amount: float, currency: str, invoice) -> float:
	company_currency = frappe.get_cached_value("Company", invoice.company, "default_currency")
	if currency == company_currency:
		return amount
	from erpnext.setup.utils import get_exchange_rate

	return amount * flt(get_exchange_rate(currency, company_currency, nowdate()))


def _post_fee(invoice, payment, accounts: Accounts) -> None:
	"""A fee that became known after the money was booked."""
	fee = flt(_in_company_currency(flt(payment.stripe_fee), payment.fee_currency, invoice), 2)
	rate = _rate(invoice)
	entry = _new_journal_entry(invoice, payment, _("Stripe's fee"), _fee_number(payment))
	entry.append(
		"accounts",
		{"account": accounts.fees, "debit_in_account_currency": fee, "cost_center": accounts.cost_center},
	)
	entry.append("accounts", _clearing_row(invoice, accounts, fee / rate, rate, "credit"))
	_submit(entry)


# Common


def _rate(invoice) -> float:
	"""Company currency per unit of the invoice's."""
	return flt(invoice.conversion_rate) or 1


def _new_journal_entry(invoice, payment, what: str, number: str | None = None):
	entry = frappe.new_doc("Journal Entry")
	entry.update(
		{
			"voucher_type": "Journal Entry",
			"company": invoice.company,
			"posting_date": nowdate(),
			"cheque_no": number or payment.payment_intent_id,
			"cheque_date": nowdate(),
			"multi_currency": 1,
			"user_remark": f"{what}: {_remark(payment)}",
		}
	)
	return entry


def _remark(payment) -> str:
	return f"{payment.name}, {payment.method_label or payment.method_type}, {payment.payment_intent_id}"


def _submit(entry) -> None:
	entry.flags.ignore_permissions = True
	entry.insert()
	entry.submit()
