"""Lists, payments and refunds at the desk, as payers and administrators see them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.support.axe import serious
from tests.browser.support.desk import DeskForm
from tests.support.records import PASSWORD

WIDE = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def unit(make_unit):
	return make_unit()


@pytest.fixture
def payer(site, unit, make_payer):
	return make_payer(unit=unit)


CUT = """node => [node, ...node.querySelectorAll('*')].some(
	n => getComputedStyle(n).overflow === 'hidden' && n.scrollWidth > n.clientWidth + 1)"""


BROKEN_WORDS = """node => {
	const text = node.firstChild, range = document.createRange();
	return [...text.data.matchAll(/\\S+/g)].filter(({ 0: word, index }) => {
		range.setStart(text, index);
		range.setEnd(text, index + word.length);
		return range.getClientRects().length > 1;
	}).map(([word]) => word);
}"""
SIZES = {
	"1280": WIDE,
	"1024": {"width": 1024, "height": 768},
	"1920": {"width": 1920, "height": 1000},
	"phone": PHONE,
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_the_list_shows_amount_due_date_and_state_uncut(at_list, payer, unit, make_invoice, size):
	make_invoice(unit=unit, total="1234567.89", title="Refurbishment of the north wing")
	page = at_list(payer, "portal-invoice", viewport=size)
	row = page.locator(".list-row-container", has_text="Refurbishment")
	assert row.locator(".list-subject a").evaluate(BROKEN_WORDS) == []
	for text in ("$ 1,234,567.89", "To Be Paid"):
		shown = row.get_by_text(text, exact=True).filter(visible=True).first
		expect(shown).to_be_visible()
		assert not shown.evaluate(CUT)
		box = shown.bounding_box()
		assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "phone"])
def test_the_note_of_test_mode_stands_over_the_rows_and_is_as_wide(at_list, payer, unit, make_invoice, size):
	make_invoice(unit=unit)
	page = at_list(payer, "portal-invoice", viewport=size)
	note = page.locator(".stripe-test-mode").filter(visible=True)
	expect(note).to_have_count(1)
	note, rows = note.bounding_box(), page.locator(".result").filter(visible=True).first.bounding_box()
	# On 15 the rows have an edge of five pixels.
	assert abs(note["x"] - rows["x"]) <= 6 and abs(note["width"] - rows["width"]) <= 12


@pytest.mark.parametrize(
	("currency", "total", "shown"),
	[("JPY", "45000", "¥ 45,000"), ("KWD", "75.250", "75.250"), ("USD", "9.5", "$ 9.50")],
)
def test_amounts_have_their_currencys_own_decimals(
	at_list, http, payer, unit, make_invoice, currency, total, shown
):
	invoice = make_invoice(unit=unit, total=total, currency=currency)
	page = at_list(payer, "portal-invoice", viewport=WIDE)
	row = page.locator(".list-row-container:has(.list-row)").first
	expect(row.locator(".list-row-col.text-right").first).to_contain_text(shown)
	expect(row).not_to_contain_text(f"{shown}.00")
	form = DeskForm.open(page, http.url, "Portal Invoice", invoice.name)
	expect(form.value("Total")).to_contain_text(shown)
	expect(form.value("Outstanding")).not_to_contain_text(f"{shown}.00")


def test_money_under_way_is_seen_in_the_list_and_on_the_form(at_list, http, world):
	world.pay_by_ach(world.add_bank_account(), "30.00")
	page = at_list(world.payer, "portal-invoice", viewport=WIDE)
	expect(page.locator(".list-row-container .indicator-pill").first).to_have_text("Payment Under Way")
	form = DeskForm.open(page, http.url, "Portal Invoice", world.invoice.name)
	expect(form.indicator("Payment Under Way")).to_be_visible()
	expect(form.button("Pay")).to_have_class(re.compile("btn-primary"))
	world.pay_by_ach(world.add_bank_account(), "70.00")
	form.reload()
	expect(form.button("Pay")).to_have_class(re.compile("btn-default"))


# Refunds


@pytest.fixture
def payment_form(http, login, make_user, world, site):
	"""The form of a payment of 1.02 USD, of which 0.20 were refunded, for an administrator."""

	def open_(**options):
		world.pay(amount="1.02")
		name = site.db.get_value("Invoice Payment", {"reference_name": world.invoice.name})
		with world.as_user("Administrator"):
			from stripe_service.api.refund import refund_payment

			refund_payment(name, "0.20")
			site.db.commit()
		user = make_user(roles=("Stripe Administrator",), unit=world.unit, password=PASSWORD)
		return DeskForm.open(login(user, **options), http.url, "Invoice Payment", name)

	return open_


def test_the_refund_proposes_what_is_left_and_says_what_it_did(payment_form):
	form = payment_form()
	form.act("Refund")
	dialog = form.dialog
	expect(dialog.field("Amount in USD").locator("input")).to_have_value("0.82")
	expect(dialog.root.get_by_role("button", name="Refund $ 0.82")).to_be_visible()
	dialog.set("Amount in USD", "$ 0.50")
	dialog.press("Refund $ 0.50")
	expect(form.page.locator(".desk-alert", has_text="$ 0.50 is being refunded to")).to_be_visible()
	expect(form.page.get_by_text("Thank you")).to_have_count(0)
	expect(form.value("Refunded Amount")).to_have_text("$ 0.70")


def test_the_form_of_a_refund_says_its_reason_in_words(http, payment_form, world, site):
	form = payment_form()
	form.act("Refund")
	form.dialog.press("Refund $ 0.82")
	expect(form.value("Refunded Amount")).to_have_text("$ 1.02")
	site.db.rollback()
	payment = site.db.get_value("Invoice Payment", {"reference_name": world.invoice.name})
	refund = site.db.get_value("Stripe Refund", {"payment": payment, "reason": "requested_by_customer"})
	form = DeskForm.open(form.page, http.url, "Stripe Refund", refund)
	expect(form.value("Reason")).to_have_text("Requested by the payer")


@pytest.mark.parametrize(
	("typed", "words"),
	[
		("0.83", "At most $ 0.82 can be refunded."),
		("abc", "This is not an amount."),
		("0", "This is not an amount."),
	],
)
def test_a_refund_that_cannot_be_keeps_what_was_typed(payment_form, typed, words):
	form = payment_form()
	form.act("Refund")
	dialog = form.dialog
	dialog.set("Amount in USD", typed)
	dialog.root.locator(".modal-footer .btn-primary").click()
	expect(dialog.root.get_by_role("alert")).to_contain_text(words)
	expect(dialog.field("Amount in USD").locator("input")).to_have_value(typed)


def test_a_refund_that_the_server_refuses_keeps_what_was_typed(payment_form, emulator):
	form = payment_form()
	form.act("Refund")
	dialog = form.dialog
	dialog.fill_in({"Amount in USD": "0.30", "Reason": "Paid twice"})
	form.page.route("**/stripe_service.api.refund.refund_payment", lambda route: route.abort(), times=1)
	dialog.press("Refund $ 0.30")
	expect(dialog.root.get_by_role("alert")).to_contain_text("it is not known whether the refund was made")
	expect(dialog.field("Amount in USD").locator("input")).to_have_value("0.30")
	expect(dialog.field("Reason").locator("select")).to_have_value("duplicate")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_refund_dialog(payment_form, theme):
	form = payment_form()
	form.page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
	form.act("Refund")
	expect(form.dialog.root.get_by_role("button", name="Refund $ 0.82")).to_be_visible()
	assert serious(form.page, ".modal.show") == []


def test_a_viewer_has_no_button_to_a_document_out_of_reach(http, login, make_user, world, site):
	world.pay()
	name = site.db.get_value("Invoice Payment", {"reference_name": world.invoice.name})
	reader = make_user(roles=("Stripe Viewer", "Stripe Reader"), password=PASSWORD)
	form = DeskForm.open(login(reader), http.url, "Invoice Payment", name)
	expect(form.value("Status")).to_have_text("Succeeded")
	expect(form.button("Paid Document")).to_have_count(0)


def test_a_cheque_is_recorded_and_the_rest_written_off(http, login, make_user, world, site, picture):
	administrator = make_user(roles=("Stripe Administrator",), unit=world.unit, password=PASSWORD)
	form = DeskForm.open(login(administrator), http.url, "Portal Invoice", world.invoice.name)

	form.act("Record a Payment", group="Payment")
	form.dialog.fill_in({"Amount in USD": "1.190", "Paid By": "Cheque", "Reference Number": "4711"})
	form.dialog.press("Record")
	expect(form.page.locator(".msgprint").filter(visible=True)).to_contain_text("1190")
	form.page.locator(".modal.show .btn-modal-close").filter(visible=True).last.click()
	expect(form.dialog.field("Reference Number").locator("input")).to_have_value("4711")
	form.dialog.set("Amount in USD", "60.00")
	picture(form.page, "record-a-payment")
	form.dialog.press("Record")
	expect(form.value("Outstanding")).to_have_text("$ 40.00")

	form.act("Write Off Rest", group="Payment")
	form.dialog.fill_in({"Reason": "Agreed with the customer."})
	form.dialog.press("Write Off")
	expect(form.value("Outstanding")).to_have_text("$ 0.00")
	expect(form.button("Record a Payment")).to_have_count(0)

	cheque = site.db.get_value(
		"Payment Adjustment", {"reference_name": world.invoice.name, "means": "Cheque"}
	)
	adjustment = DeskForm.open(form.page, http.url, "Payment Adjustment", cheque)
	adjustment.button("Cancel").click()
	adjustment.dialog.fill_in({"Reason": "It bounced."})
	picture(form.page, "cancel-adjustment")
	adjustment.dialog.press("Confirm")
	expect(adjustment.value("Status")).to_have_text("Cancelled")
	expect(adjustment.button("Cancel")).to_have_count(0)
	form = DeskForm.open(form.page, http.url, "Portal Invoice", world.invoice.name)
	expect(form.value("Outstanding")).to_have_text("$ 60.00")


def test_a_payment_by_cheque_is_recorded_once_however_often_record_is_pressed(
	http, login, make_user, world, site
):
	administrator = make_user(roles=("Stripe Administrator",), unit=world.unit, password=PASSWORD)
	form = DeskForm.open(login(administrator), http.url, "Portal Invoice", world.invoice.name)
	form.act("Record a Payment", group="Payment")
	form.dialog.fill_in({"Amount in USD": "30.00"})
	form.page.evaluate("() => { for (let i = 0; i < 3; i++) cur_dialog.get_primary_btn().click(); }")
	expect(form.value("Outstanding")).to_have_text("$ 70.00")
	assert site.db.count("Payment Adjustment", {"reference_name": world.invoice.name}) == 1


def test_a_payer_can_neither_record_nor_write_off(http, login, world):
	form = DeskForm.open(login(world.payer), http.url, "Portal Invoice", world.invoice.name)
	expect(form.value("Outstanding")).to_have_text("$ 100.00")
	expect(form.button("Record a Payment")).to_have_count(0)
	expect(form.button("Write Off Rest")).to_have_count(0)
