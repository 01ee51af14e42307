"""Chromium, driven by Playwright, as the people who use the app.

`login(user)` gives a page of that user's own, on the desk. `picture(page, name)` keeps a screenshot; those of docs/ are
renewed where UPDATE_PICTURES=1. A test that fails leaves a picture of every page that it had open.
"""

import io
import itertools
import os
import re
from pathlib import Path

import pytest

from tests.browser.support.desk import settle
from tests.support import accounts, records, servers, site

HERE = Path(__file__).parent
OUTPUT, DOCS = HERE / "output", HERE.parents[1] / "docs/images"
UPDATE_PICTURES = os.environ.get("UPDATE_PICTURES") == "1"
ON_16_ALONE = ("desk", "invoice")
BUSINESS_NAME = "Lakeside Property Services"
ACCOUNT_NAMES = (
	BUSINESS_NAME,
	"Lakeside",
	"Property Services",
	"Main Account",
	"Building Services",
	"Lakeside Housing",
)
DIFFERENT_ON_16 = (*ON_16_ALONE, "onboarding", "pay-form", "payer-home")
SIZE = {"width": 1280, "height": 900}
# Chromium's own sandbox needs rights that containers and CI machines do not give.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


# Slow machines are slow, not wrong.
PATIENCE = 20_000
# The first desk of a site has its caches to fill.
FIRST_DESK = 90_000


@pytest.fixture(scope="session")
def chromium():
	from playwright.sync_api import expect, sync_playwright

	expect.set_options(timeout=PATIENCE)

	with sync_playwright() as playwright:
		browser = playwright.chromium.launch(executable_path=_chromium_path(), args=ARGUMENTS)
		yield browser
		browser.close()


@pytest.fixture
def new_page(chromium, request):
	"""A page with cookies of its own. What goes wrong inside it is told when the test ends."""
	contexts, pages, errors = [], [], []

	def open_page(**options):
		context = chromium.new_context(**{"viewport": SIZE, "locale": "en-US", **options})
		context.set_default_timeout(PATIENCE)
		context.on("page", lambda page: page.on("pageerror", lambda error: errors.append(str(error))))
		contexts.append(context)
		pages.append(context.new_page())
		return pages[-1]

	open_page.errors = errors
	yield open_page
	if getattr(request.node, "failed", False):
		_keep_pictures_of(request.node, pages)
		print("Errors in the pages:", *errors, sep="\n")
	for context in contexts:
		context.close()


@pytest.fixture(scope="session")
def http_server(frappe_site):
	"""The site's web server, as the site itself knows it: Stripe's webhooks arrive, as they would with real users."""
	name, port = site.site_name(), servers.free_port()
	with (
		servers.known_to_the_site(name, port),
		servers.running_server(site.bench(), name, port) as server,
	):
		yield server


@pytest.fixture(scope="session")
def stripe_account(http_server, emulator_url):
	"""Connected while the address is known, so that its webhook endpoint is registered there."""
	return accounts.connect_new_emulator(emulator_url)


@pytest.fixture(scope="session")
def worker(frappe_site):
	"""A worker: in the browser nobody drains the queues by hand."""
	with servers.running_worker(site.bench()) as process:
		yield process


@pytest.fixture
def login(new_page, http, worker, stripe_account):
	"""`login(user)`: a page on which this user is on the desk."""

	def log_in(user: str, password: str = records.PASSWORD, **options):
		page = new_page(**options)
		page.goto(f"{http.url}/login")
		status = page.evaluate(
			"""async (body) => (await fetch("/api/method/login", {method: "POST", body: new URLSearchParams(body)})).status""",
			{"usr": user, "pwd": password},
		)
		assert status == 200, f"{user} could not log in: HTTP {status}"
		page.goto(f"{http.url}/app", wait_until="domcontentloaded", timeout=FIRST_DESK)
		page.wait_for_function("window.frappe && frappe.boot && frappe.desk", timeout=FIRST_DESK)
		# The desk goes to its home page by itself, and would break off where the test wants to go.
		settle(page)
		return page

	return log_in


