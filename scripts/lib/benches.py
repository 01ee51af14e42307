"""The bench: our own, made in .bench, or the one that BENCH names. Either way with the app in it."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import fingerprint, machine
from .place import Place
from .ports import ports
from .project import needed_by_tests
from .run import read, run
from .say import NoFrappe, Problem, step

APP = "stripe_service"
FRAPPE_REPO = "https://github.com/frappe/frappe"
FRAPPE_BRANCH = "version-15"
# setuptools 81 dropped pkg_resources, which Frappe 15 still imports.
SETUPTOOLS = "setuptools<81"
BENCH_TOOL = ["frappe-bench>=5.22,<6", SETUPTOOLS]


@dataclass(frozen=True)
class Bench:
	place: Place
	path: Path
	own: bool  # made by us, or somebody's that BENCH names

	@property
	def python(self) -> Path:
		return self.path / "env/bin/python"

	@property
	def sites(self) -> Path:
		return self.path / "sites"

	def frappe(self, arguments: list, what: str, site: str | None = None, **environment: str):
		"""One of Frappe's commands, as `bench` would call it."""
		command = [self.python, "-m", "frappe.utils.bench_helper", "frappe"]
		where = ["--site", site] if site else []
		run(self.place, [*command, *where, *arguments], what, cwd=self.sites, **environment)

	def config(self) -> dict:
		path = self.sites / "common_site_config.json"
		return json.loads(path.read_text()) if path.exists() else {}

	def has_frappe(self) -> bool:
		return (self.path / "sites/assets/assets.json").exists() and self.python.exists()


def named_bench() -> Path | None:
	path = os.environ.get("BENCH")
	return Path(path).resolve() if path else None


def find_bench(place: Place) -> Bench:
	path = named_bench()
	if path and not (path / "apps/frappe").is_dir():
		raise Problem(
			f"BENCH={path} is no bench: it has no apps/frappe.", "Name the folder that `bench init` made."
		)
	return Bench(place, path or place.home / "bench", own=path is None)


def make_bench(bench: Bench):
	"""`bench init`, where that was not done yet, from FRAPPE_REPO at FRAPPE_BRANCH."""
	if not bench.own or (bench.has_frappe() and _is_wanted_branch(bench)):
		return
	place = bench.place
	machine.check_room(place, machine.ROOM_FOR_BENCH)
	repo, branch = wanted()
	_check_source(place, repo, branch)
	python = machine.find_python(place)
	shutil.rmtree(bench.path, ignore_errors=True)  # what an interrupted run left
	_make_bench_tool(place, python)
	options = ["--no-backups", "--skip-redis-config-generation", "--python", python]
	with step(f"Making the bench: Frappe {branch} from {repo} (takes some minutes)"):
		run(
			place,
			[_tool(place), "init", *options, "--frappe-path", repo, "--frappe-branch", branch, bench.path],
			"bench init",
			PATH=f"{_tool(place).parent}:{place.environment()['PATH']}",
		)
		_pip(bench, [SETUPTOOLS], "Installing setuptools")
	fingerprint.remember(place, f"bench {bench.path}", wanted())


def write_config(bench: Bench):
	"""Point the bench of our own at our own servers."""
	if not bench.own:
		return
	port = ports(bench.place)
	config = bench.config() | {
		"db_host": "127.0.0.1",
		"db_port": port["mariadb"],
		"redis_cache": f"redis://127.0.0.1:{port['redis_cache']}",
		"redis_queue": f"redis://127.0.0.1:{port['redis_queue']}",
		"redis_socketio": f"redis://127.0.0.1:{port['redis_queue']}",
		"socketio_port": port["socketio"],
		"webserver_port": port["web"],
		"server_script_enabled": True,
	}
	path = bench.sites / "common_site_config.json"
	if config != bench.config():
		path.write_text(json.dumps(config, indent=1) + "\n")


