"""The test site over real HTTP: a gunicorn of its own, and sessions that log in as a browser does."""

import os
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import free_port, stop

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
	log = open(os.environ.get("SERVER_LOG", os.devnull), "ab")
	process = subprocess.Popen(
		[
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
		_wait_until_it_answers(server, process)
		yield server
	finally:
		stop(process)
		log.close()


@contextmanager
def known_to_the_site(server: Server):
	"""For as long as the block lasts, the site is configured with the server's address: Stripe's webhooks find it."""
	import frappe
	from frappe.installer import update_site_config

	update_site_config("host_name", server.url)
	frappe.local.conf.host_name = server.url
	try:
		yield
	finally:
		update_site_config("host_name", "None")  # how Frappe is told to take it out again
		frappe.local.conf.pop("host_name", None)


def _wait_until_it_answers(server: Server, process: subprocess.Popen, seconds: float = 60):
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
