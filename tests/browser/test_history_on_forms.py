"""The history on a document's form and on a payment's, as its readers see it: words, bar, live, light and dark, wide and narrow."""

import re

import frappe
import pytest
from playwright.sync_api import expect

from stripe_service.api import payables as payables_api
from stripe_service.api import refund as refund_api
from stripe_service.payments.settle import settle
from tests.browser.support.axe import serious
from tests.browser.support.desk import log_in, open_document
from tests.support.records import PASSWORD, unique

pytestmark = pytest.mark.usefixtures("payables_end")

DOCTYPE = "Portal Invoice"


@pytest.fixture
def at_desk(http_server, new_page):
	def open_(user, doctype, name, theme="light", **options):
		page = new_page(**options)
		log_in(page, http_server.url, user)
		open_document(page, http_server.url, doctype, name)
		page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
		return page

	return open_


@pytest.fixture
def administrator(world, make_user):
	roles = ("Stripe Administrator", "Stripe Payer", "Invoice Payers")
	return make_user(roles=roles, unit=world.unit, password=PASSWORD)


@pytest.fixture
def eventful(world, administrator):
	"""An invoice with a line of nearly each kind; the names of its payments by what became of them."""
	world.invoice = world.make_invoice(total="500.00")
	colleague = world.make_payer()
	payments = {
		"paid": world.pay("120.00"),
		"declined": world.pay("80.00", card="insufficient_funds"),
		"refunded": world.pay("60.00", user=colleague),
		"disputed": world.pay("50.00", user=colleague),
		"on its way": world.pay_by_ach(world.add_bank_account(), "90.00"),
	}
	names = {what: outcome["payment"] for what, outcome in payments.items()}
	refund_api.refund_payment(names["refunded"], "20.00", "duplicate", unique("press"))
	frappe.db.rollback()
	intent = frappe.db.get_value("Invoice Payment", names["disputed"], "payment_intent_id")
	world.emulator.dispute(intent)
	settle(names["disputed"])
	with world.as_user(administrator):
		payables_api.record_payment(DOCTYPE, world.invoice.name, "25.00", "Cheque", reference_no="4711")
	world.drain()
	return names


def history_of(page):
	return page.locator(".stripe-history").filter(visible=True)


