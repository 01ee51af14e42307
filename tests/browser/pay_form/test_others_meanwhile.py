"""What happens elsewhere while the form is open: another tab, another payer, the bank, the session."""

import re

from playwright.sync_api import expect

THREE_D_SECURE = "4000002760003184"
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


def test_a_form_left_open_follows_what_was_paid_elsewhere(open_form, charged):
	left, other = open_form(total="119.00"), None
	expect(left.pay_button).to_have_text("Pay $119.00")
	other = open_form(left.invoice)
	other.amount.fill("100")
	other.pay_by_new_card()
	expect(other.heading).to_contain_text("You have paid")

	left.page.evaluate(LOOK_AGAIN)
	expect(left.amount).to_have_value("19.00")
	expect(left.pay_button).to_have_text("Pay $19.00")
	expect(left.status).to_contain_text("It is now $19.00")
	left.pay_by_new_card()
	expect(left.heading).to_have_text("You have paid $19.00")
	assert charged(left.user) == [1900, 10000]


def test_an_amount_that_was_typed_is_kept_and_judged_anew(open_form):
	left = open_form(total="119.00")
	left.amount.fill("30")
	left.amount.blur()
	other = open_form(left.invoice)
	other.amount.fill("100")
	other.pay_by_new_card()
	expect(other.heading).to_contain_text("You have paid")
	left.page.evaluate(LOOK_AGAIN)
	expect(left.amount).to_have_value("30")
	expect(left.root.get_by_text("You can pay $19.00 at most.")).to_be_visible()


def test_who_is_typing_another_amount_reads_that_less_can_be_paid_now(open_form):
	left = open_form(total="119.00")
	left.amount.fill("30")
	other = open_form(left.invoice)
	other.amount.fill("100")
	other.pay_by_new_card()
	expect(other.heading).to_contain_text("You have paid")
	left.page.evaluate(LOOK_AGAIN)
	expect(left.status).to_contain_text("It is now $19.00")
	expect(left.amount).to_have_value("30")


def test_a_form_left_open_on_a_paid_invoice_offers_nothing_more(open_form):
	left = open_form(total="119.00")
	expect(left.pay_button).to_be_enabled()
	other = open_form(left.invoice)
	other.pay_by_new_card()
	expect(other.heading).to_contain_text("You have paid")
	left.page.evaluate(LOOK_AGAIN)
	expect(left.root.get_by_text("This invoice is paid.")).to_be_visible()
	expect(left.pay_button).to_be_hidden()


def test_it_looks_again_by_itself(open_form, new_page):
	page = new_page()
	page.clock.install()
	left = open_form(total="119.00", page=page)
	expect(left.pay_button).to_be_enabled()
	other = open_form(left.invoice)
	other.pay_by_new_card()
	expect(other.heading).to_contain_text("You have paid")
	page.clock.fast_forward(31_000)
	expect(left.root.get_by_text("This invoice is paid.")).to_be_visible()


def test_a_second_payer_reads_words_and_no_states(open_form):
	first = open_form(total="70.00")
	first.amount.fill("30")
	first.pay_by_new_card(THREE_D_SECURE)
	expect(first.status).to_contain_text("Your bank asks you to confirm")
	second = open_form(first.invoice, user="colleague@example.com")
	shown = second.root.locator(".stripe-pay-under-way")
	expect(shown).to_contain_text(f"{first.user} is paying $30.00")
	expect(shown).to_contain_text("It is waiting for the bank's confirmation.")
	expect(shown).not_to_contain_text("Action Required")


def test_a_resumed_payment_keeps_its_amount_and_its_card(open_form, charged):
	first = open_form(total="10.00")
	first.save_card()
	first.pay_by_new_card("378282246310005", cvc="1234")
	expect(first.heading).to_contain_text("You have paid")
	second = open_form(total="10.00")
	second.choose("Another card")
	second.save_card()
	second.pay_by_new_card(THREE_D_SECURE)
	second.answer_bank("Complete")
	expect(second.heading).to_contain_text("You have paid")

	left = open_form(total="70.00")
	left.choose("VISA •••• 3184")
	left.amount.fill("30")
	left.pay()
	expect(left.status).to_contain_text("Your bank asks you to confirm")
	left.page.close()

	again = open_form(left.invoice, page=None)
	again.page.route("**/call/pay.open_form", _name_the_card("3184"))
	again.page.reload()
	again.root.get_by_role("button", name="Continue").click()
	expect(again.pay_button).to_have_text("Pay $30.00")
	expect(again.amount).to_have_value("30.00")
	again.answer_bank("Fail")
	expect(again.alert).to_contain_text("unable to authenticate")
	expect(again.amount).to_have_value("30.00")
	expect(again.pay_button).to_have_text("Pay $30.00")
	expect(again.root.get_by_role("radio", name="VISA •••• 3184")).to_be_checked()
	again.pay()
	again.answer_bank("Complete")
	expect(again.heading).to_have_text("You have paid $30.00")
	assert charged(again.user) == [1000, 1000, 3000]


