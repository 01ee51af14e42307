"""What every part uses: folders, lines for the person at the terminal, running programs, notes, locks.

Notes say which slow steps are done, and for what. make and nox look at times or begin anew; a bench, a site and an environment
are right as long as what they were made from is the same.
"""

import fcntl
import hashlib
import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

# The clone; in the second half of a command (start.py), the copy of it.
REPO = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("STRIPE_SERVICE_HOME", REPO / ".bench"))
RUN, LOG, OUTPUT = HOME / "run", HOME / "log", HOME / "output"
NOTES = HOME / "done.json"
BEGUN = float(os.environ.get("STRIPE_SERVICE_BEGUN", time.monotonic()))  # one clock in both halves
# What a failed program printed, its meaning, and the way out. The first match counts.
CAUSES = {
	"No space left on device|ENOSPC|Disk quota exceeded": (
		"The disk is full.",
		"Free some space (the bench needs about 3 GB), then run the same command again.",
	),
	"Failed to download Chrom": (
		"Playwright's Chromium can't be fetched.",
		"Check the connection, or name a browser that is there (no snap): CHROMIUM=/path/to/chrome",
	),
	"Could not resolve|name resolution|Name or service not known|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|Network is unreachable|"
	"Failed to connect|Could not connect to|Failed to establish a new connection|unable to access 'http": (
		"The network does not answer.",
		"Check the connection (behind a proxy, set https_proxy), then run the same command again.",
	),
	"Access denied for user|Can't connect to (local )?(MySQL|MariaDB|server)": (
		"MariaDB refuses the connection.",
		"For a bench named by BENCH, set DB_ROOT_USER and DB_ROOT_PASSWORD. For our own, read .bench/log/databases.log; if its "
		"data is damaged: scripts/demo --stop, remove .bench/mariadb, and run again (the sites are then made anew).",
	),
	"Permission denied|EACCES": (
		"A file belongs to another user.",
		"Give it to who called the command, or the bench that BENCH names to the user it was made for: chown -R USER FOLDER",
	),
	'requires a different Python|[Rr]equires-[Pp]ython|engine "node" is incompatible|Unsupported engine': (
		"This Frappe does not run on the Python or the Node that was found.",
		"Name fitting ones: PYTHON= and NODE= (version-15 needs 3.10 and 18 or later, version-16 needs 3.14 and 24).",
	),
}


class Problem(Exception):
	"""Something that stops the command: what is wrong, what to do about it, and the last lines of who complained."""

	def __init__(self, cause: str, way_out: str, printed: str = ""):
		super().__init__(cause)
		last = [f"    | {line}" for line in printed.replace("\r", "\n").splitlines() if line.strip()][-15:]
		self.lines = [*last, f"WAY OUT: {way_out}"]

	def text(self, word: str = "STOPPED") -> str:
		"""For the person at the terminal; `word` says whether the command goes on."""
		return "\n".join([f"\n{word}: {self}", *self.lines])


class NoFrappe(Problem):
	"""Frappe can't be had on this machine now; what needs no site can still run."""


def progress(text: str):
	"""A line with the time since the command was started."""
	minutes, seconds = divmod(int(time.monotonic() - BEGUN), 60)
	print(f"[{minutes:3d}:{seconds:02d}] {text}", flush=True)


def read(command: list, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess:
	"""Run to the end, keeping what was printed; never raises for a program that fails or is not there."""
	command, where = list(map(str, command)), {"cwd": cwd, "env": os.environ | environment}
	streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
	try:
		return subprocess.run(command, text=True, errors="replace", **where, **streams)
	except OSError as error:
		return subprocess.CompletedProcess(command, 127, f"{error}\n")


def run(command: list, what: str, cwd: Path | None = None, **environment: str):
	"""A step that takes time: say so, keep what was printed in a log, and raise Problem where it failed."""
	progress(f"{what} ...")
	start, done = time.monotonic(), read(command, cwd, **environment)
	with (LOG / "setup.log").open("a") as log:
		log.write(f"\n$ {' '.join(map(str, command))}\n{done.stdout}")
	if done.returncode:
		raise failed(what, done.stdout, f"Read the whole of it in {log.name}, then run again.")
	progress(f"{what}: done in {time.monotonic() - start:.1f} s")


def failed(what: str, printed: str, otherwise: str) -> Problem:
	"""The Problem of a failed program; `otherwise` is the way out where the cause is not known."""
	last = "\n".join(printed.splitlines()[-60:])  # earlier complaints were survived
	for pattern, (cause, way_out) in CAUSES.items():
		if re.search(pattern, last):
			return Problem(f"{what} failed: {cause}", way_out, printed)
	return Problem(f"{what} failed.", otherwise, printed)


def hash_of_files(folder: Path, *patterns: str) -> str:
	"""One hash over the files' names and contents, but for what builds and Python leave."""
	digest = hashlib.sha256()
	for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
		if path.is_file() and not {"dist", "__pycache__"} & set(path.parts):
			digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
	return digest.hexdigest()


def notes() -> dict[str, str]:
	"""Of each slow step what it was done for, so that it is done again only when that has changed."""
	return json.loads(NOTES.read_text()) if NOTES.exists() else {}


def once(what: str, for_what, do: Callable, there: bool = True):
	"""Do it, unless it was done for the same and is still `there`. What was interrupted is begun anew."""
	mark = hashlib.sha256(json.dumps(for_what, default=str, sort_keys=True).encode()).hexdigest()
	if not there or notes().get(what) != mark:
		do()
		NOTES.write_text(json.dumps(notes() | {what: mark}, indent=1))


def forget(beginning: str):
	"""Forget the steps whose names begin so."""
	NOTES.write_text(json.dumps({what: it for what, it in notes().items() if not what.startswith(beginning)}))


@contextmanager
def held(name: str):
	"""Hold a lock: a set-up is never made twice at once, nor a test run. The kernel frees it when the process ends."""
	with (RUN / f"{name}.lock").open("a") as file:
		if not take(file):
			progress(f"Another command holds the {name}: waiting for it ...")
			fcntl.flock(file, fcntl.LOCK_EX)
		yield


def take(file) -> bool:
	"""Lock the open file, unless another process has."""
	try:
		fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
	except OSError:
		return False
	return True


def is_held(name: str) -> bool:
	"""Whether another command, or a group of servers, holds the lock of this name now."""
	with (RUN / f"{name}.lock").open("a") as file:
		return not take(file)


def needed_by_tests() -> list[str]:
	"""[tool.bench.dev-dependencies] of pyproject.toml, read without a TOML parser: Python 3.10 has none."""
	_, _, rest = (REPO / "pyproject.toml").read_text().partition("[tool.bench.dev-dependencies]\n")
	section, _, _ = rest.partition("\n[")
	return [name + version for name, version in re.findall(r'^([\w.-]+) = "([^"]*)"', section, re.MULTILINE)]