def install_app(bench: Bench, others: dict[str, Path] | None = None):
	"""Link the app into the bench, with what it and its tests need; `others` are apps to install along with it."""
	_link(bench)
	for_tests = needed_by_tests()
	apps = {**(others or {}), APP: bench.path / "apps" / APP}
	needs = [
		for_tests,
		(bench.place.source / "pyproject.toml").read_text(),
		str(bench.place.source),
		sorted(apps),
	]
	if not fingerprint.same(bench.place, f"needs of {bench.path}", needs):
		with step("Installing the app and what it needs into the bench"):
			editable = [word for path in apps.values() for word in ("-e", path)]
			_pip(bench, [*editable, *for_tests, SETUPTOOLS], "Installing the app")
		fingerprint.remember(bench.place, f"needs of {bench.path}", needs)
	_list_apps(bench, list(apps))


def _link(bench: Bench):
	link, source = bench.path / "apps" / APP, bench.place.source
	if link.resolve() == source.resolve():
		return
	if link.is_symlink() and bench.own:
		link.unlink()  # the repo was moved
	if link.exists():
		raise Problem(
			f"{bench.path} has another {APP} already: {link.resolve()}.",
			f"Run the command of that clone, or take the app out of the bench first: bench remove-app {APP}",
		)
	link.symlink_to(source)


def _list_apps(bench: Bench, wanted: list[str]):
	path = bench.sites / "apps.txt"
	apps = path.read_text().split() if path.exists() else []
	if set(wanted) - set(apps):
		path.write_text("\n".join([*apps, *(app for app in wanted if app not in apps)]) + "\n")


def build_assets(bench: Bench):
	"""Frappe's own esbuild. It also links public/ into sites/assets, so it runs for an app without bundles, too."""
	folder = bench.place.source / APP / "public"
	public = fingerprint.of_files(folder, "**/*", leave_out="/dist/")
	key = f"assets of {bench.path}"
	is_there = (bench.sites / "assets" / APP).exists() and (folder / "dist").exists()
	if is_there and fingerprint.same(bench.place, key, public):
		return
	with step("Building the app's assets"):
		bench.frappe(["build", "--app", APP], "Building the app's assets", FRAPPE_BENCH_ROOT=str(bench.path))
	fingerprint.remember(bench.place, key, public)


def _pip(bench: Bench, what: list, task: str):
	if read(bench.place, [bench.python, "-m", "pip", "--version"]).returncode == 0:
		run(bench.place, [bench.python, "-m", "pip", "install", "-q", *what], task)
	else:  # bench makes its environment with uv where it has it, and uv leaves pip out
		uv = next(
			path
			for path in (_tool(bench.place).parent / "uv", shutil.which("uv"))
			if path and Path(path).exists()
		)
		run(bench.place, [uv, "pip", "install", "-q", "--python", bench.python, *what], task)


def _make_bench_tool(place: Place, python: str):
	if _tool(place).exists() and fingerprint.same(place, "bench tool", BENCH_TOOL):
		return
	env = _tool(place).parents[1]
	with step("Installing bench, Frappe's command line"):
		run(place, [python, "-m", "venv", "--clear", env], "Making a Python environment for bench")
		run(place, [env / "bin/pip", "install", "-q", *BENCH_TOOL], "Installing bench")
	fingerprint.remember(place, "bench tool", BENCH_TOOL)


def _tool(place: Place) -> Path:
	return place.home / "tool/bin/bench"


def wanted() -> tuple[str, str]:
	return os.environ.get("FRAPPE_REPO", FRAPPE_REPO), os.environ.get("FRAPPE_BRANCH", FRAPPE_BRANCH)


def _is_wanted_branch(bench: Bench) -> bool:
	return fingerprint.same(bench.place, f"bench {bench.path}", wanted())


def _check_source(place: Place, repo: str, branch: str):
	"""Frappe's repo answers and has the branch: a question of seconds, instead of a failure after minutes."""
	done = read(
		place,
		["timeout", "60", "git", "ls-remote", "--heads", repo, branch],
		GIT_TERMINAL_PROMPT="0",
		seconds=90,
	)
	if done.returncode != 0:
		raise NoFrappe(
			f"Frappe can't be had: {repo} does not answer.",
			"Check the network (behind a proxy, set https_proxy), or name another source: FRAPPE_REPO=URL-or-folder, "
			"or a bench that is already there: BENCH=/path/to/bench",
			done.stderr.strip(),
		)
	if not done.stdout.strip():
		raise NoFrappe(
			f"Frappe can't be had: {repo} has no branch {branch}.",
			"Name one that it has: FRAPPE_BRANCH=version-15",
		)
