"""A company of its own in ERPNext for one scenario: its accounts, a customer, invoices, and what its ledger says."""

from contextlib import contextmanager

from tests.support.records import enable_currency, unique

COUNTRY = "United States"


class Books:
	def __init__(self, faker):
		import frappe

		self.frappe = frappe
		_install_presets()
		self.company = _make_company(faker)
		self.receivable, self.income = frappe.db.get_value(
			"Company", self.company, ["default_receivable_account", "default_income_account"]
		)
		self.clearing = self._account("Stripe Clearing", "Current Assets", account_type="Bank")
		self.fees = self._account("Stripe Fees", "Indirect Expenses")
		self.cash = frappe.db.get_value("Company", self.company, "default_cash_account")
		self.make_customer = lambda: _make_customer(faker)
		self.customer = self.make_customer()
		self.item = _make_item()
		self._enter_accounts(self.clearing, self.fees)
		frappe.db.commit()

	def _account(self, name: str, parent: str, **fields) -> str:
		above = self.frappe.db.get_value(
			"Account", {"company": self.company, "account_name": parent, "is_group": 1}
		)
		account = self.frappe.get_doc(
			doctype="Account", account_name=name, parent_account=above, company=self.company, **fields
		)
		return account.insert().name

	def _enter_accounts(self, clearing: str | None, fees: str | None):
		"""What an accountant does in Mode of Payment Stripe."""
		mode = self.frappe.get_doc("Mode of Payment", "Stripe")
		mode.accounts = [row for row in mode.accounts if row.company != self.company]
		if clearing:
			mode.append(
				"accounts", {"company": self.company, "default_account": clearing, "stripe_fee_account": fees}
			)
		mode.save()
		self.frappe.db.commit()

	@contextmanager
	def without_accounts(self):
		self._enter_accounts(None, None)
		try:
			yield
		finally:
			self._enter_accounts(self.clearing, self.fees)

	def make_invoice(
		self,
		total: float,
		currency: str = "USD",
		rate: float = 1,
		terms: tuple[float, ...] = (),
		submit: bool = True,
		receivable_in_company_currency: bool = False,
		customer: str | None = None,
	):
		"""A Sales Invoice over `total`, in `terms` parts if given, for the scenario's customer or another; its receivable account
		is kept in its currency."""
		enable_currency(currency)
		self.frappe.db.set_single_value(
			"Accounts Settings",
			"allow_multi_currency_invoices_against_single_party_account",
			int(receivable_in_company_currency),
		)
		foreign = currency != "USD" and not receivable_in_company_currency
		if not customer:
			customer = _make_customer_in(currency) if foreign else self.customer
		invoice = self.frappe.get_doc(
			doctype="Sales Invoice",
			company=self.company,
			customer=customer,
			currency=currency,
			conversion_rate=rate,
			debit_to=self._receivable_in(currency) if foreign else self.receivable,
			disable_rounded_total=1,
			ignore_pricing_rule=1,
			selling_price_list=_make_price_list(currency),
			price_list_currency=currency,
			plc_conversion_rate=rate,
			items=[{"item_code": self.item, "qty": 1, "rate": total, "income_account": self.income}],
			payment_terms_template=_make_terms(terms) if terms else None,
		)
		invoice.insert()
		if submit:
			invoice.submit()
		self.frappe.db.commit()
		return invoice

	def _receivable_in(self, currency: str) -> str:
		name = f"Debtors {currency}"
		found = self.frappe.db.get_value("Account", {"company": self.company, "account_name": name})
		return found or self._account(
			name, "Accounts Receivable", account_type="Receivable", account_currency=currency
		)

	def pay_in_cash(self, invoice, amount: float):
		from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

		entry = get_payment_entry("Sales Invoice", invoice.name, party_amount=amount, bank_account=self.cash)
		entry.reference_no, entry.reference_date = "cash", self.frappe.utils.nowdate()
		entry.insert().submit()
		self.frappe.db.commit()

	def balances(self) -> dict[str, float]:
		"""Debit less credit of every account of the company that is not even, in the company's currency."""
		self.frappe.db.rollback()
		rows = self.frappe.db.sql(
			"""select account, round(sum(debit) - sum(credit), 2) from `tabGL Entry`
			where company = %s and is_cancelled = 0 group by account""",
			self.company,
		)
		return {account: float(amount) for account, amount in rows if abs(amount) >= 0.005}

	def trial_balance(self) -> float:
		return round(sum(self.balances().values()), 2)


def _install_presets():
	"""What ERPNext's setup wizard makes once for a site."""
	import frappe

	if not frappe.db.exists("Customer Group", "Individual"):
		from erpnext.setup.setup_wizard.operations.install_fixtures import install

		install(COUNTRY)
	year = frappe.utils.getdate().year
	if not frappe.db.exists("Fiscal Year", str(year)):
		frappe.get_doc(
			doctype="Fiscal Year",
			year=str(year),
			year_start_date=f"{year}-01-01",
			year_end_date=f"{year}-12-31",
		).insert()
	frappe.db.commit()


def _make_company(faker) -> str:
	import frappe

	enable_currency("USD")
	company = frappe.get_doc(
		doctype="Company",
		company_name=unique(faker.last_name()),
		abbr=unique("C").replace("-", ""),
		default_currency="USD",
		country=COUNTRY,
		chart_of_accounts="Standard",
	).insert()
	frappe.db.commit()
	return company.name


def _make_customer(faker) -> str:
	import frappe

	return (
		frappe.get_doc(doctype="Customer", customer_name=unique(faker.company()), customer_type="Company")
		.insert()
		.name
	)


def _make_customer_in(currency: str) -> str:
	import frappe

	customer = frappe.get_doc(
		doctype="Customer", customer_name=unique("Abroad"), customer_type="Company", default_currency=currency
	)
	return customer.insert().name


def _make_item() -> str:
	import frappe

	name = "Scenario Service"
	if not frappe.db.exists("Item", name):
		frappe.get_doc(
			doctype="Item", item_code=name, item_group="Services", stock_uom="Nos", is_stock_item=0
		).insert()
	return name


def _make_price_list(currency: str) -> str:
	import frappe

	name = f"Scenarios {currency}"
	if not frappe.db.exists("Price List", name):
		frappe.get_doc(
			doctype="Price List", price_list_name=name, currency=currency, selling=1, enabled=1
		).insert()
	return name


def _make_terms(parts: tuple[float, ...]) -> str:
	import frappe

	rows = []
	for number, portion in enumerate(parts):
		term = frappe.get_doc(
			doctype="Payment Term",
			payment_term_name=unique("Term"),
			invoice_portion=portion,
			due_date_based_on="Day(s) after invoice date",
			credit_days=number,
		).insert()
		rows.append({"payment_term": term.name, "invoice_portion": portion, "credit_days": number})
	template = frappe.get_doc(
		doctype="Payment Terms Template",
		template_name=unique("Terms"),
		allocate_payment_based_on_payment_terms=1,
		terms=rows,
	)
	return template.insert().name
