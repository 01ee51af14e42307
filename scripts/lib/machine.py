"""What the machine must have: programs, a Python for Frappe, room on the disk. Installs what a Debian can install."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .place import Place
from .run import read, run
from .say import Problem, step

# program -> (Debian's package, other names of the program)
FOR_SITE = {
	"git": ("git", ()),
	"gcc": ("build-essential", ()),
	"pkg-config": ("pkg-config", ("pkgconf",)),
	"mariadbd": ("mariadb-server", ("mysqld",)),
	"mariadb-install-db": ("mariadb-server", ("mysql_install_db",)),
	"mariadb": ("mariadb-client", ()),
	"redis-server": ("redis-server", ()),
	"node": ("nodejs", ()),
}
# Frappe's build calls yarn 1. Debian's yarnpkg works with Debian's own Node only; wherever npm is, it brings a yarn that
# works with the Node it came with.
YARN = "yarn@1.22.22"
# Headers and fonts bring no program to look for; they come along when something else has to be installed.
ALONG = ["python3-venv", "python3-dev", "libmariadb-dev", "fonts-liberation", "ca-certificates"]
BROWSERS = ("chromium", "google-chrome-stable", "google-chrome", "chromium-browser")
PYTHONS = ("python3.12", "python3.11", "python3.10", "python3.13", "python3", "/usr/bin/python3")
OLDEST_NODE = 18
ROOM_FOR_BENCH = 3 * 1024**3
ROOM_TO_RUN = 500 * 1024**2


def check_room(place: Place, needed: int):
	free = shutil.disk_usage(place.home).free
	if free < needed:
		raise Problem(
			f"The disk is full: {free / 1024**3:.1f} GB are free below {place.home}, {needed / 1024**3:.1f} GB are needed.",
			"Free some space, or move the repo to a larger disk, then run the same command again.",
		)


def ensure_programs(place: Place):
	"""Everything a bench needs, installed with apt where it is missing."""
	missing = [name for name, (_package, others) in FOR_SITE.items() if not _find(place, name, *others)]
	if not _yarn_works(place) and not _find(place, "npm"):
		missing.append("yarn")
	python_found = os.environ.get("PYTHON") or find_python(place, must=False)  # a named one is not replaced
	if missing or not python_found:
		packages = {FOR_SITE[name][0] if name in FOR_SITE else "yarnpkg" for name in missing}
		_install(sorted(packages | set(ALONG)), missing or ["python3-venv"])
	_check_node(place)
	_ensure_yarn(place)


def find_python(place: Place, must: bool = True) -> str | None:
	"""The Python for Frappe: PYTHON, or the first fitting one that the place's user can run, with venv."""
	asked = os.environ.get("PYTHON")
	tried = []
	for name in [asked] if asked else PYTHONS:
		version, path = _python_version(place, name)
		if version and version >= _oldest_python():
			return path
		if version:
			tried.append(f"{path} is {'.'.join(map(str, version))}")
	if not must:
		return None
	oldest = ".".join(map(str, _oldest_python()))
	raise Problem(
		f"No Python {oldest} or later with its venv module was found"
		+ (f" for {place.user.pw_name}" if os.geteuid() != place.user.pw_uid else "")
		+ (f" ({'; '.join(tried)})." if tried else "."),
		f"Install it (Debian: apt-get install python3 python3-venv python3-dev), or name one: PYTHON=/path/to/python{oldest}.",
	)


def find_browser(place: Place) -> str | None:
	"""Path of a Chromium that Playwright can drive; a snap's launcher is none, it cannot see the test's folders."""
	if named := os.environ.get("CHROMIUM"):
		return named
	for name in BROWSERS:
		path = _find(place, name)
		if path and not path.startswith("/snap/") and b"snap" not in _beginning(path):
			return path
	return None


def ensure_browser(place: Place, env: Path) -> str | None:
	"""Chromium for the browser tests: Debian's own; on Ubuntu, where that is a snap, the one Playwright fetches.

	Returns its path, or None where Playwright knows the way itself.
	"""
	if found := find_browser(place):
		return found
	if _distribution() != "ubuntu":
		_install(["chromium", "fonts-liberation"], ["chromium"])
		return find_browser(place)
	playwright = [str(env / "bin/python"), "-m", "playwright"]
	with step("Fetching Chromium for the browser tests"):
		if not _works(place, [*playwright, "install", "chromium"]):
			raise Problem(
				"Playwright could not fetch Chromium.",
				"Check the network, or name a Chromium: CHROMIUM=/path.",
			)
		_as_root([*playwright, "install-deps", "chromium"], "libraries for Chromium")
	return None


