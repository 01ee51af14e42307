"""Talks to the person at the terminal: steps with their time, and problems with their way out."""

import sys
import time
from contextlib import contextmanager

_begun = time.monotonic()


class Problem(Exception):
	"""Something that stops the command: what is wrong, and what to do about it."""

	def __init__(self, cause: str, way_out: str, details: str = ""):
		super().__init__(cause)
		self.cause = cause
		self.way_out = way_out
		self.details = details


class NoFrappe(Problem):
	"""Frappe cannot be had on this machine now; what needs no site can still run."""


def say(text: str = ""):
	print(text, flush=True)


def progress(text: str):
	"""A line with the time since the command was started."""
	say(f"[{_clock(time.monotonic() - _begun)}] {text}")


@contextmanager
def step(what: str):
	"""Announce a long step, and how long it took."""
	progress(f"{what} ...")
	start = time.monotonic()
	yield
	progress(f"{what}: done in {time.monotonic() - start:.1f} s")


def explain(problem: Problem):
	"""Tell a problem on standard error."""
	print(f"\nSTOPPED: {problem.cause}", file=sys.stderr)
	if problem.details:
		print("\n".join("    | " + line for line in problem.details.splitlines()), file=sys.stderr)
	print(f"WAY OUT: {problem.way_out}", file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
	minutes, seconds = divmod(int(seconds), 60)
	return f"{minutes:3d}:{seconds:02d}"
