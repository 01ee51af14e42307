"""A Sales Invoice of ERPNext is paid, partly by card and the rest by ACH, refunded and disputed, and the ledger balances.

Runs on a site that has ERPNext; elsewhere it says loudly that it did not.
"""

import time
import warnings
from contextlib import contextmanager

import frappe
import pytest
from frappe.utils import add_days, getdate, nowdate

from stripe_service.api.after_payment import run_again
from stripe_service.payables.registry import get_enabled_config
from stripe_service.payments import after_payment, fees
from stripe_service.payments.refund import refund
from stripe_service.payments.settle import settle
from tests.site.support.erpnext import Books
from tests.site.support.payables import why_not_payable
from tests.support.jobs import in_parallel
from tests.support.records import unique
from tests.support.settings import server_scripts
from tests.support.several import pay_several, payment_of


@pytest.fixture(autouse=True)
def erpnext(site_only):
	if "erpnext" not in frappe.get_installed_apps():
		message = "NOT RUN: ERPNext is not installed on this site, so nothing is known of Sales Invoices"
		warnings.warn(message, stacklevel=1)
		pytest.skip(message)


@pytest.fixture
def books(site, erpnext, faker):
	return Books(faker)


@pytest.fixture
def payer(make_payer):
	return make_payer(roles=("Stripe Payer", "Accounts User"))


@pytest.fixture
def world(world, payer):
	"""A World whose payer may read ERPNext's invoices."""
	world.payer = payer
	return world


def pay_by_card(world, invoice, amount, card="visa"):
	outcome = world.pay(amount, card, invoice=invoice)
	world.emulator.advance(seconds=10)  # Stripe names its fee
	world.drain()
	return outcome


def hear_from_stripe(world, payment):
	"""What the webhook leads to."""
	world.emulator.advance(seconds=10)
	settle(payment)
	world.drain()


def pay_together(world, *wanted, by_ach=False, meanwhile=lambda: None):
	"""Pays these (invoice, amount) by one payment; returns it as it is afterwards. `meanwhile` happens before it is booked."""
	account = world.add_bank_account() if by_ach else None
	method = "us_bank_account" if by_ach else "card"
	outcome = pay_several(world, *wanted, saved_method=account, method_type=method)
	meanwhile()
	world.emulator.advance(seconds=10)  # Stripe names its fee
	world.drain()
	return payment_of(outcome)


def outstanding(invoice) -> tuple[float, str]:
	frappe.db.rollback()
	invoice.reload()
	return invoice.outstanding_amount, invoice.status


def owed(*invoices) -> list[float]:
	return [outstanding(invoice)[0] for invoice in invoices]


def entries_of(payment) -> list:
	"""The Payment Entries that receive it, the oldest first."""
	filters = {"reference_no": payment.payment_intent_id, "docstatus": 1}
	names = frappe.get_all("Payment Entry", filters, pluck="name", order_by="creation")
	return [frappe.get_doc("Payment Entry", name) for name in names]


def allocated(entry) -> dict[str, float]:
	return {row.reference_name: row.allocated_amount for row in entry.references}


def returned_for(payment) -> dict[str, float]:
	"""By invoice, what Journal Entries have given back of it."""
	rows = frappe.db.sql(
		"""select account.reference_name, sum(account.debit_in_account_currency)
		from `tabJournal Entry Account` account join `tabJournal Entry` entry on entry.name = account.parent
		where entry.docstatus = 1 and entry.cheque_no = %s and account.reference_name is not null
		group by account.reference_name""",
		payment.payment_intent_id,
	)
	return {name: float(amount) for name, amount in rows}


def fee_of(payment) -> dict:
	"""Finds the Journal Entry of a fee that was named late."""
	return {"cheque_no": f"{payment.payment_intent_id} fee"}


def check_received(books, amount: float, fee: float, unpaid: float = 0) -> None:
	"""The ledger balances: `amount` came in, less Stripe's fee once, and `unpaid` is still owed."""
	assert fee > 0
	wanted = {
		books.clearing: round(amount - fee, 2),
		books.fees: fee,
		books.receivable: unpaid,
		books.income: -amount - unpaid,
	}
	assert books.balances() == {account: balance for account, balance in wanted.items() if balance}


