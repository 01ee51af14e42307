"""python -m scripts.lib demo|test|bench ...: what the files in scripts/ call."""

import importlib
import os
import signal
import sys

from .say import Problem, explain


def main() -> int:
	os.environ.pop("PYTHONPATH", None)  # it was for this process, not for what it starts
	# An end from outside (a cancelled CI job) unwinds as any other, so that what was started is ended.
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	command = importlib.import_module(f".{sys.argv[1]}", __package__)
	try:
		return command.main(sys.argv[2:])
	except Problem as problem:
		explain(problem)
		return 1
	except KeyboardInterrupt:
		return 130


if __name__ == "__main__":
	sys.exit(main())
