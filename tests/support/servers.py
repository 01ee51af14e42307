"""The processes of the tests' own: the Stripe emulator, the site's web server (gunicorn), its realtime server, a background worker.

It can be imported where there is no Frappe.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
	"""A port on 127.0.0.1 that nothing listens on; PORT_RANGE (such as 12200-12299) keeps it within bounds."""
	low, _, high = os.environ.get("PORT_RANGE", "").partition("-")
	for port in range(int(low), int(high) + 1) if high else [0]:
		with socket.socket() as probe:
			probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			try:
				probe.bind(("127.0.0.1", port))
			except OSError:
				continue
			return probe.getsockname()[1]
	raise RuntimeError(f"No port is free in PORT_RANGE={low}-{high}.")


def stop(process: subprocess.Popen, seconds: float = 10):
	"""End a process started with start_new_session=True, and its children."""
	if process.poll() is not None:
		return
	_signal_group(process.pid, signal.SIGTERM)
	try:
		process.wait(seconds)
	except subprocess.TimeoutExpired:
		_signal_group(process.pid, signal.SIGKILL)
		process.wait()


def _signal_group(pid: int, number: int):
	try:
		os.killpg(pid, number)
	except ProcessLookupError:
		pass


REPO = Path(__file__).resolve().parents[2]
# Servers are in a session of their own; should the tests be killed, nobody else would end them.
ENDS_WITH_THE_TESTS = ["setpriv", "--pdeathsig=TERM"]


def _log(server: str):
	"""Beside the other logs of the run, which scripts/test names."""
	logs = os.environ.get("TEST_LOGS")
	return open(f"{logs}-{server}.log" if logs else os.devnull, "ab")


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
	log = _log("emulator")
	process = subprocess.Popen(
		[*ENDS_WITH_THE_TESTS, python, "-m", "stripe_emulator", "--port", str(port)],
		cwd=REPO,
		stdin=subprocess.DEVNULL,
		stdout=log,
		stderr=log,
		start_new_session=True,
	)
	try:
		_wait_for_emulator(url, process)
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


def _wait_for_emulator(url: str, process: subprocess.Popen, seconds: float = 15):
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


WORKERS = 2
THREADS = 4


class Server:
	"""A running web server for the test site; `url` is what a browser opens."""

	def __init__(self, site: str, port: int):
		self.site = site
		self.port = port
		self.url = f"http://{site}:{port}"  # browsers resolve *.localhost to this machine by themselves
		self.address = f"http://127.0.0.1:{port}"

	def guest(self):
		"""A session without a login."""
		import requests

		session = requests.Session()
		# Host decides which site answers; by it, not by X-Frappe-Site-Name, a browser is recognised too.
		session.headers.update({"Host": f"{self.site}:{self.port}", "Accept": "application/json"})
		return Client(self, session)

	def login(self, user: str, password: str):
		"""A logged-in session that sends the CSRF token with what it writes."""
		client = self.guest()
		answer = client.post("/api/method/login", usr=user, pwd=password)
		assert answer.status_code == 200, answer.text
		page = client.session.get(f"{self.address}/app", headers={"Accept": "text/html"})
		token = re.search(r'csrf_token = "([0-9a-f]+)"', page.text)
		assert token, f"no CSRF token on the desk page of {user}: HTTP {page.status_code}"
		client.session.headers["X-Frappe-CSRF-Token"] = token[1]
		return client


class Client:
	"""Calls as a browser would make them; answers are `requests.Response`, whatever their status."""

	def __init__(self, server: Server, session):
		self.server = server
		self.session = session

	def get(self, path: str, **query):
		return self.session.get(self.server.address + path, params=query, timeout=60)

	def post(self, path: str, **form):
		return self.session.post(self.server.address + path, data=form, timeout=60)

	def call(self, method: str, **arguments):
		"""POST a whitelisted method."""
		return self.post(f"/api/method/{method}", **arguments)


@contextmanager
def running_server(
	bench: Path, site: str, port: int | None = None, workers: int = WORKERS, threads: int = THREADS
):
	"""A gunicorn with several workers on a free port, for as long as the block lasts."""
	port = port or free_port()
	log = _log("server")
	process = subprocess.Popen(
		[
			*ENDS_WITH_THE_TESTS,
			bench / "env/bin/gunicorn",
			f"--bind=127.0.0.1:{port}",
			f"--workers={workers}",
			f"--threads={threads}",
			"--timeout=120",
			"--keep-alive=75",  # a connection that closes while it is used again looks like a lost answer
			"--preload",
			"frappe.app:application_with_statics()",  # browsers need the assets too
		],
		cwd=bench / "sites",
		stdin=subprocess.DEVNULL,
		stdout=log,
		stderr=log,
		start_new_session=True,
	)
	server = Server(site, port)
	try:
		_wait_for_site(server, process)
		yield server
	finally:
		stop(process)
		log.close()


@contextmanager
def known_to_the_site(site: str, port: int):
	"""For as long as the block lasts, the site is configured with the address of its server at this port: Stripe's webhooks find
	it. Before the server runs: Frappe 16 reads a site's configuration once a minute."""
	import frappe
	from frappe.installer import update_site_config

	url = Server(site, port).url
	update_site_config("host_name", url)
	frappe.local.conf.host_name = url
	try:
		yield
	finally:
		update_site_config("host_name", "None")  # how Frappe is told to take it out again
		frappe.local.conf.pop("host_name", None)


