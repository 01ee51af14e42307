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
from contextlib import suppress
from functools import cache
from pathlib import Path

from . import common, machine
from .common import HOME, LOG, REPO, RUN, Problem

REDIS = [f"{whose}redis_{what}" for whose in ("", "test_", "second_test_") for what in ("cache", "queue")]
GROUPS = {
	"demo": ["web", "socketio", "emulator", "worker", "scheduler"],
	"databases": ["mariadb", *REDIS],
	"form": ["form_page", "form_emulator"],
}
LISTEN_NOT = {"worker", "scheduler"}
# Above the defaults of bench, MariaDB and Redis and below the ports that the kernel gives out by itself.
DEFAULT_RANGE = "18100-18199"
SECRETS = HOME / "secrets.json"


def small_environment(end: str = "newest") -> Path:
	"""For what needs no Frappe, with one end of the range of stripe-python: emulator, money, states, the pay form."""
	oldest = re.search(r'"stripe>=([\d.]+)', (REPO / "pyproject.toml").read_text())[1]
	stripe = {"oldest": f"stripe~={oldest}.0", "newest": "stripe>=16,<17"}[end]
	needs = "requests werkzeug>=2.3 typing_extensions honcho>=2,<3 pre-commit>=4,<5".split()
	return machine.environment(f"env-stripe-{end}", [*needs, *common.needed_by_tests(), stripe])


@cache  # the two queues of the tests ask at once, and one would read the file that the other has just emptied
def ports() -> dict[str, int]:
	"""Chosen once among the free ones, then remembered: PORT_RANGE bounds the choice, WEB_PORT or so names one."""
	path = HOME / "ports.json"
	chosen = json.loads(path.read_text()) if path.exists() else {}
	low, _, high = (os.environ.get("PORT_RANGE") or DEFAULT_RANGE).partition("-")
	numbers = (number for number in range(int(low), int(high) + 1) if number not in chosen.values())
	free = (number for number in numbers if not _answers(number))
	for name in (name for names in GROUPS.values() for name in names if name not in LISTEN_NOT):
		chosen[name] = int(os.environ.get(f"{name.upper()}_PORT") or chosen.get(name) or next(free, 0))
		if not chosen[name]:
			raise Problem(f"No port from {low} to {high} is free.", "Name others: PORT_RANGE=18200-18299.")
	path.write_text(json.dumps(chosen, indent=1) + "\n")
	return chosen


def start_databases(own: bool):
	"""MariaDB and Redis; beside a bench that BENCH names, only the tests' own Redis."""
	if own and not (HOME / "mariadb").is_dir():
		_make_mariadb()
	start("databases", GROUPS["databases"] if own else REDIS[2:])


def root_password() -> str:
	"""Of our own MariaDB's root, made by chance with its data folder."""
	return json.loads(SECRETS.read_text())["mariadb"]


def start(group: str, names: list[str] | None = None, bench: Path = HOME, seconds: float = 90):
	"""Start the group unless it runs, and wait until each of its ports answers."""
	names, programs, log = names or GROUPS[group], small_environment(), LOG / f"{group}.log"
	port = {name: ports()[name] for name in names if name not in LISTEN_NOT}
	settings = {f"{name.upper()}_PORT": str(number) for name, number in ports().items()}
	settings |= {"SMALL_PYTHON": str(programs / "python"), "DEMO_BENCH": str(bench)}
	procfile = ["--no-colour", "-f", REPO / "scripts/lib/Procfile", "-d", RUN]
	honcho = [programs / "honcho", "start", *procfile, *names]
	with (RUN / f"{group}.lock").open("a") as lock, log.open("ab") as output:
		if not common.take(lock):
			return
		if taken := [f"{port[name]} ({name})" for name in port if _answers(port[name])]:
			raise Problem(
				f"Another program listens on {', '.join(taken)}.",
				"End it (ss -ltnp shows it); or have other ports chosen: scripts/demo --stop, rm .bench/ports.json, and "
				"run again (PORT_RANGE=18200-18299 bounds the choice).",
			)
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
			raise common.failed(f"Starting {', '.join(silent)}", printed, f"Read {log}, then run again.")
		time.sleep(0.1)


def stop(group: str, seconds: float = 30) -> bool:
	"""End the group. True if it ran."""
	ran = common.is_held(group)
	for number in (signal.SIGTERM, signal.SIGKILL) if ran else ():
		deadline = time.monotonic() + seconds
		with suppress(ProcessLookupError):
			os.kill(int((RUN / f"{group}.lock").read_text()), number)
		while common.is_held(group) and time.monotonic() < deadline:
			time.sleep(0.05)
	return ran


def _make_mariadb():
	"""The data folder, without the test database and its anonymous users, who would take precedence over the sites' users."""
	common.forget("site ")  # their databases were in the old one
	half_made, grant = HOME / "mariadb.half-made", HOME / "mariadb.sql"
	for path in (SECRETS, grant):
		path.touch(mode=0o600)
	SECRETS.write_text(json.dumps({"mariadb": secrets.token_hex(16)}))
	root = f"root@'127.0.0.1' IDENTIFIED BY '{root_password()}'"
	grant.write_text(f"GRANT ALL ON *.* TO {root} WITH GRANT OPTION;\n")  # at each start
	shutil.rmtree(half_made, ignore_errors=True)
	options = [
		"--no-defaults",
		"--skip-test-db",
		"--auth-root-authentication-method=socket",
		f"--datadir={half_made}",
	]
	common.run(["mariadb-install-db", *options], "Making a database server of our own")
	half_made.rename(HOME / "mariadb")


def _answers(port: int) -> bool:
	with socket.socket() as probe:
		return probe.connect_ex(("127.0.0.1", port)) == 0