def test_a_payer_reads_what_was_paid_and_what_is_on_its_way(at_desk, world, eventful, picture):
	page = at_desk(world.payer, DOCTYPE, world.invoice.name)
	history = history_of(page)
	expect(history.get_by_role("heading")).to_have_text("Payments")
	words = "$ 185.00 of $ 500.00 paid, $ 90.00 on its way"
	expect(history.locator(".stripe-history-summary")).to_have_text(words)
	expect(history.get_by_role("img", name=words)).to_be_visible()
	expect(history.locator(".stripe-history-keys li")).to_have_text(
		["Paid $ 185.00", "On its way $ 90.00", "Still to be paid $ 225.00"]
	)
	# The newest are shown, the others on demand, and the cursor goes on where it was.
	expect(history.locator(".stripe-history-line")).to_have_count(4)
	history.get_by_role("button", name="Show all 6").press("Enter")
	expect(history.locator(".stripe-history-line")).to_have_count(6)
	expect(history.locator(".stripe-history-line").nth(4)).to_be_focused()
	on_its_way = history.locator(".stripe-history-line", has_text="$ 90.00")
	expect(on_its_way).to_contain_text("On its way")
	expect(on_its_way).to_contain_text("Please do not pay it again.")
	expect(on_its_way).to_contain_text("You · ")
	paid = history.locator(".stripe-history-line", has_text="$ 120.00")
	expect(paid.get_by_role("link", name=re.compile("^Receipt for"))).to_be_visible()
	disputed = history.locator(".stripe-history-line", has_text="$ 50.00").first
	expect(disputed).to_contain_text("Ask before you pay it again")
	expect(disputed).to_contain_text(" · Card")
	picture(page, "history-payer", full_page=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious_and_nothing_runs_out_of_the_page(
	at_desk, world, eventful, picture, theme, size
):
	width, height = size
	page = at_desk(
		world.payer, DOCTYPE, world.invoice.name, theme, viewport={"width": width, "height": height}
	)
	history = history_of(page)
	history.get_by_role("button", name="Show all").click()
	assert serious(page, ".stripe-history") == []
	box = history.bounding_box()
	assert box["x"] >= 0 and box["x"] + box["width"] <= width
	assert history.evaluate("node => node.scrollWidth <= node.clientWidth")
	picture(page, f"history-{theme}-{width}", full_page=True)


def test_the_bar_can_be_told_apart_without_its_colours(at_desk, world, eventful, picture):
	page = at_desk(world.payer, DOCTYPE, world.invoice.name, forced_colors="active")
	history = history_of(page)
	paid, under_way = (
		history.locator(f".stripe-history-part.is-{part}").evaluate(
			"node => getComputedStyle(node).background"
		)
		for part in ("paid", "under_way")
	)
	assert paid != under_way and "gradient" in under_way
	picture(page, "history-forced-colors")


def test_a_document_that_nobody_paid_yet_says_so(at_desk, world):
	page = at_desk(world.payer, DOCTYPE, world.invoice.name)
	expect(history_of(page).locator(".stripe-history-summary")).to_have_text("$ 0.00 of $ 100.00 paid")
	expect(history_of(page).locator(".stripe-history-line")).to_have_count(0)


def test_another_document_in_the_same_form_shows_its_own(at_desk, world, http_server):
	other = world.make_invoice(total="70.00")
	world.pay("10.00")
	page = at_desk(world.payer, DOCTYPE, world.invoice.name)
	expect(history_of(page).locator(".stripe-history-line")).to_have_count(1)
	page.evaluate("name => frappe.set_route('Form', 'Portal Invoice', name)", other.name)
	expect(history_of(page).locator(".stripe-history-summary")).to_have_text("$ 0.00 of $ 70.00 paid")
	expect(history_of(page).locator(".stripe-history-line")).to_have_count(0)
	expect(page.locator(".stripe-history-notice").filter(visible=True)).to_have_count(0)


def test_a_payer_sees_no_stars_and_no_pencils_where_nothing_can_be_edited(at_desk, world, administrator):
	page = at_desk(world.payer, DOCTYPE, world.invoice.name)
	expect(history_of(page).locator(".stripe-history-summary")).to_be_visible()
	assert stars_of(page) == []
	expect(page.locator(".grid-body .btn-open-row").filter(visible=True)).to_have_count(0)

	page = at_desk(administrator, DOCTYPE, world.make_invoice(total="5.00", state="Draft").name)
	expect(page.locator(".grid-body .grid-row").first).to_be_visible()
	assert stars_of(page) != []


def stars_of(page) -> list[str]:
	"""The labels behind which a star stands."""
	return page.evaluate(
		"""() => [...document.querySelectorAll(".form-layout .reqd")].filter((node) =>
			node.getClientRects().length && !["none", "normal"].includes(getComputedStyle(node, "::after").content)
		).map((node) => node.textContent.trim())"""
	)


def test_a_failed_payment_shows_no_fee_in_a_currency_of_its_own(at_desk, world, eventful, administrator):
	page = at_desk(administrator, "Invoice Payment", eventful["declined"])
	expect(history_of(page).locator(".stripe-history-line")).to_be_visible()
	for fieldname in ("stripe_fee", "net_amount", "fee_currency"):
		expect(
			page.locator(f".frappe-control[data-fieldname={fieldname}]").filter(visible=True)
		).to_have_count(0)


def test_the_states_of_a_payable_doctype_are_chosen_and_not_typed(at_desk, make_user, site):
	page = at_desk(make_user(roles=["System Manager"], password=PASSWORD), "Payable DocType", DOCTYPE)
	states = page.get_by_role("group", name="Payable in These States")
	chosen = states.get_by_role("button", name=re.compile("To Be Paid"))
	expect(chosen).to_have_attribute("aria-pressed", "true")
	draft = states.get_by_role("button", name=re.compile("Draft"))
	expect(draft).to_have_attribute("aria-pressed", "false")
	draft.click()
	expect(draft).to_have_attribute("aria-pressed", "true")
	written = page.locator("[data-fieldname=payable_statuses] textarea")
	assert "Draft" in written.input_value().splitlines()
	draft.click()
	assert "Draft" not in written.input_value().splitlines()
	assert "To Be Paid" in written.input_value().splitlines()


def test_a_new_document_shows_no_history_of_the_one_before(at_desk, world, administrator):
	world.pay()
	world.drain()
	page = at_desk(administrator, DOCTYPE, world.invoice.name)
	expect(history_of(page).locator(".stripe-history-line")).to_have_count(1)
	page.evaluate("() => frappe.new_doc('Portal Invoice')")
	page.wait_for_function("() => cur_frm.is_new()")
	expect(history_of(page)).to_have_count(0)


# Live: what others do meanwhile


def tell(page, name: str) -> None:
	"""What the socket brings when a payment was recorded (Payable.update_document); the tests run without a socket."""
	page.evaluate(
		"""name => {
			const data = { doctype: "Portal Invoice", name, modified: "2099-01-01 00:00:00" };
			const heard = frappe.realtime.socket ? frappe.realtime.socket.listeners("doc_update") : [];
			heard.forEach((hear) => hear(data));
		}""",
		name,
	)


def test_a_colleagues_payment_shows_by_itself_and_the_amount_is_said(at_desk, world):
	colleague = world.make_payer()
	page = at_desk(world.payer, DOCTYPE, world.invoice.name)
	expect(history_of(page).locator(".stripe-history-summary")).to_have_text("$ 0.00 of $ 100.00 paid")
	world.pay("60.00", user=colleague)
	world.drain()
	tell(page, world.invoice.name)
	expect(history_of(page).locator(".stripe-history-summary")).to_have_text("$ 60.00 of $ 100.00 paid")
	expect(history_of(page).get_by_role("status")).to_have_text(
		"The amount has changed. Still to be paid: $ 40.00 (before: $ 100.00)."
	)


def test_ones_own_payment_shows_without_an_announcement(at_desk, world):
	page = at_desk(world.payer, DOCTYPE, world.invoice.name)
	expect(history_of(page).locator(".stripe-history-summary")).to_have_text("$ 0.00 of $ 100.00 paid")
	world.pay("60.00")
	world.drain()
	tell(page, world.invoice.name)
	expect(history_of(page).locator(".stripe-history-summary")).to_have_text("$ 60.00 of $ 100.00 paid")
	expect(history_of(page).locator(".stripe-history-notice")).to_have_text("")


def test_what_is_being_typed_is_not_lost_when_somebody_pays(at_desk, world, administrator):
	page = at_desk(administrator, DOCTYPE, world.invoice.name)
	expect(history_of(page).locator(".stripe-history-summary")).to_be_visible()
	remarks = page.locator("[data-fieldname=remarks] textarea").filter(visible=True)
	remarks.fill("half a thought")
	world.pay("60.00")
	world.drain()
	tell(page, world.invoice.name)
	expect(history_of(page).get_by_role("status")).to_contain_text("Still to be paid: $ 40.00")
	expect(remarks).to_have_value("half a thought")


def test_a_history_that_could_not_be_loaded_can_be_asked_for_again(at_desk, world, http_server, new_page):
	page = new_page()
	log_in(page, http_server.url, world.payer)
	page.route("**/stripe_service.api.history.*", lambda route: route.abort())
	open_document(page, http_server.url, DOCTYPE, world.invoice.name)
	expect(history_of(page).get_by_text("The payments could not be loaded.")).to_be_visible()
	page.unroute("**/stripe_service.api.history.*")
	history_of(page).get_by_role("button", name="Try again").click()
	expect(history_of(page).locator(".stripe-history-summary")).to_have_text("$ 0.00 of $ 100.00 paid")
	expect(page.get_by_text("The payments could not be loaded.")).to_have_count(0)


# A payment


def test_a_payments_own_history_and_the_way_to_stripe(at_desk, world, eventful, administrator, picture):
	page = at_desk(administrator, "Invoice Payment", eventful["refunded"])
	history = history_of(page)
	expect(history.get_by_role("heading")).to_have_text("History")
	expect(history.locator(".stripe-history-steps .stripe-history-state")).to_have_text(
		["Started", "Received", "Refunded"]
	)
	page.get_by_role("button", name="Open in Stripe").filter(visible=True).click()
	picture(page, "history-payment-administrator")
	page.context.route("https://dashboard.stripe.com/**", lambda route: route.fulfill(body="Stripe"))
	with page.context.expect_page() as opened:
		page.locator(".dropdown-item", has_text=re.compile("^Payment$")).filter(visible=True).click()
	opened.value.wait_for_url("https://dashboard.stripe.com/**")
	assert "/test/payments/pi_" in opened.value.url
	page = at_desk(world.payer, "Invoice Payment", eventful["refunded"])
	expect(history_of(page).locator(".stripe-history-line")).to_have_count(1)
	expect(page.get_by_role("button", name="Open in Stripe")).to_have_count(0)
	picture(page, "history-payment-colleague")
