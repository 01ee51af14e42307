"""What the machine must have: programs, a Python and a Node for Frappe, a Chromium, environments for Python.

Frappe leaves this to its installation guide: `bench init` fails where a program is missing. So what is missing is looked for
as the user who will run it, and comes from apt; yarn comes from npm, and on Ubuntu, whose chromium is a snap that cannot see
the tests' folders, Chromium comes from Playwright.
"""

import os
import platform
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from . import common
from .common import HOME, Problem

UBUNTU = platform.freedesktop_os_release()["ID"] == "ubuntu"
# What Playwright's Chromium is linked with, as few packages that bring the rest along.
FOR_PLAYWRIGHT = "libgtk-3-0t64 libnss3 libasound2t64 libgbm1"
NODE = {"node": "nodejs", "npm": "npm"}
# needed for -> program -> Debian's packages. A program, because Node, Python and Chromium may come from elsewhere.
PROGRAMS = {
	"always": {"git": "git", "rsync": "rsync"},
	"site": {
		"gcc": "build-essential",
		"pkg-config": "pkg-config",
		"python3-config": "python3-dev",
		"mariadb_config": "libmariadb-dev",
		"mariadbd": "mariadb-server",
		"mariadb": "mariadb-client",
		"redis-server": "redis-server",
		"update-ca-certificates": "ca-certificates",
		**NODE,
	},
	"node": NODE,
	"browser": {"chromium": f"{FOR_PLAYWRIGHT if UBUNTU else 'chromium'} fonts-liberation"},
}
BROWSERS = ("chromium", "google-chrome-stable", "google-chrome")
PYTHONS = "python3.12 python3.11 python3.10 python3.13 python3 /usr/bin/python3 python3.14".split()
GET = (
	"Name fitting ones: PYTHON=/path/to/python3 NODE=/path/to/node\n"
	"Frappe 15: apt-get install python3 python3-venv python3-dev nodejs npm.\n"
	"Frappe 16: Python 3.14 (on Ubuntu add-apt-repository ppa:deadsnakes/ppa, apt-get install python3.14-venv python3.14-dev; "
	"anywhere uv python install 3.14, https://docs.astral.sh/uv) and Node 24 (curl -fsSL https://deb.nodesource.com/setup_24.x "
	"| bash -, apt-get install nodejs; or nvm install 24)."
)


def install_packages(needs: set[str], become: list[str]):
	"""With apt, what the user does not find. Where that fails, apt says why, and check_packages what to do."""
	if packages := _missing(needs, become):
		common.progress(f"Installing {' '.join(packages)} (system packages) ...")
		apt = [*(["sudo"] if os.geteuid() else []), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
		for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
			with suppress(OSError):  # no sudo
				subprocess.run([*apt, *arguments], stdout=subprocess.DEVNULL)


def check_packages(needs: set[str], become: list[str] | None = None):
	"""Raises Problem where a program is missing although install_packages was called."""
	if packages := " ".join(_missing(needs, become)):
		by_hand = f"As root: apt-get update && apt-get install --no-install-recommends {packages}"
		raise Problem(f"Missing on this machine: {packages}.", f"{by_hand}\nThen run the same command again.")


def _missing(needs: set[str], become: list[str] | None = None) -> list[str]:
	"""Packages of the programs that the user does not find, whom the words of `become` make of this one."""
	wanted = dict(item for need in ("always", *needs) for item in PROGRAMS[need].items())
	found = common.read([*(become or []), "which", *wanted, *BROWSERS]).stdout.splitlines()
	found = {Path(path).name for path in found if not path.startswith("/snap/")}
	if os.environ.get("CHROMIUM") or found & set(BROWSERS):
		found.add("chromium")
	elif UBUNTU and not common.read(["dpkg", "-s", *FOR_PLAYWRIGHT.split()]).returncode:
		found.add("chromium")
	packages = " ".join(name for program, name in wanted.items() if program not in found).split()
	return sorted({*packages, *(() if _python(10, become) else ("python3-venv",))})


def needs_newest() -> bool:
	"""Frappe 16 and later run on Python 3.14 and Node 24 only."""
	number = re.search(r"\d+", branch := os.environ.get("FRAPPE_BRANCH", "version-15"))
	return branch == "develop" or bool(number and int(number[0]) >= 16)


def find_python(oldest: int) -> str:
	"""PYTHON, or the first that is 3.`oldest` or later and has its venv module."""
	if found := _python(oldest):
		return found
	raise Problem(f"No Python 3.{oldest} or later with its venv module was found.", GET)


def _python(oldest: int, become: list[str] | None = None) -> str:
	program = f"import sys, venv, ensurepip; assert sys.version_info >= (3, {oldest}); print(sys.executable)"
	for name in [os.environ["PYTHON"]] if os.environ.get("PYTHON") else PYTHONS:
		answer = common.read([*(become or []), name, "-c", program])
		if not answer.returncode:
			return answer.stdout.strip()
	return ""


def ensure_node():
	"""Node as new as Frappe needs it, and a yarn 1 that runs with it, as Debian's does not."""
	oldest = 24 if needs_newest() else 18
	version = common.read(["node", "--version"]).stdout.strip()
	found = re.match(r"v(\d+)", version)
	if not found or int(found[1]) < oldest:
		raise Problem(f"Frappe needs Node {oldest} or later; found: {version}.", GET)
	yarn = HOME / "yarn"
	npm = ["npm", "install", "--no-save", "--prefix", yarn, "yarn@1.22.22"]
	common.once("yarn", npm, lambda: common.run(npm, "Fetching yarn with npm"), there=yarn.exists())


def ensure_browser(python: Path) -> str:
	"""The path of a Chromium for the browser tests; nothing where Playwright, in this Python, brings its own."""
	for path in [os.environ.get("CHROMIUM"), *map(shutil.which, BROWSERS)]:
		if path and not path.startswith("/snap/"):
			return path
	check_packages({"browser"})
	common.run([python, "-m", "playwright", "install", "chromium"], "Fetching Chromium")
	return ""


def environment(name: str, needs: list[str], python: str = "") -> Path:
	"""A Python environment with these packages, made where it is missing; its folder of programs."""
	folder = HOME / name

	def make():
		venv = [python or find_python(10), "-m", "venv", "--clear", folder]
		common.run(venv, f"Making a Python environment, {name}")
		common.run([folder / "bin/pip", "install", "-q", *needs], f"Filling it with {needs[-1]}")

	common.once(name, needs, make, there=(folder / "bin/python").exists())
	return folder / "bin"
