"""scripts/bench: the measurements of tests/bench, on the test site. They are no tests: nothing fails for being slow.

  scripts/bench                    all of them
  scripts/bench webhook_intake     one
"""

from . import test
from .benches import named_bench
from .locks import held
from .place import find_place
from .report import Report
from .say import Problem, progress


def main(arguments: list[str]) -> int:
	if {"-h", "--help"} & set(arguments):
		print(__doc__)
		return 0
	where = find_place(named_bench())
	with held(where, "test"):
		run = test.Run(where, Report(where.repo, "bench"), [])
		try:
			return _measure(run, arguments)
		finally:
			run.clean_up()


def _measure(run: "test.Run", names: list[str]) -> int:
	there = sorted(path.stem for path in (run.place.repo / "tests/bench").glob("[a-z]*.py"))
	if unknown := set(names) - set(there):
		raise Problem(
			f"No such measurement: {', '.join(sorted(unknown))}.", f"There are: {', '.join(there)}."
		)
	run.set_up_for_all()
	codes = []
	for name in names or there:
		progress(f"Measuring: {name} ...")
		codes.append(run.python(["-m", f"tests.bench.{name}"]))
	return max(codes)
