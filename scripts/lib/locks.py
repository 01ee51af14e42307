"""Locks between commands that run at the same time: a set-up is never done twice at once, nor a test run."""

import fcntl
from contextlib import contextmanager

from .place import Place
from .say import progress


@contextmanager
def held(place: Place, name: str):
	"""Hold the lock; wait for whoever has it. The kernel frees it when the process ends, however it ends."""
	with (place.run / f"{name}.lock").open("w") as file:
		try:
			fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except OSError:
			progress(f"Another command holds the {name}: waiting for it ...")
			fcntl.flock(file, fcntl.LOCK_EX)
		yield


def is_held(place: Place, name: str) -> bool:
	with (place.run / f"{name}.lock").open("w") as file:
		try:
			fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except OSError:
			return True
		return False
