"""The connection breaks between the click and the answer: the form asks what became of it, and never pays twice."""

from playwright.sync_api import expect


def lose_answer(route) -> None:
	"""The server hears the request and does it; the browser hears nothing."""
	route.fetch()
	route.abort("connectionreset")


def test_an_answer_lost_after_the_charge_is_found_again_without_a_second_click(open_form, charged):
	form = open_form(total="64.00")
	form.page.route("**/call/pay.pay", lose_answer, times=1)
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $64.00")
	assert charged(form.user) == [6400]


def test_while_the_outcome_is_unknown_nothing_can_be_paid(open_form, charged):
	form = open_form(total="64.00")
	form.page.route("**/call/pay.pay", lose_answer, times=1)
	form.page.route("**/call/pay.payment_status", lambda route: route.abort())
	form.pay_by_new_card()
	expect(form.status).to_contain_text("please do not pay again")
	expect(form.pay_button).to_be_disabled()
	expect(form.amount).to_be_disabled()
	form.page.unroute("**/call/pay.payment_status")
	expect(form.heading).to_have_text("You have paid $64.00")
	assert charged(form.user) == [6400]


def test_a_request_that_never_arrived_charges_nothing_and_can_be_pressed_again(open_form, charged):
	form = open_form(total="64.00")
	sent = []
	form.page.on(
		"request",
		lambda r: sent.append(r.post_data_json["request_id"])
		if "pay.pay" in r.url and "status" not in r.url
		else None,
	)
	form.page.route("**/call/pay.pay", lambda route: route.abort("internetdisconnected"), times=1)
	form.pay_by_new_card()
	expect(form.alert).to_contain_text("nothing was charged")
	assert charged(form.user) == []
	form.pay()
	expect(form.heading).to_have_text("You have paid $64.00")
	assert charged(form.user) == [6400]
	assert len(sent) == 2 and sent[0] == sent[1], "the second press must bear the id of the first"


def test_a_first_request_that_arrives_late_and_a_second_press_make_one_payment(open_form, charged):
	form = open_form(total="64.00")
	held = []
	form.page.route("**/call/pay.pay", lambda route: (held.append(route.request), route.abort()), times=1)
	form.enter_card()
	form.amount.fill("30")
	form.pay()
	expect(form.alert).to_contain_text("nothing was charged")
	# The request had only been slow: it reaches the server now.
	late = held[0]
	form.page.context.request.post(late.url, headers={"X-User": form.user}, data=late.post_data_json)
	form.pay()
	expect(form.heading).to_have_text("You have paid $30.00")
	assert charged(form.user) == [3000]


def test_a_fault_of_the_server_is_an_unknown_outcome_too(open_form, charged):
	form = open_form(total="64.00")

	def charge_then_fail(route):
		route.fetch()
		route.fulfill(status=500, json={"error": "a fault"})

	form.page.route("**/call/pay.pay", charge_then_fail, times=1)
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $64.00")
	assert charged(form.user) == [6400]


def test_the_answer_after_the_bank_is_found_again_as_well(open_form, charged):
	form = open_form(total="64.00")
	form.page.route("**/call/pay.finish", lose_answer, times=1)
	form.pay_by_new_card("4000002760003184")
	form.answer_bank("Complete")
	expect(form.heading).to_have_text("You have paid $64.00")
	assert charged(form.user) == [6400]


def test_a_form_closed_while_unknown_shows_what_became_of_it_when_opened_again(open_form, charged):
	form = open_form(total="64.00")
	form.page.route("**/call/pay.pay", lose_answer)
	form.page.route("**/call/pay.payment_status", lambda route: route.abort())
	form.pay_by_new_card()
	expect(form.status).to_contain_text("please do not pay again")
	form.page.close()
	again = open_form(form.invoice)
	expect(again.root.get_by_text("This invoice is paid.")).to_be_visible()
	assert charged(form.user) == [6400]


def test_stripe_js_that_cannot_be_loaded_is_said_and_tried_again(open_form, charged, new_page):
	page = new_page()
	page.route("**/stripe.js", lambda route: route.abort(), times=1)
	form = open_form(page=page, total="64.00")
	expect(form.alert).to_contain_text("could not be loaded from Stripe")
	form.root.get_by_role("button", name="Try again").click()
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $64.00")
	assert charged(form.user) == [6400]


def test_an_invoice_that_cannot_be_loaded_is_said_and_tried_again(open_form, new_page):
	page = new_page()
	page.route("**/call/pay.open_form", lambda route: route.abort(), times=1)
	form = open_form(page=page, total="64.00")
	expect(form.heading).to_have_text("The invoice could not be loaded")
	form.root.get_by_role("button", name="Try again").click()
	expect(form.pay_button).to_have_text("Pay $64.00")


def no_json(status: int):
	return lambda route: route.fulfill(
		status=status, content_type="text/html", body="<h1>Internal Server Error</h1>"
	)


def test_a_page_instead_of_an_answer_is_an_unknown_outcome(open_form, charged):
	"""A site whose database is away answers HTML, and so does the proxy before it."""
	form = open_form(total="64.00")

	def charge_then_page(route):
		route.fetch()
		no_json(500)(route)

	form.page.route("**/call/pay.pay", charge_then_page, times=1)
	form.page.route("**/call/pay.payment_status", no_json(503), times=1)
	form.pay_by_new_card()
	expect(form.status).to_contain_text("The site had a problem before it could answer.")
	expect(form.status).to_contain_text("please do not pay again")
	expect(form.root).not_to_contain_text("nothing was charged")
	expect(form.heading).to_have_text("You have paid $64.00")
	assert charged(form.user) == [6400]


def test_a_page_instead_of_the_invoice_is_said_and_tried_again(open_form, new_page):
	for status in (502, 404):
		page = new_page()
		page.route("**/call/pay.open_form", no_json(status), times=1)
		form = open_form(page=page, total="64.00")
		expect(form.root.get_by_text("The site has a problem at the moment.")).to_be_visible()
		form.root.get_by_role("button", name="Try again").click()
		expect(form.pay_button).to_have_text("Pay $64.00")
