"""start.py demo|test|bench ...: what the files in scripts/ run."""

import importlib
import signal
import sys
from pathlib import Path

# This repo's own modules, whatever folder the command was called in.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from scripts.lib.say import Problem, explain


def main() -> int:
	# An end from outside (a cancelled CI job) unwinds as any other, so that what was started is ended.
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	command = importlib.import_module(f"scripts.lib.{sys.argv[1]}")
	try:
		return command.main(sys.argv[2:])
	except Problem as problem:
		explain(problem)
		return 1
	except KeyboardInterrupt:
		return 130


if __name__ == "__main__":
	sys.exit(main())