@pytest.fixture
def picture():
	"""`picture(page, "pay-form", docs=True)` keeps a screenshot; docs/images has it where UPDATE_PICTURES=1."""
	return keep_picture


def keep_picture(page, name: str, docs: bool = False, height: int | None = None, **options):
	"""Of a page or of a part of it; `height` leaves out what is below."""
	if height:
		options["clip"] = {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": height}
	OUTPUT.mkdir(parents=True, exist_ok=True)
	page.screenshot(path=OUTPUT / f"{name}.png", **options)
	if docs and UPDATE_PICTURES and (named := _name_in_docs(name)):
		_with_few_colours(page.screenshot(**options)).save(DOCS / f"{named}.png", optimize=True)


def _with_few_colours(png: bytes):
	"""A third of the size. Pillow comes with Frappe."""
	from PIL import Image

	return Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE)


def _name_in_docs(name: str) -> str | None:
	"""docs/ shows Frappe 15, and of 16 what differs."""
	from stripe_service.utils import frappe_versions

	if frappe_versions.major() < 16:
		return None if name in ON_16_ALONE else name
	return f"{name}-16" if name in DIFFERENT_ON_16 else None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
	report = (yield).get_result()
	if report.when == "call":
		item.failed = report.failed


def _keep_pictures_of(item, pages):
	name = re.sub(r"[^A-Za-z0-9]+", "-", item.name).strip("-")
	for number, page in enumerate(pages, 1):
		try:
			keep_picture(page, f"FAILED-{name}-{number}")
		except Exception as error:  # the picture must not hide the failure
			print(f"No picture of page {number}: {error}")


def _chromium_path() -> str | None:
	"""CHROMIUM, else Debian's; None lets Playwright take the one it fetched itself."""
	named = os.environ.get("CHROMIUM")
	if named is not None:
		return named or None
	return next(
		(path for path in ("/usr/bin/chromium", "/usr/bin/google-chrome") if Path(path).exists()), None
	)


@pytest.fixture
def at_list(login, http):
	"""The list of a DocType on the desk, with its rows there."""

	def open_(user, slug, **options):
		page = login(user, **options)
		page.goto(f"{http.url}/app/{slug}", wait_until="domcontentloaded")
		page.locator(".list-row-container .list-row").filter(visible=True).first.wait_for()
		settle(page)
		return page

	return open_


@pytest.fixture
def without_onboarding(frappe_site):
	"""As an administrator has it who dismissed it; afterwards as it was."""
	field = ("System Settings", "enable_onboarding")
	before = frappe_site.db.get_single_value(*field)

	def switch(value):
		frappe_site.db.set_single_value(*field, value)
		frappe_site.clear_cache(doctype="System Settings")
		frappe_site.db.commit()

	switch(0)
	yield
	frappe_site.db.rollback()
	switch(before)


# Pictures of docs/ show names as people give them, and an account that is named as most are: the names that tests make are
# unique, and those of the emulator as long as names get.


@pytest.fixture
def branch(site):
	"""A new unit, Branch A where it is the site's first."""
	return records.make_branch()


@pytest.fixture
def lakeside(site, emulator, emulator_url, http_server):
	"""A Stripe account of the test's own, connected, and the site's default until its end."""
	account = accounts.RemoteAccount(
		emulator, emulator_url, business_name=BUSINESS_NAME, email="office@lakeside.example"
	)
	more = (f"{BUSINESS_NAME} {number}" for number in itertools.count(2))
	account.name = records.first_free("Stripe Account", itertools.chain(ACCOUNT_NAMES, more))
	account.connect()
	before = accounts.change_default(account.name)
	yield account
	site.db.rollback()
	accounts.change_default(before)
