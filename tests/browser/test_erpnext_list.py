"""ERPNext's own list of Sales Invoices: chosen rows are paid by one payment, or stand in one link of one customer.

Runs on a site that has ERPNext; elsewhere it says loudly that it did not.
"""

import re
import time
import warnings

import frappe
import pytest
from playwright.sync_api import expect

from tests.browser.support.desk import PayDialog
from tests.site.support.erpnext import Books
from tests.support.payment_links import Stranger
from tests.support.records import PASSWORD


@pytest.fixture
def books(site, faker):
	if "erpnext" not in frappe.get_installed_apps():
		message = "NOT RUN: ERPNext is not installed on this site, so nothing is known of its list of Sales Invoices"
		warnings.warn(message, stacklevel=1)
		pytest.skip(message)
	return Books(faker)


def box_of(page, invoice):
	return page.locator(f'input.list-row-checkbox[data-name="{invoice.name}"]').filter(visible=True).first


def row_of(page, invoice):
	return page.locator(".list-row-container").filter(has=box_of(page, invoice)).first


def choose(page, invoices, action: str) -> None:
	checked = page.locator(".list-row-checkbox:checked")
	while checked.count():
		checked.first.uncheck()
	for invoice in invoices:
		box_of(page, invoice).check()
	head = page.locator(".page-head").filter(visible=True)
	head.locator(".actions-btn-group button").filter(visible=True).first.click()
	# ERPNext has an action "Payment" of its own.
	item = head.locator(".actions-btn-group .dropdown-item").filter(visible=True)
	item.filter(has_text=re.compile(rf"^\s*{action}\s*$")).first.click()


def wait_until_booked(*invoices, seconds: float = 120) -> None:
	deadline = time.monotonic() + seconds
	while any(frappe.db.get_value("Sales Invoice", one.name, "outstanding_amount") for one in invoices):
		assert time.monotonic() < deadline, "not booked"
		time.sleep(0.5)
		frappe.db.rollback()


def test_chosen_sales_invoices_are_paid_and_stand_in_one_link_of_their_customer(
	books, at_list, make_user, world, picture
):
	first, second, third = (books.make_invoice(total) for total in (100, 50, 30))
	namesake = books.make_customer()
	# Two customers may bear one name; the link goes by the record.
	frappe.db.set_value("Customer", namesake, "customer_name", first.customer_name)
	theirs = books.make_invoice(20, customer=namesake)
	roles = ["Stripe Payer", "Stripe Administrator", "Accounts User"]
	page = at_list(make_user(roles=roles, password=PASSWORD), "sales-invoice")

	choose(page, [first, second], "Pay chosen")
	form = PayDialog(page)
	expect(form.root.get_by_text("2 documents")).to_be_visible()
	# The title of each is its customer, so that they are told apart by their names.
	expect(form.root.get_by_label(first.name, exact=True)).to_have_value("100.00")
	picture(page, "erpnext-pay-chosen")
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $ 150.00")
	world.emulator.advance(seconds=10)  # Stripe names its fee
	wait_until_booked(first, second)
	form.close()
	expect(row_of(page, first)).to_contain_text("Paid")
	expect(page.locator(".list-row-checkbox:checked")).to_have_count(0)
	picture(page, "erpnext-after-pay-chosen")

	choose(page, [third, theirs], "Payment Link")
	refused = page.locator(".modal.show")
	expect(refused).to_contain_text("These documents bill different parties")
	picture(page, "erpnext-link-refused")
	page.wait_for_function("window.cur_dialog")  # it has slid in
	page.keyboard.press("Escape")
	expect(refused).to_have_count(0)

	fourth = books.make_invoice(40)
	page.reload(wait_until="domcontentloaded")
	box_of(page, fourth).wait_for()
	choose(page, [third, fourth], "Payment Link")
	dialog = page.get_by_role("dialog", name="Payment Link")
	expect(dialog).to_contain_text("amount and due date of these 2 documents")
	dialog.get_by_role("button", name="Make Link").click()
	link = dialog.get_by_label("Payment Link", exact=True)
	expect(link).to_have_value(re.compile("/payment-link/"))
	picture(page, "erpnext-link-of-several")

	stranger = Stranger(link.input_value().rpartition("/")[2], world.url)
	assert {part["name"] for part in stranger.open()["documents"]} == {third.name, fourth.name}
	frappe.db.set_value("Sales Invoice", fourth.name, "customer", namesake)
	form = stranger.open()
	assert [part["name"] for part in form["documents"]] == [third.name]
	assert form["left_out"][0]["reason"] == "An invoice is no longer part of this link."
