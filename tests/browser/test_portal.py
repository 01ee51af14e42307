"""A Website User, who has no desk: with a phone from the login to the receipt, and by the keyboard."""

import re

import pytest
from frappe.utils import add_days, nowdate
from playwright.sync_api import expect

from tests.browser.support.axe import serious
from tests.browser.support.desk import log_in, whole
from tests.browser.support.pay_form import PayForm
from tests.support.records import PASSWORD, make_portal_user
from tests.support.settings import opened

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NARROW = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}
WIDE = {"viewport": {"width": 1280, "height": 900}}
PAGE = ".stripe-portal"


@pytest.fixture
def user(site, stripe_account, make_user):
	with opened():
		yield make_portal_user(make_user)


@pytest.fixture
def invoice(user, make_invoice):
	return make_invoice(
		bill_to_email=user, total="119.00", title="Roof repair", due_date=add_days(nowdate(), -3)
	)


def rows(page, name="To pay"):
	return page.get_by_role("list", name=name).get_by_role("listitem")


def is_as_wide_as_the_window(page) -> bool:
	return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def log_in_by_the_form(page, http, user):
	page.goto(f"{http.url}/login")
	page.locator("#login_email").fill(user)
	page.locator("#login_password").fill(PASSWORD)
	page.locator(".form-login .btn-login").click()
	page.wait_for_url("**/payments")


def test_a_customer_with_a_phone_lands_there_pays_and_sees_the_receipt(
	http, worker, new_page, user, lakeside, branch, make_invoice, picture
):
	given = {"unit": branch, "bill_to": "Hughes & Sons", "bill_to_email": user}
	make_invoice(total="119.00", title="Roof repair", due_date=add_days(nowdate(), -3), **given)
	make_invoice(total="45.00", currency="EUR", title="Window cleaning", **given)
	page = new_page(**PHONE)
	log_in_by_the_form(page, http, user)
	expect(rows(page).first).to_contain_text("Overdue by 3 days")
	expect(rows(page).first).to_contain_text("$119.00")
	assert serious(page, PAGE) == []
	assert is_as_wide_as_the_window(page)
	picture(page, "portal", docs=True)

	page.get_by_role("button", name="Pay Roof repair").click()
	form = PayForm(page, page.locator(PAGE))
	expect(page.locator(":focus")).to_have_text("Pay")
	form.enter_card()
	assert serious(page, PAGE) == []
	assert is_as_wide_as_the_window(page)
	with whole(page):
		picture(page, "portal-pay", docs=True)
	form.pay()
	expect(form.heading).to_have_text("You have paid $119.00")
	form.root.get_by_role("button", name="Close").click()
	expect(rows(page)).to_have_count(1)
	expect(page.locator(":focus")).to_have_text("To pay")
	paid = rows(page, "My payments").filter(has_text="Roof repair")
	expect(paid.get_by_role("link", name="Receipt at Stripe for Roof repair")).to_have_attribute(
		"href", re.compile("^https?://")
	)
	picture(page, "portal-paid", docs=True)
	with page.expect_popup() as popup:
		paid.get_by_role("link", name="Receipt for Roof repair").click()
	expect(popup.value.locator("body")).to_contain_text("Payment Receipt")
	expect(popup.value.locator("body")).to_contain_text("$ 119.00")
	picture(popup.value, "portal-receipt", docs=True, height=640)


def test_by_bank_from_the_login_to_the_receipt(
	site, http, worker, new_page, user, invoice, make_invoice, emulator, picture
):
	"""On a phone: an account by its numbers, verified by a deposit's code; the debit arrives days later. Then one that is
	linked at its bank pays the next invoice."""
	make_invoice(bill_to_email=user, total="40.00", title="Gutter", due_date=add_days(nowdate(), 9))
	page = new_page(**NARROW)

	def look(name):
		assert is_as_wide_as_the_window(page), name
		assert serious(page, PAGE) == [], name
		picture(page, f"portal-ach-{name}", full_page=True)

	log_in_by_the_form(page, http, user)
	page.get_by_role("button", name="Pay Roof repair").click()
	form = PayForm(page, page.locator(PAGE))
	form.choose("Bank account (ACH)")
	expect(form.pay_button).to_be_disabled()
	look("1-none-yet")
	form.root.get_by_role("button", name="Add a bank account").click()
	form.enter_account_numbers("000123456789")
	look("2-numbers")
	form.add_account()
	row = form.bank_row("6789")
	expect(row.get_by_text("Verification pending")).to_be_visible()
	look("3-pending")
	row.get_by_label("Code").fill("SM99ZZ")
	row.get_by_role("button", name="Verify").click()
	expect(row.get_by_role("alert")).to_contain_text("You have 9 tries left")
	look("4-wrong-code")
	row.get_by_label("Code").fill("SM11AA")
	row.get_by_role("button", name="Verify").click()
	expect(row.get_by_text("Verified", exact=True)).to_be_visible()
	expect(form.pay_button).to_have_text("Pay $119.00")
	look("5-verified")
	form.pay()
	expect(form.heading).to_have_text("Your payment of $119.00 is on its way")
	look("6-on-its-way")
	form.root.get_by_role("button", name="Close").click()
	waiting = rows(page).filter(has_text="Roof repair")
	expect(waiting).to_contain_text("being paid already")
	expect(waiting.get_by_role("button")).to_have_count(0)
	paid = rows(page, "My payments").filter(has_text="Roof repair")
	expect(paid).to_contain_text("Processing")
	look("7-under-way")

	payment = _last_payment(site, user)
	emulator.settle(payment.payment_intent_id)
	_wait_for_status(site, page, payment.name, "Succeeded")
	page.reload()
	expect(paid).to_contain_text("Succeeded")
	expect(rows(page).filter(has_text="Roof repair")).to_have_count(0)
	look("8-arrived")
	with page.expect_popup() as popup:
		paid.get_by_role("link", name="Receipt for Roof repair").click()
	expect(popup.value.locator("body")).to_contain_text("$ 119.00")
	picture(popup.value, "portal-ach-9-receipt", full_page=True)

	page.get_by_role("button", name="Pay Gutter").click()
	expect(form.bank_row("6789").get_by_role("radio")).to_be_checked()  # paid with last
	form.root.get_by_role("button", name="Add a bank account").click()
	_link_bank(page, form, "Closed account")
	form.add_account()
	linked = form.bank_row("1113")
	expect(linked.get_by_text("Verified", exact=True)).to_be_visible()
	look("10-linked")
	form.pay()
	expect(form.heading).to_have_text("Your payment of $40.00 is on its way")
	form.root.get_by_role("button", name="Close").click()
	payment = _last_payment(site, user)
	emulator.fail_debit(payment.payment_intent_id, "account_closed")
	_wait_for_status(site, page, payment.name, "Failed")
	page.reload()
	expect(page.get_by_role("button", name="Pay Gutter")).to_be_visible()
	expect(rows(page, "My payments").filter(has_text="Gutter")).to_contain_text("Failed")
	look("11-failed")


