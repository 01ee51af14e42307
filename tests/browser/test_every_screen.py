"""The pages and dialogs of payers, of the portal and of payment links, as weak eyes and screen readers meet them: light, dark,
narrow, and with forced colours. axe-core finds nothing serious in what is the app's, nothing runs out of a narrow page, and with
forced colours every button of the app has an edge. What is Frappe's own of a page (lists' check boxes, read-only fields) is
Frappe's to mend.
"""

import frappe
import pytest
from frappe.utils import add_days, nowdate
from playwright.sync_api import expect

from tests.browser.support.axe import serious
from tests.browser.support.desk import PayDialog, fold_sidebar, log_in, open_document, settle
from tests.browser.support.pay_form import PayForm
from tests.support.payment_links import make_link
from tests.support.records import make_portal_user
from tests.support.settings import opened, set_settings

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 375, "height": 812}
# name -> theme, size, forced colours. What is not a colour is the same in all of them, but for what a narrow page hides.
MODES = {
	"light": ("light", WIDE, "none"),
	"dark": ("dark", WIDE, "none"),
	"forced": ("light", WIDE, "active"),
	"narrow": ("light", NARROW, "none"),
}
COLOURS_ALONE = ("dark", "forced")
HISTORY = ".stripe-history"
EDGELESS = """selector => [...document.querySelectorAll(selector)]
	.flatMap((root) => [...root.querySelectorAll(".btn:not(.btn-link), .stripe-pay-tab, [role=tab].stripe-pay-tab")])
	.filter((node) => node.checkVisibility() && !node.closest(".hidden, .page-head, .modal-header"))
	.filter((node) => { const { borderTopWidth, borderTopStyle, outlineStyle } = getComputedStyle(node);
		return (borderTopStyle === "none" || borderTopWidth === "0px") && outlineStyle === "none"; })
	.map((node) => node.outerHTML.slice(0, 160))"""
RULES = {"runOnly": ["color-contrast"]}
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
AT_REST = """() => Promise.allSettled(document.getAnimations()
	.filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity).map(({ finished }) => finished))"""


class Looking:
	"""Looks at what is open in each mode, and collects what is wrong."""

	def __init__(self, picture):
		self.picture, self.faults = picture, []

	def at(self, page, name: str, ours: str | None = None) -> None:
		"""`ours` is what of the page is the app's (a selector), None where all is Frappe's frame: a list, a form's fields, a report."""
		settle_if_desk(page)
		for mode, (theme, size, colours) in MODES.items():
			if mode != "narrow" and not ours:
				continue
			page.set_viewport_size(size)
			if size == NARROW:
				fold_sidebar(page)
			page.emulate_media(forced_colors=colours, reduced_motion="reduce")
			page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
			page.evaluate(AT_REST)
			self.picture(page, f"every-{name}-{mode}")
			found = serious(page, ours, **RULES if mode in COLOURS_ALONE else {}) if ours else []
			if mode == "narrow" and not page.evaluate(FITS):
				found.append("runs out of the page")
			if mode == "forced":
				found += [f"no edge: {html}" for html in page.evaluate(EDGELESS, ours)]
			self.faults += [f"{name}, {mode}: {fault}" for fault in found]
		page.set_viewport_size(WIDE)


def settle_if_desk(page) -> None:
	if page.evaluate("Boolean(window.frappe?.request && window.cur_page)"):
		settle(page)


@pytest.fixture
def looking(picture):
	looking = Looking(picture)
	yield looking
	assert looking.faults == [], "\n".join(looking.faults)


@pytest.fixture
def automatic(world):
	"""The payer's card pays automatically; one payment of the invoice was made, one is refunded in part, one failed."""
	set_settings(automatic_payments=1)
	card = world.save_card()
	started = world.start_automatic_payments(card)
	world.payments = [world.pay("40.00")["payment"], world.pay("5.00", card="insufficient_funds")["payment"]]
	world.pay_by_ach(world.add_bank_account(), "10.00")
	world.make_invoice(total="1234567.89", title="Roof repair", due_date=add_days(nowdate(), -3))
	world.due = world.make_invoice(total="20.00", due_date=add_days(nowdate(), 3))
	from stripe_service.payments.automatic import planning

	planning.announce_all()
	world.drain()
	yield started["name"]
	frappe.db.rollback()
	frappe.set_user("Administrator")
	from stripe_service.payments.automatic import agreements

	agreements.stop(started["name"], lambda: "end of test", tell=False)
	set_settings(automatic_payments=0)


def test_the_payers_screens(login, http, world, automatic, looking):
	page = login(world.payer)

	page.goto(f"{http.url}/app/payments")
	page.locator(".stripe-home-rows").first.wait_for()
	looking.at(page, "home", ".stripe-home")

	for slug in ("workflow-action", "portal-invoice", "invoice-payment"):
		page.goto(f"{http.url}/app/{slug}/view/list", wait_until="domcontentloaded")
		page.locator(".list-row-container .list-row").filter(visible=True).first.wait_for()
		looking.at(page, f"list-{slug}")

	open_document(page, http.url, "Portal Invoice", world.invoice.name)
	page.locator(".stripe-history li").first.wait_for()
	looking.at(page, "invoice", HISTORY)
	form = PayDialog.by_button(page)
	expect(form.pay_button).to_be_enabled()
	looking.at(page, "pay-card", ".stripe-pay-dialog")
	form.choose("Bank account (ACH)")
	form.add_by_numbers("000111111116")
	expect(form.bank_row("1116").get_by_text("Verification pending")).to_be_visible()
	looking.at(page, "pay-ach", ".stripe-pay-dialog")


def test_the_pages_of_the_portal_and_of_a_link(
	http, worker, stripe_account, new_page, make_world, make_user, make_invoice, looking
):
	with opened():
		user = make_portal_user(make_user)
		invoice = make_invoice(bill_to_email=user, total="119.00", due_date=add_days(nowdate(), -3))
		make_invoice(bill_to_email=user, total="1234567.89")
		make_world().save_card(user=user)
		page = new_page()
		log_in(page, http.url, user)
		page.goto(f"{http.url}/payments")
		page.locator(".stripe-home-rows").first.wait_for()
		looking.at(page, "portal", ".stripe-portal")
		page.get_by_role("button", name=f"Pay {invoice.title}").click()
		expect(PayForm(page, page.locator(".stripe-portal")).pay_button).to_be_enabled()
		looking.at(page, "portal-pay", ".stripe-portal")
		page.goto(f"{http.url}/my-payment-methods")
		page.locator(".stripe-methods-row").first.wait_for()
		looking.at(page, "portal-methods", ".stripe-methods")

	token = make_link(invoice)
	stranger = new_page()
	stranger.goto(f"{http.url}/payment-link/{token}")
	expect(PayForm(stranger).pay_button).to_be_enabled()
	looking.at(stranger, "link", ".stripe-link")
	stranger.goto(f"{http.url}/payment-link/{token[:-1]}")
	looking.at(stranger, "link-unknown", ".stripe-link")
