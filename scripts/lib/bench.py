"""scripts/bench: the measurements of tests/bench, on the test site. They are no tests: nothing fails for being slow.

  scripts/bench                    all of them
  scripts/bench webhook_intake     one
  scripts/bench growth -- --sizes 100,1000     what follows -- goes to the measurement
  scripts/bench planted            plants bugs, to see that the tests notice each (tests/planted); an hour, so only if named
"""

from . import common
from .benches import TEST_SITE
from .common import REPO
from .test import Run

MEASUREMENTS = sorted(path.stem for path in (REPO / "tests/bench").glob("[a-z]*.py"))
NAMES, OPTIONS = [*MEASUREMENTS, "planted"], {}


def needs(options) -> set[str]:
	"""What the machine must have (a key of machine.PROGRAMS each), known before anything is set up."""
	return {"site"}


def main(options) -> int:
	"""Measure on the test site. The exit code is the highest of the measurements'."""
	codes = []
	with common.held("test"):
		run = Run([])
		try:
			site = run.make_site(TEST_SITE) if run.set_up() else {}
			for name in options.names or MEASUREMENTS if site else ():
				common.progress(f"Measuring: {name} ...")
				module = "tests.planted" if name == "planted" else f"tests.bench.{name}"
				codes.append(run.python(name, run.bench.python.parent, ["-m", module, *options.rest], **site))
		finally:
			run.clean_up()
	return max(codes, default=1)
