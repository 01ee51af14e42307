"""Stripe.js and its fields: waited for, looking like the page, in its language, loaded once."""

import pytest
from playwright.sync_api import expect

UNREACHABLE = "could not be loaded from Stripe"


@pytest.fixture
def page_with(new_page):
	"""A page whose Stripe.js was changed by a statement about `stripe` and `given`."""

	def make(statement: str):
		page = new_page()
		wrapper = (
			"(() => { const Stripe = window.Stripe;"
			f" window.Stripe = (...given) => {{ const stripe = Stripe(...given); {statement}; return stripe; }}; }})();"
		)
		page.route("**/stripe.js", lambda route: _append(route, wrapper))
		return page

	return make


def _append(route, script: str) -> None:
	answer = route.fetch()
	route.fulfill(response=answer, body=answer.text() + script)


def wait_until_held(page, held: list) -> None:
	for _ in range(600):
		if held:
			return
		page.wait_for_timeout(50)
	raise AssertionError("nothing was asked for")


def test_pay_waits_for_the_card_fields_and_says_so(open_form, new_page):
	page = new_page()
	held = []
	page.route("**/stripe.js", lambda route: held.append(route))
	form = open_form(page=page)
	expect(form.pay_button).to_be_disabled()
	expect(form.pay_button).to_have_accessible_description("The secure card fields are loading…")
	form.amount.press("Enter")
	expect(form.alert).to_be_hidden()
	wait_until_held(page, held)
	held[0].continue_()
	expect(form.pay_button).to_be_enabled()
	expect(form.pay_button).to_have_accessible_description("")


def test_a_blocked_stripe_js_keeps_its_words_and_the_way_out(open_form, charged, new_page):
	page = new_page()
	page.route("**/stripe.js", lambda route: route.abort(), times=2)
	form = open_form(page=page, total="64.00")
	retry = form.root.get_by_role("button", name="Try again")
	for _ in range(2):
		expect(form.alert).to_contain_text(UNREACHABLE)
		expect(form.pay_button).to_be_disabled()
		form.amount.fill("20")
		form.amount.press("Enter")
		expect(form.alert).to_contain_text(UNREACHABLE)
		retry.click()
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $20.00")
	assert charged(form.user) == [2000]


@pytest.mark.parametrize("what", ["**/stripe.js", "**/frames/payment_element.html"])
def test_what_never_arrives_is_given_up_with_the_same_words(open_form, new_page, what):
	page = new_page()
	page.clock.install()
	held = []
	page.route(what, lambda route: held.append(route) if not held else route.continue_())
	form = open_form(page=page)
	expect(form.pay_button).to_have_accessible_description("The secure card fields are loading…")
	page.wait_for_function("document.querySelector('script[src$=\"stripe.js\"], iframe')")
	wait_until_held(page, held)
	page.clock.fast_forward(25_000)
	expect(form.alert).to_contain_text(UNREACHABLE)
	expect(form.pay_button).to_be_disabled()
	form.root.get_by_role("button", name="Try again").click()
	held[0].continue_()
	expect(form.pay_button).to_be_enabled()


@pytest.mark.parametrize("broken", ["createConfirmationToken", "elements"])
def test_a_fault_of_the_page_is_never_the_payments_answer(open_form, charged, page_with, new_page, broken):
	page = page_with(f"stripe.{broken} = () => null.tokenise")
	form = open_form(page=page)
	if broken == "createConfirmationToken":
		form.pay_by_new_card()
		expect(form.alert).to_contain_text("Something went wrong on this page, and nothing was charged.")
	expect(form.alert).to_be_visible()
	expect(form.root).not_to_contain_text("null")
	expect(form.root).not_to_contain_text("undefined")
	assert charged(form.user) == []
	assert any("null" in error for error in new_page.errors), "whoever looks for the fault must find it"
	new_page.errors.clear()


def test_a_fault_in_a_bank_account_is_not_shown_either(open_form, page_with, new_page):
	page = page_with("stripe.confirmSetup = () => undefined.tokenise")
	form = open_form(page=page)
	form.choose("Bank account (ACH)")
	form.root.get_by_role("button", name="Add a bank account").click()
	form.link_bank()
	form.add_account()
	panel = form.root.get_by_role("group", name="Add a bank account")
	expect(panel.get_by_role("alert")).to_contain_text("Something went wrong on this page")
	new_page.errors.clear()


# How the fields look

INPUT_STYLE = (
	"input => { const s = getComputedStyle(input); return [s.color, s.backgroundColor, s.borderTopColor]; }"
)
IN_A_LATE_DIALOG = """async () => {
	const { PayForm } = await import("/pay_form/pay_form.js");
	const query = new URLSearchParams(location.search);
	const target = document.createElement("div");
	const call = async (method, args) => (await (await fetch(`/call/${method}`, {
		method: "POST", headers: { "Content-Type": "application/json", "X-User": query.get("user") },
		body: JSON.stringify(args),
	})).json()).message;
	const form = new PayForm({ target, doctype: "Portal Invoice", name: query.get("name"), adapter: { call } });
	await form.open();
	await new Promise(resolve => setTimeout(resolve, 500));
	document.getElementById("form").replaceChildren(target);
}"""


def assert_same_colours(form, number=None) -> None:
	number = number or form.card_frame.get_by_label("Card number")
	ours = form.amount.evaluate(INPUT_STYLE)
	expect(number).to_have_css("color", ours[0])
	expect(number).to_have_css("background-color", ours[1])
	expect(number).to_have_css("border-top-color", ours[2])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_fields_take_the_pages_colours_however_late_the_dialog_is(open_form, theme):
	form = open_form(query=f"&theme={theme}")
	assert_same_colours(form)
	form.page.evaluate(IN_A_LATE_DIALOG)
	assert_same_colours(form)


