"""What opening a page asks the site: as often for many invoices and payments as for few."""

from collections import Counter
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.support.desk import PayDialog, log_in, open_document, settle
from tests.support.paying import pay_by_card
from tests.support.records import make_portal_user
from tests.support.settings import opened

HOME, PORTAL = ".stripe-home", ".stripe-portal"


@pytest.fixture
def asked():
	"""`asked(page, act)`: how often each method of the site is called while `act()` runs and until its answers are there."""

	def count(page, act) -> Counter:
		seen: Counter = Counter()

		def note(request):
			path = urlsplit(request.url).path
			if path.startswith("/api/"):
				seen[path.rsplit("/", 1)[-1]] += 1

		page.on("request", note)
		act()
		page.wait_for_load_state("networkidle")
		page.remove_listener("request", note)
		return seen

	return count


def ours(seen: Counter) -> dict:
	return {name: times for name, times in seen.items() if name.startswith("stripe_service.")}


def add_many(world):
	"""Invoices that wait, and payments: of the payer's own and a colleague's."""
	colleague = world.make_payer()
	for _number in range(12):
		world.make_invoice(total="7.00")
	for _number in range(3):
		world.pay_new_invoice("5.00")
		world.pay("1.00")
		world.pay("1.00", user=colleague)


def test_the_home_asks_as_often_for_many_as_for_few(login, http, world, asked):
	world.pay("1.00")
	page = login(world.payer)

	def open_home():
		page.goto(f"{http.url}/app/payments", wait_until="domcontentloaded")
		page.locator(f"{HOME} .stripe-home-row").first.wait_for(timeout=90_000)

	asked(page, open_home)  # what a browser keeps
	few = asked(page, open_home)
	assert ours(few) == {
		"stripe_service.api.home.payer_home": 1,
		"stripe_service.api.home.units_to_follow": 1,
	}
	add_many(world)
	many = asked(page, open_home)
	expect(page.get_by_role("list", name="To pay").get_by_role("listitem")).to_have_count(16)
	assert ours(many) == ours(few)
	assert many <= few, many - few


def test_the_form_asks_once(login, http, world, asked):
	page = login(world.payer)

	def open_form():
		open_document(page, http.url, "Portal Invoice", world.invoice.name)
		settle(page)
		return asked(page, lambda: PayDialog.by_button(page))

	open_form()
	few = open_form()
	assert ours(few) == {"stripe_service.api.pay.open_form": 1}
	add_many(world)
	assert open_form() == few


def test_the_portals_page_asks_as_often_for_many_as_for_few(
	new_page, http, stripe_account, make_user, make_invoice, emulator_url, asked
):
	with opened():
		user = make_portal_user(make_user)
		pay_by_card(make_invoice(bill_to_email=user, total="2.00"), "2.00", user, emulator_url)
		make_invoice(bill_to_email=user)
		page = new_page()
		log_in(page, http.url, user)

		def open_page():
			page.goto(f"{http.url}/payments")
			page.locator(f"{PORTAL} .stripe-home-row").first.wait_for()

		few = asked(page, open_page)
		assert sum(ours(few).values()) <= 2 and ours(few)["stripe_service.api.home.payer_home"] == 1
		for _number in range(12):
			make_invoice(bill_to_email=user)
		for _number in range(3):
			pay_by_card(make_invoice(bill_to_email=user, total="2.00"), "2.00", user, emulator_url)
		many = asked(page, open_page)
		expect(page.get_by_role("list", name="To pay").get_by_role("listitem")).to_have_count(13)
		assert many == few