def test_a_row_for_sales_invoices_comes_ready():
	row = get_enabled_config("Sales Invoice")
	assert row.keeps_outstanding and not row.unit_control
	assert frappe.db.exists("Mode of Payment", "Stripe")


def test_paid_partly_by_card_and_the_rest_by_ach_then_refunded_and_the_ledger_balances(
	books, world, emulator
):
	invoice = books.make_invoice(100)
	first = pay_by_card(world, invoice, "40.00")["payment"]
	assert outstanding(invoice) == (60, "Partly Paid")
	fee = frappe.db.get_value("Invoice Payment", first, "stripe_fee")
	assert fee > 0
	assert books.balances() == {
		books.clearing: 40 - fee,
		books.fees: fee,
		books.receivable: 60,
		books.income: -100,
	}

	last = world.pay_by_ach(world.add_bank_account(), "60.00", invoice=invoice)["payment"]
	assert outstanding(invoice) == (60, "Partly Paid"), "under way, not paid"
	assert frappe.db.get_value("Invoice Payment", last, "status") == "Processing"
	emulator.settle(frappe.db.get_value("Invoice Payment", last, "payment_intent_id"))
	hear_from_stripe(world, last)
	assert outstanding(invoice) == (0, "Paid")
	fees = fee + frappe.db.get_value("Invoice Payment", last, "stripe_fee")
	assert books.balances() == {books.clearing: 100 - fees, books.fees: fees, books.income: -100}

	refund(first, 1500)
	world.drain()
	assert outstanding(invoice)[0] == 15
	refund(first)
	refund(last)
	world.drain()
	assert outstanding(invoice)[0] == 100
	assert books.balances() == {
		books.clearing: -fees,  # Stripe keeps its fee of what is refunded
		books.fees: fees,
		books.receivable: 100,
		books.income: -100,
	}
	assert books.trial_balance() == 0


def test_one_payment_for_three_invoices_is_one_payment_entry_with_the_fee_once(books, world):
	invoices = [books.make_invoice(total) for total in (100, 50, 30)]
	payment = pay_together(world, (invoices[0], "100"), (invoices[1], "50"), (invoices[2], "20"))
	assert owed(*invoices) == [0, 0, 10]
	assert (payment.after_payment_status, [row.booked_minor for row in payment.references]) == (
		"Done",
		[10000, 5000, 2000],
	)
	(entry,) = entries_of(payment)
	assert allocated(entry) == {invoices[0].name: 100, invoices[1].name: 50, invoices[2].name: 20}
	assert [row.amount for row in entry.deductions] == [payment.stripe_fee]
	check_received(books, 170, payment.stripe_fee, unpaid=10)


def test_one_of_several_invoices_is_refunded_in_parts_and_the_others_keep_theirs(books, world):
	invoices = [books.make_invoice(total) for total in (100, 50, 30)]
	payment = pay_together(world, *((invoice, str(invoice.grand_total)) for invoice in invoices))
	fee = payment.stripe_fee
	for minor, left in ((1500, 15), (None, 50)):
		refund(payment.name, documents={("Sales Invoice", invoices[1].name): minor})
		world.drain()
		assert owed(*invoices) == [0, left, 0]
	refund(payment.name)
	world.drain()
	assert owed(*invoices) == [100, 50, 30]
	assert returned_for(payment) == {invoices[0].name: 100, invoices[1].name: 50, invoices[2].name: 30}
	assert len(entries_of(payment)) == 1 and not frappe.db.exists("Journal Entry", fee_of(payment))
	assert books.balances() == {
		books.clearing: -fee,  # Stripe keeps its fee of what is refunded
		books.fees: fee,
		books.receivable: 180,
		books.income: -180,
	}


def test_several_workers_at_the_same_instant_book_several_invoices_once(books, world):
	invoices = [books.make_invoice(total) for total in (100, 50)]
	outcome = pay_several(world, (invoices[0], "100"), (invoices[1], "50"))
	world.emulator.advance(seconds=10)  # Stripe names its fee
	done = in_parallel(3, lambda _index: after_payment.run(outcome["payment"]))
	world.drain()
	assert True in done, done
	payment = payment_of(outcome)
	assert owed(*invoices) == [0, 0]
	(entry,) = entries_of(payment)
	assert allocated(entry) == {invoices[0].name: 100, invoices[1].name: 50}
	check_received(books, 150, payment.stripe_fee)


