"""The pay form alone, on its test page: no Frappe, but the app's own form, the real gateway and the emulator's Stripe."""

import uuid

import pytest

from tests.browser.support.pay_form import PayForm, post, running_page


@pytest.fixture(scope="session")
def form_page_url(emulator_url):
	with running_page(emulator_url) as url:
		yield url


@pytest.fixture
def add_invoice(form_page_url):
	"""A new invoice on the page's server; answers its name."""

	def add(total: str = "119.00", **more) -> str:
		return post(f"{form_page_url}/invoices", {"total": total, **more})["name"]

	return add


@pytest.fixture
def payer():
	"""A payer nobody else is, so that what they save is theirs alone."""
	return f"payer-{uuid.uuid4().hex[:8]}@example.com"


@pytest.fixture(autouse=True)
def nothing_goes_wrong_unseen(new_page):
	"""An error in a page, or a breach of its Content-Security-Policy, fails the test."""
	yield
	assert new_page.errors == []


@pytest.fixture
def open_form(form_page_url, add_invoice, payer, new_page):
	"""Open the form of an invoice (a new one of `total` if none is named) in a browser of its own."""

	def open_(
		invoice: str | None = None, *, user: str = payer, page=None, query: str = "", viewport=None, **given
	) -> PayForm:
		invoice = invoice or add_invoice(**given)
		page = page or new_page(viewport=viewport or {"width": 900, "height": 1000})
		page.on("console", lambda message: _note_breach(message, new_page.errors))
		page.goto(f"{form_page_url}/pay?name={invoice}&user={user}{query}")
		form = PayForm(page)
		form.invoice = invoice
		form.user = user
		return form

	return open_


def _note_breach(message, errors: list) -> None:
	if message.type == "error" and "Content Security Policy" in message.text:
		errors.append(message.text)


@pytest.fixture
def charged(emulator):
	"""What was charged for a payer, in minor units: asked of the emulator, not of the page."""

	def amounts(user: str) -> list[int]:
		customers = {c["id"] for c in emulator.objects("customer") if c["email"] == user}
		charges = emulator.objects("charge")
		return sorted(c["amount"] for c in charges if c["customer"] in customers and c["status"] != "failed")

	return amounts