def _link_bank(page, form, account):
	"""By the keyboard: on a phone, what is tapped is still sliding in."""
	frame = form.bank_frame
	frame.get_by_label("Full name").fill("Jenny Rosen")
	frame.get_by_role("button", name="Test Institution").press("Enter")
	dialog = page.frame_locator("iframe[title='Link your bank account']")
	dialog.get_by_role("button", name="Agree and continue").press("Enter")
	dialog.get_by_role("button", name=account).press("Enter")
	frame.get_by_role("button", name="Change").wait_for()


def _last_payment(site, user):
	site.db.rollback()
	return site.get_last_doc("Invoice Payment", {"user": user})


def _wait_for_status(site, page, payment, status):
	"""Stripe's webhook is worked off by the worker."""
	for _ in range(120):
		site.db.rollback()
		if site.db.get_value("Invoice Payment", payment, "status") == status:
			return
		page.wait_for_timeout(500)
	raise AssertionError(f"{payment} is not {status}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_by_the_keyboard_and_by_the_address(http, new_page, user, invoice, picture, theme):
	page = new_page(**WIDE, color_scheme=theme)
	log_in(page, http.url, user)
	page.goto(f"{http.url}/payments")
	button = page.get_by_role("button", name="Pay Roof repair")
	button.wait_for()
	page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
	assert serious(page, PAGE) == []
	picture(page, f"portal-{theme}", full_page=True)
	for _press in range(60):
		page.keyboard.press("Tab")
		if page.locator(":focus").get_attribute("aria-label") == "Pay Roof repair":
			break
	page.keyboard.press("Enter")
	form = PayForm(page, page.locator(PAGE))
	expect(form.amount).to_have_value("119.00")
	assert page.url.endswith(f"name={invoice.name}")
	picture(page, f"portal-pay-{theme}", full_page=True)
	assert serious(page, PAGE) == []
	page.reload()
	expect(form.amount).to_have_value("119.00")
	page.get_by_role("button", name="Back to the overview").press("Enter")
	expect(button).to_be_focused()
	page.go_back()
	expect(form.amount).to_have_value("119.00")


def test_two_invoices_by_one_payment(http, worker, new_page, user, invoice, make_invoice, picture):
	make_invoice(bill_to_email=user, total="40.00", title="Gutter")
	make_invoice(bill_to_email=user, total="5.00", title="Travel")
	page = new_page(**PHONE)
	log_in(page, http.url, user)
	page.goto(f"{http.url}/payments")
	for title in ("Roof repair", "Gutter"):
		page.get_by_role("checkbox", name=f"Choose {title}").check()
	expect(page.get_by_text("2 chosen: $159.00")).to_be_visible()
	assert serious(page, PAGE) == []
	picture(page, "portal-phone-choose", full_page=True)
	page.get_by_role("button", name="Pay chosen").click()
	form = PayForm(page, page.locator(PAGE))
	form.root.get_by_label("Gutter", exact=True).fill("30")
	form.enter_card()
	expect(form.pay_button).to_have_text("Pay $149.00")
	assert is_as_wide_as_the_window(page)
	picture(page, "portal-phone-several", full_page=True)
	form.pay()
	expect(form.heading).to_have_text("You have paid $149.00")
	form.root.get_by_role("button", name="Close").click()
	expect(rows(page)).to_have_count(2)
	expect(rows(page).filter(has_text="Gutter")).to_contain_text("$10.00")


def test_a_guest_logs_in_first_and_then_pays_what_the_address_names(http, new_page, user, invoice):
	page = new_page(**PHONE)
	page.goto(f"{http.url}/payments?doctype=Portal+Invoice&name={invoice.name}")
	page.locator("#login_email").fill(user)
	page.locator("#login_password").fill(PASSWORD)
	page.locator(".form-login .btn-login").click()
	expect(PayForm(page, page.locator(PAGE)).amount).to_have_value("119.00")
