"""Runs a program as the place's user, keeps its output in a log, and says why it failed."""

import re
import subprocess
from pathlib import Path

from .place import Place
from .say import Problem

# What a failed program printed, and what is then to be done. First match wins.
KNOWN_CAUSES = [
	(
		r"No space left on device|Errno 28|ENOSPC|Disk quota exceeded",
		"The disk is full.",
		"Free some space (the bench needs about 3 GB), then run the same command again.",
	),
	(
		r"Could not resolve|Temporary failure in name resolution|Name or service not known|ENOTFOUND|EAI_AGAIN|"
		r"Network is unreachable|Connection refused.*(github|pypi|yarnpkg|npmjs)|Failed to connect to|ETIMEDOUT|"
		r"Failed to fetch|client error \(Connect\)|Could not connect to|unable to access 'http|error Couldn't find",
		"The network does not answer.",
		"Check the connection (behind a proxy, set https_proxy), then run the same command again.",
	),
	(
		r"Access denied for user|Can't connect to (local )?(MySQL|MariaDB|server)|OperationalError: \((2002|2003|1045),",
		"MariaDB refuses the connection.",
		"Look into .bench/log/mariadb.log. For a bench named by BENCH, set DB_ROOT_USER and DB_ROOT_PASSWORD to "
		"an account that may create databases.",
	),
	(
		r"requires a different Python|Requires-Python|requires-python|No interpreter found|python_requires",
		"This Frappe does not run on the Python that was found.",
		"Name a fitting one: PYTHON=/path/to/python3.x (version-15 needs 3.10 or later, version-16 needs 3.14).",
	),
	(
		r"The engine \"node\" is incompatible|Unsupported engine",
		"This Frappe does not run on the Node that was found.",
		"Put a newer Node first in PATH (version-15 needs 18 or later, version-16 needs 24).",
	),
]


def run(
	place: Place, command: list, what: str, cwd: Path | None = None, log: str = "setup", **environment: str
):
	"""Run to the end; on failure raise Problem with the last lines and, where it is known, the cause."""
	path = place.log / f"{log}.log"
	with path.open("ab") as output:
		output.write(f"\n$ {' '.join(map(str, command))}\n".encode())
		output.flush()
		begin = output.tell()
		code = _call(place, command, cwd or place.home, environment, output)
	if code != 0:
		printed = path.read_bytes()[begin:].decode(errors="replace").replace("\r", "\n")
		raise _problem(what, code, printed, path)


def read(place: Place, command: list, cwd: Path | None = None, seconds: float = 60, **environment: str):
	"""Run and return the finished process with its output as text; never raises for a failed one."""
	return subprocess.run(
		list(map(str, command)),
		cwd=cwd or place.home,
		env=place.environment(**environment),
		stdin=subprocess.DEVNULL,
		capture_output=True,
		text=True,
		timeout=seconds,
		**place.as_user(),
	)


def _call(place: Place, command: list, cwd: Path, environment: dict, output) -> int:
	try:
		return subprocess.run(
			list(map(str, command)),
			cwd=cwd,
			env=place.environment(**environment),
			stdin=subprocess.DEVNULL,
			stdout=output,
			stderr=subprocess.STDOUT,
			**place.as_user(),
		).returncode
	except FileNotFoundError as error:
		output.write(f"{error}\n".encode())
		return 127


def _problem(what: str, code: int, printed: str, path: Path) -> Problem:
	last = "\n".join([line for line in printed.splitlines() if line.strip()][-15:])
	for pattern, cause, way_out in KNOWN_CAUSES:
		if re.search(pattern, printed):
			return Problem(f"{what} failed: {cause}", way_out, last)
	return Problem(
		f"{what} failed with exit code {code}.", f"Read the whole of it in {path}, then run again.", last
	)
