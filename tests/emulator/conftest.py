"""The emulator's contract: what these tests say holds for Stripe too, and is asked with Stripe's own SDK only.

They run with the oldest and the newest SDK that the app supports (the emulator itself needs the newest: EMULATOR_PYTHON
names a Python that has it), and against a Stripe sandbox: see sandbox.py.
"""

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
import stripe

from tests.emulator import sandbox

sandbox.refuse_live_keys()

REPO = Path(__file__).resolve().parents[2]
API_VERSION = "2026-10-28.endive"
DIFFERENCES = sandbox.Differences()


def make_client(key: str, url: str | None = None, **options):
	"""A StripeClient whose services are found under the same names in every supported SDK."""
	where = {"base_addresses": {"api": url}} if url else {}
	retries = 3 if sandbox.KEY else 0  # a sandbox answers 429 above 25 requests a second
	client = stripe.StripeClient(
		key, stripe_version=API_VERSION, max_network_retries=retries, **where, **options
	)
	return getattr(client, "v1", client)  # 10.12 has no .v1; the newest warns of names without it


def plain(obj) -> dict:
	"""A StripeObject as dicts and lists; its own way of doing that changed its name."""
	return json.loads(str(obj))


class Browser:
	"""What Stripe.js does: calls with the publishable key, card numbers among them."""

	def __init__(self, url: str, key: str):
		self.url = url
		self.key = key

	def post(self, path: str, **data) -> dict:
		return requests.post(
			f"{self.url}/v1/{path}", data=_flat(data), auth=(self.key, ""), timeout=20
		).json()

	def get(self, path: str, **params) -> dict:
		return requests.get(f"{self.url}/v1/{path}", params=params, auth=(self.key, ""), timeout=20).json()

	def card_token(self, number: str = "4242424242424242", **more) -> dict:
		card = {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123"}
		return self.post("confirmation_tokens", payment_method_data={"type": "card", "card": card}, **more)

	def bank_token(self, number: str = "000123456789", **more) -> dict:
		return self.post("confirmation_tokens", payment_method_data=bank_details(number), **more)


def bank_details(number: str = "000123456789") -> dict:
	return {
		"type": "us_bank_account",
		"us_bank_account": {
			"account_number": number,
			"routing_number": "110000000",
			"account_holder_type": "individual",
		},
		"billing_details": {"name": "Jenny Rosen", "email": "jenny@example.com"},
	}


ACCEPTED = {
	"customer_acceptance": {"type": "online", "online": {"ip_address": "203.0.113.7", "user_agent": "Test"}}
}


def _flat(value, prefix: str = "") -> dict:
	pairs = {}
	for name, entry in value.items() if isinstance(value, dict) else enumerate(value):
		path = f"{prefix}[{name}]" if prefix else str(name)
		if isinstance(entry, dict | list):
			pairs.update(_flat(entry, path))
		else:
			pairs[path] = str(entry).lower() if isinstance(entry, bool) else entry
	return pairs


def pytest_configure(config):
	config.addinivalue_line("markers", "emulator_only: steers the emulator, which can't be done to Stripe")


def pytest_collection_modifyitems(config, items):
	sandbox.leave_out_controls(config, items)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
	outcome = yield
	if sandbox.KEY:
		DIFFERENCES.add(outcome.get_result(), item.config.rootpath)


def pytest_terminal_summary(terminalreporter):
	if sandbox.KEY:
		DIFFERENCES.write(terminalreporter)


@pytest.fixture
def control(emulator):
	"""The control panel, with nothing left of what a test ordered."""
	settings = emulator.state()["settings"]
	yield emulator
	emulator.clear_faults()
	emulator.clear_webhook_rules()
	emulator.settings(**settings)


@pytest.fixture
def account(request):
	"""A Stripe account of this test's own, with its keys; the sandbox's where one is given."""
	if sandbox.KEY:
		return {"keys": {"secret": [sandbox.KEY]}, "name": "sandbox"}
	emulator = request.getfixturevalue("emulator")
	return emulator.create_account(f"t{uuid.uuid4().hex[:8]}")


@pytest.fixture
def api_url(request):
	return sandbox.URL if sandbox.KEY else request.getfixturevalue("emulator_url")


@pytest.fixture
def wait(request):
	"""`wait(10)`: let so many seconds go by; the emulator's clock is moved on, Stripe's can't be."""
	return (
		sandbox.wait
		if sandbox.KEY
		else lambda seconds: request.getfixturevalue("emulator").advance(seconds=seconds)
	)


@pytest.fixture
def client(account, api_url):
	return make_client(account["keys"]["secret"][0], api_url)


@pytest.fixture
def browser(account, emulator_url):
	return Browser(emulator_url, account["keys"]["publishable"][0])


@pytest.fixture
def customer(client):
	return client.customers.create({"name": "Jenny Rosen", "email": "jenny@example.com"})


@pytest.fixture
def pay(client):
	"""Create and confirm a card payment: `pay("pm_card_visa", amount=1000)`."""

	def pay(method: str = "pm_card_visa", amount: int = 1000, **more):
		return client.payment_intents.create(
			{
				"amount": amount,
				"currency": "usd",
				"payment_method": method,
				"confirm": True,
				"allowed_payment_method_types": ["card"],
				**more,
			}
		)

	return pay


@pytest.fixture
def debit(client):
	"""Create and confirm a bank debit of a verified test account."""

	def debit(method: str = "pm_usBankAccount_success", amount: int = 10_000, **more):
		return client.payment_intents.create(
			{
				"amount": amount,
				"currency": "usd",
				"payment_method": method,
				"confirm": True,
				"allowed_payment_method_types": ["us_bank_account"],
				"mandate_data": ACCEPTED,
				**more,
			}
		)

	return debit


class Receiver(ThreadingHTTPServer):
	"""A webhook endpoint: keeps what it was sent, answers what it is told to."""

	daemon_threads = True

	def __init__(self):
		self.received: list[tuple[dict, bytes]] = []
		self.answers: list[int] = []
		super().__init__(("127.0.0.1", 0), _Handler)
		self.url = f"http://127.0.0.1:{self.server_port}/hook"

	@property
	def events(self) -> list[dict]:
		return [json.loads(body) for _, body in self.received]

	@property
	def types(self) -> list[str]:
		return [event["type"] for event in self.events]


class _Handler(BaseHTTPRequestHandler):
	def do_POST(self):
		body = self.rfile.read(int(self.headers["Content-Length"]))
		self.server.received.append((dict(self.headers), body))
		self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
		self.send_header("Content-Length", "0")
		self.end_headers()

	def log_message(self, *arguments):
		"""Quiet."""


@pytest.fixture
def receiver():
	server = Receiver()
	thread = threading.Thread(target=server.serve_forever, daemon=True)
	thread.start()
	yield server
	server.shutdown()
	server.server_close()


@pytest.fixture
def endpoint(client, receiver):
	"""The receiver, registered for every event."""
	return client.webhook_endpoints.create(
		{"url": receiver.url, "enabled_events": ["*"], "api_version": API_VERSION}
	)
