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

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from . import benches, common, machine, servers
from .common import BEGUN, HOME, LOG, OUTPUT, REPO, NoFrappe, Problem

# kind -> where its tests are, what the machine must have
KINDS = {
	"lint": ([], {"node"}),
	"unit": (["tests/unit"], {"node"}),
	"emulator": (["tests/emulator"], set()),
	"form": (["tests/browser/pay_form"], {"browser"}),
	"site": (["tests/site", "stripe_service"], {"site"}),
	"sweep": (["tests/sweep"], {"site"}),
	"install": (["tests/install"], {"site"}),
	"browser": (sorted(map(str, (REPO / "tests/browser").glob("test_*.py"))), {"site", "browser"}),
	"faults": (["tests/faults"], {"site"}),
}
WITHOUT_SITE = ("unit", "emulator")  # these run with both ends of the range of stripe-python
ON_THE_SECOND_SITE = ("browser", "sweep", "faults")
OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}  # by the tag in pytest's record
RESULTS = OUTPUT / "for-repo"  # start.py brings it into the repo
ANSWERS = "stripe_emulator/pay_form_page/answers"
PICTURES = RESULTS / "tests/browser/output"


def parse(arguments: list[str]) -> argparse.Namespace:
	"""Options of scripts/test, with what goes to pytest; ends with a message where a kind is unknown."""
	at = arguments.index("--") if "--" in arguments else len(arguments)
	raw = argparse.RawDescriptionHelpFormatter
	parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__, formatter_class=raw)
	parser.add_argument("kinds", nargs="*", metavar="KIND", help=" ".join(KINDS))
	parser.add_argument("-k", metavar="NAME", help="only tests whose names match, as pytest's -k")
	options = parser.parse_args(arguments[:at])
	if unknown := set(options.kinds) - set(KINDS):
		parser.error(f"no such kind of tests: {', '.join(sorted(unknown))}; there are {' '.join(KINDS)}")
	options.asked_for = " ".join(arguments[:at]) or "everything"
	options.for_pytest = arguments[at + 1 :] + (["-k", options.k] if options.k else [])
	return options


def needs(options) -> set[str]:
	"""What the machine must have (a key of machine.PROGRAMS each), known before anything is set up."""
	return set().union(*(KINDS[name][1] for name in options.kinds or KINDS))


def main(options) -> int:
	"""Run the tests that were asked for, and report whatever happens. The exit code; raises Problem."""
	with common.held("test"):
		run = Run(options.for_pytest)
		try:
			kinds = [name for name in KINDS if name in options.kinds or not options.kinds]
			if not options.k:
				run.all(kinds)
			elif any("site" in KINDS[name][1] for name in kinds):
				run.named(kinds)
			else:
				run.all([name for name in kinds if name != "lint"])
		except BaseException as error:
			ended = isinstance(error, SystemExit | KeyboardInterrupt)
			run.could_not("the rest", "it was interrupted" if ended else str(error))
			raise
		finally:
			run.clean_up()
			run.report(options.asked_for)
	return 1 if run.failures or run.broken else 0


