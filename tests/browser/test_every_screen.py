"""The pages and dialogs of payers, of the portal, of payment links and of administrators, as weak eyes and screen readers meet
them: light, dark, narrow, and with forced colours. axe-core finds nothing serious in what is the app's, nothing runs out of a
narrow page, and with forced colours every button of the app has an edge.
"""

import frappe
import pytest
from frappe.utils import add_days, get_fullname, nowdate
from playwright.sync_api import expect

from stripe_service.api import payables as payables_api
from stripe_service.api import refund as refund_api
from tests.browser.support.axe import serious
from tests.browser.support.desk import (
	DeskForm,
	PayDialog,
	fold_sidebar,
	log_in,
	open_document,
	settle,
	slug,
)
from tests.browser.support.pay_form import PayForm
from tests.support.payment_links import make_link, make_link_of, name_of
from tests.support.records import PASSWORD, make_portal_user, unique
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
	.flatMap((root) => [...root.querySelectorAll(".btn:not(.btn-link), .stripe-pay-tab, input[type=text], select, .alert")])
	.filter((node) => node.checkVisibility() && !node.closest(".hidden, .page-head, .modal-header"))
	.filter((node) => { const { borderTopWidth, borderTopStyle, outlineStyle } = getComputedStyle(node);
		return (borderTopStyle === "none" || borderTopWidth === "0px") && outlineStyle === "none"; })
	.map((node) => node.outerHTML.slice(0, 160))"""
RULES = {"runOnly": ["color-contrast"]}
# What can be pushed sideways hides what stands at its end.
SIDEWAYS = """selector => [...document.querySelectorAll(selector)].flatMap((root) => [root, ...root.querySelectorAll("*")])
	.filter((node) => node.checkVisibility() && ["auto", "scroll"].includes(getComputedStyle(node).overflowX))
	.filter((node) => node.scrollWidth > node.clientWidth + 1)
	.map((node) => node.outerHTML.slice(0, 160))"""
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
			if not ours and mode not in ("light", "narrow"):
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
			if mode == "narrow" and ours:
				found += [f"is pushed sideways: {html}" for html in page.evaluate(SIDEWAYS, ours)]
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

	for listed in ("workflow-action", "portal-invoice", "invoice-payment"):
		page.goto(f"{http.url}/app/{listed}/view/list", wait_until="domcontentloaded")
		page.locator(".list-row-container .list-row").filter(visible=True).first.wait_for()
		looking.at(page, f"list-{listed}")

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


def test_what_the_pay_form_answers(login, http, world, looking):
	page = login(world.payer)
	open_document(page, http.url, "Portal Invoice", world.invoice.name)
	form = PayDialog.by_button(page)
	form.enter_card("6200000000000005")
	expect(form.root.locator(".stripe-pay-why")).to_contain_text("UnionPay is not accepted here")
	looking.at(page, "pay-union-pay", ".stripe-pay-dialog")
	form.pay_by_new_card("4000000000009995")
	expect(form.alert).to_contain_text("not enough money")
	looking.at(page, "pay-declined", ".stripe-pay-dialog")
	form.amount.fill("99999")
	form.pay()
	expect(form.root.get_by_text("You can pay $ 100.00 at most.")).to_be_visible()
	looking.at(page, "pay-amount", ".stripe-pay-dialog")
	form.amount.fill("40.00")
	form.pay_by_new_card("4000002760003184")
	expect(page.locator("iframe[title='3-D Secure authentication']")).to_be_visible()

	open_document(page, http.url, "Portal Invoice", world.invoice.name)
	form = PayDialog.by_button(page)
	form.root.get_by_role("button", name="Continue").wait_for()
	looking.at(page, "pay-continue", ".stripe-pay-dialog")
	form.root.get_by_role("button", name="Continue").click()
	form.answer_bank("Complete")
	expect(form.heading).to_have_text("You have paid $ 40.00")
	looking.at(page, "pay-result", ".stripe-pay-dialog")
	form.close()

	page.route("**/stripe.js", lambda route: route.abort())
	open_document(page, http.url, "Portal Invoice", world.invoice.name)
	form = PayDialog.by_button(page)
	expect(form.alert).to_contain_text("could not be loaded from Stripe")
	looking.at(page, "pay-blocked", ".stripe-pay-dialog")
	page.context.clear_cookies()
	form.close_by_button()
	form = PayDialog.by_button(page)
	expect(form.heading).to_have_text("Your session has ended")
	looking.at(page, "pay-session-ended", ".stripe-pay-dialog")


def test_the_payers_saved_methods(login, http, world, automatic, looking):
	world.enter_bank_account("000111111116")
	page = login(world.payer)
	page.goto(f"{http.url}/app/my-payment-methods", wait_until="domcontentloaded")
	root = page.locator(".stripe-methods")
	root.locator(".stripe-methods-row").first.wait_for()
	looking.at(page, "methods", ".stripe-methods")
	for label in ("Verify", "Remove"):
		root.get_by_role("button", name=label).first.click()
		dialog = root.locator("dialog[open]")
		dialog.wait_for()
		looking.at(page, f"methods-{slug(label)}", ".stripe-methods dialog[open]")
		page.keyboard.press("Escape")
		expect(dialog).to_have_count(0)


def test_the_pages_of_links_that_are_closed_or_of_several(new_page, http, worker, world, looking):
	page = new_page()

	def look(name: str, token: str, words: str):
		page.goto(f"{http.url}/payment-link/{token}", wait_until="domcontentloaded")
		expect(page.locator(".stripe-link")).to_contain_text(words)
		looking.at(page, name, ".stripe-link")

	def closed(**values) -> str:
		token = make_link(world.make_invoice())
		frappe.db.set_value("Stripe Payment Link", name_of(token), values)
		frappe.db.commit()
		return token

	with world.as_user("Administrator"):
		look("link-revoked", closed(revoked=1), "This link was withdrawn")
		look("link-expired", closed(expires_on=add_days(nowdate(), -1)), "This link has expired")
		several = [world.make_invoice(bill_to="Buyer", bill_to_email="buyer@example.com") for _ in range(2)]
		token = make_link_of(several)
		page.goto(f"{http.url}/payment-link/{token}")
		expect(PayForm(page).pay_button).to_be_enabled()
		looking.at(page, "link-several", ".stripe-link")
		paid = make_link(world.invoice)
	world.pay()
	world.drain()
	look("link-paid", paid, "This invoice is paid")


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


# Administrators


@pytest.fixture
def records(world, automatic, make_user):
	"""The name of a record of each kind that administrators open, by its DocType."""
	from stripe_service.accounts.jobs import Report
	from stripe_service.reconcile import findings

	with world.as_user("Administrator"):
		paid = world.pay_new_invoice("60.00")["payment"]
		refund_api.refund_payment(paid, "20.00", "duplicate", unique("press"))
		frappe.db.commit()
		disputed = world.pay_new_invoice("50.00")["payment"]
		world.emulator.dispute(world.payment(disputed).payment_intent_id)
		world.drain()
		payables_api.record_payment(
			"Portal Invoice", world.invoice.name, "12.00", "Cheque", reference_no="4711"
		)
		finding = findings.record_finding(
			Report("Emulator"),
			findings.UNKNOWN_HERE,
			unique("pi"),
			"Stripe holds a payment that this site does not know.",
		)
		rule = frappe.get_doc(
			doctype="Work Item Rule",
			workflow="Invoice Payment",
			workflow_state="Partly Paid",
			role="Invoice Payers",
			unit_source="From the document",
		).insert()
		link = name_of(make_link(world.invoice))
		frappe.db.commit()
	names = {
		"Automatic Payment": automatic,
		"Invoice Payment": paid,
		"Organisation Unit": world.unit,
		"Payable DocType": "Portal Invoice",
		"Payment Adjustment": frappe.db.get_value(
			"Payment Adjustment", {"reference_name": world.invoice.name}
		),
		"Portal Invoice": world.invoice.name,
		"Saved Card": frappe.db.get_value("Saved Card", {"user": world.payer}),
		"Scheduled Payment": frappe.db.get_value("Scheduled Payment", {"automatic_payment": automatic}),
		"Stripe Account": "Emulator",
		"Stripe Bank Account": frappe.db.get_value("Stripe Bank Account", {"user": world.payer}),
		"Stripe Customer": world.customer(),
		"Stripe Event": frappe.db.get_value("Stripe Event", {"status": "Done"}),
		"Stripe Payment Link": link,
		"Stripe Reconciliation Finding": finding,
		"Stripe Refund": frappe.db.get_value("Stripe Refund", {"payment": paid}),
		"Stripe Service Settings": "Stripe Service Settings",
		"Work Item Rule": rule.name,
	}
	yield names
	frappe.db.rollback()
	frappe.delete_doc("Work Item Rule", rule.name, force=True)
	frappe.db.commit()


# What of a desk page is the app's: the rest of a form or a list is Frappe's own to mend (its fields' names and greys, its buttons
# without a name, its indicators' colours, the sidebar).
BLOCKS = ".custom-block-widget-box, .number-widget-box .number"
NOTICE = ".form-message"
# The forms in whose middle something is the app's; of the others only that they fit is the app's.
OURS = {
	"Invoice Payment": f"{NOTICE}, {HISTORY}",
	"Payable DocType": ".stripe-states",
	"Portal Invoice": HISTORY,
	"Stripe Account": NOTICE,
	"Stripe Customer": NOTICE,
	"Stripe Refund": NOTICE,
	"Stripe Service Settings": ".stripe-checklist, [data-fieldname=server_script_state]",
}
DIALOG = ".modal.show"
# Group and label of the button that opens it.
DIALOGS = {
	"Automatic Payment": [(None, "Stop")],
	"Invoice Payment": [("Actions", "Refund")],
	"Payment Adjustment": [(None, "Cancel")],
	"Portal Invoice": [
		("Payment", label) for label in ("Payment Link", "Record a Payment", "Write Off Rest")
	],
	"Stripe Account": [
		("View", "Where Payouts Went"),
		("Actions", "Check the Key's Permissions"),
		("Actions", "Remove"),
	],
	"Stripe Customer": [(None, "Delete")],
	"Stripe Reconciliation Finding": [(None, "Settle")],
}


@pytest.fixture
def administrator(login, world, make_user):
	roles = ("System Manager", "Stripe Administrator", "Stripe Viewer", "Stripe Payer", "Invoice Payers")
	return login(make_user(roles=roles, unit=world.unit, password=PASSWORD))


def go(page, *route: str) -> None:
	"""To another page of the desk, without loading the desk anew. It keeps all that it showed before, which axe would read again
	and again; no test goes back to it."""
	page.evaluate(
		"() => document.querySelectorAll('#body > .page-container:not(#page-Workspaces), .modal:not(.show)').forEach((node) => node.remove())"
	)
	page.evaluate("route => { frappe.set_route(route); }", list(route))
	page.wait_for_function(
		"route => JSON.stringify(frappe.get_route().slice(0, 3)) === JSON.stringify(route)", arg=list(route)
	)
	settle(page)


def test_the_administrators_forms_and_dialogs(administrator, records, looking):
	page = administrator
	for doctype, name in records.items():
		go(page, "Form", doctype, name)
		page.wait_for_function("name => window.cur_frm?.docname === name", arg=name)
		form = DeskForm(page, doctype)
		if doctype in OURS:
			form.root.locator(OURS[doctype]).first.wait_for()
		looking.at(page, f"form-{slug(doctype)}", OURS.get(doctype))
		for group, label in DIALOGS.get(doctype, ()):
			form.act(label, group) if group else form.button(label).click()
			page.locator(f"{DIALOG} .modal-title").filter(visible=True).last.wait_for()
			looking.at(page, f"dialog-{slug(doctype)}-{slug(label)}", DIALOG)
			form.dialog.close()


def test_the_administrators_workspace_lists_and_report(
	without_onboarding, administrator, http, world, records, looking
):
	page = administrator
	# What a row says in words, where Frappe by itself shows an id, an address or a state's indicator.
	says = {
		"Automatic Payment": get_fullname(world.payer),
		"Invoice Payment": get_fullname(world.payer),
		"Payment Adjustment": "$ 12.00",
		"Saved Card": "VISA •••• 4242",
		"Stripe Refund": "$ 20.00",
		"Work Item Rule": "Partly Paid",
	}
	page.goto(f"{http.url}/app/payment-set-up", wait_until="domcontentloaded")
	page.get_by_text("Work Item Rule", exact=True).filter(visible=True).first.wait_for()
	looking.at(page, "set-up")
	page.goto(f"{http.url}/app/stripe", wait_until="domcontentloaded")
	page.locator(".stripe-latest-payments a").first.wait_for()
	looking.at(page, "workspace", BLOCKS)
	for doctype in records:
		if doctype == "Stripe Service Settings":
			continue
		go(page, "List", doctype, "List")
		rows = page.locator(".frappe-list .list-row").filter(visible=True)
		rows.first.wait_for()
		if doctype in says:
			expect(rows.filter(has_text=says[doctype]).first.locator(".list-subject a")).to_be_visible()
		looking.at(page, f"list-{slug(doctype)}")
	go(page, "Tree", "Organisation Unit")
	page.locator(".tree-link").filter(visible=True).first.wait_for()
	looking.at(page, "tree")
	go(page, "query-report", "Stripe Received")
	page.locator(".dt-row").filter(visible=True).first.wait_for()
	looking.at(page, "report")