def test_invoices_of_two_customers_are_two_payment_entries_and_the_fee_is_in_one(books, world, faker):
	mine = [books.make_invoice(total) for total in (100, 50)]
	theirs = [books.make_invoice(total, customer=books.make_customer()) for total in (30,)]
	payment = pay_together(world, (mine[0], "100"), (theirs[0], "30"), (mine[1], "50"))
	assert owed(*mine, *theirs) == [0, 0, 0]
	entries = {entry.party: entry for entry in entries_of(payment)}
	assert {party: allocated(entry) for party, entry in entries.items()} == {
		mine[0].customer: {mine[0].name: 100, mine[1].name: 50},
		theirs[0].customer: {theirs[0].name: 30},
	}
	assert [row.amount for entry in entries.values() for row in entry.deductions] == [payment.stripe_fee]
	check_received(books, 180, payment.stripe_fee)


def test_a_fee_that_is_more_than_the_first_customers_part_is_booked_on_its_own(books, world):
	small, large = books.make_invoice(1), books.make_invoice(900, customer=books.make_customer())
	payment = pay_together(world, (small, "1"), (large, "900"))
	assert payment.stripe_fee > 1
	assert payment.after_payment_status == "Done", payment.after_payment_error
	assert owed(small, large) == [0, 0]
	assert [allocated(entry) for entry in entries_of(payment)] == [{small.name: 1}, {large.name: 900}]
	assert [entry.paid_amount for entry in entries_of(payment)] == [1, 900]
	assert frappe.db.count("Journal Entry", fee_of(payment)) == 1
	check_received(books, 901, payment.stripe_fee)


def test_a_debit_for_several_invoices_that_fails_books_nothing(books, world, emulator):
	invoices = [books.make_invoice(total) for total in (100, 50)]
	payment = pay_together(world, (invoices[0], "100"), (invoices[1], "50"), by_ach=True)
	assert payment.status == "Processing" and owed(*invoices) == [100, 50]
	emulator.fail_debit(payment.payment_intent_id, "insufficient_funds")
	hear_from_stripe(world, payment.name)
	assert frappe.db.get_value("Invoice Payment", payment.name, "status") == "Failed"
	assert owed(*invoices) == [100, 50] and not entries_of(payment)
	assert books.balances() == {books.receivable: 150, books.income: -150}
	pay_together(world, (invoices[0], "100"), (invoices[1], "50"))
	assert owed(*invoices) == [0, 0]


def test_a_dispute_about_several_invoices_and_its_end_are_booked_on_their_own_days(books, world, emulator):
	emulator.hold_webhooks()
	try:
		emulator.set_clock(time.time() - 3 * 24 * 3600)
		invoices = [books.make_invoice(total) for total in (100, 50)]
		payment = pay_together(world, (invoices[0], "100"), (invoices[1], "50"))
	finally:
		emulator.set_clock(time.time())
		emulator.clear_webhook_rules()
		emulator.forget_webhooks()
	dispute = emulator.dispute(payment.payment_intent_id)["dispute"]
	hear_from_stripe(world, payment.name)
	assert owed(*invoices) == [100, 50]
	emulator.close_dispute(dispute, "won")
	hear_from_stripe(world, payment.name)
	assert owed(*invoices) == [0, 0]
	received = {entry.posting_date: allocated(entry) for entry in entries_of(payment)}
	both = {invoices[0].name: 100, invoices[1].name: 50}
	assert received == {getdate(add_days(nowdate(), -3)): both, getdate(): both}
	check_received(books, 150, payment.stripe_fee)


def test_a_fee_named_late_is_booked_once_for_all_the_invoices(books, world, emulator, six_minutes_pass):
	emulator.settings(async_capture_seconds=3600)
	try:
		invoices = [books.make_invoice(total) for total in (100, 50)]
		payment = pay_together(world, (invoices[0], "100"), (invoices[1], "50"))
		six_minutes_pass(payment.name)
		after_payment.run_pending()
		assert owed(*invoices) == [0, 0]
		emulator.advance(hours=2)
	finally:
		emulator.settings(async_capture_seconds=2)
	for _time in range(2):
		hear_from_stripe(world, payment.name)
		run_again(payment.name)
		world.drain()
	assert len(entries_of(payment)) == 1 and frappe.db.count("Journal Entry", fee_of(payment)) == 1
	check_received(books, 150, frappe.db.get_value("Invoice Payment", payment.name, "stripe_fee"))


