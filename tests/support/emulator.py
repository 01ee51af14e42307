"""Finds or starts the Stripe emulator that the tests talk to.

`EMULATOR_URL` names one that already runs (the demo's, or one started by hand to look into); otherwise each test run
has its own, on a free port, so that no run sees another's customers or faults.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import free_port, stop

REPO = Path(__file__).resolve().parents[2]


@contextmanager
def running_emulator(port: int | None = None):
	"""Yield the emulator's address: the one in EMULATOR_URL, or one that lives as long as the block."""
	if url := os.environ.get("EMULATOR_URL"):
		yield url.rstrip("/")
		return
	port = port or free_port()
	url = f"http://127.0.0.1:{port}"
	python = os.environ.get(
		"EMULATOR_PYTHON", sys.executable
	)  # it knows Stripe as the newest SDK describes it
	log = open(os.environ.get("EMULATOR_LOG", os.devnull), "ab")
	process = subprocess.Popen(
		[python, "-m", "stripe_emulator", "--port", str(port)],
		cwd=REPO,
		stdin=subprocess.DEVNULL,
		stdout=log,
		stderr=log,
		start_new_session=True,
	)
	try:
		_wait_until_it_answers(url, process)
		yield url
	finally:
		stop(process)
		log.close()


def control_client(url: str):
	"""The emulator's control client: clock, faults, webhooks (see docs/testing.md)."""
	from stripe_emulator.control import Emulator

	return Emulator(url)


def wait_for_fault(emulator, seconds: float = 20):
	"""Until a request has met the fault that was ordered last; a slow one's answer is still on its way then."""
	deadline = time.monotonic() + seconds
	while time.monotonic() < deadline:
		if emulator.state()["faults"][-1]["hits"]:
			return
		time.sleep(0.05)
	raise AssertionError("no request met the fault")


def _wait_until_it_answers(url: str, process: subprocess.Popen, seconds: float = 15):
	deadline = time.monotonic() + seconds
	while time.monotonic() < deadline:
		if process.poll() is not None:
			raise RuntimeError(f"The Stripe emulator ended with exit code {process.returncode} at its start.")
		try:
			urllib.request.urlopen(url, timeout=1).close()
			return
		except urllib.error.HTTPError:
			return  # it answers, if only to say that nothing is at this path
		except OSError:
			time.sleep(0.1)
	raise RuntimeError(f"The Stripe emulator did not answer at {url} within {seconds:.0f} s.")
