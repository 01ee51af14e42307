"""The form for everyone: by keyboard alone, read aloud, on a phone, in the dark, and with hostile data in it."""

import re

import pytest
from playwright.sync_api import expect

PHONE = {"width": 360, "height": 740}


def test_a_payer_can_pay_with_the_keyboard_alone(open_form, charged):
	form = open_form(total="25.00")
	expect(form.card_frame.get_by_label("Card number")).to_be_visible()
	keyboard = form.page.keyboard
	keyboard.press("Tab")  # the way to pay
	expect(form.root.get_by_role("radio", name="Card", exact=True)).to_be_focused()
	for typed in ("4242424242424242", "1234", "123"):
		keyboard.press("Tab")
		keyboard.type(typed)
	keyboard.press("Tab")  # country
	keyboard.press("Tab")
	keyboard.type("94107")
	keyboard.press("Tab")  # the test cards
	keyboard.press("Tab")
	expect(form.root.get_by_label("Save this card for next time")).to_be_focused()
	keyboard.press("Space")
	keyboard.press("Tab")
	expect(form.amount).to_be_focused()
	keyboard.press("Tab")
	expect(form.pay_button).to_be_focused()
	keyboard.press("Enter")
	expect(form.heading).to_have_text("You have paid $25.00")
	expect(form.heading).to_be_focused()
	assert charged(form.user) == [2500]


def test_the_bank_page_can_be_left_with_escape(open_form, charged):
	form = open_form()
	form.pay_by_new_card("4000002760003184")
	frame = form.page.frame_locator("iframe[title='3-D Secure authentication']")
	frame.get_by_role("button", name="Complete").press("Escape")
	expect(form.alert).to_contain_text("unable to authenticate")
	assert charged(form.user) == []


def test_progress_and_result_are_told_to_a_screen_reader(open_form):
	form = open_form()
	expect(form.status).to_have_attribute("aria-live", "polite")
	expect(form.alert).to_have_attribute("role", "alert")
	form.page.route("**/call/pay.pay", lambda route: (form.page.wait_for_timeout(300), route.continue_()))
	form.pay_by_new_card()
	expect(form.root).to_have_attribute("aria-busy", "true")
	expect(form.status).to_have_text("Sending your payment…")
	expect(form.heading).to_contain_text("You have paid")
	expect(form.root).to_have_attribute("aria-busy", "false")


def test_everything_that_can_be_pressed_or_filled_has_a_name(open_form):
	form = open_form()
	expect(form.card_frame.get_by_label("Card number")).to_be_visible()
	nameless = form.root.evaluate(
		"""root => [...root.querySelectorAll("input, button, select, iframe")].filter(node => {
			const label = node.labels?.[0]?.textContent || node.getAttribute("aria-label") || node.title || node.textContent;
			return !label?.trim();
		}).map(node => node.outerHTML)"""
	)
	assert nameless == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 900])
def test_the_form_fits_and_can_be_read(open_form, theme, width):
	form = open_form(
		title="A rather long title of an invoice that goes on and on",
		viewport={"width": width, "height": 800},
		query=f"&theme={theme}",
	)
	expect(form.card_frame.get_by_label("Card number")).to_be_visible()
	form.amount.fill("118.90")
	form.amount.blur()
	expect(form.root.get_by_text("$0.10 would be left")).to_be_visible()
	assert_fits(form)
	assert_readable(form)
	form.choose("Bank account (ACH)")
	form.add_by_numbers()
	expect(form.bank_row("6789").get_by_text("Verification pending")).to_be_visible()
	assert_fits(form)
	assert_readable(form)


def assert_fits(form) -> None:
	overflow = form.page.evaluate(
		"document.documentElement.scrollWidth - document.documentElement.clientWidth"
	)
	assert overflow == 0, "the page must not scroll sideways"


def assert_readable(form) -> None:
	"""Every text stands out from what is behind it as WCAG AA asks (4.5 to 1), except what is disabled."""
	weak = form.root.evaluate(CONTRAST)
	assert weak == []


CONTRAST = """root => {
	const parse = colour => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
	const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = node => {
		for (let n = node; n; n = n.parentElement) {
			const colour = parse(getComputedStyle(n).backgroundColor);
			if (colour.length < 4 || colour[3] === 1) return colour;
		}
		return [255, 255, 255];
	};
	const texts = [...root.querySelectorAll("*")].filter(node =>
		!node.closest("svg, .is-disabled, :disabled, [hidden]") && node.checkVisibility() &&
		[...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()));
	return texts.map(node => {
		const [a, b] = [luminance(parse(getComputedStyle(node).color)), luminance(behind(node))].sort((x, y) => y - x);
		return [node.className, node.textContent, (a + 0.05) / (b + 0.05)];
	}).filter(([, , ratio]) => ratio < 4.5);
}"""


