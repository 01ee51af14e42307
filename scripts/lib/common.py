"""What every part uses: folders, lines for the person at the terminal, running programs, notes, locks, environments.

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
		self.text = "\n".join([f"\nSTOPPED: {cause}", *last, f"WAY OUT: {way_out}"])


class NoFrappe(Problem):
	"""Frappe can't be had on this machine now; what needs no site can still run."""


def progress(text: str):
	"""A line with the time since the command was started."""
	minutes, seconds = divmod(int(time.monotonic() - BEGUN), 60)
	print(f"[{minutes:3d}:{seconds:02d}] {text}", flush=True)


@contextmanager
def step(what: str):
	"""Announce a long step, and how long it took."""
	progress(f"{what} ...")
	start = time.monotonic()
	yield
	progress(f"{what}: done in {time.monotonic() - start:.1f} s")


def read(command: list, cwd: Path = HOME, **environment: str) -> subprocess.CompletedProcess:
	"""Run to the end, keeping what was printed; never raises for a program that fails or is not there."""
	options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
	command = list(map(str, command))
	try:
		return subprocess.run(
			command, cwd=cwd, env=os.environ | environment, text=True, errors="replace", **options
		)
	except OSError as error:
		return subprocess.CompletedProcess(command, 127, f"{error}\n")


def run(command: list, what: str, cwd: Path = HOME, **environment: str):
	"""Run to the end, with what was printed in a log; on failure raise Problem, with the cause if it is known."""
	done = read(command, cwd, **environment)
	with (LOG / "setup.log").open("a") as log:
		log.write(f"\n$ {' '.join(map(str, command))}\n{done.stdout}")
	if done.returncode:
		raise failed(what, done.stdout, f"Read the whole of it in {log.name}, then run again.")


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


def is_done(what: str, for_what) -> bool:
	"""Whether the step `what` was done for the same `for_what` (anything that JSON can hold, or str() can tell apart)."""
	return notes().get(what) == _hash(for_what)


def note(what: str, for_what):
	"""Remember that the step `what` is done for `for_what`. Only when it is: an interrupted step is then begun anew."""
	NOTES.write_text(json.dumps(notes() | {what: _hash(for_what)}, indent=1))


def _hash(value) -> str:
	return hashlib.sha256(json.dumps(value, default=str, sort_keys=True).encode()).hexdigest()


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


def environment(name: str, python: str, needs: list[str]) -> Path:
	"""A Python environment with these packages, made where it is missing; its folder of programs."""
	folder = HOME / name
	if not (folder / "bin/python").exists() or not is_done(name, needs):
		with step(f"Making a Python environment with {needs[-1]}"):
			if not (folder / "bin/pip").exists():
				run([python, "-m", "venv", "--clear", folder], f"Making {name}")
			run([folder / "bin/pip", "install", "-q", *needs], f"Filling {name}")
		note(name, needs)
	return folder / "bin"


def needed_by_tests() -> list[str]:
	"""[tool.bench.dev-dependencies] of pyproject.toml, read without a TOML parser: Python 3.10 has none."""
	_, _, rest = (REPO / "pyproject.toml").read_text().partition("[tool.bench.dev-dependencies]\n")
	section, _, _ = rest.partition("\n[")
	return [name + version for name, version in re.findall(r'^([\w.-]+) = "([^"]*)"', section, re.MULTILINE)]
