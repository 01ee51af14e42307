"""The pay form's test page, started for a test run, and a driver that presses and reads what a payer does."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from tests.support.servers import ENDS_WITH_THE_TESTS, free_port, stop

REPO = Path(__file__).resolve().parents[3]
GOOD_CARD = "4242424242424242"


@contextmanager
def running_page(emulator_url: str):
	"""Yield the address of a test page against this emulator."""
	port = free_port()
	python = os.environ.get("EMULATOR_PYTHON", sys.executable)
	command = [*ENDS_WITH_THE_TESTS, python, "-m", "stripe_emulator.pay_form_page", "--port", str(port)]
	command += ["--stripe", emulator_url]
	process = subprocess.Popen(
		command, cwd=REPO, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
	)
	url = f"http://127.0.0.1:{port}"
	try:
		_wait_for(url, process)
		yield url
	finally:
		stop(process)


def _wait_for(url: str, process: subprocess.Popen, seconds: float = 30) -> None:
	deadline = time.monotonic() + seconds
	while time.monotonic() < deadline:
		if process.poll() is not None:
			raise RuntimeError("The pay form's test page ended at its start.")
		try:
			urllib.request.urlopen(url, timeout=1).close()
			return
		except OSError:
			time.sleep(0.1)
	raise RuntimeError(f"The pay form's test page did not answer at {url}.")


def post(url: str, content: dict, **headers) -> dict:
	request = urllib.request.Request(
		url, json.dumps(content).encode(), {"Content-Type": "application/json", **headers}, method="POST"
	)
	with urllib.request.urlopen(request, timeout=30) as answer:
		return json.load(answer)


class PayForm:
	"""The form as a payer sees it: everything is found by its label or role."""

	def __init__(self, page, scope=None):
		self.page = page
		self.root = (scope or page).locator("form.stripe-pay")
		self.card_frame = page.frame_locator("iframe[title='Secure payment input frame']").first

	@property
	def pay_button(self):
		return self.root.locator("button[type=submit]")

	@property
	def amount(self):
		return self.root.get_by_label("Amount to pay")

	@property
	def alert(self):
		return self.root.locator(".stripe-pay-error")

	@property
	def status(self):
		return self.root.locator(".stripe-pay-status")

	@property
	def heading(self):
		return self.root.get_by_role("heading")

	def enter_card(
		self, number: str = GOOD_CARD, expiry: str = "12/34", cvc: str = "123", postal: str = "94107"
	) -> None:
		frame = self.card_frame
		frame.get_by_label("Card number").fill(number)
		frame.get_by_label("Expiration date").fill(expiry)
		frame.get_by_label("Security code").fill(cvc)
		frame.get_by_label("ZIP code").fill(postal)

	def pay(self) -> None:
		self.pay_button.click()

	def save_card(self) -> None:
		"""Stripe's fields come a moment later, and move what is below them: a click meanwhile would miss the box."""
		self.card_frame.get_by_label("Card number").wait_for()
		self.root.get_by_label("Save this card for next time").check()

	def pay_by_new_card(self, number: str = GOOD_CARD, **details) -> None:
		self.enter_card(number, **details)
		self.pay()

	def answer_bank(self, button: str) -> None:
		"""Complete or Fail on the bank's 3-D Secure page."""
		self.page.frame_locator("iframe[title='3-D Secure authentication']").get_by_role(
			"button", name=button
		).click()

	def choose(self, method: str) -> None:
		self.root.get_by_role("radio", name=method).check(force=True)

	# Bank accounts

	def start_bank_account(self, name: str = "Jenny Rosen") -> None:
		self.root.get_by_role("button", name="Add a bank account").click()
		self.card_frame.get_by_label("Full name").fill(name)

	@property
	def bank_frame(self):
		return self.root.get_by_role("group", name="Add a bank account").frame_locator("iframe")

	def enter_account_numbers(self, account: str, routing: str = "110000000") -> None:
		frame = self.bank_frame
		frame.get_by_label("Full name").fill("Jenny Rosen")
		frame.get_by_role("button", name="Enter bank details manually instead").click()
		frame.get_by_label("Routing number").fill(routing)
		frame.get_by_label("Account number").fill(account)

	def add_account(self) -> None:
		"""By the keyboard: Stripe's frame grows and shrinks with what it shows, and moves the button under a pointer."""
		self.root.get_by_role("button", name="Add this account").press("Enter")

	def add_by_numbers(self, account: str = "000123456789") -> None:
		self.root.get_by_role("button", name="Add a bank account").click()
		self.enter_account_numbers(account)
		self.add_account()

	def link_bank(self, institution: str = "Test Institution", account: str = "Success") -> None:
		frame = self.bank_frame
		frame.get_by_label("Full name").fill("Jenny Rosen")
		frame.get_by_role("button", name=institution).click()
		dialog = self.page.frame_locator("iframe[title='Link your bank account']")
		dialog.get_by_role("button", name="Agree and continue").click()
		dialog.get_by_role("button", name=account).click()
		frame.get_by_role("button", name="Change").wait_for()

	def bank_row(self, last4: str):
		return self.root.locator(".stripe-pay-row", has_text=last4)
