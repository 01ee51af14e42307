"""A Sales Invoice of ERPNext is paid, partly by card and the rest by ACH, refunded and disputed, and the ledger balances.

Runs on a site that has ERPNext; elsewhere it says loudly that it did not.
"""

import time
import warnings

import frappe
import pytest
from frappe.utils import add_days, getdate, nowdate

from stripe_service.api import pay as pay_api
from stripe_service.api.after_payment import run_again
from stripe_service.payables.registry import get_enabled_config
from stripe_service.payments import after_payment
from stripe_service.payments.refund import refund
from stripe_service.payments.settle import settle
from tests.support.cards import confirmation_token
from tests.support.payables import why_not_payable
from tests.support.several import pay_several


@pytest.fixture(autouse=True)
def erpnext(site_only):
	if "erpnext" not in frappe.get_installed_apps():
		message = "NOT RUN: ERPNext is not installed on this site, so nothing is known of Sales Invoices"
		warnings.warn(message, stacklevel=1)
		pytest.skip(message)


@pytest.fixture
def books(site, erpnext, faker):
	from tests.support.erpnext import Books

	return Books(faker)


@pytest.fixture
def payer(make_payer):
	return make_payer(roles=("Stripe Payer", "Accounts User"))


class Till:
	"""Pays an invoice and reads what became of it."""

	def __init__(self, scene, payer):
		self.scene, self.payer = scene, payer

	def by_card(self, invoice, amount, card="visa"):
		with self.scene.as_user(self.payer):
			token = confirmation_token(self.scene.url, card)
			outcome = pay_api.pay("Sales Invoice", invoice.name, amount, "card", confirmation_token=token)
		self.scene.emulator.advance(seconds=10)  # Stripe names its fee
		self.scene.drain()
		return outcome

	def hear_from_stripe(self, payment):
		"""What the webhook leads to."""
		self.scene.emulator.advance(seconds=10)
		settle(payment)
		self.scene.drain()

	def by_ach(self, invoice, amount):
		account = self.scene.add_bank_account(user=self.payer)
		with self.scene.as_user(self.payer):
			return pay_api.pay("Sales Invoice", invoice.name, amount, "us_bank_account", saved_method=account)


@pytest.fixture
def till(scene, payer):
	return Till(scene, payer)


def outstanding(invoice) -> tuple[float, str]:
	frappe.db.rollback()
	invoice.reload()
	return invoice.outstanding_amount, invoice.status


def test_a_row_for_sales_invoices_comes_ready():
	row = get_enabled_config("Sales Invoice")
	assert row.keeps_outstanding and not row.unit_control
	assert frappe.db.exists("Mode of Payment", "Stripe")


def test_paid_partly_by_card_and_the_rest_by_ach_then_refunded_and_the_ledger_balances(
	books, till, scene, emulator
):
	invoice = books.make_invoice(100)
	first = till.by_card(invoice, "40.00")["payment"]
	assert outstanding(invoice) == (60, "Partly Paid")
	fee = frappe.db.get_value("Invoice Payment", first, "stripe_fee")
	assert fee > 0
	assert books.balances() == {
		books.clearing: 40 - fee,
		books.fees: fee,
		books.receivable: 60,
		books.income: -100,
	}

	last = till.by_ach(invoice, "60.00")["payment"]
	assert outstanding(invoice) == (60, "Partly Paid"), "under way, not paid"
	assert frappe.db.get_value("Invoice Payment", last, "status") == "Processing"
	emulator.settle(frappe.db.get_value("Invoice Payment", last, "payment_intent_id"))
	till.hear_from_stripe(last)
	assert outstanding(invoice) == (0, "Paid")
	fees = fee + frappe.db.get_value("Invoice Payment", last, "stripe_fee")
	assert books.balances() == {books.clearing: 100 - fees, books.fees: fees, books.income: -100}

	refund(first, 1500)
	scene.drain()
	assert outstanding(invoice)[0] == 15
	refund(first)
	refund(last)
	scene.drain()
	assert outstanding(invoice)[0] == 100
	assert books.balances() == {
		books.clearing: -fees,  # Stripe keeps its fee of what is refunded
		books.fees: fees,
		books.receivable: 100,
		books.income: -100,
	}
	assert books.trial_balance() == 0


def test_one_payment_for_three_invoices_is_one_payment_entry_with_the_fee_once(books, till, scene):
	invoices = [books.make_invoice(total) for total in (100, 50, 30)]
	named = [(invoices[0], "100"), (invoices[1], "50"), (invoices[2], "20")]
	outcome = pay_several(scene, *named, user=till.payer)
	scene.emulator.advance(seconds=10)  # Stripe names its fee
	scene.drain()
	assert [outstanding(invoice)[0] for invoice in invoices] == [0, 0, 10]
	payment = frappe.get_doc("Invoice Payment", outcome["payment"])
	assert (payment.after_payment_status, [row.booked_minor for row in payment.references]) == (
		"Done",
		[10000, 5000, 2000],
	)
	(name,) = frappe.get_all("Payment Entry", {"reference_no": payment.payment_intent_id}, pluck="name")
	entry = frappe.get_doc("Payment Entry", name)
	assert {row.reference_name: row.allocated_amount for row in entry.references} == {
		invoices[0].name: 100,
		invoices[1].name: 50,
		invoices[2].name: 20,
	}
	fee = payment.stripe_fee
	assert [row.amount for row in entry.deductions] == [fee] and fee > 0
	assert books.balances() == {
		books.clearing: 170 - fee,
		books.fees: fee,
		books.receivable: 10,
		books.income: -180,
	}

	refund(payment.name, documents={("Sales Invoice", invoices[1].name): None})
	scene.drain()
	assert [outstanding(invoice)[0] for invoice in invoices] == [0, 50, 10]
	assert books.balances()[books.receivable] == 60
	assert books.trial_balance() == 0


