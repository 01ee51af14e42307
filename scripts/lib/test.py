"""scripts/test: sets up what the tests need and runs them.

  scripts/test                   everything
  scripts/test site browser      these kinds: lint unit emulator form site sweep install browser faults
  scripts/test -k NAME           the tests of this name, and nothing more than they need
  scripts/test site -- -x -vv    what follows -- goes to pytest

It ends with the counts of each kind and writes them to test-report.json, with the commit and what could not run.

Environment: REQUIRE_SITE=1 makes a missing Frappe an error; FRAPPE_REPO, FRAPPE_BRANCH (another source or version of
Frappe); BENCH (an existing bench; with DB_ROOT_USER and DB_ROOT_PASSWORD); ERPNEXT_REPO, PAYMENTS_REPO (to test beside
them); UPDATE_PICTURES=1, RECORD_ANSWERS=1 (renew docs/images, the answers of the form's test page); CHROMIUM, PYTHON, NODE, PORT_RANGE.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as xml
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from . import benches, common, machine, servers
from .benches import SECOND_TEST_SITE, TEST_SITE
from .common import BEGUN, HOME, LOG, OUTPUT, REPO, NoFrappe, Problem


class Kind(NamedTuple):
	"""Of tests: where they are, what the machine must have (a key of machine.PROGRAMS each), the site that they run on."""

	paths: list
	needs: set
	site: str = ""


KINDS = {
	"lint": Kind([], {"node"}),
	"unit": Kind(["tests/unit"], {"node"}),
	"emulator": Kind(["tests/emulator"], set()),
	"site": Kind(["tests/site", "stripe_service"], {"site"}, TEST_SITE),
	"install": Kind(["tests/install"], {"site"}, TEST_SITE),
	"form": Kind(["tests/browser/pay_form"], {"browser"}),
	"sweep": Kind(["tests/sweep"], {"site"}, SECOND_TEST_SITE),
	"browser": Kind(
		sorted((REPO / "tests/browser").glob("test_*.py")), {"site", "browser"}, SECOND_TEST_SITE
	),
	"faults": Kind(["tests/faults"], {"site"}, SECOND_TEST_SITE),
}
NAMES = KINDS
OPTIONS = {"-k": {"metavar": "EXPRESSION", "help": "only tests whose names match, as pytest's -k"}}
WITH_EACH_STRIPE = ("unit", "emulator")  # with both ends of the range of stripe-python
RECORDS = OUTPUT / "results"  # pytest's, and what its tags mean
OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}


def needs(options) -> set[str]:
	"""What the machine must have, known before anything is set up."""
	return set().union(*(KINDS[name].needs for name in options.names or KINDS))


def main(options) -> int:
	"""Run the tests that were asked for, and report whatever happens. The exit code; raises Problem."""
	kinds = [
		name for name in KINDS if name in (options.names or KINDS) and not (options.k and name == "lint")
	]
	with common.held("test"):
		run = Run(options.rest + (["-k", options.k] if options.k else []))
		try:
			if options.k and any(KINDS[name].site for name in kinds):
				run.named(kinds)
			else:
				run.all(kinds)
			if options.k and not run.not_run and not any(map(Counter.total, run.counts.values())):
				run.failures.append(f"no test has the name {options.k}")
		except BaseException as error:
			ended = isinstance(error, SystemExit | KeyboardInterrupt)
			run.could_not("the rest", "it was interrupted" if ended else str(error))
			raise
		finally:
			run.clean_up()
			run.report(options.asked_for)
	return 1 if run.failures else 0


class Run:
	"""One call of scripts/test: what it set up, what ran by pytest's own record of it, and what it has to end."""

	def __init__(self, for_pytest: list[str]):
		self.for_pytest = for_pytest
		self.bench: benches.Bench | None = None
		self.programs = servers.small_environment()
		# BENCH names a bench to them when it is set up. Of the ports the demo has its own: they take what the kernel gives.
		self.environment = {"EMULATOR_PYTHON": str(self.programs / "python"), "BENCH": "", "PORT_RANGE": ""}
		self.processes: list[subprocess.Popen] = []
		self.ended = False  # by a signal or a Problem: nothing more is begun
		self.counts: dict[str, Counter] = {}
		self.failures: list[str] = []
		self.not_run: list[dict] = []
		for left_over in (RECORDS, REPO / "tests/browser/output"):
			shutil.rmtree(left_over, ignore_errors=True)

	def named(self, kinds: list[str]):
		"""What has the name, in one pytest in the bench's Python, which can run every kind."""
		if self.set_up():
			kinds = self._find_browser(kinds)
			paths = [path for name in kinds for path in KINDS[name].paths]
			self._pytest("named", paths, **self.make_site(TEST_SITE))

	def all(self, kinds: list[str]):
		"""Two queues, which keep two processors busy for the same time: one in this thread, one beside it.

		What is set up is set up in this thread, whose waiting a signal ends.
		"""
		with ThreadPoolExecutor(1) as second:
			try:
				beside = []
				for name in (name for name in kinds if name in WITH_EACH_STRIPE):
					for end in ("oldest", "newest"):
						label, programs = f"{name} ({end} stripe)", servers.small_environment(end)
						beside.append(second.submit(self._pytest, label, KINDS[name].paths, programs))
				if "lint" in kinds:
					self._lint()
				sites = {"": {}} | self._make_sites(kinds)
				for name in (name for name in kinds if KINDS[name].site not in sites):
					self.could_not(name, "Frappe can't be had here (see above)")
				kinds = self._find_browser([name for name in kinds if KINDS[name].site in sites])
				for name in (name for name in kinds if KINDS[name].site == SECOND_TEST_SITE):
					on_second = second.submit(
						self._pytest, name, KINDS[name].paths, **sites[SECOND_TEST_SITE]
					)
					beside.append(on_second)
				for name in (name for name in kinds if name == "form" or KINDS[name].site == TEST_SITE):
					self._pytest(name, KINDS[name].paths, **sites[KINDS[name].site])
				for run in beside:
					run.result()
			except BaseException:
				second.shutdown(wait=False, cancel_futures=True)
				self._end_processes()
				raise

	def _make_sites(self, kinds: list[str]) -> dict[str, dict[str, str]]:
		"""Of each site the environment of its tests; none where Frappe can't be had."""
		sites = dict.fromkeys(KINDS[name].site for name in kinds if KINDS[name].site)
		if not sites or not self.set_up():
			return {}
		others = os.environ.get("ERPNEXT_REPO") and os.environ.get("PAYMENTS_REPO")
		if "install" in kinds and self.bench.own and others:
			self.environment["BESIDE_BENCH"] = str(benches.make_beside().path)
		return {site: self.make_site(site) for site in sites}

	def _find_browser(self, kinds: list[str]) -> list[str]:
		"""The kinds; without a browser those that need none, and that is a failure."""
		in_browser = [name for name in kinds if "browser" in KINDS[name].needs]
		try:
			if in_browser:
				self.environment["CHROMIUM"] = machine.ensure_browser(self.programs / "python")
		except Problem as problem:
			print(problem.text("NOT RUN"), file=sys.stderr, flush=True)
			self.failures.append(f"{' '.join(in_browser)}: {problem}")
			return [name for name in kinds if name not in in_browser]
		return kinds

	def set_up(self) -> bool:
		"""Bench and databases. Without Frappe: nothing, and False, unless REQUIRE_SITE says it must be."""
		try:
			with common.held("setup"):
				self.bench = benches.set_up()
			self.programs = self.bench.python.parent
			self.environment |= {"BENCH": str(self.bench.path), "REQUIRE_SITE": "1"}
			if self.bench.own or "DB_ROOT_PASSWORD" in os.environ:
				self.environment["DB_ROOT_OPTIONS"] = "\n".join(benches.database_account(self.bench))
		except Problem as problem:
			if os.environ.get("REQUIRE_SITE") == "1":
				raise
			print(problem.text("NOT RUN"), file=sys.stderr, flush=True)
			self.could_not("site", str(problem))
			if not isinstance(problem, NoFrappe):
				self.failures.append(f"site: {problem}")
			common.progress("GOING ON WITHOUT A SITE: most tests will not be run.")
		return bool(self.bench)

	def make_site(self, site: str) -> dict[str, str]:
		"""The site, and the environment of its tests, with Redis servers of its own: no other site's worker must take its
		jobs, nor its worker theirs."""
		group = "test_redis" if site == TEST_SITE else "second_test_redis"
		port = {name: servers.ports()[f"{group}_{name}"] for name in ("cache", "queue")}
		redis = {f"FRAPPE_REDIS_{name.upper()}": f"redis://127.0.0.1:{port[name]}" for name in port}
		# Frappe lets 60 users be made in an hour.
		config = {"allow_tests": True, "mute_emails": 1, "throttle_user_limit": 100_000}
		with common.held("setup"):
			benches.make_site(self.bench, site, config, **redis)
		return {**redis, "SITE": site}

	def python(
		self, label: str, programs: Path, arguments: list, log: Path | None = None, **more: str
	) -> int:
		"""In the copy of the repo, and a process group of its own: interrupted, it takes its servers and browsers along."""
		if self.ended:
			return 1
		environment = os.environ | {"TEST_LOGS": f"{LOG}/test-{label}"} | self.environment | more
		with open(log or os.devnull, "wb") as file:
			output = {"stdout": file, "stderr": file} if log else {}
			options = {
				"cwd": REPO,
				"env": environment,
				"stdin": subprocess.DEVNULL,
				"start_new_session": True,
			}
			process = subprocess.Popen([programs / "python", *map(str, arguments)], **options, **output)
		self.processes.append(process)
		return process.wait()

	def _pytest(self, label: str, paths: list, programs: Path | None = None, **site: str):
		"""What the queue beside this thread's prints is shown when it has ended."""
		common.progress(f"Running the tests: {label} ...")
		file, beside = label.replace(" ", "-"), threading.current_thread() is not threading.main_thread()
		junit, log = RECORDS / f"{file}.xml", LOG / f"test-{file}.log" if beside else None
		command = [
			"-m",
			"pytest",
			"-p",
			"no:cacheprovider",
			"-q",
			"--disable-warnings",
			f"--junitxml={junit}",
		]
		code = self.python(file, programs or self.programs, [*command, *self.for_pytest, *paths], log, **site)
		if log:
			print(log.read_text().strip(), flush=True)
		counts, skips = Counter(passed=0, failed=0, skipped=0), Counter()
		for case in xml.parse(junit).iter("testcase") if junit.exists() else ():
			result = next((each for each in case if each.tag in OUTCOMES), None)
			outcome = "passed" if result is None else OUTCOMES[result.tag]
			counts[outcome] += 1
			if outcome == "failed":
				self.failures.append(f"{case.get('classname')}::{case.get('name')}")
			if outcome == "skipped":
				skips[result.get("message")] += 1
		for reason, how_many in skips.items():
			self.could_not(label, f"{how_many} skipped: {reason}")
		if code not in (0, 5) and not counts["failed"]:  # 5: no test of that name
			counts["failed"] += 1
			self.failures.append(f"{label}: pytest ended with exit code {code}")
		self._counted(label, counts)

	def _lint(self):
		"""What a developer's own pre-commit does, on all files; in the copy, so that nothing in the repo is changed."""
		common.progress("Running the linters ...")
		for arguments in (["init", "-q"], ["add", "-A"]):
			common.read(["git", *arguments], REPO)
		program = servers.small_environment() / "pre-commit"
		command = [program, "run", "--all-files", "--show-diff-on-failure", "--color=never"]
		done = common.read(command, REPO, PRE_COMMIT_HOME=str(HOME / "pre-commit"))
		print(done.stdout.strip(), flush=True)
		checks = re.findall(r"^(.+?)\.{3,}.*?(Passed|Failed)$", done.stdout, re.MULTILINE)
		failures = [f"lint: {name}" for name, result in checks if result == "Failed"]
		if done.returncode and not failures:
			failures.append(f"lint: {common.failed('pre-commit', done.stdout, '')}")
		self.failures += failures
		passed = sum(result == "Passed" for _, result in checks)
		self._counted("lint", Counter(passed=passed, failed=len(failures), skipped=0))

	def _counted(self, label: str, counts: Counter):
		self.counts[label] = counts
		common.progress(f"{label}: {_words(counts)}")

	def could_not(self, what: str, why: str):
		"""Keep for the report that `what` (a kind, or a part of one) did not run."""
		self.not_run.append({"what": what, "why": why})

	def _end_processes(self):
		"""Twice by the signal of Ctrl-C, because a test that was in the middle of a query may have swallowed the first."""
		self.ended = True
		for number, seconds in ((signal.SIGINT, 10), (signal.SIGINT, 20), (signal.SIGKILL, 10)):
			deadline = time.monotonic() + seconds
			for process in (process for process in self.processes if process.poll() is None):
				with suppress(ProcessLookupError):
					os.killpg(process.pid, number)
			while any(process.poll() is None for process in self.processes) and time.monotonic() < deadline:
				time.sleep(0.1)

	def clean_up(self):
		"""End what this run started, and the databases unless the demo uses them."""
		self._end_processes()
		if not common.is_held("demo") and not common.is_held("setup"):
			servers.stop("databases")

	def report(self, asked_for: str):
		"""Write test-report.json and print the counts, whether the run came to its end or not."""
		total = sum(self.counts.values(), Counter())
		content = {
			"commit": os.environ["COMMIT"],
			"uncommitted_changes": bool(os.environ["UNCOMMITTED"]),
			"asked_for": asked_for,
			"seconds": round(time.monotonic() - BEGUN),
			"total": {name: total[name] for name in ("passed", "failed", "skipped")},
			"kinds": self.counts,
			"failures": self.failures,
			"could_not_run": self.not_run,
		}
		(REPO / "test-report.json").write_text(json.dumps(content, indent=2) + "\n")
		lines = ["", "=" * 72, *(f"FAILED   {failure}" for failure in self.failures)]
		lines += [f"NOT RUN  {missing['what']}: {missing['why']}" for missing in self.not_run]
		lines += [f"{name:<10} {_words(counts)}" for name, counts in sorted(self.counts.items())]
		print("\n".join([*lines, _words(total)]), flush=True)


def _words(counts: Counter) -> str:
	return f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"
