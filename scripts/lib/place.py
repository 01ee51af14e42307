"""Where everything lives, and as whom it runs.

bench refuses to run as root, so does every sane web server. Started by root, the commands therefore work as another
user: the one who called sudo, or the owner of the repo, or, where both are root, a system user made for this.

The bench runs a copy of the repo, brought up to date by each command, for two reasons: that user may be unable to read
the repo (a clone below /root), and a build writes its results into the app's folder, where the bench that the repo
perhaps belongs to has its own.
"""

import grp
import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .say import Problem, progress

REPO = Path(__file__).resolve().parents[2]
SYSTEM_USER = "stripe-service-dev"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What belongs to the caller's own shell and would mislead another user's programs, or Frappe itself (CI puts its jobs
# into test mode).
NOT_PASSED_ON = (
	"CI", "HOME", "LOGNAME", "USER", "MAIL", "SHELL", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PYENV_ROOT",
	"PYENV_VERSION", "SUDO_USER", "SUDO_UID", "SUDO_GID", "SUDO_COMMAND", "BENCH", "SITE",
)  # fmt: skip

# What a build and Python leave in the copy.
NOT_OURS = {"dist", "__pycache__"}


@dataclass(frozen=True)
class Place:
	repo: Path
	home: Path  # .bench, or what it links to
	user: pwd.struct_passwd

	@property
	def source(self) -> Path:
		"""The copy of the repo that the bench's apps folder links to."""
		return self.home / "source"

	@property
	def run(self) -> Path:
		return self.home / "run"

	@property
	def log(self) -> Path:
		return self.home / "log"

	@property
	def output(self) -> Path:
		return self.home / "output"

	def environment(self, **more: str) -> dict[str, str]:
		"""The caller's environment (proxies, certificates, package indexes), made this user's own."""
		passed_on = {
			name: value
			for name, value in os.environ.items()
			if name not in NOT_PASSED_ON and not name.startswith("XDG_")
		}
		own = {"HOME": self.user.pw_dir, "USER": self.user.pw_name, "LOGNAME": self.user.pw_name}
		path = f"{self.home}/bin:{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
		return passed_on | own | {"PATH": path, "LANG": "C.UTF-8"} | more

	def as_user(self) -> dict:
		"""Arguments for subprocess that make the child this user, where it is not already."""
		if os.geteuid() == self.user.pw_uid:
			return {}
		groups = [group.gr_gid for group in grp.getgrall() if self.user.pw_name in group.gr_mem]
		return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": groups}

	def own(self, path: Path):
		"""Make a folder of this user's."""
		path.mkdir(parents=True, exist_ok=True)
		if os.geteuid() == 0:
			os.chown(path, self.user.pw_uid, self.user.pw_gid)


def find_place(bench: Path | None = None) -> Place:
	"""Decide user, home and source, and make the folders. `bench`: an existing bench, whose owner it then is."""
	user = _find_user(bench)
	home = _find_home(user)
	place = Place(REPO, home, user)
	_check_is_ours(place)
	for folder in (home, place.source, place.run, place.log, place.output, home / "bin"):
		place.own(folder)
	place.log.chmod(0o700)  # the commands in it carry the database's password
	return place


def _check_is_ours(place: Place):
	home = place.home
	owner = home.stat().st_uid if home.exists() else place.user.pw_uid
	if owner == place.user.pw_uid or os.geteuid() == 0:
		return
	whose = getattr(_user_by_id(owner), "pw_name", owner)
	raise Problem(
		f"{home} belongs to {whose}, not to you ({place.user.pw_name}).",
		f"Run it as {whose} or as root, or in a clone of your own.",
	)


def bring_source_up_to_date(place: Place):
	"""Copy the repo's files, as git knows them and as they are now; files that git ignores stay out."""
	wanted = _files_of(place.repo)
	copied = [name for name in wanted if _copy_if_changed(place.repo / name, place.source / name)]
	_remove_others(place.source, wanted)
	if os.geteuid() == 0 and copied:
		_chown_all(place.source, place.user)


def _find_user(bench: Path | None) -> pwd.struct_passwd:
	if os.geteuid() != 0:
		return pwd.getpwuid(os.geteuid())
	owners = [bench.stat().st_uid] if bench else [int(os.environ.get("SUDO_UID", 0)), REPO.stat().st_uid]
	for uid in owners:
		if uid != 0 and (user := _user_by_id(uid)):
			return user
	if bench:
		raise Problem(
			f"The bench {bench} belongs to root, and bench refuses to run as root.",
			f"Give it to the user it was made for: chown -R USER {bench}",
		)
	return _system_user()


def _user_by_id(uid: int) -> pwd.struct_passwd | None:
	try:
		return pwd.getpwuid(uid)
	except KeyError:
		return None


def _system_user() -> pwd.struct_passwd:
	try:
		return pwd.getpwnam(SYSTEM_USER)
	except KeyError:
		pass
	progress(f"bench refuses to run as root: making the system user {SYSTEM_USER}")
	command = [
		"useradd",
		"--system",
		"--user-group",
		"--create-home",
		"--home-dir",
		f"/var/lib/{SYSTEM_USER}",
	]
	subprocess.run([*command, "--shell", "/bin/bash", SYSTEM_USER], check=True, stdin=subprocess.DEVNULL)
	return pwd.getpwnam(SYSTEM_USER)


def _find_home(user: pwd.struct_passwd) -> Path:
	"""`.bench` in the repo; where the user cannot get there, a folder in the user's home that `.bench` links to."""
	link = REPO / ".bench"
	if link.is_symlink() and not link.exists():
		link.unlink()
	if link.exists():
		return link.resolve()
	if _can(user, "-x", REPO) and " " not in str(REPO):
		return link
	home = Path(user.pw_dir) / f"stripe-service-{hashlib.sha1(str(REPO).encode()).hexdigest()[:8]}"
	home.mkdir(parents=True, exist_ok=True)
	link.symlink_to(home)
	return home


def _can(user: pwd.struct_passwd, test: str, path: Path) -> bool:
	become = (
		{} if os.geteuid() == user.pw_uid else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
	)
	return subprocess.run(["/usr/bin/test", test, path], cwd="/", **become).returncode == 0


def _files_of(repo: Path) -> set[str]:
	listing = subprocess.run(
		["git", "-c", f"safe.directory={repo}", "ls-files", "-z", "-co", "--exclude-standard"],
		cwd=repo, capture_output=True, text=True, check=True,
	)  # fmt: skip
	return {name for name in listing.stdout.split("\0") if name and (repo / name).is_file()}


def _copy_if_changed(original: Path, copy: Path) -> bool:
	at = original.stat()
	if copy.exists() and (copy.stat().st_mtime_ns, copy.stat().st_size) == (at.st_mtime_ns, at.st_size):
		return False
	copy.parent.mkdir(parents=True, exist_ok=True)
	shutil.copy2(original, copy)
	return True


def _remove_others(folder: Path, wanted: set[str]):
	for path in folder.rglob("*"):
		name = str(path.relative_to(folder))
		if path.is_file() and name not in wanted and not NOT_OURS & set(path.parts):
			path.unlink()


def _chown_all(folder: Path, user: pwd.struct_passwd):
	for path in [folder, *folder.rglob("*")]:
		os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