def test_the_money_is_booked_on_the_day_on_which_stripe_had_it(books, till, scene, emulator):
	invoice = books.make_invoice(100)
	emulator.hold_webhooks()
	try:
		emulator.set_clock(time.time() - 3 * 24 * 3600)
		payment = till.by_card(invoice, "40.00")["payment"]
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


def test_a_payment_is_booked_once_however_often_it_is_run(books, till, scene):
	invoice = books.make_invoice(100)
	payment = till.by_card(invoice, "100.00")["payment"]
	for _time in range(2):
		assert after_payment.run(payment)
		run_again(payment)
		scene.drain()
	intent = frappe.db.get_value("Invoice Payment", payment, "payment_intent_id")
	assert len(frappe.get_all("Payment Entry", {"reference_no": intent})) == 1
	assert not frappe.get_all("Journal Entry", {"cheque_no": ("like", f"{intent}%")})
	entry = frappe.get_doc("Payment Entry", {"reference_no": intent})
	assert (entry.docstatus, entry.mode_of_payment, entry.party) == (1, "Stripe", invoice.customer)
	assert payment in entry.remarks


def test_a_dispute_makes_the_invoice_due_again_and_a_dispute_won_pays_it_again(books, till, scene, emulator):
	invoice = books.make_invoice(100)
	payment = till.by_card(invoice, "100.00")["payment"]
	intent = frappe.db.get_value("Invoice Payment", payment, "payment_intent_id")
	dispute = emulator.dispute(intent)["dispute"]
	till.hear_from_stripe(payment)
	assert frappe.db.get_value("Invoice Payment", payment, "status") == "Disputed"
	assert outstanding(invoice)[0] == 100
	emulator.close_dispute(dispute, "won")
	till.hear_from_stripe(payment)
	assert outstanding(invoice) == (0, "Paid")
	assert books.trial_balance() == 0


def test_a_fee_that_is_named_much_later_is_booked_then_and_once(books, till, scene, emulator):
	emulator.settings(async_capture_seconds=3600)
	try:
		invoice = books.make_invoice(100)
		payment = till.by_card(invoice, "100.00")["payment"]
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
		till.hear_from_stripe(payment)
	fee = frappe.db.get_value("Invoice Payment", payment, "stripe_fee")
	assert fee > 0
	assert books.balances() == {books.clearing: 100 - fee, books.fees: fee, books.income: -100}


def six_minutes_pass(payment):
	before = frappe.utils.add_to_date(frappe.utils.now_datetime(), minutes=-6)
	frappe.db.set_value("Invoice Payment", payment, "settled_at", before)
	frappe.db.commit()


def test_what_the_invoice_no_longer_owes_becomes_the_customers_credit(books, till, scene):
	invoice = books.make_invoice(100)
	with scene.as_user(till.payer):
		token = confirmation_token(scene.url)
		payment = pay_api.pay("Sales Invoice", invoice.name, "100.00", "card", confirmation_token=token)[
			"payment"
		]
	books.pay_in_cash(invoice, 70)
	scene.emulator.advance(seconds=10)
	scene.drain()
	assert outstanding(invoice) == (0, "Paid")
	intent = frappe.db.get_value("Invoice Payment", payment, "payment_intent_id")
	entry = frappe.get_doc("Payment Entry", {"reference_no": intent})
	assert (entry.total_allocated_amount, entry.unallocated_amount) == (30, 70)
	assert books.trial_balance() == 0


def test_between_the_money_and_its_booking_nobody_can_pay_it_again(books, till, scene):
	invoice = books.make_invoice(100)
	with scene.as_user(till.payer):
		token = confirmation_token(scene.url)
		pay_api.pay("Sales Invoice", invoice.name, "80.00", "card", confirmation_token=token)
		form = pay_api.open_form("Sales Invoice", invoice.name)
	assert outstanding(invoice)[0] == 100, "not booked yet"
	assert form["amount"]["max_minor"] == 2000


def test_an_invoice_in_another_currency_is_received_in_it(books, till):
	invoice = books.make_invoice(100, currency="EUR", rate=1.25)
	payment = till.by_card(invoice, "100.00")["payment"]
	assert outstanding(invoice) == (0, "Paid")
	row = frappe.get_doc("Invoice Payment", payment)
	assert (row.currency, row.after_payment_status) == ("EUR", "Done")
	assert books.trial_balance() == 0


def test_by_payment_terms_each_term_is_paid_in_its_turn(books, till):
	invoice = books.make_invoice(100, terms=(30, 70))
	till.by_card(invoice, "50.00")
	invoice.reload()
	assert [row.paid_amount for row in invoice.payment_schedule] == [30, 20]
	till.by_card(invoice, "50.00")
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
