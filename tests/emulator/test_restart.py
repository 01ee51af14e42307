"""State in a file: a killed emulator continues where it was."""

import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from stripe_emulator.control import Emulator
from tests.emulator.conftest import ACCEPTED, REPO, make_client
from tests.support.servers import free_port


@pytest.fixture
def start(tmp_path, control):
	"""Start an emulator on one file, again and again."""
	port = free_port()
	running = []

	def start():
		python = os.environ.get("EMULATOR_PYTHON", sys.executable)
		command = [python, "-m", "stripe_emulator", "--port", str(port), "--data", str(tmp_path / "state.db")]
		running.append(subprocess.Popen(command, cwd=REPO, stdout=subprocess.DEVNULL))
		url = f"http://127.0.0.1:{port}"
		for _ in range(100):
			try:
				urllib.request.urlopen(f"{url}/emulator/health", timeout=1)
				break
			except OSError:
				time.sleep(0.1)
		return running[-1], make_client("sk_test_emulator_us", url), Emulator(url)

	yield start
	for process in running:
		process.kill()
		process.wait()


def test_killed_emulator_forgets_nothing(start):
	process, client, control = start()
	control.advance(days=3)
	customers = [
		client.customers.create({"name": f"Customer {number}"}, {"idempotency_key": f"k{number}"}).id
		for number in range(3)
	]
	intent = client.payment_intents.create(
		{
			"amount": 5000, "currency": "usd", "customer": customers[0], "payment_method": "pm_usBankAccount_success",
			"confirm": True, "mandate_data": ACCEPTED, "allowed_payment_method_types": ["us_bank_account"],
		}
	)  # fmt: skip
	before = control.now()
	process.send_signal(signal.SIGKILL)
	process.wait()

	_, client, control = start()
	assert control.now() >= before
	assert [row.id for row in client.customers.list().data] == customers[::-1]
	again = client.customers.create({"name": "Customer 1"}, {"idempotency_key": "k1"})
	assert (again.id, again.last_response.headers["idempotent-replayed"]) == (customers[1], "true")
	assert client.payment_intents.retrieve(intent.id).status == "processing"
	control.advance(days=7)
	assert client.payment_intents.retrieve(intent.id).status == "succeeded"
	assert [row.id for row in client.payment_intents.list({"customer": customers[0]}).data] == [intent.id]


def test_reset_forgets_everything_but_the_demo_accounts(start):
	_, client, control = start()
	client.customers.create({})
	control.advance(days=100)
	control.create_account("gone")
	control.reset()
	assert client.customers.list().data == []
	assert [record["name"] for record in control.accounts()] == ["us", "us_two", "de"]
	assert abs(control.now() - time.time()) < 5
