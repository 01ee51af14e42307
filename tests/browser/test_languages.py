"""The pay form and the page of saved methods in other languages: words, amounts, dates, and from right to left."""

import pytest
from playwright.sync_api import expect

from tests.browser.support.desk import log_in, open_document

OVERLAPS = """() => {
	const parts = [...document.querySelectorAll(".stripe-pay button, .stripe-pay input, .stripe-pay label, .stripe-pay h2, .stripe-pay dd, .stripe-pay dt")]
		.filter((node) => node.getClientRects().length && getComputedStyle(node).opacity !== "0" && node.offsetWidth > 2);
	const found = [];
	for (const one of parts) for (const other of parts) {
		if (one === other || one.contains(other) || other.contains(one)) continue;
		const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
		const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
		const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
		// The footer stays in sight while the rest scrolls beneath it.
		const same_layer = !one.closest(".stripe-pay-footer") === !other.closest(".stripe-pay-footer");
		if (wide > 2 && high > 2 && same_layer)
			found.push([one.textContent || one.id, other.textContent || other.id]);
	}
	return found;
}"""


@pytest.fixture
def number_format(site):
	"""The site writes 1.234,50."""
	before = site.db.get_single_value("System Settings", "number_format")
	_set_number_format(site, "#.###,##")
	yield
	_set_number_format(site, before)


def _set_number_format(site, value):
	settings = site.get_doc("System Settings")
	settings.number_format = value
	settings.flags.ignore_mandatory = True
	settings.save()
	site.db.commit()
	site.clear_cache()


@pytest.fixture
def open_in(site, http_server, make_unit, make_payer, make_invoice, new_page):
	"""An invoice of 1,234.50 USD, opened by a payer of this language, on a browser of another."""

	def open_(language: str, **options):
		unit = make_unit()
		payer = make_payer(unit=unit)
		site.db.set_value("User", payer, "language", language)
		site.db.commit()
		site.clear_cache(user=payer)
		page = new_page(**options)
		log_in(page, http_server.url, payer)
		return page, make_invoice(unit=unit, total="1234.50")

	return open_


def open_form(page, url, invoice, label):
	open_document(page, url, "Portal Invoice", invoice.name)
	page.get_by_role("button", name=label, exact=True).filter(visible=True).first.click()
	dialog = page.locator(".stripe-pay-dialog.show")
	dialog.wait_for()
	expect(dialog.locator("iframe").first).to_be_visible()
	return dialog


def test_the_form_speaks_german_and_writes_amounts_as_the_site_does(
	number_format, open_in, http_server, picture
):
	page, invoice = open_in("de")
	dialog = open_form(page, http_server.url, invoice, "Zahlen")
	expect(dialog.locator(".modal-title")).to_have_text("Zahlen")
	expect(dialog).to_contain_text("Test-Modus: Es fließt kein echtes Geld.")
	expect(dialog.get_by_label("Zu zahlender Betrag")).to_have_value("1.234,50")
	expect(dialog.get_by_role("button", name="$ 1.234,50 zahlen")).to_be_visible()
	picture(page, "pay-form-german")
	dialog.get_by_label("Zu zahlender Betrag").fill("2.000,00")
	dialog.get_by_role("button", name="zahlen").click()
	expect(dialog).to_contain_text("Sie können höchstens $ 1.234,50 zahlen.")


def test_the_form_runs_from_right_to_left(open_in, http_server, picture):
	page, invoice = open_in("ar")
	dialog = open_form(page, http_server.url, invoice, "Pay")
	expect(page.locator("html")).to_have_attribute("dir", "rtl")
	form = dialog.locator(".stripe-pay")
	assert form.evaluate("node => getComputedStyle(node).direction") == "rtl"
	expect(dialog.get_by_role("button", name="Pay \u2066$ 1,234.50\u2069")).to_be_visible()
	picture(page, "pay-form-arabic")
	together = "node => node.textContent.trim()"
	assert form.locator(".stripe-pay-outstanding-amount").evaluate(together).startswith("\u2066$")
	assert page.evaluate(OVERLAPS) == []
	assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_form_runs_from_right_to_left_on_a_phone(open_in, http_server, picture):
	page, invoice = open_in("ar", viewport={"width": 390, "height": 844})
	dialog = open_form(page, http_server.url, invoice, "Pay")
	expect(dialog.get_by_role("button", name="Pay \u2066$ 1,234.50\u2069")).to_be_visible()
	picture(page, "pay-form-arabic-phone")
	assert page.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("language, heading", [("de", "Bankkonten"), ("fr", "Comptes bancaires")])
def test_the_portal_page_speaks_the_users_language(open_in, http_server, picture, language, heading):
	page, _invoice = open_in(language)
	page.goto(f"{http_server.url}/my-payment-methods", wait_until="domcontentloaded")
	expect(page.get_by_role("heading", name=heading)).to_be_visible()
	picture(page, f"portal-methods-{language}")


def test_the_portal_page_runs_from_right_to_left(open_in, http_server, picture):
	page, _invoice = open_in("ar")
	page.goto(f"{http_server.url}/my-payment-methods", wait_until="domcontentloaded")
	methods = page.locator(".stripe-methods")
	expect(methods.get_by_role("button", name="Add a bank account")).to_be_visible()
	assert methods.evaluate("node => getComputedStyle(node).direction") == "rtl"
	picture(page, "portal-methods-arabic")
	assert page.evaluate(OVERLAPS) == []
