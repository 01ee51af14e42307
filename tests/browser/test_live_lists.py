"""Two payers at once: what one pays, the other's home and lists show without being touched."""

import pytest
from frappe.installer import update_site_config
from playwright.sync_api import expect

from tests.support import servers, site

HOME = ".stripe-home"
# The desk looks for the realtime server at its own port, as under `bench start`.
OWN_PORT = "Object.defineProperty(window, 'dev_server', {get: () => 1, set() {}});"


@pytest.fixture
def realtime(frappe_site, http_server):
	port = servers.free_port()
	update_site_config("socketio_port", port)
	try:
		with servers.running_realtime(site.bench(), port):
			yield port
	finally:
		update_site_config("socketio_port", "None")


@pytest.fixture
def at(login, http, realtime):
	"""A page of the desk that hears at once what the server tells."""

	def open_(user, path, ready):
		page = login(user)
		page.context.add_init_script(OWN_PORT)
		joined = []
		page.on("websocket", lambda socket: socket.on("framesent", lambda text: joined.append(str(text))))
		page.goto(f"{http.url}/app/{path}", wait_until="domcontentloaded")
		page.locator(ready).filter(visible=True).first.wait_for(timeout=90_000)
		for _moment in range(300):
			if any("doc_subscribe" in text and "Organisation Unit" in text for text in joined):
				break
			page.wait_for_timeout(100)
		else:
			raise AssertionError("the page has entered no room")
		page.wait_for_timeout(
			1000
		)  # Frappe asks the site whether the room may be entered, and says nothing of it
		page.evaluate(
			"window.touched = 0; for (const what of ['focus', 'visibilitychange'])"
			" for (const where of [window, document]) where.addEventListener(what, () => window.touched++)"
		)
		return page

	return open_


def test_what_one_payer_pays_the_others_home_shows(at, world):
	world.invoice
	colleague = world.make_payer()
	page = at(colleague, "payments", f"{HOME} .stripe-home-row")
	row = page.get_by_role("list", name="To pay").get_by_role("listitem").filter(has_text=world.invoice.title)
	expect(row).to_contain_text("$ 100.00")
	world.pay("40.00")
	expect(row).to_contain_text("$ 60.00")
	world.pay("60.00")
	expect(row).to_have_count(0)
	expect(page.locator(f"{HOME} .stripe-home-empty").first).to_be_visible()
	world.make_invoice(title="Come in meanwhile")
	expect(page.get_by_role("list", name="To pay")).to_contain_text("Come in meanwhile")
	assert page.evaluate("window.touched") == 0


@pytest.mark.parametrize("slug", ["portal-invoice", "workflow-action"])
def test_what_one_payer_pays_the_others_lists_show(at, world, slug):
	world.invoice
	page = at(world.make_payer(), slug, ".list-row-container .list-row")
	row = page.locator(".list-row-container", has_text=world.invoice.title)
	expect(row).to_contain_text("$ 100.00")
	world.pay("40.00")
	expect(row).to_contain_text("$ 60.00")
	assert page.evaluate("window.touched") == 0


def test_payments_of_colleagues_come_into_the_list_of_payments(at, world):
	world.pay("10.00")
	page = at(world.make_payer(), "invoice-payment", ".list-row-container .list-row")
	expect(page.locator(".list-row-container", has_text="$ 10.00")).to_have_count(1)
	world.pay("25.00")
	expect(page.locator(".list-row-container", has_text="$ 25.00")).to_have_count(1)
	assert page.evaluate("window.touched") == 0


def test_a_payer_of_another_unit_is_told_nothing(at, world, make_unit, make_payer, make_invoice):
	elsewhere = make_unit()
	mine = make_invoice(unit=elsewhere, title="My own")
	page = at(make_payer(unit=elsewhere), "portal-invoice", ".list-row-container .list-row")
	page.evaluate("window.heard = []; frappe.realtime.socket.onAny((event) => window.heard.push(event))")
	# Asked for by hand, too.
	page.evaluate("unit => frappe.realtime.emit('doc_subscribe', 'Organisation Unit', unit)", world.unit)
	page.wait_for_timeout(2000)
	world.pay("40.00")
	page.wait_for_timeout(2000)
	assert page.evaluate("window.heard") == []
	# The page does hear: of what is its own.
	world.pay("1.00", invoice=mine, user=make_payer(unit=elsewhere))
	page.wait_for_function("window.heard.includes('stripe_unit')")