class Run:
	"""One call of scripts/test: what it set up, what ran by pytest's own record of it, and what it has to end.

	pytest runs the tests, each kind in the Python and with the site that it needs. nox would make those environments, but knows
	no bench, no two queues at once, and no counts over all of them.
	"""

	def __init__(self, for_pytest: list[str]):
		self.for_pytest = for_pytest
		self.bench: benches.Bench | None = None
		self.environment: dict[str, str] = {}
		self.processes: list[subprocess.Popen] = []
		self.ended = False  # by a signal or a Problem: nothing more is begun
		self.broken = False  # something that must not be missing is
		self.counts: dict[str, Counter] = {}
		self.failures: list[str] = []
		self.not_run: list[dict] = []
		for left_over in (OUTPUT / "results", RESULTS):
			shutil.rmtree(left_over, ignore_errors=True)
		PICTURES.mkdir(parents=True, exist_ok=True)

	def named(self, kinds: list[str]):
		"""What has the name, in one pytest in the bench's Python, which can run every kind."""
		if self.set_up():
			self._find_browser(kinds)
			paths = [path for name in kinds for path in KINDS[name][0]]
			self._pytest("named", self._programs(), paths, **self.make_site(benches.TEST_SITE))

	def all(self, kinds: list[str]):
		"""Two queues, which keep two processors busy for the same time: one in this thread, one `beside` it.

		What is set up is set up in this thread, whose waiting a signal ends.
		"""
		with ThreadPoolExecutor(1) as beside:
			try:
				waiting = self._start_without_site(kinds, beside)
				if "lint" in kinds:
					self._lint()
				sites = self._make_sites(kinds)
				self._find_browser(kinds)
				second = {name: site for name, site in sites.items() if name in ON_THE_SECOND_SITE}
				waiting += [beside.submit(self._on_site, *each, beside=True) for each in second.items()]
				for name in (name for name in sites if name not in second):
					self._on_site(name, sites[name])
				if "form" in kinds:
					self._pytest("form", self._programs(), KINDS["form"][0])
				for run in waiting:
					run.result()
			except BaseException:
				beside.shutdown(wait=False, cancel_futures=True)
				self._end_processes()
				raise

	def _start_without_site(self, kinds: list[str], beside: ThreadPoolExecutor) -> list[Future]:
		kinds = [name for name in kinds if name in WITHOUT_SITE]
		ends = {end: servers.small_environment(end) for end in ("oldest", "newest") if kinds}
		return [
			beside.submit(self._pytest, f"{name} ({end} stripe)", programs, KINDS[name][0], beside=True)
			for name in kinds
			for end, programs in ends.items()
		]

	def _make_sites(self, kinds: list[str]) -> dict[str, dict[str, str]]:
		"""Of the kinds that need a site, the environment of theirs; none where Frappe can't be had."""
		kinds = [name for name in kinds if "site" in KINDS[name][1]]
		if not kinds or not self.set_up():
			for name in kinds:
				self.could_not(name, "Frappe can't be had here (see above)")
			return {}
		first, second = benches.TEST_SITE, benches.SECOND_TEST_SITE
		sites = {name: second if name in ON_THE_SECOND_SITE else first for name in kinds}
		made = {site: self.make_site(site) for site in dict.fromkeys(sites.values())}
		return {name: made[site] for name, site in sites.items()}

	def _on_site(self, kind: str, site: dict[str, str], beside: bool = False):
		sources = os.environ.get("ERPNEXT_REPO") and os.environ.get("PAYMENTS_REPO")
		if kind == "install" and self.bench.own and sources:
			site = {**site, "BESIDE_BENCH": str(benches.make_beside().path)}
		self._pytest(kind, self._programs(), KINDS[kind][0], beside, **site)

	def _find_browser(self, kinds: list[str]):
		if any("browser" in KINDS[name][1] for name in kinds):
			self.environment["CHROMIUM"] = machine.ensure_browser(self._programs())

	def set_up(self) -> bool:
		"""Bench and databases. Without Frappe: nothing, and False, unless REQUIRE_SITE says it must be."""
		try:
			with common.held("setup"):
				self.bench = benches.set_up()
			self.environment = {"BENCH": str(self.bench.path), "REQUIRE_SITE": "1"}
			if self.bench.own or "DB_ROOT_PASSWORD" in os.environ:
				self.environment["DB_ROOT_OPTIONS"] = "\n".join(benches.database_account(self.bench))
		except Problem as problem:
			if os.environ.get("REQUIRE_SITE") == "1":
				raise
			print(problem.text, file=sys.stderr, flush=True)
			self.broken = not isinstance(problem, NoFrappe)
			self.could_not("site", str(problem))
			common.progress("GOING ON WITHOUT A SITE: most tests will not be run.")
		return bool(self.bench)

	def make_site(self, site: str) -> dict[str, str]:
		"""The site, and the environment of its tests: with Redis servers of its own, because no other site's worker must
		take its jobs, nor its worker theirs."""
		redis = "test_redis" if site == benches.TEST_SITE else "second_test_redis"
		own = {
			f"FRAPPE_REDIS_{name}": f"redis://127.0.0.1:{servers.ports()[f'{redis}_{name.lower()}']}"
			for name in ("CACHE", "QUEUE")
		}
		# Frappe lets 60 users be made in an hour.
		config = {"allow_tests": True, "mute_emails": 1, "throttle_user_limit": 100_000}
		with common.held("setup"):
			benches.make_site(self.bench, site, config, **own)
		return {**own, "SITE": site}

	def python(
		self, label: str, programs: Path, arguments: list, log: Path | None = None, **more: str
	) -> int:
		"""In the copy of the repo, and a process group of its own: interrupted, it takes its servers and browsers along."""
		if self.ended:
			return 1
		own = {
			"PORT_RANGE": "",  # of these ports the demo has its own: the tests take what the kernel gives
			"EMULATOR_PYTHON": str(servers.small_environment() / "python"),
			"BROWSER_OUTPUT": str(PICTURES),
		}
		for name in ("server", "worker", "emulator"):
			own[f"{name.upper()}_LOG"] = str(LOG / f"test-{label}-{name}.log")
		environment = {name: value for name, value in os.environ.items() if name != "BENCH"}
		command = [programs / "python", *map(str, arguments)]
		with open(log or os.devnull, "wb") as file:
			options = {"stdout": file, "stderr": file} if log else {}
			options |= {"env": environment | own | self.environment | more, "start_new_session": True}
			process = subprocess.Popen(command, cwd=REPO, stdin=subprocess.DEVNULL, **options)
		self.processes.append(process)
		return process.wait()

	def _pytest(self, label: str, programs: Path, paths: list[str], beside: bool = False, **environment: str):
		"""`beside` another one: what it prints is shown when it has ended."""
		common.progress(f"Running the tests: {label} ...")
		file = label.replace(" ", "-")
		junit, log = OUTPUT / "results" / f"{file}.xml", LOG / f"test-{file}.log" if beside else None
		command = [*"-m pytest -p no:cacheprovider -q --disable-warnings".split(), f"--junitxml={junit}"]
		code = self.python(file, programs, [*command, *self.for_pytest, *paths], log, **environment)
		if log:
			print(log.read_text().strip(), flush=True)
		counts = self._read_record(label, junit)
		no_test = code == 5  # of that name, in this kind
		if code and not counts["failed"] and (not no_test or label == "named"):
			counts["failed"] += 1
			why = ", no test has that name" if no_test else ""
			self.failures.append(f"{label}: pytest ended with exit code {code}{why}")
		self.counts[label] = counts
		common.progress(f"{label}: {_words(counts)}")

	def _read_record(self, label: str, junit: Path) -> Counter:
		"""Count what pytest recorded, and keep what failed or was skipped."""
		counts, skips = Counter(passed=0, failed=0, skipped=0), Counter()
		for case in xml.parse(junit).getroot().iter("testcase") if junit.exists() else ():
			result = next((each for each in case if each.tag in OUTCOMES), None)
			outcome = "passed" if result is None else OUTCOMES[result.tag]
			counts[outcome] += 1
			if outcome == "failed":
				self.failures.append(f"{case.get('classname')}::{case.get('name')}")
			if outcome == "skipped":
				skips[result.get("message")] += 1
		for reason, how_many in skips.items():
			self.could_not(label, f"{how_many} skipped: {reason}")
		return counts

	def _lint(self):
		"""What a developer's own pre-commit does, on all files; in the copy, so that nothing in the repo is changed."""
		programs = common.environment("env-lint", machine.find_python((3, 10)), ["pre-commit>=4,<5"])
		common.progress("Running the linters ...")
		for arguments in (["init", "-q"], ["add", "-A"]):
			common.read(["git", *arguments], cwd=REPO)
		command = [programs / "pre-commit", "run", "--all-files", "--show-diff-on-failure", "--color=never"]
		done = common.read(command, REPO, PRE_COMMIT_HOME=str(HOME / "pre-commit"))
		print(done.stdout.strip(), flush=True)
		checks = re.findall(r"^(.+?)\.{3,}.*?(Passed|Failed)$", done.stdout, re.MULTILINE)
		self.counts["lint"] = Counter(passed=0, failed=0, skipped=0)
		self.counts["lint"].update(result.lower() for _, result in checks)
		self.failures += [f"lint: {name}" for name, result in checks if result == "Failed"]
		if done.returncode and not self.counts["lint"]["failed"]:
			self.could_not("lint", str(common.failed("pre-commit", done.stdout, "")))
			self.broken = True
		common.progress(f"lint: {_words(self.counts['lint'])}")

	def _programs(self) -> Path:
		return self.bench.python.parent if self.bench else servers.small_environment()

	def could_not(self, what: str, why: str):
		"""Keep for the report that `what` (a kind, or a part of one) did not run."""
		self.not_run.append({"what": what, "why": why})

	def _end_processes(self):
		"""Twice by the signal of Ctrl-C, because a test that was in the middle of a query may have swallowed the first."""
		self.ended = True
		for number, seconds in ((signal.SIGINT, 10), (signal.SIGINT, 20), (signal.SIGKILL, 10)):
			running = [process for process in self.processes if process.poll() is None]
			for process in running:
				with suppress(ProcessLookupError):
					os.killpg(process.pid, number)
			deadline = time.monotonic() + seconds
			while any(process.poll() is None for process in running) and time.monotonic() < deadline:
				time.sleep(0.1)

	def clean_up(self):
		"""End what this run started, and the databases unless the demo uses them."""
		self._end_processes()
		renewed = {
			"UPDATE_PICTURES": (PICTURES / "docs-images", "docs/images"),
			"RECORD_ANSWERS": (REPO / ANSWERS, ANSWERS),
		}
		for variable, (made, at) in renewed.items():
			if os.environ.get(variable) == "1" and made.is_dir():
				shutil.copytree(made, RESULTS / at)
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
		(RESULTS / "test-report.json").write_text(json.dumps(content, indent=2) + "\n")
		lines = ["", "=" * 72, *(f"FAILED   {failure}" for failure in self.failures)]
		lines += [f"NOT RUN  {missing['what']}: {missing['why']}" for missing in self.not_run]
		lines += [f"{name:<10} {_words(counts)}" for name, counts in sorted(self.counts.items())]
		print("\n".join([*lines, _words(total)]), flush=True)


def _words(counts: Counter) -> str:
	return f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"
