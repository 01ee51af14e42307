"""scripts/test: sets up what the tests need and runs them.

  scripts/test                   everything
  scripts/test site browser      these kinds: lint unit emulator site install browser faults
  scripts/test -k NAME           the tests of this name, and nothing more than they need
  scripts/test site -- -x -vv    what follows -- goes to pytest

It ends with the counts of each kind and writes them to test-report.json, with the commit and what could not run.

Environment: REQUIRE_SITE=1 makes a missing Frappe an error; FRAPPE_REPO, FRAPPE_BRANCH (another source or version of
Frappe); BENCH (an existing bench; with DB_ROOT_USER and DB_ROOT_PASSWORD); ERPNEXT_REPO, PAYMENTS_REPO (to test beside
them); UPDATE_PICTURES=1 (renew docs/images); CHROMIUM, PYTHON, PORT_RANGE.
"""

import argparse
import os
import shutil
import signal
import subprocess
from pathlib import Path

from . import benches, beside, databases, demo, lint, machine, place, ports, servers, services, site_setup
from .kinds import EVERYTHING, KINDS, LINT, Kind
from .locks import held
from .place import Place
from .report import Report
from .say import NoFrappe, Problem, explain, progress
from .small_envs import small_env


def main(arguments: list[str]) -> int:
	arguments, for_pytest = _split(arguments)
	options = _parse(arguments)
	where = place.find_place(benches.named_bench())
	report = Report(where.repo, " ".join(arguments) or "everything")
	with held(where, "test"):
		run = Run(where, report, for_pytest)
		try:
			run.all(options.kinds or EVERYTHING) if not options.k else run.named(options.k, options.kinds)
		finally:
			run.clean_up()
	report.write()
	report.tell()
	return 1 if report.total.failed or run.broken else 0


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
	if "--" not in arguments:
		return arguments, []
	at = arguments.index("--")
	return arguments[:at], arguments[at + 1 :]


def _parse(arguments: list[str]):
	parser = argparse.ArgumentParser(
		prog="scripts/test", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
	)
	parser.add_argument("kinds", nargs="*", metavar="KIND", help=" ".join(EVERYTHING))
	parser.add_argument("-k", metavar="NAME", help="only tests whose names match, as pytest's -k")
	options = parser.parse_args(arguments)
	if unknown := set(options.kinds) - set(EVERYTHING):
		parser.error(f"no such kind of tests: {', '.join(sorted(unknown))}; there are {' '.join(EVERYTHING)}")
	return options


# Tests that wait for servers, workers and browsers are tried a second time on a busy machine; -rR tells which were.
WITH_SERVERS = ("site", "browser", "faults", "install")
SECOND_TRY = ("--reruns=1", "--reruns-delay=2", "-rR")


