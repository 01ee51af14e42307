"""The bench, our own or the one that BENCH names, with the app in it; its sites; and a second one beside ERPNext.

bench's and Frappe's own commands do the work. What they don't: the app is linked, not cloned (`bench get-app` takes the last
commit, not what is being worked on); what is there and still right is not made again; our servers are not the machine's.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import common, machine, servers
from .common import HOME, REPO, NoFrappe, Problem

APP = "stripe_service"
# setuptools 81 dropped pkg_resources, which Frappe 15 still imports.
SETUPTOOLS = "setuptools<81"
DEMO_SITE, TEST_SITE = "stripe-demo.localhost", "stripe-test.localhost"
SECOND_TEST_SITE = "stripe-test-2.localhost"
# What a person would answer in the wizard that a new site begins with, and that stands before every other page.
WIZARD = "frappe.desk.page.setup_wizard.setup_wizard.setup_complete"
ANSWERS = {
	"language": "English",
	"country": "United States",
	"timezone": "America/New_York",
	"currency": "USD",
}
# What a migrate looks at.
SHAPES_THE_SITE = ("**/*.json", "**/*.txt", "hooks.py", "install.py", "setup/**/*.py", "patches/**/*.py")


@dataclass(frozen=True)
class Bench:
	path: Path
	own: bool  # made by us, or somebody's that BENCH names

	@property
	def python(self) -> Path:
		"""The Python of the bench's own environment, which has Frappe and the app."""
		return self.path / "env/bin/python"

	def frappe(self, arguments: list, what: str, site: str | None = None, **more: str):
		"""One of Frappe's commands, as `bench` would call it."""
		command = [
			self.python,
			"-m",
			"frappe.utils.bench_helper",
			"frappe",
			*(["--site", site] if site else []),
		]
		common.run([*command, *arguments], what, cwd=self.path / "sites", **more)

	def install(self, what: list, task: str):
		"""bench makes its environment with uv where it has it, and uv leaves pip out."""
		pip = [self.python, "-m", "pip", "install"]
		if common.read([*pip, "--help"]).returncode:
			uv = shutil.which("uv", path=f"{HOME}/tool/bin") or shutil.which("uv")
			pip = [uv, "pip", "install", "--python", self.python]
		common.run([*pip, "-q", *what], task)


def set_up() -> Bench:
	"""Everything up to running databases and a bench with the app in it; quick when nothing is missing."""
	machine.check_room(machine.ROOM_TO_RUN)
	machine.check_packages({"site"})
	machine.ensure_node()
	named = os.environ.get("BENCH")
	bench = Bench(Path(named).resolve() if named else HOME / "bench", own=not named)
	if bench.own:
		_make_bench(bench)
		_write_config(bench)
	elif not (bench.path / "apps/frappe").is_dir():
		raise Problem(f"BENCH={bench.path} has no apps/frappe.", "Name the folder that `bench init` made.")
	servers.start_databases(bench.own)
	_install_app(bench)
	_build_assets(bench)
	return bench


def make_site(bench: Bench, site: str, config: dict, **redis: str):
	"""The site with the app on it, migrated if the app has changed since."""
	shape, key = common.hash_of_files(REPO / APP, *SHAPES_THE_SITE), f"site {site} of {bench.path}"
	path = bench.path / "sites" / site / "site_config.json"
	if key not in common.notes() or not path.exists():  # a site without this note was interrupted
		options = ["--force", "--admin-password", "admin", "--no-mariadb-socket", *database_account(bench)]
		with common.step(f"Making the site {site} with the app"):
			new_site = ["new-site", site, *options, "--install-app", APP]
			bench.frappe(new_site, f"Making the site {site}", **redis)
			answers = repr({"args": ANSWERS})
			bench.frappe(["execute", WIZARD, "--kwargs", answers], "The setup wizard", site, **redis)
	elif not common.is_done(key, shape):
		with common.step(f"Migrating {site}: the app has changed"):
			bench.frappe(["migrate", "--skip-search-index"], f"Migrating {site}", site, **redis)
	_merge(path, config)
	common.note(key, shape)


def database_account(bench: Bench) -> list[str]:
	"""new-site's and drop-site's options for an account that may create databases."""
	if not bench.own and "DB_ROOT_PASSWORD" not in os.environ:
		raise Problem(
			f"To make a site in {bench.path}, an account of its MariaDB that may create databases is needed.",
			"Set DB_ROOT_PASSWORD (and DB_ROOT_USER, if it is not root), and run again.",
		)
	user, password = os.environ.get("DB_ROOT_USER", "root"), os.environ.get("DB_ROOT_PASSWORD", "")
	if bench.own:
		user, password = "root", servers.root_password()
	return ["--db-root-username", user, "--db-root-password", password]


def make_beside() -> Bench:
	"""A bench with ERPNext and frappe/payments, to see that the app gets on with both.

	A bench of its own, because payments pins an old stripe-python: in the bench that the other tests use, it would
	change what they test. Made without `bench init`, which would fetch and build the desk's JavaScript: installing,
	migrating and uninstalling need none of it.
	"""
	bench = Bench(HOME / "bench-beside", own=True)
	for folder in ("apps", "sites", "logs"):
		(bench.path / folder).mkdir(parents=True, exist_ok=True)
	apps = {name: bench.path / "apps" / name for name in ("frappe", "erpnext", "payments")}
	for name, path in apps.items():
		repo, branch = _wanted(name)
		key = f"{name} of {bench.path}"
		if not path.is_dir() or not common.is_done(key, (repo, branch)):
			with common.step(f"Fetching {name} {branch} from {repo}"):
				shutil.rmtree(path, ignore_errors=True)
				clone = ["git", "clone", "--quiet", "--depth", "1", "--branch", branch, repo, path]
				common.run(clone, f"Fetching {name}", GIT_TERMINAL_PROMPT="0")
			common.note(key, (repo, branch))
	if not bench.python.exists():
		venv = [machine.find_python(), "-m", "venv", bench.path / "env"]
		common.run(venv, "Making the bench's environment")
	_write_config(bench)
	_install_app(bench, apps)
	return bench


