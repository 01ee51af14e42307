"""scripts/bench: the measurements of tests/bench, on the test site. They are no tests: nothing fails for being slow.

  scripts/bench                    all of them
  scripts/bench webhook_intake     one
  scripts/bench growth -- --sizes 100,1000     what follows -- goes to the measurement
  scripts/bench planted            plants bugs, to see that the tests notice each (tests/planted); an hour, so only if named
"""

import argparse

from . import benches, common
from .common import REPO
from .test import Run

THERE = sorted(path.stem for path in (REPO / "tests/bench").glob("[a-z]*.py"))
PLANTED = "planted"


def parse(arguments: list[str]) -> argparse.Namespace:
	"""The measurements that were named, and what goes to them. Ends with a message where there is no such one."""
	raw = argparse.RawDescriptionHelpFormatter
	parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, formatter_class=raw)
	at = arguments.index("--") if "--" in arguments else len(arguments)
	parser.add_argument(
		"names", nargs="*", choices=[*THERE, PLANTED, []], metavar="NAME", help=" ".join(THERE)
	)
	options = parser.parse_args(arguments[:at])
	options.given = arguments[at + 1 :]
	return options


def needs(options) -> set[str]:
	"""What the machine must have (a key of machine.PROGRAMS each), known before anything is set up."""
	return {"site"}


def main(options) -> int:
	"""Measure on the test site. The exit code is the highest of the measurements'."""
	codes = []
	with common.held("test"):
		run = Run([])
		try:
			site = run.make_site(benches.TEST_SITE) if run.set_up() else {}
			for name in options.names or THERE if site else ():
				common.progress(f"Measuring: {name} ...")
				module = f"tests.{name}" if name == PLANTED else f"tests.bench.{name}"
				arguments = ["-m", module, *options.given]
				codes.append(run.python(name, run.bench.python.parent, arguments, **site))
		finally:
			run.clean_up()
	return max(codes, default=1)
