"""The list of invoices: rows are chosen to be paid by one payment, or to stand in one link, which a stranger then pays."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.support.axe import serious
from tests.browser.support.desk import PayDialog
from tests.browser.support.pay_form import PayForm
from tests.support.records import PASSWORD
from tests.support.several import states

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PARTY = "Ostrander & Sons"


@pytest.fixture
def make_bill(world):
	world.emulator.hold_webhooks()
	yield lambda title, total="10.00", **given: world.make_invoice(
		title=title, total=total, **{"bill_to": PARTY, **given}
	)
	world.emulator.clear_webhook_rules()
	world.emulator.forget_webhooks()


def row_of(page, invoice):
	return page.locator(".list-row-container", has_text=invoice.title).filter(visible=True).first


def choose(page, invoices, action: str) -> None:
	page.wait_for_function("!jQuery.active")  # the list looks again by itself when a bill was made
	checked = page.locator(".list-row-checkbox:checked")
	while checked.count():
		checked.first.uncheck()
	for invoice in invoices:
		row_of(page, invoice).locator("input.list-row-checkbox").check()
	head = page.locator(".page-head").filter(visible=True)
	head.locator(".actions-btn-group button").filter(visible=True).first.click()
	head.locator(".actions-btn-group .dropdown-item", has_text=action).filter(visible=True).first.click()


def wait_for_states(invoices, wanted: list[str], seconds: float = 60) -> None:
	deadline = time.monotonic() + seconds
	while states(*invoices) != wanted:
		assert time.monotonic() < deadline, states(*invoices)
		time.sleep(0.5)


def show_state_of_before_the_job(page, invoice, state: str) -> None:
	"""Until `window.job_has_run`, the page reads of this invoice what it was before the job had run."""
	page.evaluate(
		"""([name, state]) => $.ajaxPrefilter((options) => {
			if (!options.url?.endsWith("frappe.desk.reportview.get")) return;
			options.dataFilter = (text) => {
				const answer = JSON.parse(text);
				const { keys = [], values = [] } = answer.message || {};
				const at = keys.indexOf("workflow_state");
				for (const row of window.job_has_run || at < 0 ? [] : values) {
					if (row[keys.indexOf("name")] === name) row[at] = state;
				}
				return JSON.stringify(answer);
			};
		})""",
		[invoice.name, state],
	)


def amount_of(form, invoice):
	return form.root.get_by_label(invoice.title, exact=True)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_chosen_rows_are_paid_and_the_list_shows_it(at_list, world, make_bill, picture, size):
	# The newest stands first in the list, and decides the currency.
	drafts = [make_bill(f"Not sent {number}", state="Draft") for number in (1, 2)]
	euros = make_bill("In euros", currency="EUR")
	april, march = make_bill("April", "20.00"), make_bill("March")
	width = size["width"]
	page = at_list(world.payer, "portal-invoice", viewport=size)
	choose(page, drafts, "Pay chosen")
	form = PayDialog(page)
	expect(form.heading).to_have_text("These invoices can't be paid at the moment")
	for draft in drafts:
		expect(
			form.root.get_by_text(f"{draft.title} is left out: It cannot be paid while it is Draft. It can")
		).to_be_visible()
	picture(page, f"list-none-can-be-paid-{width}")
	form.close()

	choose(page, [march, april, euros], "Pay chosen")
	form = PayDialog(page)
	expect(
		form.root.get_by_text("In euros is left out: Amounts in EUR, USD can't be paid together.")
	).to_be_visible()
	amount_of(form, april).fill("5")
	picture(page, f"list-pay-chosen-{width}")
	assert not serious(page, ".stripe-pay-dialog"), serious(page, ".stripe-pay-dialog")
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $ 15.00")
	expect(form.root.get_by_text("$ 15.00 of these invoices is still to be paid.")).to_be_visible()
	wait_for_states([march, april, euros], ["Paid", "Partly Paid", "To Be Paid"])
	# The state is set by a job, of which a list without a socket hears nothing: it reads itself again by and by.
	show_state_of_before_the_job(page, march, "To Be Paid")
	with page.expect_response("**/api/method/frappe.desk.reportview.get"):
		form.close()
	page.evaluate("window.job_has_run = true")
	expect(page.locator(".list-row-checkbox:checked")).to_have_count(0)
	expect(row_of(page, march)).to_contain_text("Paid")
	expect(row_of(page, april)).to_contain_text("Partly Paid")
	expect(row_of(page, euros)).to_contain_text("To Be Paid")
	picture(page, f"list-after-pay-chosen-{width}")


def test_one_link_for_chosen_rows_that_a_stranger_pays(
	at_list, http, new_page, make_user, world, make_bill, picture
):
	other = make_bill("Of somebody else", bill_to="Somebody Else")
	april, march = make_bill("April", "20.00"), make_bill("March")
	administrator = make_user(roles=["Stripe Administrator"], unit=world.unit, password=PASSWORD)
	page = at_list(administrator, "portal-invoice")
	choose(page, [march, other], "Payment Link")
	refused = page.locator(".modal.show")
	expect(refused).to_contain_text("These documents bill different parties")
	picture(page, "list-link-refused")
	page.wait_for_function("window.cur_dialog")  # it has slid in
	page.keyboard.press("Escape")
	expect(refused).to_have_count(0)

	choose(page, [march, april], "Payment Link")
	dialog = page.get_by_role("dialog", name="Payment Link")
	expect(dialog).to_contain_text("amount and due date of these 2 documents")
	dialog.get_by_role("button", name="Make Link").click()
	link = dialog.get_by_label("Payment Link", exact=True)
	expect(link).to_have_value(re.compile("/payment-link/"))
	picture(page, "list-link-of-several")
	address = link.input_value()

	phone = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
	phone.goto(f"{http.url}/payment-link/{address.rpartition('/')[2]}", wait_until="domcontentloaded")
	form = PayForm(phone)
	expect(phone.get_by_role("heading", name="Pay invoices")).to_be_visible()
	expect(form.root.get_by_text("2 documents")).to_be_visible()
	amount_of(form, april).fill("5")
	expect(form.pay_button).to_have_text(re.compile(r"15\.00"))
	form.enter_card()
	picture(phone, "link-of-several-phone", full_page=True)
	assert serious(phone, ".stripe-link") == []
	form.pay()
	expect(form.heading).to_have_text("You have paid $15.00")
	picture(phone, "link-of-several-paid", full_page=True)

	phone.reload(wait_until="domcontentloaded")
	expect(form.root.get_by_text("March is left out: This invoice is paid")).to_be_visible()
	expect(amount_of(form, april)).to_have_value("15.00")
	picture(phone, "link-of-several-rest", full_page=True)
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $15.00")
	phone.reload(wait_until="domcontentloaded")
	closed = phone.locator(".stripe-link-closed")
	expect(closed).to_contain_text("These invoices are paid")
	expect(closed).to_contain_text("Your payment")
	picture(phone, "link-of-several-closed", full_page=True)
