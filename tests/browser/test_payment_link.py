"""A payment link in the hands of a stranger with a phone, and in those of the administrator who makes it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.support.axe import serious
from tests.browser.support.desk import log_in, open_document, whole
from tests.browser.support.pay_form import PayForm
from tests.support.payment_links import UNKNOWN, make_link
from tests.support.records import PASSWORD

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def unit(branch):
	return branch


@pytest.fixture
def invoice(site, stripe_account, unit, make_invoice):
	return make_invoice(unit=unit, total="119.00")


class LinkPage(PayForm):
	def __init__(self, page, url):
		super().__init__(page)
		self.opened = page.goto(url, wait_until="domcontentloaded")

	def reload(self):
		self.opened = self.page.reload(wait_until="domcontentloaded")

	@property
	def email(self):
		return self.root.get_by_label("E-mail address for the receipt")

	@property
	def closed(self):
		return self.page.locator(".stripe-link-closed")


@pytest.fixture
def open_link(http, new_page):
	def open_(token, page=None, **options):
		return LinkPage(page or new_page(**{**PHONE, **options}), f"{http.url}/payment-link/{token}")

	return open_


def payment_of(site, invoice):
	site.db.rollback()
	return site.get_last_doc("Invoice Payment", filters={"reference_name": invoice.name})


def no_sideways_scrolling(page) -> bool:
	return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_stranger_with_a_phone_pays_by_card(
	site, make_invoice, branch, lakeside, open_link, drain, picture
):
	invoice = make_invoice(unit=branch, total="119.00", title="Roof repair", bill_to="Hughes & Sons")
	token = make_link(invoice)
	form = open_link(token)
	expect(form.root.get_by_text(invoice.title)).to_be_visible()
	expect(form.root.get_by_text("$119.00").first).to_be_visible()
	expect(form.page.get_by_role("radio")).to_have_count(0)  # nothing saved, no bank account
	expect(form.page.get_by_label("Save this card")).to_be_hidden()
	form.enter_card()
	assert no_sideways_scrolling(form.page)
	assert serious(form.page, ".stripe-link") == []
	with whole(form.page):
		picture(form.page, "payment-link-phone", docs=True)
	form.email.fill("jenny@example.com")
	form.pay()
	expect(form.heading).to_have_text("You have paid $119.00")
	expect(form.root.get_by_role("link", name="Receipt")).to_have_attribute("href", re.compile("^http"))
	assert serious(form.page, ".stripe-link") == []
	picture(form.page, "payment-link-paid", docs=True, height=480)
	payment = payment_of(site, invoice)
	assert (payment.status, payment.user, payment.payer_email) == ("Succeeded", "Guest", "jenny@example.com")

	drain()
	form.reload()
	expect(form.closed).to_contain_text("This invoice is paid")
	own = form.closed.get_by_role("status")
	expect(own).to_contain_text("Your payment")
	expect(own.get_by_role("link", name="Receipt")).to_be_visible()
	# Another browser learns that it is paid, and nothing of the payment.
	other = open_link(token)
	expect(other.closed).to_contain_text("This invoice is paid")
	expect(other.closed).not_to_contain_text("VISA")
	assert other.closed.get_by_role("link").count() == 0


def test_3d_secure_on_the_page(site, invoice, open_link, picture):
	form = open_link(make_link(invoice))
	form.pay_by_new_card("4000002760003184")
	form.answer_bank("Complete")
	expect(form.heading).to_have_text("You have paid $119.00")
	assert payment_of(site, invoice).status == "Succeeded"


def test_3d_secure_that_was_left_is_continued_by_the_same_browser_alone(site, invoice, open_link):
	token = make_link(invoice)
	form = open_link(token)
	form.pay_by_new_card("4000002760003184")
	expect(form.page.locator("iframe[title='3-D Secure authentication']")).to_be_visible()
	other = open_link(token)
	expect(other.root).to_contain_text("A payment of this invoice is under way")
	expect(other.root.get_by_role("button", name="Continue")).to_have_count(0)

	form.reload()
	expect(form.heading).to_have_text("Your bank is waiting for your confirmation")
	form.root.get_by_role("button", name="Continue").click()
	form.answer_bank("Complete")
	expect(form.heading).to_have_text("You have paid $119.00")


def test_3d_secure_that_was_left_can_be_cancelled_when_the_link_is_closed(site, invoice, open_link):
	from stripe_service.api import payment_links

	form = open_link(make_link(invoice))
	form.pay_by_new_card("4000002760003184")
	expect(form.page.locator("iframe[title='3-D Secure authentication']")).to_be_visible()
	payment_links.revoke_link("Portal Invoice", invoice.name)
	site.db.commit()
	form.reload()
	expect(form.closed).to_contain_text("Your bank has not confirmed this payment, and nothing was charged.")
	assert serious(form.page, ".stripe-link") == []
	form.closed.get_by_role("button", name="Cancel this payment").click()
	expect(form.closed.get_by_role("button")).to_have_count(0)
	assert payment_of(site, invoice).status == "Cancelled"


def test_a_decline_is_said_and_another_card_pays(invoice, open_link):
	form = open_link(make_link(invoice))
	form.pay_by_new_card("4000000000009995")
	expect(form.alert).to_contain_text("not enough money")
	form.card_frame.get_by_label("Card number").fill("4242424242424242")
	form.pay()
	expect(form.heading).to_have_text("You have paid $119.00")


def test_a_part_is_paid_and_the_rest_by_the_same_link(site, invoice, open_link, drain):
	token = make_link(invoice)
	form = open_link(token)
	form.amount.fill("19")
	form.pay_by_new_card()
	expect(form.root).to_contain_text("$100.00 of the invoice is still to be paid")
	drain()
	form.reload()
	expect(form.amount).to_have_value("100.00")
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $100.00")


def test_an_address_that_is_none_is_said_before_anything_is_sent(site, invoice, open_link):
	form = open_link(make_link(invoice))
	form.enter_card()
	form.email.fill("jenny")
	form.pay()
	expect(form.alert).to_have_text("This is not an e-mail address. Correct it, or leave it empty.")
	expect(form.email).to_be_focused()
	form.email.fill("")
	form.pay()
	expect(form.heading).to_have_text("You have paid $119.00")


def test_a_link_that_is_revoked_while_its_form_is_open(site, invoice, open_link, picture):
	from stripe_service.api import payment_links

	form = open_link(make_link(invoice))
	form.enter_card()
	payment_links.revoke_link("Portal Invoice", invoice.name)
	site.db.commit()
	form.pay()
	expect(form.heading).to_have_text("This can no longer be paid here")
	expect(form.root).to_contain_text(
		"Your payment was not made, and nothing was charged. This link can no longer be used to pay. Ask whoever sent it to you"
		" for a new one."
	)
	expect(form.pay_button).to_be_hidden()
	picture(form.page, "payment-link-revoked-meanwhile")
	assert not site.db.exists("Invoice Payment", {"reference_name": invoice.name})
	form.reload()
	assert form.opened.status == 410
	expect(form.closed).to_contain_text("This link was withdrawn")
	assert serious(form.page, ".stripe-link") == []


def test_an_invoice_that_somebody_else_paid_while_the_form_was_open(world, open_link):
	form = open_link(make_link(world.invoice))
	form.enter_card()
	world.pay()
	form.pay()
	expect(form.heading).to_have_text("This invoice is paid")
	expect(form.root).to_contain_text(
		"Your payment was not made, and nothing was charged. There is nothing left to pay."
	)


def test_a_link_that_never_was(site, http, open_link, picture):
	form = open_link(UNKNOWN)
	assert form.opened.status == 404
	expect(form.closed).to_contain_text("This link is not valid")
	picture(form.page, "payment-link-unknown")


def test_by_the_keyboard_alone(invoice, open_link):
	form = open_link(make_link(invoice), viewport={"width": 1280, "height": 900}, is_mobile=False)
	form.enter_card()
	form.amount.focus()
	form.page.keyboard.press("Tab")
	expect(form.email).to_be_focused()
	form.page.keyboard.press("Tab")
	expect(form.pay_button).to_be_focused()
	form.page.keyboard.press("Enter")
	expect(form.heading).to_be_focused()
	expect(form.heading).to_have_text("You have paid $119.00")


# At the desk


@pytest.fixture
def at_desk(http, new_page, make_user, unit, invoice):
	administrator = make_user(roles=["Stripe Administrator"], unit=unit, password=PASSWORD)
	page = new_page(permissions=["clipboard-read", "clipboard-write"])
	log_in(page, http.url, administrator)
	open_document(page, http.url, "Portal Invoice", invoice.name)
	return page


def ask_for_link(page):
	page.get_by_role("button", name="Payment", exact=True).filter(visible=True).first.click()
	page.get_by_role("link", name="Payment Link", exact=True).or_(
		page.get_by_role("menuitem", name="Payment Link", exact=True)
	).filter(visible=True).first.click()
	return page.get_by_role("dialog", name="Payment Link")


def test_an_administrator_makes_copies_and_revokes_a_link(site, at_desk, invoice, open_link, picture):
	dialog = ask_for_link(at_desk)
	expect(dialog).to_contain_text("can pay it by card, without a login")
	dialog.get_by_role("button", name="Make Link").click()
	link = dialog.get_by_label("Payment Link", exact=True)
	expect(link).to_have_value(re.compile("/payment-link/"))
	expect(dialog).to_contain_text("It has not been opened yet.")
	picture(at_desk, "payment-link", docs=True, height=480)
	assert serious(at_desk, ".modal.show") == []
	token = link.input_value().rpartition("/")[2]
	form = open_link(token)
	expect(form.root).to_contain_text(invoice.title)

	dialog.get_by_role("button", name="Make New Link").click()
	at_desk.get_by_role("button", name="Yes").click()
	expect(
		at_desk.get_by_role("dialog", name="Payment Link").get_by_label("Payment Link", exact=True)
	).not_to_have_value(re.compile(token))
	form.reload()
	assert form.opened.status == 410

	at_desk.get_by_role("dialog", name="Payment Link").get_by_role("button", name="Revoke").click()
	at_desk.get_by_role("button", name="Yes").click()
	expect(at_desk.get_by_role("button", name="Make Link")).to_be_visible()
	site.db.rollback()
	assert not site.db.exists("Stripe Payment Link", {"reference_name": invoice.name, "revoked": 0})


def test_a_payer_is_offered_no_link(http, new_page, make_payer, unit, invoice):
	page = new_page()
	log_in(page, http.url, make_payer(unit=unit))
	open_document(page, http.url, "Portal Invoice", invoice.name)
	expect(page.get_by_role("button", name="Pay", exact=True).filter(visible=True).first).to_be_visible()
	expect(page.get_by_text("Payment Link", exact=True)).to_have_count(0)