def _wanted(app: str = "frappe") -> tuple[str, str]:
	"""The repo and the branch of Frappe or of an app beside it, whose branches have the names of Frappe's."""
	repo = os.environ.get(f"{app.upper()}_REPO") or f"https://github.com/frappe/{app}"
	branch = os.environ.get("FRAPPE_BRANCH") or "version-15"
	return repo, os.environ.get(f"{app.upper()}_BRANCH") or branch


def _make_bench(bench: Bench):
	"""`bench init`, where that was not done yet, from FRAPPE_REPO at FRAPPE_BRANCH."""
	repo, branch = _wanted()
	key, made = f"bench {bench.path}", bench.path / "sites/assets/assets.json"
	if made.exists() and common.is_done(key, (repo, branch)):
		return
	machine.check_room(machine.ROOM_FOR_BENCH)
	# A question of seconds, instead of a failure after minutes.
	look = ["timeout", "60", "git", "ls-remote", "--heads", repo, branch]
	answer = common.read(look, GIT_TERMINAL_PROMPT="0")
	if answer.returncode:
		raise NoFrappe(
			f"Frappe can't be had: {repo} does not answer.",
			"Check the network (behind a proxy, set https_proxy), or name another source: FRAPPE_REPO=URL-or-folder, "
			"or a bench that is already there: BENCH=/path/to/bench",
			answer.stdout,
		)
	if "refs/heads/" not in answer.stdout:
		way_out = "Name one that it has: FRAPPE_BRANCH=version-15"
		raise NoFrappe(f"Frappe can't be had: {repo} has no branch {branch}.", way_out)
	python = machine.find_python()
	tool = common.environment("tool", python, [SETUPTOOLS, "frappe-bench>=5.22,<6"])
	shutil.rmtree(bench.path, ignore_errors=True)  # what an interrupted run left
	common.forget(f"needs of {bench.path}")
	options = ["--no-backups", "--skip-redis-config-generation", "--python", python]
	options += ["--frappe-path", repo, "--frappe-branch", branch, bench.path]
	with common.step(f"Making the bench: Frappe {branch} from {repo} (takes some minutes)"):
		path = f"{tool}:{os.environ['PATH']}"
		common.run([tool / "bench", "init", *options], "bench init", PATH=path)
		bench.install([SETUPTOOLS], "Installing setuptools")
	common.note(key, (repo, branch))


def _write_config(bench: Bench):
	"""Point the bench at our own servers."""
	port = servers.ports()
	own = {"db_host": "127.0.0.1", "db_port": port["mariadb"], "server_script_enabled": True}
	own |= {"webserver_port": port["web"], "socketio_port": port["socketio"]}
	for key, server in (("cache", "cache"), ("queue", "queue"), ("socketio", "queue")):
		own[f"redis_{key}"] = f"redis://127.0.0.1:{port[f'redis_{server}']}"
	_merge(bench.path / "sites/common_site_config.json", own)


def _install_app(bench: Bench, others: dict[str, Path] | None = None):
	"""Link the app into the bench, with what it and its tests need; `others` are apps to install along with it."""
	link, for_tests = bench.path / "apps" / APP, common.needed_by_tests()
	if link.resolve() != REPO:
		if link.is_symlink() and bench.own:
			link.unlink()  # the repo was moved
		if link.exists():
			raise Problem(
				f"{bench.path} has another {APP} already: {link.resolve()}.",
				f"Run the command of that clone, or take the app out of the bench first: bench remove-app {APP}",
			)
		link.symlink_to(REPO)
	apps = {**(others or {}), APP: link}
	key = f"needs of {bench.path}"
	needs = [for_tests, (REPO / "pyproject.toml").read_text(), str(REPO), sorted(apps)]
	if not common.is_done(key, needs):
		with common.step("Installing the app and what it needs into the bench"):
			editable = [word for path in apps.values() for word in ("-e", path)]
			bench.install([*editable, *for_tests, SETUPTOOLS], "Installing the app")
		common.note(key, needs)
	listing = bench.path / "sites/apps.txt"
	listed = listing.read_text().split() if listing.exists() else []
	if new := [app for app in apps if app not in listed]:
		listing.write_text("\n".join([*listed, *new]) + "\n")


def _build_assets(bench: Bench):
	"""Frappe's own esbuild. It also links public/ into sites/assets, so it runs for an app without bundles, too."""
	public, key = REPO / APP / "public", f"assets of {bench.path}"
	hashed = common.hash_of_files(public, "**/*")
	built = (bench.path / "sites/assets" / APP).exists() and (public / "dist").exists()
	if built and common.is_done(key, hashed):
		return
	with common.step("Building the app's assets"):
		bench.frappe(["build", "--app", APP], "Building the app's assets", FRAPPE_BENCH_ROOT=str(bench.path))
		# Frappe writes the new names into one cache; the tests' would go on with files that are gone.
		if bench.own:
			for cache in ("redis_cache", "test_redis_cache", "second_test_redis_cache"):
				common.read(["redis-cli", "-p", str(servers.ports()[cache]), "del", "assets_json"])
	common.note(key, hashed)


def _merge(path: Path, wanted: dict):
	config = json.loads(path.read_text()) if path.exists() else {}
	if config | wanted != config:
		path.write_text(json.dumps(config | wanted, indent=1, sort_keys=True) + "\n")