def test_hostile_data_is_shown_as_text(open_form):
	hostile = "<img src=x onerror=\"document.title='owned'\">"
	form = open_form(
		title=hostile,
		party=hostile,
		details=[{"label": hostile, "value": hostile}],
		ach_reason=hostile,
	)
	expect(form.root.get_by_text(hostile).first).to_be_visible()
	assert form.root.locator("img").count() == 0
	assert form.page.title() == "Pay form"


def test_test_mode_is_told_wherever_money_is_shown(open_form):
	form = open_form()
	banner = form.root.get_by_text("Test mode: no real money moves.")
	expect(banner).to_be_visible()
	form.pay_by_new_card()
	expect(form.heading).to_contain_text("You have paid")
	expect(banner).to_be_visible()


def test_there_is_no_such_banner_in_live_mode(open_form):
	form = open_form(test_mode=False)
	expect(form.pay_button).to_be_visible()
	expect(form.root.get_by_text("Test mode")).to_be_hidden()


def test_without_keys_the_form_is_a_loading_error_with_the_way_to_the_place(open_form):
	form = open_form(loading_error={"message": "No API keys are entered.", "link": "/app/stripe-account"})
	expect(form.heading).to_have_text("Loading error")
	expect(form.root.get_by_text("No API keys are entered.")).to_be_visible()
	expect(form.root.get_by_role("link")).to_have_attribute("href", "/app/stripe-account")
	expect(form.pay_button).to_be_hidden()


def test_a_link_that_is_no_web_address_is_not_offered(open_form):
	form = open_form(loading_error={"message": "No API keys.", "link": "javascript:alert(1)"})
	expect(form.heading).to_have_text("Loading error")
	expect(form.root.get_by_role("link")).to_have_count(0)


def test_a_payer_without_the_right_is_told_why(open_form):
	form = open_form(why_not="You need the right to pay.")
	expect(form.root.get_by_text("You need the right to pay.")).to_be_visible()
	expect(form.pay_button).to_be_hidden()


def test_the_slower_of_two_payers_is_told_and_offered_the_rest(open_form, charged):
	first, second = open_form(total="100.00"), None
	second = open_form(first.invoice, user=f"second-{first.user}")
	first.amount.fill("60")
	first.pay_by_new_card()
	expect(first.heading).to_have_text("You have paid $60.00")
	second.pay_by_new_card()
	expect(second.alert).to_contain_text("Someone else has paid meanwhile")
	expect(second.root.get_by_text("You can pay any amount up to $40.00.")).to_be_visible()
	second.amount.fill("40")
	second.pay()
	expect(second.heading).to_have_text("You have paid $40.00")
	assert charged(first.user) == [6000]
	assert charged(second.user) == [4000]


def test_the_result_is_reported_to_whoever_opened_the_form(open_form):
	form = open_form(total="15.00")
	expect(form.pay_button).to_be_visible()
	form.page.evaluate(
		"document.addEventListener('pay-form-result', event => { window.told = event.detail; })"
	)
	form.pay_by_new_card()
	expect(form.heading).to_contain_text("You have paid")
	told = form.page.evaluate("window.told")
	assert told["status"] == "Succeeded"
	assert told["amount"] == "15.00"
	assert re.match(r"PAY-\d+", told["payment"])


def test_in_forced_colours_what_is_chosen_and_what_can_be_pressed_has_an_edge(open_form):
	form = open_form()
	expect(form.pay_button).to_be_enabled()
	form.page.emulate_media(forced_colors="active")
	tabs = form.root.locator(".stripe-pay-tab")
	look = "node => { const s = getComputedStyle(node); return [s.backgroundColor, s.color]; }"
	chosen, other = tabs.nth(0).evaluate(look), tabs.nth(1).evaluate(look)
	assert chosen != other
	behind = form.root.locator(".stripe-pay-footer").evaluate(look)
	assert form.pay_button.evaluate(look) != behind
	for edged in (form.pay_button, tabs.nth(1)):
		expect(edged).to_have_css("border-top-width", "1px")


@pytest.mark.parametrize(
	("locale", "shown"),
	[
		("en-US", "Dec 2, 2026"),
		("en-GB", "2 Dec 2026"),
		("de", "2. Dez. 2026"),
		("not a language", "Dec 2, 2026"),
	],
)
def test_dates_name_the_month_and_never_break(open_form, locale, shown):
	form = open_form()
	found = form.page.evaluate(
		"async locale => (await import('/pay_form/format.js')).readable_date('2026-12-02', locale)", locale
	)
	assert found == shown.replace(" ", "\u00a0")
