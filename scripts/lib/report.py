"""Counts what ran, by pytest's own record of it, and writes test-report.json."""

import json
import subprocess
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field
from pathlib import Path

from .say import say


@dataclass
class Counts:
	passed: int = 0
	failed: int = 0
	skipped: int = 0

	def __iadd__(self, other: "Counts"):
		self.passed += other.passed
		self.failed += other.failed
		self.skipped += other.skipped
		return self

	def __str__(self):
		return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass
class Report:
	repo: Path
	asked_for: str
	begun: float = field(default_factory=time.monotonic)
	kinds: dict[str, Counts] = field(default_factory=dict)
	failures: list[str] = field(default_factory=list)
	not_run: list[dict] = field(default_factory=list)

	def add(self, kind: str, counts: Counts):
		self.kinds.setdefault(kind, Counts())
		self.kinds[kind] += counts

	def add_results(self, kind: str, junit: Path, exit_code: int):
		"""Add pytest's results. A run that ended without any, or crashed, counts as one failure."""
		counts, failures, skips = read_junit(junit)
		if (
			exit_code not in (0, 1, 5)
			or not junit.exists()
			or (exit_code and exit_code != 5 and not counts.failed)
		):
			counts.failed += 1
			failures.append(f"{kind}: pytest ended with exit code {exit_code}")
		self.add(kind, counts)
		self.failures += failures
		for reason, how_many in skips.items():
			self.could_not(kind, f"{how_many} skipped: {reason}")

	def could_not(self, what: str, why: str):
		self.not_run.append({"what": what, "why": why})

	@property
	def total(self) -> Counts:
		total = Counts()
		for counts in self.kinds.values():
			total += counts
		return total

	def write(self):
		commit, changed = _commit(self.repo)
		content = {
			"commit": commit,
			"uncommitted_changes": changed,
			"asked_for": self.asked_for,
			"seconds": round(time.monotonic() - self.begun),
			"total": vars(self.total),
			"kinds": {name: vars(counts) for name, counts in self.kinds.items()},
			"failures": self.failures,
			"could_not_run": self.not_run,
		}
		(self.repo / "test-report.json").write_text(json.dumps(content, indent=2) + "\n")

	def tell(self):
		say("\n" + "=" * 72)
		for failure in self.failures:
			say(f"FAILED   {failure}")
		for missing in self.not_run:
			say(f"NOT RUN  {missing['what']}: {missing['why']}")
		for name, counts in self.kinds.items():
			say(f"{name:<10} {counts}")
		say(str(self.total))


def read_junit(path: Path) -> tuple[Counts, list[str], dict[str, int]]:
	"""Counts, the names of what failed, and how many were skipped for which reason."""
	counts, failures, skips = Counts(), [], {}
	if not path.exists():
		return counts, failures, skips
	for case in xml.parse(path).getroot().iter("testcase"):
		if case.find("failure") is not None or case.find("error") is not None:
			counts.failed += 1
			failures.append(f"{case.get('classname')}::{case.get('name')}")
		elif (skip := case.find("skipped")) is not None:
			counts.skipped += 1
			reason = skip.get("message", "")
			skips[reason] = skips.get(reason, 0) + 1
		else:
			counts.passed += 1
	return counts, failures, skips


def _commit(repo: Path) -> tuple[str, bool]:
	def git(*arguments):
		done = subprocess.run(
			["git", "-c", f"safe.directory={repo}", *arguments], cwd=repo, capture_output=True, text=True
		)
		return done.stdout.strip()

	return git("rev-parse", "HEAD"), bool(git("status", "--porcelain"))
