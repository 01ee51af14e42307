"""Our own servers on 127.0.0.1, beside whatever the machine already runs, in three groups of lib/Procfile.

honcho, which `bench start` uses, runs a group, ends all of it when one ends, and writes one log. What it has not: to run in the
background, to know when its servers answer, and to be found again. It holds the lock run/GROUP.lock as long as it lives.
"""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from functools import cache
from pathlib import Path

from . import common
from .common import HOME, LOG, REPO, RUN, Problem
from .machine import find_python

GROUPS = {
	"demo": ["web", "socketio", "emulator", "worker", "scheduler"],
	"databases": [
		"mariadb",
		*("redis_cache", "redis_queue"),
		*("test_redis_cache", "test_redis_queue", "second_test_redis_cache", "second_test_redis_queue"),
	],
	"form": ["form_page", "form_emulator"],
}
LISTEN_NOT = {"worker", "scheduler"}
# Above the defaults of bench, MariaDB and Redis and below the ports that the kernel gives out by itself.
DEFAULT_RANGE = "18100-18199"
# Anonymous users would take precedence over the sites' users when these come from localhost.
SECURE = """\
DELETE FROM mysql.global_priv WHERE User = '';
FLUSH PRIVILEGES;
CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY '{0}';
GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
ALTER USER 'root'@'127.0.0.1' IDENTIFIED BY '{0}';
ALTER USER 'root'@'localhost' IDENTIFIED BY '{0}';
"""


def small_environment(end: str = "newest") -> Path:
	"""For what needs no Frappe, with one end of the range of stripe-python: emulator, money, states, the pay form.

	Not nox: it installs anew at each run, and honcho and the demo's emulator live in the newest one.
	"""
	oldest = re.search(r'"stripe>=([\d.]+)', (REPO / "pyproject.toml").read_text())[1]
	stripe = {"oldest": f"stripe~={oldest}.0", "newest": "stripe>=16,<17"}[end]
	needs = ["requests", "werkzeug>=2.3", "typing_extensions", "honcho>=2,<3"]
	return common.environment(
		f"env-stripe-{end}", find_python((3, 10)), [*needs, *common.needed_by_tests(), stripe]
	)


@cache  # the two queues of the tests ask at once, and one would read the file that the other has just emptied
def ports() -> dict[str, int]:
	"""Chosen once among the free ones, then remembered: PORT_RANGE bounds the choice, WEB_PORT or so names one."""
	path = HOME / "ports.json"
	chosen = json.loads(path.read_text()) if path.exists() else {}
	low, _, high = (os.environ.get("PORT_RANGE") or DEFAULT_RANGE).partition("-")
	free = (
		port for port in range(int(low), int(high) + 1) if port not in chosen.values() and not _answers(port)
	)
	for name in (name for names in GROUPS.values() for name in names if name not in LISTEN_NOT):
		if named := os.environ.get(f"{name.upper()}_PORT"):
			chosen[name] = int(named)
		elif name not in chosen:
			chosen[name] = next(free, 0)
		if not chosen[name]:
			raise Problem(
				f"No port from {low} to {high} is free.", "Name another range: PORT_RANGE=18200-18299."
			)
	path.write_text(json.dumps(chosen, indent=1) + "\n")
	return chosen


def start_databases(own: bool):
	"""MariaDB and Redis; beside a bench that BENCH names, only the tests' own Redis."""
	if not own:
		return start("databases", [name for name in GROUPS["databases"] if "test_" in name])
	if not common.is_held("databases"):
		_make_mariadb()
	start("databases")


def root_password() -> str:
	"""Of our own MariaDB's root, made by chance with its data folder."""
	return json.loads((HOME / "secrets.json").read_text())["mariadb"]


def start(group: str, names: list[str] | None = None, bench: Path = HOME, seconds: float = 90):
	"""Start the group unless it runs, and wait until each of its ports answers."""
	names = names or GROUPS[group]
	port = {name: ports()[name] for name in names if name not in LISTEN_NOT}
	programs = small_environment()
	settings = {f"{name.upper()}_PORT": str(number) for name, number in ports().items()}
	settings |= {
		"MARIADB_SOCKET": str(_socket()),
		"SMALL_PYTHON": str(programs / "python"),
		"DEMO_BENCH": str(bench),
	}
	log = LOG / f"{group}.log"
	options = ["--no-colour", "-f", REPO / "scripts/lib/Procfile", "-d", RUN]
	honcho = [programs / "honcho", "start", *options, *names]
	with (RUN / f"{group}.lock").open("a") as lock, log.open("ab") as output:
		if not common.take(lock):
			return
		for name in port:
			_check_free(name, port[name])
		begin = output.tell()
		options = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output, "start_new_session": True}
		process = subprocess.Popen(honcho, env=os.environ | settings, pass_fds=[lock.fileno()], **options)
		lock.truncate(0)
		lock.write(str(process.pid))
	deadline = time.monotonic() + seconds
	while silent := [name for name in port if not _answers(port[name])]:
		if process.poll() is not None or time.monotonic() > deadline:
			stop(group)
			printed = log.read_bytes()[begin:].decode(errors="replace")
			raise Problem(f"{', '.join(silent)} did not start.", f"Read {log}, then run again.", printed)
		time.sleep(0.1)


def stop(group: str, seconds: float = 30) -> bool:
	"""End the group. True if it ran."""
	if not common.is_held(group):
		return False
	for number in (signal.SIGTERM, signal.SIGKILL):
		deadline = time.monotonic() + seconds
		try:
			os.kill(int((RUN / f"{group}.lock").read_text()), number)
		except ProcessLookupError:
			pass
		while common.is_held(group) and time.monotonic() < deadline:
			time.sleep(0.05)
	return True


def _make_mariadb():
	"""The data folder where there is none, and the statements that each start runs."""
	data, secret, start_with = HOME / "mariadb", HOME / "secrets.json", HOME / "mariadb.sql"
	for path in (secret, start_with):
		path.touch(mode=0o600)
	if not data.is_dir():
		common.forget("site ")  # their databases were in the old one
		secret.write_text(json.dumps({"mariadb": secrets.token_hex(16)}) + "\n")
		half_made = HOME / "mariadb.half-made"
		shutil.rmtree(half_made, ignore_errors=True)
		options = ["--no-defaults", f"--datadir={half_made}", "--auth-root-authentication-method=normal"]
		with common.step("Making a database server of our own"):
			common.run(["mariadb-install-db", *options], "Making MariaDB's data folder")
		half_made.rename(data)
	start_with.write_text(SECURE.format(root_password()))


def _socket() -> Path:
	"""In the run folder, unless its path is longer than the 107 bytes that Linux allows for a socket."""
	path = RUN / "mariadb.sock"
	return path if len(str(path)) < 100 else Path(f"/tmp/stripe-service-{ports()['mariadb']}.sock")


def _check_free(name: str, port: int):
	if _answers(port):
		holder = common.read(["ss", "-Hltnp", f"sport = :{port}"]).stdout.partition("users:")[2].strip()
		raise Problem(
			f"Port {port}, which {name} should listen on, is taken by {holder or 'another program'}.",
			"End that program; or forget the ports and have others chosen: scripts/demo --stop, rm .bench/ports.json, "
			"and run again (PORT_RANGE=18200-18299 bounds the choice).",
		)


def _answers(port: int) -> bool:
	with socket.socket() as probe:
		return probe.connect_ex(("127.0.0.1", port)) == 0
