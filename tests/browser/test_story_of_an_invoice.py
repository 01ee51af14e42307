"""The user guide, from the work item to Paid, as each person sees it. The pictures of docs/ are taken here."""

import re
from urllib.parse import quote

import pytest
from frappe.utils import add_days, nowdate
from playwright.sync_api import expect

from tests.browser.conftest import SIZE
from tests.browser.support.desk import PayDialog, open_document, settle, whole
from tests.support.records import PASSWORD, allow, make_branch

DOCTYPE = "Portal Invoice"
# README shows it.
WHOLE_FORM = {"width": 1120, "height": 1030}
# A form's page without its comments.
TALL = {"width": 1280, "height": 1160}
# The desk scrolls its middle, which a picture of the full page leaves out.
WORKSPACE = {"width": 1280, "height": 1900}


@pytest.fixture
def unit(branch):
	return branch


@pytest.fixture
def send_invoice(site, unit, make_invoice):
	given = {"unit": unit, "total": "119.00", "title": "Roof repair", "bill_to": "Hughes & Sons"}
	return lambda **more: make_invoice(**{**given, **more})


@pytest.fixture
def payer_at_desk(site, unit, make_payer, login):
	"""A payer of the invoice's unit, logged in on the desk."""

	def open_():
		user = make_payer(unit=unit)
		page = login(user)
		page.payer = user
		return page

	return open_


def open_work_item(page, http, invoice):
	"""From the list of work items to the invoice, as a payer finds it."""
	page.goto(f"{http.url}/app/workflow-action")
	row = page.locator(".list-row", has_text=invoice.name)
	expect(row).to_contain_text(invoice.title)
	return row


def go_to_invoice(page, row):
	row.locator("a.ellipsis").first.click()
	page.locator(".page-head .title-text").filter(visible=True).first.wait_for()
	if page.url.split("/")[-2] == "workflow-action":
		page.get_by_role("link", name="PINV").first.click()


def state_of(site, invoice):
	site.db.rollback()
	return site.db.get_value(DOCTYPE, invoice.name, "workflow_state")


def wait_until_paid(page, site, invoice):
	"""The document moves in a job; where no socket tells the open form of it, the payer looks again."""
	for _ in range(120):
		if state_of(site, invoice) == "Paid":
			break
		page.wait_for_timeout(500)
	page.reload()
	paid = page.locator(".page-head .indicator-pill", has_text=re.compile(r"^\s*Paid\s*$")).filter(
		visible=True
	)
	expect(paid.first).to_be_visible(timeout=60_000)


def test_a_payer_opens_the_work_item_pays_by_new_card_saves_it_and_sees_paid(
	site, http, unit, send_invoice, payer_at_desk, make_payer, login, picture
):
	invoice, again = send_invoice(), send_invoice(total="20.00", title="Window cleaning")
	page = payer_at_desk()
	row = open_work_item(page, http, invoice)
	picture(page, "work-item", docs=True, height=480)
	go_to_invoice(page, row)
	expect(page.get_by_role("button", name="Pay", exact=True).filter(visible=True).first).to_be_visible()
	picture(page, "invoice", docs=True)
	form = PayDialog.by_button(page)
	expect(form.card_frame.get_by_label("Card number")).to_be_visible()
	page.set_viewport_size(WHOLE_FORM)
	picture(page, "pay-form", docs=True)
	page.set_viewport_size(SIZE)
	form.enter_card()
	form.save_card()
	form.pay()
	expect(form.heading).to_have_text("You have paid $ 119.00")
	picture(page, "result", docs=True, height=480)
	form.close()
	wait_until_paid(page, site, invoice)
	picture(page, "paid", docs=True)
	assert state_of(site, invoice) == "Paid"

	payment = page.get_by_role("link", name="PAY-").first.inner_text()
	page.goto(f"{http.url}/app/print/Invoice Payment/{payment}")
	receipt = page.frame_locator("iframe.print-format-container")
	expect(receipt.get_by_text("Payment Receipt")).to_be_visible()
	expect(receipt.get_by_text("$ 119.00").first).to_be_visible()
	picture(page, "receipt", docs=True, height=860)

	colleague = login(make_payer(unit=unit))
	colleague.goto(f"{http.url}/app/workflow-action")
	expect(colleague.locator(".list-view-container, .frappe-list").first).to_be_visible()
	expect(colleague.locator(".list-row", has_text=invoice.name)).to_have_count(0)

	open_document(page, http.url, DOCTYPE, again.name)
	form = PayDialog.by_button(page)
	expect(form.root.get_by_text("4242")).to_be_visible()
	picture(page, "saved-card", docs=True)
	form.pay()
	expect(form.heading).to_have_text("You have paid $ 20.00")
	form.close()
	wait_until_paid(page, site, again)