def test_what_one_of_several_no_longer_owes_is_the_customers_credit_in_the_same_entry(books, world):
	invoices = [books.make_invoice(total) for total in (100, 50, 30)]
	payment = pay_together(
		world,
		*((invoice, str(invoice.grand_total)) for invoice in invoices),
		meanwhile=lambda: (books.pay_in_cash(invoices[0], 100), books.pay_in_cash(invoices[1], 20)),
	)
	assert owed(*invoices) == [0, 0, 0]
	(entry,) = entries_of(payment)
	assert allocated(entry) == {invoices[1].name: 30, invoices[2].name: 30}
	assert entry.unallocated_amount == 120
	assert books.balances()[books.receivable] == -120 and books.trial_balance() == 0


def test_by_payment_terms_several_invoices_are_paid_in_one_entry_each_term_in_its_turn(books, world):
	by_terms, at_once = books.make_invoice(100, terms=(30, 70)), books.make_invoice(50)
	payment = pay_together(world, (by_terms, "50"), (at_once, "50"))
	assert owed(by_terms, at_once) == [50, 0]
	assert [row.paid_amount for row in by_terms.payment_schedule] == [30, 20]
	assert len(entries_of(payment)) == 1
	check_received(books, 100, payment.stripe_fee, unpaid=50)


def test_invoices_of_different_rates_are_received_in_their_currency_and_the_ledger_balances(books, world):
	first = books.make_invoice(100, currency="EUR", rate=1.25)
	second = books.make_invoice(50, currency="EUR", rate=1.1, customer=first.customer)
	payment = pay_together(world, (first, "100"), (second, "50"))
	assert payment.after_payment_status == "Done", payment.after_payment_error
	assert owed(first, second) == [0, 0]
	assert books.trial_balance() == 0 and first.debit_to not in books.balances()
	refund(payment.name, documents={("Sales Invoice", second.name): None})
	world.drain()
	assert owed(first, second) == [0, 50]
	assert books.balances()[first.debit_to] == 55 and books.trial_balance() == 0


def test_an_invoice_that_erpnext_refuses_leaves_the_others_in_peace_and_is_booked_later(books, world):
	invoices = [books.make_invoice(total) for total in (100, 50, 30)]
	wanted = [(invoice, str(invoice.grand_total)) for invoice in invoices]
	refuse = f"""
if any(row.reference_name == {invoices[1].name!r} for row in doc.references):
	frappe.throw("not this one")
"""
	with server_scripts(True), before_each_payment_entry(refuse):
		payment = pay_together(world, *wanted)
	assert owed(*invoices) == [0, 50, 0]
	assert [row.after_payment_status for row in payment.references] == ["Done", "Failed", "Done"]
	assert "not this one" in payment.after_payment_error
	check_received(books, 130, payment.stripe_fee, unpaid=50)

	run_again(payment.name)
	world.drain()
	assert owed(*invoices) == [0, 0, 0]
	assert [allocated(entry) for entry in entries_of(payment)] == [
		{invoices[0].name: 100},
		{invoices[2].name: 30},
		{invoices[1].name: 50},
	]
	check_received(books, 180, payment.stripe_fee)


def test_invoices_of_two_companies_are_booked_in_their_own_books_and_the_fee_in_one(books, world, faker):
	others = Books(faker)
	mine, theirs = books.make_invoice(100), others.make_invoice(50, customer=books.customer)
	payment = pay_together(world, (mine, "100"), (theirs, "50"))
	assert owed(mine, theirs) == [0, 0]
	assert [entry.company for entry in entries_of(payment)] == [books.company, others.company]
	check_received(books, 100, payment.stripe_fee)
	assert others.balances() == {others.clearing: 50, others.income: -50}


def test_one_of_several_that_is_cancelled_meanwhile_is_the_customers_credit_until_it_is_refunded(
	books, world
):
	invoices = [books.make_invoice(total) for total in (100, 50)]
	payment = pay_together(
		world, (invoices[0], "100"), (invoices[1], "50"), meanwhile=lambda: cancel(invoices[0])
	)
	assert payment.after_payment_status == "Done", payment.after_payment_error
	(entry,) = entries_of(payment)
	assert (allocated(entry), entry.unallocated_amount) == ({invoices[1].name: 50}, 100)
	assert owed(invoices[1]) == [0] and books.balances()[books.receivable] == -100
	refund(payment.name, documents={("Sales Invoice", invoices[0].name): None})
	world.drain()
	assert owed(invoices[1]) == [0] and not returned_for(payment)
	check_received(books, 50, payment.stripe_fee)