def _wait_for_site(server: Server, process: subprocess.Popen, seconds: float = 60):
	import requests

	deadline = time.monotonic() + seconds
	while time.monotonic() < deadline:
		if process.poll() is not None:
			raise RuntimeError(f"gunicorn ended with exit code {process.returncode} at its start.")
		try:
			answer = server.guest().get("/api/method/ping")
			if answer.status_code == 200:
				return
		except requests.ConnectionError:
			pass
		time.sleep(0.2)
	raise RuntimeError(f"The test site did not answer at {server.address} within {seconds:.0f} s.")


@contextmanager
def running_realtime(bench: Path, port: int):
	"""Frappe's realtime server, which tells what the environment's Redis is told, for as long as the block lasts."""
	log = open(os.environ.get("SERVER_LOG", os.devnull), "ab")
	process = subprocess.Popen(
		[
			*ENDS_WITH_THE_TESTS,
			os.environ.get("NODE") or "node",
			*("--require", str(REPO / "scripts/lib/localhost.cjs")),
			"apps/frappe/socketio.js",
		],
		cwd=bench,
		env=os.environ | {"FRAPPE_SOCKETIO_PORT": str(port)},
		stdin=subprocess.DEVNULL,
		stdout=log,
		stderr=log,
		start_new_session=True,
	)
	try:
		_wait_for_port(port, process)
		yield process
	finally:
		stop(process)
		log.close()


def _wait_for_port(port: int, process: subprocess.Popen, seconds: float = 30):
	deadline = time.monotonic() + seconds
	while time.monotonic() < deadline:
		if process.poll() is not None:
			raise RuntimeError(f"The realtime server ended with exit code {process.returncode} at its start.")
		try:
			socket.create_connection(("127.0.0.1", port), timeout=1).close()
			return
		except OSError:
			time.sleep(0.1)
	raise RuntimeError(f"The realtime server did not answer at port {port} within {seconds:.0f} s.")


@contextmanager
def running_worker(bench: Path):
	"""Frappe's own worker on all queues, for as long as the block lasts.

	It takes the jobs of whatever Redis the environment names: the tests' own, under scripts/test.
	"""
	log = _log("worker")
	process = subprocess.Popen(
		[
			*ENDS_WITH_THE_TESTS,
			bench / "env/bin/python",
			*("-m", "frappe.utils.bench_helper", "frappe"),
			*("worker", "--queue", "short,default,long"),
		],
		cwd=bench / "sites",
		stdin=subprocess.DEVNULL,
		stdout=log,
		stderr=log,
		start_new_session=True,
	)
	try:
		yield process
	finally:
		stop(process)
		log.close()