def test_a_payer_adds_a_bank_account_verifies_it_and_pays_by_ach(
	site, http, emulator, send_invoice, payer_at_desk, picture
):
	emulator.settings(microdeposit_type="descriptor_code")
	invoice = send_invoice()
	page = payer_at_desk()
	open_document(page, http.url, DOCTYPE, invoice.name)
	form = PayDialog.by_button(page)
	form.choose("Bank account (ACH)")
	form.root.get_by_role("button", name="Add a bank account").click()
	form.enter_account_numbers("000123456789", routing="110000001")
	with whole(page):
		picture(page, "bank-account-add", docs=True)
	form.add_account()
	account = form.bank_row("6789")
	expect(account.get_by_text("Verification pending")).to_be_visible()
	picture(page, "bank-account-verify", docs=True)
	account.get_by_label("Code").fill("SM11AA")
	account.get_by_role("button", name="Verify").click()
	expect(account.get_by_text("Verified", exact=True)).to_be_visible()
	picture(page, "bank-account-pay", docs=True)
	form.pay()
	expect(form.heading).to_have_text("Your payment of $ 119.00 is on its way")
	form.close()
	expect(page.get_by_text("Please do not pay it again").first).to_be_visible()
	picture(page, "on-its-way", docs=True, height=480)


def test_another_payer_meets_3d_secure(site, http, send_invoice, payer_at_desk, picture):
	invoice = send_invoice()
	page = payer_at_desk()
	go_to_invoice(page, open_work_item(page, http, invoice))
	form = PayDialog.by_button(page)
	form.pay_by_new_card("4000002760003184")
	form.answer_bank("Complete")
	expect(form.heading).to_have_text("You have paid $ 119.00")
	form.close()
	wait_until_paid(page, site, invoice)


def test_another_is_declined_and_then_succeeds(site, http, send_invoice, payer_at_desk, picture):
	invoice = send_invoice()
	page = payer_at_desk()
	go_to_invoice(page, open_work_item(page, http, invoice))
	form = PayDialog.by_button(page)
	form.pay_by_new_card("4000000000000002")
	expect(form.alert).to_be_visible()
	with whole(page):
		picture(page, "declined", docs=True)
	form.card_frame.get_by_label("Card number").fill("4242424242424242")
	form.pay()
	expect(form.heading).to_have_text("You have paid $ 119.00")
	form.close()
	wait_until_paid(page, site, invoice)


def test_two_payers_share_an_invoice(site, http, unit, send_invoice, payer_at_desk):
	invoice = send_invoice(total="100.00")
	first, second = payer_at_desk(), payer_at_desk()
	for page in (first, second):
		open_document(page, http.url, DOCTYPE, invoice.name)
	forms = [PayDialog.by_button(first), PayDialog.by_button(second)]
	for form in forms:
		form.enter_card()
	forms[0].amount.fill("60.00")
	forms[0].pay()
	expect(forms[0].heading).to_contain_text("60.00")
	forms[1].amount.fill("60.00")
	forms[1].pay()
	expect(forms[1].root.get_by_text("At most").first).to_be_visible()
	forms[1].amount.fill("40.00")
	forms[1].pay()
	expect(forms[1].heading).to_contain_text("40.00")
	forms[1].close()
	wait_until_paid(second, site, invoice)


def test_the_session_expires_while_the_form_is_open(site, http, send_invoice, payer_at_desk):
	"""The payer is told to log in again; nothing was claimed or charged."""
	invoice = send_invoice()
	page = payer_at_desk()
	open_document(page, http.url, DOCTYPE, invoice.name)
	form = PayDialog.by_button(page)
	form.enter_card()
	page.wait_for_load_state("networkidle")  # an answer that is under way would bring the cookie back
	page.context.clear_cookies()
	form.pay()
	answer = page.locator(".stripe-pay-dialog.show form.stripe-pay")
	expect(answer.get_by_role("heading", name="Your session has ended")).to_be_visible()
	expect(answer.get_by_role("link", name="Log in")).to_be_visible()
	site.db.rollback()
	assert site.db.count("Invoice Payment", {"reference_name": invoice.name}) == 0