def sudo() -> list[str]:
	"""The words before a command that needs root."""
	if os.geteuid() == 0:
		return []
	if not shutil.which("sudo"):
		raise Problem("This needs root, and sudo is missing.", "")
	if sys.stdin.isatty() or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
		return ["sudo"]
	raise Problem("This needs root, and sudo asks for a password where nobody can type one.", "")


def _install(packages: list[str], missing: list[str]):
	by_hand = f"apt-get update && apt-get install --no-install-recommends {' '.join(packages)}"
	what = f"Missing on this machine: {', '.join(missing)}."
	if not shutil.which("apt-get"):
		raise Problem(
			f"{what} It is no Debian or Ubuntu, so they can't be installed from here.",
			"Install them, then run again.",
		)
	with step(f"Installing {', '.join(packages)} (system packages)"):
		try:
			_apt(["update", "-qq"])
			_apt(["install", "-y", "-qq", "--no-install-recommends", *packages])
		except Problem as problem:
			raise Problem(
				f"{what} {problem.cause}",
				f"As root: {by_hand}\nThen run the same command again.",
				problem.details,
			) from None


def _apt(arguments: list[str]):
	_as_root(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *arguments], f"apt-get {arguments[0]}")


def _as_root(command: list[str], what: str):
	done = subprocess.run([*sudo(), *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
	if done.returncode:
		raise Problem(f"{what} failed.", "", "\n".join(done.stdout.splitlines()[-12:]))


def _ensure_yarn(place: Place):
	"""A `yarn` that runs with this machine's Node, in the project's own folder where the machine has none."""
	if _yarn_works(place):
		return
	link = place.home / "bin/yarn"
	link.unlink(missing_ok=True)
	if _find(place, "npm"):
		folder = place.home / "yarn"
		place.own(folder)
		with step("Installing yarn with npm, into the project's own folder"):
			run(place, ["npm", "install", "--no-save", "--prefix", folder, YARN], "npm install yarn")
		link.symlink_to(folder / "node_modules/.bin/yarn")
	elif yarnpkg := _find(place, "yarnpkg"):
		link.symlink_to(yarnpkg)
	if not _yarn_works(place):
		raise Problem(
			"yarn, which Frappe's build calls, does not run with this machine's Node.",
			"Install yarn 1 for this Node: npm install -g yarn; then run the same command again.",
		)


def _yarn_works(place: Place) -> bool:
	return bool(_find(place, "yarn")) and _works(place, ["yarn", "--version"])


def _check_node(place: Place):
	version = read(place, ["node", "--version"]).stdout.strip().lstrip("v")
	if int(version.split(".")[0] or 0) < OLDEST_NODE:
		raise Problem(
			f"Node {version} is too old, Frappe needs {OLDEST_NODE} or later.",
			"Put a newer one first in PATH (Debian 12 and Ubuntu 24.04 have 18: apt-get install nodejs).",
		)


def _oldest_python() -> tuple[int, int]:
	return (3, 14) if os.environ.get("FRAPPE_BRANCH", "").startswith("version-16") else (3, 10)


def _python_version(place: Place, name: str) -> tuple[tuple[int, int] | None, str]:
	program = "import sys, venv, ensurepip; print(*sys.version_info[:2], sys.executable)"
	try:
		done = read(place, [name, "-c", program])
	except OSError:
		return None, name
	words = done.stdout.split(maxsplit=2)
	return ((int(words[0]), int(words[1])), words[2].strip()) if len(words) == 3 else (None, name)


def _find(place: Place, *names: str) -> str | None:
	"""The path of a program, as the place's user finds it."""
	for name in names:
		done = read(place, ["/bin/sh", "-c", f"command -v {name}"])
		if done.returncode == 0:
			return done.stdout.strip()
	return None


def _works(place: Place, command: list[str]) -> bool:
	return read(place, command, seconds=600).returncode == 0


def _beginning(path: str) -> bytes:
	try:
		with open(path, "rb") as file:
			return file.read(400)
	except OSError:
		return b""


def _distribution() -> str:
	try:
		lines = Path("/etc/os-release").read_text().splitlines()
	except OSError:
		return ""
	return next((line[3:].strip('"') for line in lines if line.startswith("ID=")), "")
