"""Where each command begins: start.py demo|test|bench ...

bench refuses to run as root, so does every sane web server. Hence two halves. The first runs as whoever called: it
chooses the user, installs system packages and copies the repo. The second runs wholly as that user: the one who
called, or, called by root, the one who called sudo, the owner of the repo, or a system user made for this.

The second half and the bench run the copy: that user may be unable to read the repo (a clone below /root), and a build
writes into the app's folder, where the bench that the repo perhaps belongs to has its own.
"""

import hashlib
import importlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

# This repo's own modules, whatever folder the command was called in.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from scripts.lib import machine
from scripts.lib.common import BEGUN, REPO, Problem, progress

SYSTEM_USER = "stripe-service-dev"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What belongs to the caller's own shell and would mislead another user's programs, or Frappe itself (CI puts its jobs
# into test mode).
NOT_PASSED_ON = "CI MAIL SHELL PYTHONHOME PYTHONPATH VIRTUAL_ENV PYENV_ROOT PYENV_VERSION SUDO_USER SUDO_UID SUDO_GID SITE"
# What a build, Python and git leave in the copy.
NOT_OURS = {"dist", "__pycache__", ".git"}


ENDS = (signal.SIGTERM, signal.SIGHUP)


def main() -> int:
	"""Both halves; the exit code. What stops the command is printed with its cause and the way out."""
	# An end from outside (a cancelled CI job) unwinds as any other, so that what was started is ended.
	for number in ENDS:
		signal.signal(number, _end)
	command = importlib.import_module(f"scripts.lib.{sys.argv[1]}")
	try:
		options = command.parse(sys.argv[2:])
		if "STRIPE_SERVICE_HOME" in os.environ:
			return command.main(options)
		return _as_one_user(command.needs(options))
	except Problem as problem:
		print(problem.text, file=sys.stderr, flush=True)
		return 1
	except KeyboardInterrupt:
		return 130


def _end(number, _frame):
	"""Once: a second signal, such as the one of the parent's death, must not break off the ending."""
	for each in ENDS:
		signal.signal(each, signal.SIG_IGN)
	sys.exit(128 + number)


def _as_one_user(needs: set[str]) -> int:
	user = _find_user(os.environ.get("BENCH"))
	# Should this process be killed, the user's half ends what it started.
	become = ["setpriv", "--pdeathsig=TERM"]
	if os.geteuid() == 0:
		become += [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"]
	home = _find_home(user, become)
	environment = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON.split()}
	environment = {name: value for name, value in environment.items() if not name.startswith("XDG_")}
	environment["PYTHONDONTWRITEBYTECODE"] = ""  # start.sh set it, for the repo
	environment |= {"HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name, "LANG": "C.UTF-8"}
	first = [str(Path(os.environ["NODE"]).parent)] if "NODE" in os.environ else []
	environment["PATH"] = ":".join([f"{home}/bin", *first, os.environ.get("PATH", ""), SYSTEM_PATH])
	environment |= {"STRIPE_SERVICE_HOME": str(home), "STRIPE_SERVICE_BEGUN": str(BEGUN)}
	environment["COULD_NOT_INSTALL"] = machine.install_packages(needs, become, environment)
	environment["COMMIT"] = _git("rev-parse", "HEAD")
	environment["UNCOMMITTED"] = _git("status", "--porcelain")[:1]
	_copy_repo(home / "source", user)
	return _wait_for([*become, str(home / "source/scripts/lib/start.sh"), *sys.argv[1:]], home, environment)


def _wait_for(command: list[str], home: Path, environment: dict[str, str]) -> int:
	results = home / "output/for-repo"
	# In a session of its own: one Ctrl-C interrupts it once, through this process.
	process = subprocess.Popen(
		command, cwd=home, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
	)
	try:
		return process.wait()
	except BaseException:
		process.terminate()
		process.wait()
		raise
	finally:
		# The repo may not be the user's to write to. Another command's are its own to copy.
		if sys.argv[1] == "test" and results.is_dir():
			shutil.copytree(results, REPO, dirs_exist_ok=True)


def _find_user(bench: str | None) -> pwd.struct_passwd:
	"""Its owner, where BENCH names a bench."""
	if os.geteuid():
		return pwd.getpwuid(os.geteuid())
	owners = [Path(bench).stat().st_uid] if bench and Path(bench).exists() else []
	for uid in owners or [int(os.environ.get("SUDO_UID", 0)), REPO.stat().st_uid]:
		try:
			if uid:
				return pwd.getpwuid(uid)
		except KeyError:
			pass
	if owners:
		raise Problem(
			f"The bench {bench} belongs to root, and bench refuses to run as root.",
			f"Give it to the user it was made for: chown -R USER {bench}",
		)
	if not any(known.pw_name == SYSTEM_USER for known in pwd.getpwall()):
		progress(f"bench refuses to run as root: making the system user {SYSTEM_USER}")
		options = ["--system", "--user-group", "--create-home", "--home-dir", f"/var/lib/{SYSTEM_USER}"]
		subprocess.run(["useradd", *options, "--shell", "/bin/bash", SYSTEM_USER], check=True)
	return pwd.getpwnam(SYSTEM_USER)


def _find_home(user: pwd.struct_passwd, become: list[str]) -> Path:
	"""`.bench` in the repo; where the user cannot get there, a folder in the user's home that `.bench` links to."""
	link = REPO / ".bench"
	if link.is_symlink() and not link.exists():
		link.unlink()
	if not link.exists() and (
		" " in str(REPO) or subprocess.run([*become, "test", "-x", REPO], cwd="/").returncode
	):
		home = Path(user.pw_dir) / f"stripe-service-{hashlib.sha1(str(REPO).encode()).hexdigest()[:8]}"
		home.mkdir(parents=True, exist_ok=True)
		link.symlink_to(home)
	home = link.resolve()
	if os.geteuid() and home.exists() and home.stat().st_uid != user.pw_uid:
		raise Problem(
			f"{home} belongs to {home.owner()}, not to you ({user.pw_name}).",
			f"Run it as {home.owner()} or as root, or in a clone of your own.",
		)
	for name in ("", "source", "run", "log", "output", "bin"):
		(home / name).mkdir(parents=True, exist_ok=True)
		if not os.geteuid():
			os.chown(home / name, user.pw_uid, user.pw_gid)
	(home / "log").chmod(0o700)  # the commands in it carry the database's password
	return home


def _copy_repo(copy: Path, user: pwd.struct_passwd):
	"""The repo's files, as git knows them and as they are now; files that git ignores stay out."""
	listed = _git("ls-files", "-z", "-co", "--exclude-standard").split("\0")
	wanted = {name for name in listed if name and (REPO / name).is_file()}
	if not wanted:
		raise Problem(f"{REPO} is no clone that git can read.", "Clone the repo with git, and run it there.")
	for name in wanted:
		at, now = REPO / name, copy / name
		if not now.exists() or _age_and_size(now) != _age_and_size(at):
			now.parent.mkdir(parents=True, exist_ok=True)
			now.unlink(missing_ok=True)
			shutil.copy2(at, now, follow_symlinks=False)
	for path in copy.rglob("*"):
		if path.is_file() and str(path.relative_to(copy)) not in wanted and not NOT_OURS & set(path.parts):
			path.unlink()
	if not os.geteuid():
		subprocess.run(["chown", "-Rh", f"{user.pw_uid}:{user.pw_gid}", copy], check=True)


def _age_and_size(path: Path) -> tuple[int, int]:
	return path.lstat().st_mtime_ns, path.lstat().st_size


def _git(*arguments: str) -> str:
	done = subprocess.run(
		["git", "-c", f"safe.directory={REPO}", *arguments], cwd=REPO, capture_output=True, text=True
	)
	return done.stdout.strip()


if __name__ == "__main__":
	sys.exit(main())
