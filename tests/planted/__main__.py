"""Plants small bugs, one after the other, and runs the tests that have to notice each: a test that can't fail proves nothing.

  scripts/bench planted                       all of bugs.toml, on the test site
  scripts/bench planted -- refund links       those whose file, description or tests hold one of these words
  python3 -m tests.planted "[unit/"              those that need no site, with any Python that has pytest and hypothesis

The bugs are planted in a copy of the repo, which is put first on PYTHONPATH, also that of the servers that a test starts. So
nothing is to be restored where this is interrupted. A bug counts as noticed only if a test failed; where none ran, or the code
could not be loaded any more, it is the list that is wrong. What is planted in a DocType's file is brought to the site, too, and
taken back.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

try:
	import tomllib
except ModuleNotFoundError:  # Python 3.10, to which pytest brings it
	import tomli as tomllib

REPO = Path(__file__).resolve().parents[2]
# What a run needs not, and what another one is writing to.
LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "dist", "output", "docs")
SECONDS = 600
RELOAD = """
import sys
from tests.support import site
with site.connected() as frappe:
	frappe.reload_doc("stripe_service", "doctype", sys.argv[1], force=True)
	frappe.db.commit()
"""


@dataclass(frozen=True)
class Change:
	"""`text`, which stands in `file` exactly once, becomes `planted`."""

	file: str
	text: str
	planted: str

	@property
	def path(self) -> Path:
		"""The file, as seen from the repo."""
		return Path("stripe_service", self.file)


@dataclass(frozen=True)
class Bug(Change):
	"""One row of bugs.toml, which says what its fields mean."""

	what: str
	tests: str
	k: str
	also: list[Change] = field(default_factory=list)

	@property
	def changes(self) -> list[Change]:
		"""All that is changed for it: one guard, and those that stand behind it."""
		return [self, *self.also]


def bugs() -> list[Bug]:
	"""All of them."""
	rows = tomllib.loads((REPO / "tests/planted/bugs.toml").read_text())["bug"]
	return [
		Bug(**_texts(row), also=[Change(**_texts(change)) for change in row.get("also", [])]) for row in rows
	]


def _texts(row: dict) -> dict[str, str]:
	"""Without the end of a text's last line, which is TOML's."""
	return {name: value.removesuffix("\n") for name, value in row.items() if isinstance(value, str)}


@contextmanager
def planted(bug: Bug, folder: Path):
	"""The bug stands in the copy in `folder`, and what a DocType's file says on the site, for as long as the block lasts."""
	with ExitStack() as changes:
		for change in bug.changes:
			changes.enter_context(_changed(change, folder))
		yield


@contextmanager
def _changed(change: Change, folder: Path):
	file = folder / change.path
	true = file.read_text()
	try:
		_write(file, true.replace(change.text, change.planted), folder)
		yield
	finally:
		_write(file, true, folder)


def _write(file: Path, content: str, folder: Path) -> None:
	file.write_text(content)
	if file.suffix == ".json":  # a DocType, which Frappe reads from the database
		subprocess.run(
			[sys.executable, "-c", RELOAD, file.stem], cwd=folder, env=_environment(folder), check=True
		)


def _environment(folder: Path) -> dict[str, str]:
	return {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


def run_tests(bug: Bug, folder: Path) -> str:
	"""What became of the bug that stands in the copy in `folder`."""
	command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--disable-warnings"]
	process = subprocess.Popen(
		[*command, f"tests/{bug.tests}", "-k", bug.k],
		cwd=folder,
		env=_environment(folder),
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
