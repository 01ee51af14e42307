"""The ports of our own servers: chosen once among the free ones, then remembered, so that addresses stay the same."""

import json
import os
import re
import socket
from pathlib import Path

from .place import Place
from .say import Problem

NAMES = (
	"web", "socketio", "emulator", "mariadb", "redis_cache", "redis_queue", "test_redis_cache", "test_redis_queue",
	"form_page", "form_emulator",
)  # fmt: skip
# Above the defaults of bench, MariaDB and Redis and below the ports that the kernel gives out by itself.
DEFAULT_RANGE = "18100-18199"


def ports(place: Place) -> dict[str, int]:
	"""Name to port. PORT_RANGE bounds the choice, WEB_PORT and EMULATOR_PORT name one."""
	path = place.home / "ports.json"
	known = json.loads(path.read_text()) if path.exists() else {}
	chosen = dict(known)
	for name in NAMES:
		wanted = os.environ.get(f"{name.upper()}_PORT")
		chosen[name] = int(wanted) if wanted else chosen.get(name) or _choose(set(chosen.values()))
	if chosen != known:
		path.write_text(json.dumps(chosen, indent=1) + "\n")
	return chosen


def is_free(port: int) -> bool:
	with socket.socket() as probe:
		probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		try:
			probe.bind(("127.0.0.1", port))
		except OSError:
			return False
		return True


def answers(port: int) -> bool:
	try:
		socket.create_connection(("127.0.0.1", port), timeout=1).close()
	except OSError:
		return False
	return True


def port_taken(name: str, port: int) -> Problem:
	return Problem(
		f"Port {port}, which {name} should listen on, is taken by {_holder(port)}.",
		"End that program; or forget the ports and have others chosen: scripts/demo --stop, rm .bench/ports.json, "
		"and run again (PORT_RANGE=18200-18299 bounds the choice).",
	)


def _choose(taken: set[int]) -> int:
	low, _, high = os.environ.get("PORT_RANGE", DEFAULT_RANGE).partition("-")
	for port in range(int(low), int(high) + 1):
		if port not in taken and is_free(port):
			return port
	raise Problem(f"No port from {low} to {high} is free.", "Name another range: PORT_RANGE=18200-18299.")


def _holder(port: int) -> str:
	"""Who listens there, as far as we may know: other users' processes are hidden from all but root."""
	for table in ("/proc/net/tcp", "/proc/net/tcp6"):
		for line in Path(table).read_text().splitlines()[1:]:
			words = line.split()
			if words[3] == "0A" and int(words[1].rpartition(":")[2], 16) == port:
				return _process_with_socket(words[9]) or "another program"
	return "another program"


def _process_with_socket(inode: str) -> str | None:
	for process in Path("/proc").glob("[0-9]*"):
		try:
			if any(os.readlink(fd) == f"socket:[{inode}]" for fd in (process / "fd").iterdir()):
				command = (process / "cmdline").read_text().replace("\0", " ").strip()
				return f"process {process.name} ({re.sub(r'(password=)[^ ]+', r'***', command)[:80]})"
		except OSError:
			continue
	return None
