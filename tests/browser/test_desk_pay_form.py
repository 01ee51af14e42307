"""The pay form on the desk: the Pay button, the Workflow's Pay action, what others see, and Client Scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.support.axe import serious
from tests.browser.support.desk import PayDialog, log_in, open_document, settle
from tests.support.records import PASSWORD

DOCTYPE = "Portal Invoice"


@pytest.fixture
def at_desk(http_server, new_page):
	"""Opens an invoice at the desk as this user."""

	def open_(user, invoice, **options):
		page = new_page(**options)
		log_in(page, http_server.url, user)
		open_document(page, http_server.url, DOCTYPE, invoice.name)
		return page

	return open_


@pytest.fixture
def unit(make_unit):
	return make_unit()


@pytest.fixture
def invoice(site, unit, make_invoice):
	return make_invoice(unit=unit, total="119.00")


@pytest.fixture
def payer(site, unit, make_payer):
	return make_payer(unit=unit)


def test_a_payer_pays_from_the_button(site, at_desk, payer, invoice, drain):
	page = at_desk(payer, invoice)
	form = PayDialog.by_button(page)
	expect(form.root.get_by_text("Test mode: no real money moves.")).to_be_visible()
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $ 119.00")
	drain()
	form.close()
	expect(page.locator(".indicator-pill", has_text="Paid").first).to_be_visible()
	expect(page.get_by_role("button", name="Pay", exact=True)).to_have_count(0)
	site.db.rollback()
	assert site.db.get_value(DOCTYPE, invoice.name, "workflow_state") == "Paid"


def test_the_workflows_pay_action_opens_the_same_form(at_desk, payer, invoice, site):
	page = at_desk(payer, invoice)
	form = PayDialog.by_workflow_action(page)
	form.pay_by_new_card()
	expect(form.heading).to_contain_text("You have paid")


def test_a_payer_pays_by_google_pay(at_desk, make_payer, branch, make_invoice, site, picture):
	invoice = make_invoice(unit=branch, total="119.00", title="Roof repair", bill_to="Hughes & Sons")
	payer = make_payer(unit=branch)
	form = PayDialog.by_button(at_desk(payer, invoice))
	google_pay = form.card_frame.get_by_role("button", name="Google Pay")
	expect(google_pay).to_be_visible()
	form.card_frame.get_by_label("Card number").fill("6200000000000005")
	expect(form.pay_button).to_be_disabled()
	google_pay.click()
	expect(form.pay_button).to_be_enabled()  # what was typed is not what would pay
	picture(form.page, "google-pay", docs=True)
	sheet = form.page.frame_locator("iframe[title='Google Pay']")
	form.pay()
	sheet.get_by_role("button", name="Cancel").click()
	expect(form.alert).to_contain_text("Google Pay was closed")
	form.pay()
	sheet.get_by_role("button", name="UnionPay").click()
	expect(form.alert).to_contain_text("UnionPay cards are not accepted here. Nothing was charged.")
	form.pay()
	sheet.get_by_role("button", name="VISA •••• 4242").click()
	expect(form.heading).to_have_text("You have paid $ 119.00")
	expect(form.root.get_by_text("VISA •••• 4242 (Google Pay)")).to_be_visible()
	site.db.rollback()
	assert site.db.count("Invoice Payment", {"reference_name": invoice.name}) == 1


def test_a_form_that_is_closed_again_leaves_the_desk_usable(at_desk, payer, invoice, site):
	page = at_desk(payer, invoice)
	form = PayDialog.by_workflow_action(page)
	expect(form.pay_button).to_be_enabled()
	form.page.keyboard.press("Escape")
	expect(form.dialog).to_be_hidden()
	expect(page.locator("#freeze")).to_have_count(0)
	again = PayDialog.by_button(page)
	expect(again.pay_button).to_be_enabled()
	site.db.rollback()
	assert site.db.get_value(DOCTYPE, invoice.name, "workflow_state") == "To Be Paid"


def test_the_dialog_stays_while_the_answer_is_awaited(at_desk, payer, invoice):
	page = at_desk(payer, invoice)
	form = PayDialog.by_button(page)
	form.enter_card()
	page.route("**/stripe_service.api.pay.pay", lambda route: (page.wait_for_timeout(800), route.continue_()))
	form.pay()
	expect(form.status).to_have_text("Sending your payment…")
	page.keyboard.press("Escape")
	expect(form.dialog).to_be_visible()
	expect(form.heading).to_contain_text("You have paid")


def test_three_d_secure_works_over_the_desks_dialog(at_desk, payer, invoice):
	page = at_desk(payer, invoice)
	form = PayDialog.by_button(page)
	form.pay_by_new_card("4000002760003184")
	form.answer_bank("Complete")
	expect(form.heading).to_contain_text("You have paid")


def test_a_decline_is_told_in_the_dialog_and_the_form_stays_usable(at_desk, payer, invoice):
	page = at_desk(payer, invoice)
	form = PayDialog.by_button(page)
	form.pay_by_new_card("4000000000009995")
	expect(form.alert).to_contain_text("not enough money")
	form.card_frame.get_by_label("Card number").fill("4242424242424242")
	form.pay()
	expect(form.heading).to_contain_text("You have paid")


@pytest.fixture
def lose_answer(http_server):
	"""The server hears the request and does it; the browser hears nothing."""

	def lose(route):
		# Browsers find *.localhost by themselves, the one that repeats their request does not.
		url = route.request.url.replace(http_server.url, http_server.address)
		route.fetch(
			url=url, headers={**route.request.headers, "host": f"{http_server.site}:{http_server.port}"}
		)
		route.abort("connectionreset")

	return lose


def test_an_answer_lost_on_its_way_is_found_again(at_desk, payer, invoice, site, lose_answer):
	page = at_desk(payer, invoice)
	form = PayDialog.by_button(page)
	form.enter_card()
	page.route("**/stripe_service.api.pay.pay", lose_answer, times=1)
	form.pay()
	expect(form.heading).to_contain_text("You have paid")
	site.db.rollback()
	assert site.db.count("Invoice Payment", {"reference_name": invoice.name}) == 1


def test_a_viewer_without_the_right_to_pay_has_no_button(at_desk, invoice, unit, make_user, site):
	viewer = make_user(roles=("Invoice Payers",), unit=unit, password=PASSWORD)
	page = at_desk(viewer, invoice)
	expect(page.get_by_role("button", name="Pay", exact=True)).to_have_count(0)


def test_money_under_way_is_shown_on_the_document(at_desk, payer, invoice, make_payer, unit):
	page = at_desk(payer, invoice)
	form = PayDialog.by_button(page)
	form.choose("Bank account (ACH)")
	form.root.get_by_role("button", name="Add a bank account").click()
	form.link_bank()
	form.add_account()
	expect(form.bank_row("6789").get_by_text("Verified")).to_be_visible()
	form.amount.fill("100")
	form.pay()
	expect(form.heading).to_contain_text("is on its way")
	form.close()
	expect(page.get_by_text("$ 100.00 of this document is being paid at the moment.")).to_be_visible()

	colleague = make_payer(unit=unit)
	second = PayDialog.by_button(at_desk(colleague, invoice))
	expect(second.amount).to_have_value("19.00")


def test_a_colleagues_open_form_shows_what_was_paid_meanwhile(
	at_desk, payer, invoice, make_payer, unit, drain
):
	page, of_colleague = at_desk(payer, invoice), at_desk(make_payer(unit=unit), invoice)
	expect(of_colleague.get_by_role("button", name="Pay", exact=True)).to_be_visible()
	form = PayDialog.by_button(page)
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $ 119.00")
	drain()
	# The colleague comes back to the tab.
	of_colleague.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
	expect(of_colleague.locator(".indicator-pill", has_text="Paid").first).to_be_visible()
	expect(of_colleague.get_by_role("button", name="Pay", exact=True)).to_have_count(0)
	expect(of_colleague.locator(".stripe-history")).to_contain_text("$ 119.00")


# One Pay button, wherever one looks


@pytest.mark.parametrize("size", [(390, 844), (640, 430), (768, 1024)], ids=["phone", "200 %", "tablet"])
def test_where_the_window_is_narrow_pay_takes_its_whole_width(at_desk, payer, invoice, size):
	width, height = size
	page = at_desk(payer, invoice, viewport={"width": width, "height": height})
	button = page.get_by_role("button", name="Pay", exact=True)
	expect(button).to_have_count(1)
	box = button.bounding_box()
	assert box["width"] > width - 50 and box["y"] + box["height"] <= height
	form = PayDialog.by_button(page)
	expect(form.pay_button).to_be_enabled()


def test_pay_is_the_one_primary_button_and_nowhere_twice(at_desk, payer, invoice, make_user, unit):
	page = at_desk(payer, invoice)
	expect(page.get_by_role("button", name="Pay", exact=True)).to_have_count(1)
	expect(primary_of(page)).to_have_text(["Pay"])
	expect(page.locator(".actions-btn-group").filter(visible=True)).to_have_count(0)

	administrator = make_user(roles=("Stripe Administrator", "Stripe Payer"), unit=unit, password=PASSWORD)
	page = at_desk(administrator, invoice)
	expect(page.get_by_role("button", name="Pay", exact=True)).to_have_count(1)
	actions = page.locator(".actions-btn-group").filter(visible=True)
	actions.get_by_role("button").click()
	expect(actions.locator(".dropdown-item", has_text="Cancel")).to_be_visible()
	expect(actions.locator(".dropdown-item", has_text="Pay")).to_have_count(0)
	expect(primary_of(page)).to_have_text(["Pay"])


def primary_of(page):
	return page.locator(".page-head .btn-primary").filter(visible=True)


def test_who_may_not_pay_reads_why_and_has_no_dead_button(at_desk, invoice, unit, make_user):
	viewer = make_user(roles=("Invoice Payers",), unit=unit, password=PASSWORD)
	page = at_desk(viewer, invoice)
	expect(page.get_by_text("You do not have the right to pay.")).to_be_visible()
	expect(page.locator(".actions-btn-group").filter(visible=True)).to_have_count(0)


def test_a_payer_never_reads_that_the_form_is_not_editable(at_desk, payer, invoice, drain):
	page = at_desk(payer, invoice)
	form = PayDialog.by_button(page)
	form.pay_by_new_card()
	expect(form.heading).to_contain_text("You have paid")
	drain()
	form.close()
	expect(page.locator(".indicator-pill", has_text="Paid").first).to_be_visible()
	settle(page)
	expect(page.get_by_text("not editable due to a Workflow")).to_have_count(0)
	page.reload()
	expect(page.get_by_text("Test mode: no real money moves.")).to_be_visible()
	expect(page.get_by_text("not editable due to a Workflow")).to_have_count(0)


# The dialog by keyboard, and for screen readers


def test_the_focus_stays_in_the_dialog_and_goes_back_to_pay(at_desk, payer, invoice):
	page = at_desk(payer, invoice)
	form = PayDialog.by_button(page)
	expect(form.pay_button).to_be_enabled()
	for key in ["Tab"] * 14 + ["Shift+Tab"] * 14:
		page.keyboard.press(key)
		# On its way out of Stripe's frame, which is a process of its own, it is nowhere for a moment.
		page.wait_for_function("document.activeElement.closest('.stripe-pay-dialog')")
	page.keyboard.press("Escape")
	expect(form.dialog).to_be_hidden()
	expect(page.get_by_role("button", name="Pay", exact=True)).to_be_focused()


def test_there_is_never_a_second_dialog(at_desk, payer, invoice):
	page = at_desk(payer, invoice)
	form = PayDialog.by_button(page)
	expect(form.pay_button).to_be_enabled()
	page.evaluate(
		"name => { stripe_service.pay_form.open({ doctype: 'Portal Invoice', name }); }", invoice.name
	)
	settle(page)
	expect(page.locator(".stripe-pay-dialog")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_pay_dialog(at_desk, payer, invoice, theme):
	page = at_desk(payer, invoice)
	page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
	form = PayDialog.by_button(page)
	expect(form.dialog).to_have_accessible_name("Pay")
	expect(form.pay_button).to_be_enabled()
	assert serious(page, ".stripe-pay-dialog") == []
	form.choose("Bank account (ACH)")
	form.add_by_numbers()
	expect(form.bank_row("6789").get_by_text("Verification pending")).to_be_visible()
	assert serious(page, ".stripe-pay-dialog") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_card_fields_can_be_read_in_the_dialog(at_desk, payer, invoice, theme):
	"""However fast the server is: the dialog slides in after its form was loaded."""
	page = at_desk(payer, invoice)
	page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
	for _ in range(3):
		form = PayDialog.by_button(page)
		number = form.card_frame.get_by_label("Card number")
		ours = form.amount.evaluate(
			"node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
		)
		expect(number).to_have_css("color", ours[0])
		expect(number).to_have_css("background-color", ours[1])
		page.keyboard.press("Escape")
		expect(form.dialog).to_be_hidden()


CLIENT_SCRIPT = """
stripe_service.pay_form.on("Portal Invoice", {
	details(details, invoice) {
		return [...details, { label: "Cost centre", value: `CC of ${invoice.name}` }];
	},
	texts: { amount_label: "How much?", pay_button: (amount) => `Settle ${amount}` },
	preselect: () => ({ amount: "10.00" }),
	on_result: (result) => { document.title = `result: ${result.status}`; },
});
"""


def test_a_client_script_adds_details_texts_an_amount_and_a_reaction(at_desk, payer, invoice, site):
	script = site.get_doc(
		doctype="Client Script",
		name=f"Pay form {invoice.name}",
		dt=DOCTYPE,
		view="Form",
		enabled=1,
		script=CLIENT_SCRIPT,
	).insert()
	site.db.commit()
	try:
		form = PayDialog.by_button(at_desk(payer, invoice))
		expect(form.root.get_by_text(f"CC of {invoice.name}")).to_be_visible()
		expect(form.root.get_by_label("How much?")).to_have_value("10.00")
		expect(form.pay_button).to_have_text("Settle $ 10.00")
		form.pay_by_new_card()
		expect(form.heading).to_contain_text("You have paid")
		assert form.page.title() == "result: Succeeded"
	finally:
		site.delete_doc("Client Script", script.name, force=True)
		site.db.commit()
