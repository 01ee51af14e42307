"""Where each command begins: start.py demo|test|bench ...

bench refuses to run as root, so does every sane web server. Hence two halves. The first runs as whoever called: it
chooses the user, installs system packages and copies the repo. The second runs wholly as that user: the one who
called, or, called by root, the one who called sudo, the owner of the repo, or a system user made for this.

The second half and the bench run the copy: that user may be unable to read the repo (a clone below /root), and a build
writes into the app's folder, where the bench that the repo perhaps belongs to has its own.
"""

import argparse
import hashlib
import importlib
import os
import pwd
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

# This repo's own modules, whatever folder the command was called in.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from scripts.lib import machine
from scripts.lib.common import BEGUN, REPO, Problem, failed, progress, read

SYSTEM_USER = "stripe-service-dev"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What belongs to the caller's own shell and would mislead another user's programs, or Frappe itself (CI puts its jobs
# into test mode).
NOT_PASSED_ON = "CI MAIL SHELL PYTHONHOME PYTHONPATH VIRTUAL_ENV PYENV_ROOT PYENV_VERSION SUDO_USER SUDO_UID SUDO_GID SITE"
# What tests write and the repo gets back.
BROUGHT_BACK = (
	"test-report.json tests/browser/output docs/images stripe_emulator/pay_form_page/answers".split()
)
ENDS = (signal.SIGTERM, signal.SIGHUP)


def main() -> int:
	"""Both halves; the exit code. What stops the command is printed with its cause and the way out."""
	# An end from outside (a cancelled CI job) unwinds as any other, so that what was started is ended.
	for number in ENDS:
		signal.signal(number, _end)
	# In a script's background Ctrl-C is ignored, also by the tests that are to be ended by it.
	signal.signal(signal.SIGINT, signal.default_int_handler)
	command = importlib.import_module(f"scripts.lib.{sys.argv[1]}")
	options = _parse(command, sys.argv[2:])
	try:
		if "STRIPE_SERVICE_HOME" in os.environ:
			return command.main(options)
		return _as_one_user(command.needs(options))
	except Problem as problem:
		print(problem.text(), file=sys.stderr, flush=True)
		return 1
	except KeyboardInterrupt:
		return 130


def _end(number, _frame):
	"""Once: a second signal, such as the one of the parent's death, must not break off the ending."""
	for each in ENDS:
		signal.signal(each, signal.SIG_IGN)
	sys.exit(128 + number)


def _parse(command, arguments: list[str]) -> argparse.Namespace:
	"""The options and names that the command knows, and as `rest` what follows --."""
	settings = {"description": command.__doc__, "formatter_class": argparse.RawDescriptionHelpFormatter}
	parser = argparse.ArgumentParser(f"scripts/{sys.argv[1]}", **settings)
	parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(command.NAMES))
	for option, settings in command.OPTIONS.items():
		parser.add_argument(option, **settings)
	own = arguments[: arguments.index("--")] if "--" in arguments else arguments
	options = parser.parse_args(own)
	if unknown := set(options.names) - set(command.NAMES):
		parser.error(f"unknown: {' '.join(sorted(unknown))}; known: {' '.join(command.NAMES) or 'no names'}")
	options.asked_for, options.rest = " ".join(own) or "everything", arguments[len(own) + 1 :]
	return options


