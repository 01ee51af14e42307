"""A browser for the tests: Debian's Chromium by Playwright, and nothing that goes wrong in a page goes unseen."""

import os
import re
from pathlib import Path

import pytest

OUTPUT = Path(os.environ.get("BROWSER_OUTPUT") or Path(__file__).parent / "output")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser():
	from playwright.sync_api import sync_playwright

	with sync_playwright() as playwright:
		chromium = os.environ.get("CHROMIUM") or ("/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else None)
		browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
		yield browser
		browser.close()


@pytest.fixture
def new_page(browser, request):
	"""Opens pages of their own, each like another person's browser; on failure its picture is kept."""
	contexts, pages = [], []

	def open_page(**options):
		context = browser.new_context(**{"viewport": {"width": 900, "height": 1000}, "locale": "en-US", **options})
		context.set_default_timeout(10_000)
		page = context.new_page()
		page.faults = []
		page.on("pageerror", lambda error: page.faults.append(str(error)))
		page.on("console", lambda message: _note_refusal(page, message))
		contexts.append(context)
		pages.append(page)
		return page

	yield open_page
	failed = getattr(request.node, "failed", False)
	name = re.sub(r"[^\w-]+", "-", request.node.name)
	for number, page in enumerate(pages):
		if failed and not page.is_closed():
			picture(page, f"failed-{name}-{number}")
	for context in contexts:
		context.close()
	if not failed:
		for page in pages:
			assert not page.faults, f"The page reported: {page.faults}"


def _note_refusal(page, message) -> None:
	"""A Content-Security-Policy that was broken is a fault; a request that a test let fail is not."""
	if message.type == "error" and "Content Security Policy" in message.text:
		page.faults.append(message.text)


@pytest.fixture
def page(new_page):
	return new_page()


def picture(page, name: str) -> None:
	OUTPUT.mkdir(parents=True, exist_ok=True)
	page.screenshot(path=OUTPUT / f"{name}.png", full_page=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
	report = yield
	if report.failed:
		item.failed = True
	return report