class Run:
	"""One call of scripts/test: what it set up, and what it has to end."""

	def __init__(self, where: Place, report: Report, for_pytest: list[str]):
		self.place = where
		self.report = report
		self.for_pytest = for_pytest
		self.started: list[str] = []
		self.environment: dict[str, str] = {}
		self.bench: benches.Bench | None = None
		self.broken = False  # something that must not be missing is
		self.results = where.output / "results"
		shutil.rmtree(self.results, ignore_errors=True)
		where.own(self.results)
		where.own(where.output / "browser")

	def all(self, names):
		place.bring_source_up_to_date(self.place)
		kinds = [KINDS[name] for name in EVERYTHING if name in names and name != LINT]
		if LINT in names:
			lint.check(self.place, self.report)
		if any(kind.needs_site or kind.browser for kind in kinds):
			self._set_up_site()
		for kind in kinds:
			self._run_kind(kind)

	def named(self, name: str, kinds: list[str]):
		"""The tests of one name, in one pytest, in the bench's Python."""
		self.set_up_for_all()
		wanted = [KINDS[kind] for kind in kinds] or KINDS.values()
		paths = [path for kind in wanted for path in kind.paths]
		python = self.bench.python if self.bench else small_env(self.place, "newest") / "bin/python"
		self._pytest("named", python, paths, ["-k", name])

	def set_up_for_all(self):
		place.bring_source_up_to_date(self.place)
		self._set_up_site()
		self._find_browser()

	def python(self, arguments: list) -> int:
		"""Run the bench's Python on the test site, in the copy of the repo."""
		return _call([self.bench.python, *arguments], self.place, self._environment())

	def _run_kind(self, kind: Kind):
		paths = self._existing(kind.paths)
		if not paths:
			self.report.could_not(kind.name, f"there are none yet ({', '.join(kind.paths)})")
			return
		if kind.needs_site and not self.bench:
			self.report.could_not(kind.name, "Frappe can't be had here (see above)")
			return
		if kind.browser:
			self._find_browser()
		if kind.name == "install" and beside.can_be_had():
			self.environment["BESIDE_BENCH"] = str(beside.make(self.place).path)
		for end in kind.ends or (None,):
			python = self._python(kind, end)
			self._pytest(kind.name, python, paths, self.for_pytest, end)

	def _python(self, kind: Kind, end: str | None) -> Path:
		if end or not self.bench:
			return small_env(self.place, end or "newest") / "bin/python"
		return self.bench.python

	def _set_up_site(self):
		"""Bench, databases and the test site. Without Frappe: nothing, unless REQUIRE_SITE says it must be."""
		try:
			with held(self.place, "setup"):
				before = set(services.running(self.place))
				try:
					self._start_databases()
				finally:
					self.started += sorted(set(services.running(self.place)) - before)
				config = {
					"allow_tests": True,
					"mute_emails": 1,
					"throttle_user_limit": 100_000,  # Frappe lets 60 users be made in an hour
				}
				site_setup.make_site(self.bench, site_setup.TEST_SITE, config, **self._redis())
		except Problem as problem:
			self._go_on_without_site(problem)
			return
		self.environment = self._redis() | {
			"BENCH": str(self.bench.path),
			"SITE": site_setup.TEST_SITE,
			"REQUIRE_SITE": "1",
			"DB_ROOT_OPTIONS": "\n".join(self._database_account()),
		}

	def _go_on_without_site(self, problem: Problem):
		"""That Frappe can't be had is no failure, unless REQUIRE_SITE says so; anything else that stops a set-up is."""
		if os.environ.get("REQUIRE_SITE") == "1":
			raise problem
		explain(problem)
		self.bench = None
		self.broken = not isinstance(problem, NoFrappe)
		self.report.could_not("site", problem.cause)
		progress("GOING ON WITHOUT A SITE: most tests will not be run.")

	def _start_databases(self):
		self.bench = demo.set_up(self.place)
		databases.start_redis(self.place, *servers.TEST_DATABASES)

	def _database_account(self) -> list[str]:
		try:
			return site_setup.database_account(self.bench)
		except Problem:
			return []

	def _redis(self) -> dict[str, str]:
		"""The tests' own Redis: the demo's worker must not take their jobs, nor they its."""
		port = ports.ports(self.place)
		return {
			"FRAPPE_REDIS_CACHE": f"redis://127.0.0.1:{port['test_redis_cache']}",
			"FRAPPE_REDIS_QUEUE": f"redis://127.0.0.1:{port['test_redis_queue']}",
		}

	def _find_browser(self):
		env = self.bench.path / "env" if self.bench else small_env(self.place, "newest")
		self.environment["CHROMIUM"] = machine.ensure_browser(self.place, env) or ""

	def _existing(self, paths) -> list[str]:
		return [path for path in paths if any((self.place.source / path).rglob("test_*.py"))]

	def _pytest(self, kind: str, python: Path, paths: list[str], options: list[str], end: str | None = None):
		label = f"{kind} ({end} stripe)" if end else kind
		progress(f"Running the tests: {label} ...")
		junit = self.results / f"{label.replace(' ', '-')}.xml"
		command = [
			python,
			"-m",
			"pytest",
			"-p",
			"no:cacheprovider",
			f"--junitxml={junit}",
			"-q",
			"--disable-warnings",
			*(SECOND_TRY if kind in WITH_SERVERS else ()),
		]
		code = _call([*command, *options, *self._existing(paths)], self.place, self._environment())
		self.report.add_results(label, junit, code)
		progress(f"{label}: {self.report.kinds[label]}")

	def _environment(self) -> dict[str, str]:
		return self.place.environment(
			**self.environment,
			PYTHONDONTWRITEBYTECODE="1",
			PORT_RANGE="",  # of these ports the demo has its own: the tests take what the kernel gives
			EMULATOR_PYTHON=str(small_env(self.place, "newest") / "bin/python"),
			BROWSER_OUTPUT=str(self.place.output / "browser"),
			SERVER_LOG=str(self.place.log / "test-web.log"),
			WORKER_LOG=str(self.place.log / "test-worker.log"),
			EMULATOR_LOG=str(self.place.log / "test-emulator.log"),
		)

	def clean_up(self):
		"""End what this run started, unless the demo has been started meanwhile and uses it."""
		self._bring_pictures_home()
		names = [
			name for name in self.started if not (name in servers.DATABASES and demo.kept_up(self.place))
		]
		servers.stop_all(self.place, reversed(names))

	def _bring_pictures_home(self):
		"""The tests write into .bench; the repo may not be theirs to write to."""
		source = self.place.output / "browser"
		if any(source.iterdir()):
			shutil.copytree(source, self.place.repo / "tests/browser/output", dirs_exist_ok=True)
		pictures = source / "docs-images"
		if os.environ.get("UPDATE_PICTURES") == "1" and pictures.is_dir():
			shutil.copytree(pictures, self.place.repo / "docs/images", dirs_exist_ok=True)


def _call(command: list, where: Place, environment: dict[str, str]) -> int:
	"""pytest in a process group of its own, so that an interrupted run takes its servers and browsers along."""
	process = subprocess.Popen(
		list(map(str, command)),
		cwd=where.source,
		env=environment,
		stdin=subprocess.DEVNULL,
		start_new_session=True,
		**where.as_user(),
	)
	try:
		return process.wait()
	except BaseException:
		os.killpg(process.pid, signal.SIGINT)
		try:
			process.wait(30)
		except subprocess.TimeoutExpired:
			os.killpg(process.pid, signal.SIGKILL)
		raise
