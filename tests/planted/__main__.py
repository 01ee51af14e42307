"""Plants one-line bugs, one after the other, and runs the tests that have to notice each: a test that can't fail proves nothing.

  scripts/bench planted                       all of bugs.toml, on the test site
  scripts/bench planted -- refund links       those whose file, description or tests hold one of these words
  python3 -m tests.planted unit/              those that need no site, with any Python that has pytest and hypothesis

The bugs are planted in a copy of the repo, which is put first on PYTHONPATH, also that of the servers that a test starts. So
nothing is to be restored where this is interrupted. A bug counts as noticed only if a test failed; where none ran, or the code
could not be loaded any more, it is the list that is wrong.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

try:
	import tomllib
except ModuleNotFoundError:  # Python 3.10, to which pytest brings it
	import tomli as tomllib

REPO = Path(__file__).resolve().parents[2]
# What a run needs not, and what another one is writing to.
LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "dist", "output", "docs")
SECONDS = 600


@dataclass(frozen=True)
class Bug:
	"""One row of bugs.toml, which says what its fields mean."""

	what: str
	file: str
	text: str
	planted: str
	tests: str
	k: str

	@property
	def path(self) -> Path:
		"""The file, as seen from the repo."""
		return Path("stripe_service", self.file)


def bugs() -> list[Bug]:
	"""All of them. The end of a text's last line is TOML's, and not part of it."""
	rows = tomllib.loads((REPO / "tests/planted/bugs.toml").read_text())["bug"]
	return [Bug(**{name: value.removesuffix("\n") for name, value in row.items()}) for row in rows]


@contextmanager
def planted(bug: Bug, folder: Path):
	"""The bug stands in the copy in `folder` for as long as the block lasts."""
	file = folder / bug.path
	true = file.read_text()
	try:
		file.write_text(true.replace(bug.text, bug.planted))
		yield
	finally:
		file.write_text(true)


def run_tests(bug: Bug, folder: Path) -> str:
	"""What became of the bug that stands in the copy in `folder`."""
	command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--disable-warnings"]
	process = subprocess.Popen(
		[*command, f"tests/{bug.tests}", "-k", bug.k],
		cwd=folder,
		env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
		stdout=subprocess.PIPE,
		stderr=subprocess.STDOUT,
		text=True,
	)
	try:
		said, _ = process.communicate(timeout=SECONDS)
	except subprocess.TimeoutExpired:
		return "noticed"  # the tests hang, which nobody overlooks
	finally:
		process.kill()
	summary = said.splitlines()[-1]
	if process.returncode == 0 and " skipped" not in summary:
		return "NOT NOTICED"
	if process.returncode == 1 and " failed" in summary:
		return "noticed"
	# An error in a fixture is none that a test has noticed: the database may be down.
	print(said[-3000:], flush=True)
	return "could not run"


def main() -> int:
	words = [word.lower() for word in sys.argv[1:]]
	counts: Counter = Counter()
	with tempfile.TemporaryDirectory(prefix="planted-") as temporary:
		folder = Path(temporary, "repo")
		shutil.copytree(REPO, folder, ignore=LEFT_OUT)
		for bug in bugs():
			line = f"{bug.file}: {bug.what}  [{bug.tests} -k '{bug.k}']"
			if words and not any(word in line.lower() for word in words):
				continue
			began = time.monotonic()
			with planted(bug, folder):
				outcome = run_tests(bug, folder)
			counts[outcome] += 1
			print(f"{outcome:<13} {time.monotonic() - began:4.0f} s  {line}", flush=True)
	print(", ".join(f"{number} {outcome}" for outcome, number in counts.items()) or "no such bug")
	return int(set(counts) != {"noticed"})


if __name__ == "__main__":
	sys.exit(main())
