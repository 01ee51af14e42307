"""What the machine must have: programs, a Python and a Node for Frappe, a Chromium, room on the disk.

Frappe leaves this to its installation guide: `bench init` fails where a program is missing. So what is missing is looked for
as the user who will run it, and comes from apt; yarn comes from npm, and on Ubuntu, whose chromium is a snap that cannot see
the tests' folders, Chromium comes from Playwright.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from . import common
from .common import HOME, Problem

# needed for -> program (or others of its kind) -> Debian's package
NODE = {"node": "nodejs", "npm": "npm"}
BROWSERS = ("chromium", "google-chrome-stable", "google-chrome")
PROGRAMS = {
	"always": {"git": "git"},
	"site": {
		"gcc": "build-essential",
		"pkg-config": "pkg-config",
		"mariadbd": "mariadb-server",
		"mariadb-install-db": "mariadb-server",
		"mariadb": "mariadb-client",
		"redis-server": "redis-server",
		**NODE,
	},
	"node": NODE,
	"browser": {"|".join(BROWSERS): "chromium"},
}
# Headers and fonts bring no program to look for; they come along when something else has to be installed.
ALONG = {"site": ["python3-dev", "libmariadb-dev", "ca-certificates"], "browser": ["fonts-liberation"]}
# What Playwright's Chromium needs on Ubuntu. `playwright install-deps` knows them, too, but runs as root, which has no Playwright.
FOR_PLAYWRIGHT = (
	"fonts-liberation libasound2t64 libatk-bridge2.0-0t64 libatk1.0-0t64 libatspi2.0-0t64 libcairo2 libcups2t64 libdbus-1-3 "
	"libdrm2 libgbm1 libglib2.0-0t64 libnspr4 libnss3 libpango-1.0-0 libx11-6 libxcb1 libxcomposite1 libxdamage1 libxext6 "
	"libxfixes3 libxkbcommon0 libxrandr2"
).split()
PYTHONS = "python3.12 python3.11 python3.10 python3.13 python3 /usr/bin/python3 python3.14".split()
GET = (
	"Install it (apt-get install python3 python3-venv python3-dev nodejs), or name one: PYTHON=/path/to/python3.12 "
	"NODE=/path/to/node"
)
GET_NEWEST = (
	"Frappe 16 needs both. Python 3.14: on Ubuntu add-apt-repository ppa:deadsnakes/ppa, apt-get install python3.14-venv "
	"python3.14-dev; anywhere uv python install 3.14 (https://docs.astral.sh/uv) or https://www.python.org/downloads. "
	"Node 24: curl -fsSL https://deb.nodesource.com/setup_24.x | bash -, apt-get install nodejs; or nvm install 24.\n"
	"A python3.14 and a node 24 in PATH are used, or name them: PYTHON=/path/to/python3.14 NODE=/path/to/node"
)
YARN = "yarn@1.22.22"  # Frappe's build calls yarn 1; npm's runs with whatever Node npm came with, Debian's does not
ROOM_FOR_BENCH, ROOM_TO_RUN = 3 * 1024**3, 500 * 1024**2


def install_packages(needs: set[str], become: list[str], environment: dict) -> str:
	"""With apt, what the user does not find. Why that failed, or nothing: who needs it says what is missing."""
	missing = _missing(needs, become, environment)
	if not missing:
		return ""
	sudo, why_not = _sudo()
	if why_not:
		return why_not
	if (
		"nodejs" in missing
		and "nodesource" in common.read(["apt-cache", "policy", "nodejs"], Path("/")).stdout
	):
		missing = [name for name in missing if name != "npm"]  # theirs brings it, and conflicts with Debian's
	with common.step(f"Installing {' '.join(missing)} (system packages)"):
		for arguments in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
			apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", *arguments]
			done = common.read(apt, Path("/"))
			if done.returncode:
				return f"apt-get {arguments[0]} failed:\n{done.stdout[-2000:]}"
	return ""


def check_packages(needs: set[str]):
	"""Raises Problem where a program is missing although install_packages was called."""
	if missing := _missing(needs):
		why, _, printed = os.environ.get("COULD_NOT_INSTALL", "").partition("\n")
		by_hand = f"apt-get update && apt-get install --no-install-recommends {' '.join(missing)}"
		way_out = f"As root: {by_hand}\nThen run the same command again."
		raise Problem(f"Missing on this machine: {' '.join(missing)}. {why}", way_out, printed)


def check_room(needed: int):
	"""Before the minutes after which it would fail; `needed` in bytes."""
	free = shutil.disk_usage(HOME).free
	if free < needed:
		raise Problem(
			f"The disk is full: {free / 1024**3:.1f} GB are free below {HOME}, {needed / 1024**3:.1f} GB are needed.",
			"Free some space, or move the repo to a larger disk, then run the same command again.",
		)


def needs_newest() -> bool:
	"""Frappe 16 and later run on Python 3.14 and Node 24 only."""
	number = re.search(r"\d+", branch := os.environ.get("FRAPPE_BRANCH", "version-15"))
	return branch == "develop" or bool(number and int(number[0]) >= 16)


def find_python(oldest: tuple[int, int] | None = None) -> str:
	"""PYTHON, or the first fitting one, with venv; for Frappe, unless another oldest version is named."""
	oldest = oldest or ((3, 14) if needs_newest() else (3, 10))
	seen = []
	program = "import sys, venv, ensurepip; print(*sys.version_info[:2], sys.executable)"
	for name in [os.environ["PYTHON"]] if os.environ.get("PYTHON") else PYTHONS:
		major, minor, path = [*common.read([name, "-c", program]).stdout.split(maxsplit=2), "", "", ""][:3]
		if major == "3" and (3, int(minor)) >= oldest:
			return path.strip()
		is_what = f"is 3.{minor}" if major == "3" else f"none that {os.environ['USER']} can run"
		seen.append(f"{name}: {is_what}")
	raise Problem(
		f"No Python {oldest[0]}.{oldest[1]} or later with its venv module was found.",
		GET_NEWEST if oldest >= (3, 14) else GET,
		"\n".join(seen),
	)


def ensure_node():
	"""Node as new as Frappe needs it, and a yarn that runs with it."""
	oldest = 24 if needs_newest() else 18
	version = common.read(["node", "--version"]).stdout.strip()
	if int((re.findall(r"v(\d+)", version) or [0])[0]) < oldest:
		way_out = GET_NEWEST if needs_newest() else GET
		raise Problem(f"Frappe needs Node {oldest} or later; found: {version}.", way_out)
	# Not every yarn is one: Debian's cmdtest brings a program of that name, and yarn 2 and later build no Frappe.
	if not re.search(r"^1\.\d+\.\d+$", common.read(["yarn", "--version"]).stdout, re.MULTILINE):
		with common.step("Installing yarn with npm, into the project's own folder"):
			common.run(["npm", "install", "--no-save", "--prefix", HOME / "yarn", YARN], "npm install yarn")
		(HOME / "bin/yarn").unlink(missing_ok=True)
		(HOME / "bin/yarn").symlink_to(HOME / "yarn/node_modules/.bin/yarn")


def ensure_browser(programs: Path) -> str:
	"""The path of a Chromium for the browser tests; nothing where Playwright, among these programs, brings its own."""
	if named := os.environ.get("CHROMIUM"):
		return named
	for path in filter(None, map(shutil.which, BROWSERS)):
		if not path.startswith("/snap/"):
			return path
	if not _is_ubuntu():
		check_packages({"browser"})
	with common.step("Fetching Chromium for the browser tests"):
		common.run([programs / "python", "-m", "playwright", "install", "chromium"], "Fetching Chromium")
	return ""


def _missing(needs: set[str], become: list[str] | None = None, environment: dict | None = None) -> list[str]:
	"""Packages of the programs that the user does not find, whom the words of `become` make of this one."""
	wanted = dict(item for need in ("always", *needs) for item in PROGRAMS.get(need, {}).items())
	if os.environ.get("CHROMIUM"):
		wanted.pop("|".join(BROWSERS), None)
	names = [name for kind in wanted for name in kind.split("|")]
	as_user, environment = become or [], environment or {}
	found = common.read([*as_user, "which", *names], Path("/"), **environment).stdout.splitlines()
	found = {Path(path).name for path in found if not path.startswith("/snap/")}
	missing = {package for kind, package in wanted.items() if found.isdisjoint(kind.split("|"))}
	if not os.environ.get("PYTHON"):  # a named one is not replaced
		script = " || ".join(f"{name} -c 'import venv, ensurepip'" for name in PYTHONS)
		if common.read([*as_user, "sh", "-c", script], Path("/"), **environment).returncode:
			missing.add("python3-venv")
	if "chromium" in missing and _is_ubuntu():
		query = ["dpkg-query", "-W", "-f", "${Package}\\n", *FOR_PLAYWRIGHT]
		missing = missing - {"chromium"} | set(FOR_PLAYWRIGHT) - set(
			common.read(query, Path("/")).stdout.split()
		)
	return sorted(missing.union(*(ALONG.get(need, []) for need in needs if missing)))


def _is_ubuntu() -> bool:
	return "\nID=ubuntu" in Path("/etc/os-release").read_text()


def _sudo() -> tuple[list[str], str]:
	"""The words before a command that needs root, or why there are none."""
	if os.geteuid() == 0:
		return [], ""
	if not shutil.which("apt-get"):
		return [], "This is no Debian or Ubuntu: they can't be installed from here."
	if not shutil.which("sudo"):
		return [], "Installing them needs root, and sudo is missing."
	if sys.stdin.isatty() or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
		return ["sudo"], ""
	return [], "Installing them needs root, and sudo asks for a password where nobody can type one."