def test_without_keys_there_is_the_loading_error_of_the_guide(
	site, http, send_invoice, payer_at_desk, picture
):
	invoice = send_invoice()
	site.db.set_value("Stripe Account", "Emulator", "status", "Not Connected")
	site.db.commit()
	try:
		page = payer_at_desk()
		open_document(page, http.url, DOCTYPE, invoice.name)
		form = PayDialog.by_button(page)
		expect(page.get_by_text("API keys").first).to_be_visible()
		picture(page, "loading-error", docs=True)
		assert form.dialog.is_visible()
	finally:
		site.db.set_value("Stripe Account", "Emulator", "status", "Connected")
		site.db.commit()


def test_an_administrator_sees_account_bank_accounts_and_customers(
	site, http, make_world, lakeside, without_onboarding, make_user, make_payer, login, picture
):
	world, branches = (
		make_world(account=lakeside, unit=make_branch()),
		[make_branch() for _number in range(2)],
	)
	for title, amount, card in (
		("Roof repair", "1234.50", "visa"),
		("Winter tyres", "119.00", "mastercard"),
		("Office cleaning in November", "86.40", "insufficient_funds"),
	):
		world.pay(amount, card, invoice=world.make_invoice(total=amount, title=title))
	world.pay_by_ach(
		world.add_bank_account(), "59.90", invoice=world.make_invoice(total="59.90", title="Telephone")
	)
	for unit, amount in zip(branches, ("640.00", "415.75"), strict=True):
		world.pay(amount, invoice=world.make_invoice(total=amount, unit=unit), user=make_payer(unit=unit))
		world.make_invoice(total=amount, unit=unit, due_date=add_days(nowdate(), -4))
	# This account's figures alone, and the invoices of these units.
	user = make_user(roles=("Stripe Administrator",), unit=world.unit, password=PASSWORD)
	for unit in branches:
		allow(user, "Organisation Unit", unit)
	allow(user, "Stripe Account", lakeside.name)
	page = login(user)
	page.goto(f"{http.url}/app/stripe")
	expect(page.get_by_text("Connected").first).to_be_visible()
	for label in ("Received This Month", "Overdue"):
		expect(page.locator(".number-widget-box", has_text=label).locator(".number")).to_have_text(
			re.compile(r"\d")
		)
	expect(
		page.locator(".dashboard-widget-box", has_text="Received by Unit").get_by_text("Branch").first
	).to_be_visible()
	page.set_viewport_size(WORKSPACE)
	settle(page)
	picture(page, "workspace", docs=True)
	page.set_viewport_size(TALL)
	page.goto(f"{http.url}/app/stripe-account/{lakeside.name}")
	expect(page.get_by_text("Account details at Stripe").first).to_be_visible()
	picture(page, "account", docs=True)
	page.set_viewport_size(SIZE)
	for list_ in ("stripe-customer", "stripe-bank-account", "invoice-payment"):
		page.goto(f"{http.url}/app/{list_}")
		expect(page.locator(".list-row").first).to_be_visible()
	page.goto(f"{http.url}/app/invoice-payment?organisation_unit={quote(world.unit)}")
	expect(page.locator(".list-row", has_text="Winter tyres")).to_be_visible()
	expect(page.locator(".list-row")).to_have_count(4)
	settle(page)
	picture(page, "payments", docs=True, height=600)
	page.goto(f"{http.url}/app/stripe-service-settings")
	expect(page.locator(".stripe-checklist li").first).to_be_visible()
	settle(page)
	page.set_viewport_size(TALL)
	picture(page, "settings", docs=True)


def test_a_viewer_sees_the_dashboard_and_may_change_nothing(site, http, make_user, login):
	page = login(make_user(roles=("Stripe Viewer", "Stripe Reader"), password=PASSWORD))
	page.goto(f"{http.url}/app/stripe")
	expect(page.get_by_text("Connected").first).to_be_visible()
	page.goto(f"{http.url}/app/stripe-account/Emulator")
	expect(page.get_by_text("Account details at Stripe").first).to_be_visible()
	expect(page.get_by_role("button", name="Save")).to_have_count(0)
	expect(page.get_by_text("Remove", exact=True)).to_have_count(0)