def test_one_of_several_that_is_gone_when_they_are_booked_keeps_no_other_from_it(books, world):
	invoices = [books.make_invoice(total) for total in (100, 50)]
	payment = pay_together(
		world, (invoices[0], "100"), (invoices[1], "50"), meanwhile=lambda: delete(invoices[1])
	)
	assert owed(invoices[0]) == [0]
	assert [row.after_payment_status for row in payment.references] == ["Done", "Failed"]
	assert invoices[1].name in payment.after_payment_error
	check_received(books, 100, payment.stripe_fee)


def test_a_refund_that_names_no_invoice_takes_from_the_last_of_several(books, world):
	invoices = [books.make_invoice(total) for total in (100, 50, 30)]
	payment = pay_together(world, *((invoice, str(invoice.grand_total)) for invoice in invoices))
	refund(payment.name, 4000)
	world.drain()
	assert owed(*invoices) == [0, 10, 30]
	assert returned_for(payment) == {invoices[1].name: 10, invoices[2].name: 30}
	assert books.balances()[books.receivable] == 40 and books.trial_balance() == 0


def cancel(invoice) -> None:
	invoice.reload()
	invoice.cancel()
	frappe.db.commit()


def delete(invoice) -> None:
	"""As ERPNext's Transaction Deletion Record does it, past every check of what links to it."""
	cancel(invoice)
	frappe.db.delete(invoice.doctype, {"name": invoice.name})
	frappe.db.commit()


@contextmanager
def before_each_payment_entry(script: str):
	"""An enabled Server Script on Before Save of Payment Entries, gone afterwards."""
	doc = frappe.get_doc(
		doctype="Server Script",
		name=unique("script"),
		script_type="DocType Event",
		reference_doctype="Payment Entry",
		doctype_event="Before Save",
		script=script,
	).insert()
	frappe.db.commit()
	try:
		yield
	finally:
		frappe.db.rollback()
		doc.delete()
		frappe.db.commit()


def test_the_money_is_booked_on_the_day_on_which_stripe_had_it(books, world, emulator):
	invoice = books.make_invoice(100)
	emulator.hold_webhooks()
	try:
		emulator.set_clock(time.time() - 3 * 24 * 3600)
		payment = pay_by_card(world, invoice, "40.00")["payment"]
	finally:
		emulator.set_clock(time.time())
		emulator.clear_webhook_rules()
		emulator.forget_webhooks()
	received = frappe.db.get_value(
		"Invoice Payment", payment, ["settled_at", "payment_intent_id"], as_dict=True
	)
	assert getdate(received.settled_at) == getdate(add_days(nowdate(), -3))
	entry = frappe.db.get_value(
		"Payment Entry",
		{"reference_no": received.payment_intent_id},
		["posting_date", "reference_date"],
		as_dict=True,
	)
	assert entry.posting_date == entry.reference_date == getdate(received.settled_at)


def test_a_payment_is_booked_once_however_often_it_is_run(books, world):
	invoice = books.make_invoice(100)
	payment = pay_by_card(world, invoice, "100.00")["payment"]
	for _time in range(2):
		assert after_payment.run(payment)
		run_again(payment)
		world.drain()
	intent = frappe.db.get_value("Invoice Payment", payment, "payment_intent_id")
	assert len(frappe.get_all("Payment Entry", {"reference_no": intent})) == 1
	assert not frappe.get_all("Journal Entry", {"cheque_no": ("like", f"{intent}%")})
	entry = frappe.get_doc("Payment Entry", {"reference_no": intent})
	assert (entry.docstatus, entry.mode_of_payment, entry.party) == (1, "Stripe", invoice.customer)
	assert payment in entry.remarks


