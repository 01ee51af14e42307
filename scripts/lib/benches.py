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
DEMO_SITE, TEST_SITE, SECOND_TEST_SITE = (f"stripe-{name}.localhost" for name in ("demo", "test", "test-2"))
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
			*"-m frappe.utils.bench_helper frappe".split(),
			*(["--site", site] if site else []),
		]
		common.run([*command, *arguments], what, self.path / "sites", **more)


def set_up() -> Bench:
	"""Everything up to running databases and a bench with the app in it; quick when nothing is missing."""
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
	key, path = f"site {site} of {bench.path}", bench.path / "sites" / site / "site_config.json"
	made = key in common.notes() and path.exists()  # a site without this note was interrupted

	def make():
		common.forget(key)
		options = "--force --admin-password admin --no-mariadb-socket --install-app".split()
		new = ["new-site", site, *options, APP, *database_account(bench)]
		bench.frappe(new, f"Making the site {site} with the app", **redis)
		answers = ["execute", WIZARD, "--kwargs", repr({"args": ANSWERS})]
		bench.frappe(answers, f"The setup wizard of {site}", site, **redis)

	def migrate():
		what = f"Migrating {site}, as the app has changed"
		bench.frappe(["migrate", "--skip-search-index"], what, site, **redis)

	shape = common.hash_of_files(REPO / APP, *SHAPES_THE_SITE)
	common.once(key, shape, migrate if made else make, there=made)
	_merge(path, config)


def database_account(bench: Bench) -> list[str]:
	"""new-site's and drop-site's options for an account that may create databases."""
	user, password = os.environ.get("DB_ROOT_USER", "root"), os.environ.get("DB_ROOT_PASSWORD")
	if bench.own:
		user, password = "root", servers.root_password()
	if password is None:
		raise Problem(
			f"To make a site in {bench.path}, an account of its MariaDB that may create databases is needed.",
			"Set DB_ROOT_PASSWORD (and DB_ROOT_USER, if it is not root), and run again.",
		)
	return ["--db-root-username", user, "--db-root-password", password]


def make_beside() -> Bench:
	"""A bench with ERPNext and frappe/payments, to see that the app gets on with both.

	A bench of its own, because payments pins an old stripe-python: in the bench that the other tests use, it would
	change what they test.
	"""
	bench, apps = Bench(HOME / "bench-beside", own=True), ["erpnext", "payments"]
	_make_bench(bench, apps)
	_write_config(bench)
	_install_app(bench)
	return bench


def _wanted(app: str = "frappe") -> tuple[str, str]:
	"""The repo and the branch of Frappe or of an app beside it, whose branches have the names of Frappe's."""
	repo = os.environ.get(f"{app.upper()}_REPO") or f"https://github.com/frappe/{app}"
	branch = os.environ.get("FRAPPE_BRANCH") or "version-15"
	return repo, os.environ.get(f"{app.upper()}_BRANCH") or branch


def _make_bench(bench: Bench, apps: tuple[str, ...] = ()):
	"""`bench init`, where that was not done yet, from FRAPPE_REPO at FRAPPE_BRANCH; with other apps, but not their desk's assets."""
	(repo, branch), key = _wanted(), f"bench {bench.path}"

	def make():
		# A question of seconds, instead of a failure after minutes.
		look = ["timeout", "60", "git", "ls-remote", "--exit-code", "--heads", repo, branch]
		answer = common.read(look, GIT_TERMINAL_PROMPT="0")
		if answer.returncode:
			why = f"has no branch {branch}" if answer.returncode == 2 else "does not answer"
			raise NoFrappe(
				f"Frappe can't be had: {repo} {why}.",
				"Check the network (behind a proxy, set https_proxy), or name another source: FRAPPE_REPO=URL-or-folder "
				"FRAPPE_BRANCH=version-15, or a bench that is already there: BENCH=/path/to/bench",
				answer.stdout,
			)
		python = machine.find_python(14 if machine.needs_newest() else 10)
		tool = machine.environment("tool", [SETUPTOOLS, "frappe-bench>=5.22,<6"], python)
		path = f"{tool}:{os.environ['PATH']}"
		common.forget(key)
		shutil.rmtree(bench.path, ignore_errors=True)  # what an interrupted run left
		init = "init --no-backups --skip-redis-config-generation".split() + ["--skip-assets"] * bool(apps)
		init += ["--python", python, "--frappe-path", repo, "--frappe-branch", branch, bench.path]
		what = f"Making the bench: Frappe {branch} from {repo} (takes some minutes)"
		common.run([tool / "bench", *init], what, PATH=path)
		for app in apps:
			get = ["get-app", "--skip-assets", "--branch", _wanted(app)[1], _wanted(app)[0]]
			common.run([tool / "bench", *get], f"Fetching {app}", bench.path, PATH=path)

	common.once(key, [repo, branch, *map(_wanted, apps)], make, there=bench.path.is_dir())


def _write_config(bench: Bench):
	"""Point the bench at our own servers."""
	port = servers.ports()
	own = {"db_host": "127.0.0.1", "db_port": port["mariadb"], "server_script_enabled": True}
	own |= {"webserver_port": port["web"], "socketio_port": port["socketio"]}
	for key, server in (("cache", "cache"), ("queue", "queue"), ("socketio", "queue")):
		own[f"redis_{key}"] = f"redis://127.0.0.1:{port[f'redis_{server}']}"
	_merge(bench.path / "sites/common_site_config.json", own)


def _install_app(bench: Bench):
	"""Link the app into the bench, with what it and its tests need."""
	link, listing = bench.path / "apps" / APP, bench.path / "sites/apps.txt"
	linked = link.exists()
	if not linked:
		link.symlink_to(REPO)
	elif link.resolve() != REPO:
		raise Problem(
			f"{bench.path} has another {APP} already: {link.resolve()}.",
			f"Run the command of that clone, or take the app out of the bench first: bench remove-app {APP}",
		)
	for_tests = common.needed_by_tests()
	install = [bench.python, "-m", "pip", "install", "-q", "-e", link, *for_tests, SETUPTOOLS]
	common.once(
		f"needs of {bench.path}",
		[for_tests, (REPO / "pyproject.toml").read_text()],
		lambda: common.run(install, "Installing the app and what it needs into the bench"),
		there=linked,
	)
	if APP not in (listed := listing.read_text().split()):
		listing.write_text("\n".join([*listed, APP]) + "\n")


def _build_assets(bench: Bench):
	"""Frappe's own esbuild. It also links public/ into sites/assets, so it runs for an app without bundles, too."""

	def build():
		bench.frappe(["build", "--app", APP], "Building the app's assets", FRAPPE_BENCH_ROOT=str(bench.path))
		# Frappe writes the new names into one cache; the tests' would go on with files that are gone.
		for cache in ("redis_cache", "test_redis_cache", "second_test_redis_cache") if bench.own else ():
			common.read(["redis-cli", "-p", str(servers.ports()[cache]), "del", "assets_json"])

	public = REPO / APP / "public"
	built = (bench.path / "sites/assets" / APP).exists() and (public / "dist").exists()
	common.once(f"assets of {bench.path}", common.hash_of_files(public, "**/*"), build, there=built)


def _merge(path: Path, wanted: dict):
	config = json.loads(path.read_text()) if path.exists() else {}
	if config | wanted != config:
		path.write_text(json.dumps(config | wanted, indent=1, sort_keys=True) + "\n")