def _as_one_user(needs: set[str]) -> int:
	if bench := os.environ.get("BENCH"):
		os.environ["BENCH"] = os.path.abspath(bench)
	os.chdir("/")  # the caller's folder may be closed to the user
	user = _find_user()
	# Should this process be killed, the user's half ends what it started.
	become = ["setpriv", "--pdeathsig=TERM"]
	if not os.geteuid():
		become += [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"]
	home = _find_home(user, become)
	for name in list(os.environ):
		if name in NOT_PASSED_ON.split() or name.startswith("XDG_"):
			del os.environ[name]
	os.environ |= {"HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name, "LANG": "C.UTF-8"}
	os.environ |= {"STRIPE_SERVICE_HOME": str(home), "STRIPE_SERVICE_BEGUN": str(BEGUN)}
	first = [f"{home}/yarn/node_modules/.bin", os.path.dirname(os.environ.get("NODE", ""))]
	os.environ["PATH"] = ":".join(filter(None, [*first, os.environ.get("PATH"), SYSTEM_PATH]))
	machine.install_packages(needs, become)
	machine.check_packages(set(), become)
	os.environ |= {"COMMIT": _git("rev-parse", "HEAD"), "UNCOMMITTED": _git("status", "--porcelain")[:1]}
	there = ["--delete", "--exclude=.git", "--filter=:- .gitignore", f"{REPO}/", home / "source"]
	_rsync(user.pw_uid, user.pw_gid, *there)
	# In a session of its own: one Ctrl-C interrupts it once, through this process.
	command = [*become, home / "source/scripts/lib/start.sh", *sys.argv[1:]]
	process = subprocess.Popen(command, cwd=home, stdin=subprocess.DEVNULL, start_new_session=True)
	try:
		return process.wait()
	except BaseException:
		process.terminate()
		process.wait()
		raise
	finally:
		if sys.argv[1] == "test":  # the repo may not be the user's to write to
			back, owner = [f"{home}/source/./{path}" for path in BROUGHT_BACK], REPO.stat()
			_rsync(owner.st_uid, owner.st_gid, "--relative", "--update", "--ignore-missing-args", *back, REPO)


def _rsync(uid: int, gid: int, *arguments):
	done = read(["rsync", "-ac", f"--chown={uid}:{gid}", *arguments])
	if done.returncode:
		raise failed("Copying the repo", done.stdout, "Call the command as who may read and write all of it.")


def _find_user() -> pwd.struct_passwd:
	"""Its owner, where BENCH names a bench."""
	if os.geteuid():
		return pwd.getpwuid(os.geteuid())
	bench = os.environ.get("BENCH", "")
	owner_of_bench = os.stat(bench).st_uid if os.path.exists(bench) else 0
	for uid in filter(None, (owner_of_bench, int(os.environ.get("SUDO_UID", 0)), REPO.stat().st_uid)):
		with suppress(KeyError):  # the owner of a container's volume, say
			return pwd.getpwuid(uid)
	if read(["id", SYSTEM_USER]).returncode:
		progress(f"bench refuses to run as root: making the system user {SYSTEM_USER}")
		options = ["--system", "--user-group", "--create-home", "--home-dir", f"/var/lib/{SYSTEM_USER}"]
		subprocess.run(["useradd", *options, "--shell", "/bin/bash", SYSTEM_USER], check=True)
	return pwd.getpwnam(SYSTEM_USER)


def _find_home(user: pwd.struct_passwd, become: list[str]) -> Path:
	"""`.bench` in the repo; where the user cannot get there, a folder in the user's home that `.bench` links to."""
	link = REPO / ".bench"
	within_reach = " " not in str(REPO) and not read([*become, "test", "-x", REPO]).returncode
	if not link.exists() and not link.is_symlink() and not within_reach:
		of_this_clone = hashlib.sha1(str(REPO).encode()).hexdigest()[:8]
		link.symlink_to(Path(user.pw_dir) / f"stripe-service-{of_this_clone}")
	home = link.resolve()
	if os.geteuid() and home.exists() and home.stat().st_uid != user.pw_uid:
		raise Problem(
			f"{home} belongs to {home.owner()}, not to you ({user.pw_name}).",
			f"Run it as {home.owner()} or as root, or in a clone of your own.",
		)
	for name in ("", "source", "run", "log", "output"):
		(home / name).mkdir(parents=True, exist_ok=True)
		if not os.geteuid():
			os.chown(home / name, user.pw_uid, user.pw_gid)
	(home / "log").chmod(0o700)  # the commands in it carry the database's password
	return home


def _git(*arguments: str) -> str:
	git = ["git", "-c", f"safe.directory={REPO}", "-C", REPO, *arguments]
	return subprocess.run(git, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
	sys.exit(main())