def test_the_fields_follow_a_change_of_the_theme(open_form):
	form = open_form()
	form.card_frame.get_by_label("Card number").fill("4242")
	light = form.amount.evaluate(INPUT_STYLE)
	form.page.evaluate("document.documentElement.dataset.theme = 'dark'")
	assert form.amount.evaluate(INPUT_STYLE) != light
	assert_same_colours(form)
	expect(form.card_frame.get_by_label("Card number")).to_have_value("4242")


def test_the_bank_accounts_fields_look_the_same(open_form):
	form = open_form(query="&theme=dark")
	form.choose("Bank account (ACH)")
	form.root.get_by_role("button", name="Add a bank account").click()
	assert_same_colours(form, form.bank_frame.get_by_label("Full name"))


FONT_GIVEN = """async ([families, web_fonts]) => {
	const { appearance_of } = await import("/pay_form/appearance.js");
	const fonts = web_fonts.map(family => new FontFace(family, "url(/page/no-such.woff2)"));
	fonts.forEach(font => document.fonts.add(font));
	const input = document.createElement("input");
	input.style.fontFamily = families;
	document.body.append(input);
	const { fontFamily } = appearance_of(input).variables;
	input.remove();
	fonts.forEach(font => document.fonts.delete(font));
	return fontFamily;
}"""


@pytest.mark.parametrize(
	("families", "web_fonts", "given"),
	[
		("Georgia, serif", [], "Georgia, serif"),
		("Inter, Arial, sans-serif", ["Inter"], "Arial, sans-serif"),
		("InterVariable, Inter, 'Segoe UI'", ["Inter", "InterVariable"], '"Segoe UI"'),
		("INTER, Arial", ["inter"], "Arial"),
		("'Brand, Inc', Arial", ["'Brand, Inc'"], "Arial"),
		("'Brand, Inc', Arial", [], '"Brand, Inc", Arial'),
		("'Our Own'", ["Our Own"], "system-ui, sans-serif"),
	],
)
def test_the_fields_get_no_font_that_stripes_frame_has_not(shared_page, families, web_fonts, given):
	assert shared_page.evaluate(FONT_GIVEN, [families, web_fonts]) == given


# Language, and once per page


@pytest.mark.parametrize(
	("language", "locale"),
	[
		("de", "de"),
		("es-MX", "es-419"),
		("es_AR", "es-419"),
		("es-ES", "es-ES"),
		("pt-BR", "pt-BR"),
		("pt-PT", "pt"),
		("fr-CH", "fr"),
		("zh-TW", "zh-TW"),
		("zh-Hant-TW", "zh-TW"),
		("zh-Hant-HK", "zh-HK"),
		("zh-Hant", "zh-TW"),
		("zh-CN", "zh"),
		("no", "no"),
		("nn", "nb"),
		("en-US", "en"),
		("EN-gb", "en-GB"),
		("eo", "auto"),
		("fa", "auto"),
		("", "auto"),
	],
)
def test_the_language_is_given_as_stripe_js_knows_it(form_page_url, shared_page, language, locale):
	found = shared_page.evaluate(
		"async language => (await import('/pay_form/stripe_loader.js')).stripe_locale(language)", language
	)
	assert found == locale


@pytest.fixture(scope="module")
def shared_page(chromium, form_page_url):
	page = chromium.new_page()
	page.goto(form_page_url)
	yield page
	page.close()


def test_the_form_passes_its_language_on(open_form, page_with):
	form = open_form(page=page_with("window.given = given"), query="&locale=es-MX")
	expect(form.card_frame.get_by_label("Card number")).to_be_visible()
	assert form.page.evaluate("window.given[1].locale") == "es-419"


def test_two_bundles_of_one_page_load_stripe_js_once(open_form, page_with):
	page = page_with("(window.made = window.made || []).push(given[1].locale)")
	form = open_form(page=page)
	expect(form.pay_button).to_be_enabled()
	same = page.evaluate(
		"""async () => {
			const one = await import("/pay_form/stripe_loader.js");
			const other = await import("/pay_form/stripe_loader.js?a_copy_of_its_own");
			const stripe_js_url = document.querySelector("script[src$='stripe.js']").src;
			const asked = (bundle, locale) =>
				bundle.load_stripe({ stripe_js_url, publishable_key: "pk_test_emulator_other", locale });
			const stripes = [asked(one, "en"), asked(other, "en"), asked(other, "en-US"), asked(one, "de")];
			const [first, second, third, german] = await Promise.all(stripes);
			return [first === second, second === third, first === german];
		}"""
	)
	assert same == [True, True, False]
	assert page.evaluate("window.made") == ["en", "en", "de"], "the form's own, and two of the other account"
	expect(page.locator("script[src$='stripe.js']")).to_have_count(1)


def test_a_form_that_is_opened_again_makes_no_second_stripe_object(open_form, page_with):
	page = page_with("window.made = (window.made || 0) + 1")
	form = open_form(page=page)
	expect(form.pay_button).to_be_enabled()
	page.evaluate(IN_A_LATE_DIALOG.replace("adapter: { call }", "adapter: { call, locale: 'en-US' }"))
	expect(form.card_frame.get_by_label("Card number")).to_be_visible()
	expect(form.pay_button).to_be_enabled()
	assert page.evaluate("window.made") == 1