def _name_the_card(last4: str):
	"""The site's answer names the card of a payment that is under way; the test page's says only Card."""

	def fulfil(route):
		form = route.fetch().json()["message"]
		for entry in form["under_way"]:
			entry["method_label"] = f"VISA •••• {last4}"
		route.fulfill(json={"message": form})

	return fulfil


# A refusal, and what became of the payment


def test_a_refusal_after_the_amount_was_claimed_is_followed_up(open_form, charged):
	form = open_form(total="64.00")

	def claim_then_refuse(route):
		route.fetch()
		route.fulfill(status=429, json={"error": "Stripe is busy at the moment. Try again in a minute."})

	form.page.route("**/call/pay.pay", claim_then_refuse, times=1)
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $64.00")
	assert charged(form.user) == [6400]


def test_a_refusal_that_leaves_the_payment_under_way_does_not_say_try_again(open_form):
	form = open_form(total="64.00")
	form.page.route(
		"**/call/pay.pay",
		lambda route: route.fulfill(status=429, json={"error": "Stripe is busy. Try again in a minute."}),
	)
	form.page.route(
		"**/call/pay.payment_status",
		lambda route: route.fulfill(
			json={
				"message": {
					"payment": "PAY-1",
					"status": "Started",
					"message": "Stripe can't be reached at the moment. Nothing was charged.",
				}
			}
		),
	)
	form.pay_by_new_card()
	expect(form.status).to_have_text("Stripe can't be reached at the moment. Nothing was charged.")
	expect(form.root).not_to_contain_text("Try again in a minute")
	expect(form.pay_button).to_be_disabled()


def test_a_refusal_before_anything_happened_is_told_and_the_form_stays_usable(open_form, charged):
	form = open_form(total="64.00")
	words = "Payments can't be taken at the moment; the administrators have been notified."
	form.page.route(
		"**/call/pay.pay", lambda route: route.fulfill(status=417, json={"error": words}), times=1
	)
	form.pay_by_new_card()
	expect(form.alert).to_have_text(words)
	expect(form.root).not_to_contain_text("under way")
	form.pay()
	expect(form.heading).to_have_text("You have paid $64.00")
	assert charged(form.user) == [6400]


# The session


def ended(route) -> None:
	route.fulfill(status=403, json={"error": "Not permitted", "session_ended": True})


def assert_can_log_in_again(form) -> None:
	expect(form.heading).to_have_text("Your session has ended")
	expect(form.root.get_by_role("link", name="Log in")).to_have_attribute("href", re.compile("^/login"))
	expect(form.root.get_by_role("button", name="Try again")).to_be_hidden()
	expect(form.pay_button).to_be_hidden()


def test_a_session_that_ended_before_opening_leads_to_the_login(open_form, new_page):
	page = new_page()
	page.route("**/call/pay.open_form", ended)
	assert_can_log_in_again(open_form(page=page))


def test_a_session_that_ended_before_pay_leads_to_the_login(open_form, charged):
	form = open_form()
	form.page.route("**/call/pay.pay", ended)
	form.pay_by_new_card()
	assert_can_log_in_again(form)
	assert charged(form.user) == []


def test_a_session_that_ended_while_the_outcome_is_unknown_leads_to_the_login(open_form):
	form = open_form()
	form.page.route("**/call/pay.pay", lambda route: route.abort(), times=1)
	form.page.route("**/call/pay.payment_status", ended)
	form.pay_by_new_card()
	assert_can_log_in_again(form)
	expect(form.root.get_by_text("what happened to a payment you made")).to_be_visible()


def test_an_answer_with_no_more_than_the_status_is_enough(open_form, charged):
	"""What the server answers where something failed after the charge that nobody foresaw."""
	form = open_form(total="64.00")

	def only_the_status(route):
		result = route.fetch().json()["message"]
		kept = {key: result[key] for key in ("payment", "status")} | {"message": "Thank you."}
		route.fulfill(json={"message": kept})

	form.page.route("**/call/pay.pay", only_the_status)
	form.amount.fill("20")
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $20.00")
	assert charged(form.user) == [2000]