def test_a_dispute_makes_the_invoice_due_again_and_a_dispute_won_pays_it_again(books, world, emulator):
	invoice = books.make_invoice(100)
	payment = pay_by_card(world, invoice, "100.00")["payment"]
	intent = frappe.db.get_value("Invoice Payment", payment, "payment_intent_id")
	dispute = emulator.dispute(intent)["dispute"]
	hear_from_stripe(world, payment)
	assert frappe.db.get_value("Invoice Payment", payment, "status") == "Disputed"
	assert outstanding(invoice)[0] == 100
	emulator.close_dispute(dispute, "won")
	hear_from_stripe(world, payment)
	assert outstanding(invoice) == (0, "Paid")
	assert books.trial_balance() == 0


def test_a_fee_that_is_named_much_later_is_booked_then_and_once(books, world, emulator, six_minutes_pass):
	emulator.settings(async_capture_seconds=3600)
	try:
		invoice = books.make_invoice(100)
		payment = pay_by_card(world, invoice, "100.00")["payment"]
		assert outstanding(invoice)[0] == 100, "the voucher waits for the fee"
		assert frappe.db.get_value("Invoice Payment", payment, "after_payment_status") == "Pending"
		six_minutes_pass(payment)
		after_payment.run_pending()
		assert outstanding(invoice) == (0, "Paid")
		assert books.balances() == {books.clearing: 100, books.income: -100}
		emulator.advance(hours=2)
	finally:
		emulator.settings(async_capture_seconds=2)
	for _time in range(2):
		hear_from_stripe(world, payment)
	fee = frappe.db.get_value("Invoice Payment", payment, "stripe_fee")
	assert fee > 0
	assert books.balances() == {books.clearing: 100 - fee, books.fees: fee, books.income: -100}


@pytest.fixture
def six_minutes_pass(monkeypatch):
	"""Since the payment was settled, for whoever waits for its fee. When it was, Stripe says anew at each reading."""

	def pass_for(payment: str) -> None:
		settled_at = frappe.db.get_value("Invoice Payment", payment, "settled_at")
		later = frappe.utils.add_to_date(settled_at, minutes=6)
		monkeypatch.setattr(fees, "now_datetime", lambda: later)

	return pass_for


def test_what_the_invoice_no_longer_owes_becomes_the_customers_credit(books, world):
	invoice = books.make_invoice(100)
	payment = world.pay("100.00", invoice=invoice)["payment"]
	books.pay_in_cash(invoice, 70)
	world.emulator.advance(seconds=10)
	world.drain()
	assert outstanding(invoice) == (0, "Paid")
	intent = frappe.db.get_value("Invoice Payment", payment, "payment_intent_id")
	entry = frappe.get_doc("Payment Entry", {"reference_no": intent})
	assert (entry.total_allocated_amount, entry.unallocated_amount) == (30, 70)
	assert books.trial_balance() == 0


def test_between_the_money_and_its_booking_nobody_can_pay_it_again(books, world):
	invoice = books.make_invoice(100)
	world.pay("80.00", invoice=invoice)
	form = world.form(invoice=invoice)
	assert outstanding(invoice)[0] == 100, "not booked yet"
	assert form["amount"]["max_minor"] == 2000


def test_an_invoice_in_another_currency_is_received_in_it(books, world):
	invoice = books.make_invoice(100, currency="EUR", rate=1.25)
	payment = pay_by_card(world, invoice, "100.00")["payment"]
	assert outstanding(invoice) == (0, "Paid")
	row = frappe.get_doc("Invoice Payment", payment)
	assert (row.currency, row.after_payment_status) == ("EUR", "Done")
	assert books.trial_balance() == 0 and invoice.debit_to not in books.balances()


def test_by_payment_terms_each_term_is_paid_in_its_turn(books, world):
	invoice = books.make_invoice(100, terms=(30, 70))
	pay_by_card(world, invoice, "50.00")
	invoice.reload()
	assert [row.paid_amount for row in invoice.payment_schedule] == [30, 20]
	pay_by_card(world, invoice, "50.00")
	assert outstanding(invoice) == (0, "Paid")


def test_why_a_sales_invoice_cannot_be_paid(books):
	draft = books.make_invoice(100, submit=False)
	assert "once it is submitted" in why_not_payable(draft)
	elsewhere = books.make_invoice(100, receivable_in_company_currency=True, currency="EUR", rate=1.25)
	assert "needs a receivable account" in why_not_payable(elsewhere)
	invoice = books.make_invoice(100)
	assert why_not_payable(invoice) is None
	with books.without_accounts():
		assert "Mode of Payment" in why_not_payable(invoice)
