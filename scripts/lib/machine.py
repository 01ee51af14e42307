"""What the machine must have: programs, a Python and a Node for Frappe, a Chromium, room on the disk."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .common import HOME, Problem, read, run, step

# needed for -> program (or others of its kind) -> Debian's package
PROGRAMS = {
	"always": {"git": "git"},
	"site": {
		"gcc": "build-essential",
		"pkg-config": "pkg-config",
		"mariadbd": "mariadb-server",
		"mariadb-install-db": "mariadb-server",
		"mariadb": "mariadb-client",
		"redis-server": "redis-server",
		"node": "nodejs",
		"npm": "npm",
	},
	"node": {"node": "nodejs", "npm": "npm"},
	"browser": {"chromium|google-chrome-stable|google-chrome": "chromium"},
}
# Headers and fonts bring no program to look for; they come along when something else has to be installed.
ALONG = {"site": ["python3-dev", "libmariadb-dev", "ca-certificates"], "browser": ["fonts-liberation"]}
# Ubuntu's chromium is a snap, which cannot see the tests' folders. Playwright fetches one, which needs these libraries.
FOR_PLAYWRIGHT = (
	"fonts-liberation libasound2t64 libatk-bridge2.0-0t64 libatk1.0-0t64 libatspi2.0-0t64 libcairo2 libcups2t64 libdbus-1-3 "
	"libdrm2 libgbm1 libglib2.0-0t64 libnspr4 libnss3 libpango-1.0-0 libx11-6 libxcb1 libxcomposite1 libxdamage1 libxext6 "
	"libxfixes3 libxkbcommon0 libxrandr2"
).split()
PYTHONS = "python3.12 python3.11 python3.10 python3.13 python3 /usr/bin/python3 python3.14".split()
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
	missing = _missing(
		needs, lambda script: read([*become, "sh", "-c", script], Path("/"), **environment).stdout
	)
	if not missing:
		return ""
	try:
		with step(f"Installing {' '.join(missing)} (system packages)"):
			apt = [*_sudo(), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
			if (
				"nodesource" in read(["apt-cache", "policy", "nodejs"], Path("/")).stdout
				and "nodejs" in missing
			):
				missing = [
					name for name in missing if name != "npm"
				]  # theirs brings it, and conflicts with Debian's
			for arguments in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
				done = read([*apt, *arguments], Path("/"))
				if done.returncode:
					raise Problem(f"apt-get {arguments[0]} failed:\n{done.stdout[-2000:]}", "")
	except Problem as problem:
		return str(problem)
	return ""


def check_packages(needs: set[str]):
	if missing := _missing(needs, lambda script: read(["sh", "-c", script]).stdout):
		why, _, printed = os.environ.get("COULD_NOT_INSTALL", "").partition("\n")
		by_hand = f"apt-get update && apt-get install --no-install-recommends {' '.join(missing)}"
		way_out = f"As root: {by_hand}\nThen run the same command again."
		raise Problem(f"Missing on this machine: {' '.join(missing)}. {why}", way_out, printed)


def check_room(needed: int):
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
	named, seen = os.environ.get("PYTHON"), []
	program = "import sys, venv, ensurepip; print(*sys.version_info[:2], sys.executable)"
	for name in [named] if named else PYTHONS:
		words = read([name, "-c", program]).stdout.split(maxsplit=2)
		if len(words) == 3 and words[0] == "3" and (3, int(words[1])) >= oldest:
			return words[2].strip()
		seen.append(
			f"{name} is 3.{words[1]}"
			if words[:1] == ["3"]
			else f"{name}: none that {os.environ['USER']} can run"
		)
	raise Problem(
		f"No Python {oldest[0]}.{oldest[1]} or later with its venv module was found.",
		GET_NEWEST
		if oldest >= (3, 14)
		else "Install it (apt-get install python3 python3-venv python3-dev), or name one: PYTHON=/path/to/python3.12",
		"\n".join(seen),
	)


def ensure_node():
	"""Node as new as Frappe needs it, and a yarn that runs with it."""
	oldest = 24 if needs_newest() else 18
	version = read(["node", "--version"]).stdout.strip()
	if int((re.findall(r"v(\d+)", version) or [0])[0]) < oldest:
		get_oldest = "Install it (apt-get install nodejs), or name one: NODE=/path/to/node"
		raise Problem(
			f"Frappe needs Node {oldest} or later; found: {version}.",
			GET_NEWEST if needs_newest() else get_oldest,
		)
	# Not every yarn is one: Debian's cmdtest brings a program of that name, and yarn 2 and later build no Frappe.
	if not re.search(r"^1\.\d+\.\d+$", read(["yarn", "--version"]).stdout, re.MULTILINE):
		with step("Installing yarn with npm, into the project's own folder"):
			run(["npm", "install", "--no-save", "--prefix", HOME / "yarn", YARN], "npm install yarn")
		(HOME / "bin/yarn").unlink(missing_ok=True)
		(HOME / "bin/yarn").symlink_to(HOME / "yarn/node_modules/.bin/yarn")


def ensure_browser(programs: Path) -> str:
	"""The path of a Chromium for the browser tests; nothing where Playwright, among these programs, brings its own."""
	if named := os.environ.get("CHROMIUM"):
		return named
	for name in ("chromium", "google-chrome-stable", "google-chrome", "chromium-browser"):
		path = shutil.which(name)
		if path and not path.startswith("/snap/") and b"snap" not in Path(path).read_bytes()[:400]:
			return path
	if not _is_ubuntu():
		check_packages({"browser"})
	with step("Fetching Chromium for the browser tests"):
		run([programs / "python", "-m", "playwright", "install", "chromium"], "Fetching Chromium")
	return ""


def _missing(needs: set[str], shell) -> list[str]:
	"""Packages of the programs that the user, whose shell this is, does not find."""
	wanted = {
		program: package for need in ("always", *needs) for program, package in PROGRAMS.get(need, {}).items()
	}
	script = ""
	for programs, package in wanted.items():
		if package != "chromium" or not os.environ.get("CHROMIUM"):
			found = " || ".join(f"command -v {name} >/dev/null" for name in programs.split("|"))
			script += f"{found} || echo {package}\n"
	if not os.environ.get("PYTHON"):  # a named one is not replaced
		found = " || ".join(f"{name} -c 'import venv, ensurepip'" for name in PYTHONS)
		script += f"{{ {found}; }} 2>/dev/null || echo python3-venv\n"
	missing = set(shell(script).split())
	if "chromium" in missing and _is_ubuntu():
		installed = shell(
			f"dpkg-query -W -f '${{Package}}\\n' {' '.join(FOR_PLAYWRIGHT)} 2>/dev/null"
		).split()
		missing = missing - {"chromium"} | set(FOR_PLAYWRIGHT) - set(installed)
	return sorted(missing.union(*(ALONG.get(need, []) for need in needs if missing)))


def _is_ubuntu() -> bool:
	return "\nID=ubuntu" in Path("/etc/os-release").read_text()


def _sudo() -> list[str]:
	"""The words before a command that needs root."""
	if os.geteuid() == 0:
		return []
	if not shutil.which("apt-get"):
		raise Problem("This is no Debian or Ubuntu: they can't be installed from here.", "")
	if not shutil.which("sudo"):
		raise Problem("Installing them needs root, and sudo is missing.", "")
	if sys.stdin.isatty() or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
		return ["sudo"]
	raise Problem("Installing them needs root, and sudo asks for a password where nobody can type one.", "")
