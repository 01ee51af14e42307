"""The emulator's time.

Bank debits settle in business days, micro-deposits expire after ten, webhooks are retried for three. Tests
cannot wait for any of them, so every time in the emulator comes from here: the real time plus an offset
that only ever grows, unless a test sets the clock outright.
"""

import time
from datetime import datetime, timedelta, timezone

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock:
	"""Real time plus `offset` seconds. While a due task runs, the time stands still at its due time."""

	def __init__(self, offset: float = 0.0):
		self.offset = offset
		self._pinned: float | None = None

	def time(self) -> float:
		"""Seconds since the epoch, with fractions."""
		return time.time() + self.offset if self._pinned is None else self._pinned

	def now(self) -> int:
		"""Seconds since the epoch, as Stripe's timestamps."""
		return int(self.time())

	def advance(self, seconds: float) -> None:
		"""Move on by so many seconds."""
		self.offset += seconds

	def set(self, timestamp: float) -> None:
		"""Show this time (seconds since the epoch) now, and go on from there."""
		self.offset = timestamp - time.time()

	def pin(self, timestamp: float | None) -> None:
		"""Stand still at this time; None: go on."""
		self._pinned = timestamp


def add_business_days(timestamp: int, days: int) -> int:
	"""`days` weekdays after `timestamp` (bank holidays are not modelled)."""
	moment = datetime.fromtimestamp(timestamp, timezone.utc)
	while days > 0:
		moment += timedelta(days=1)
		if moment.weekday() < 5:
			days -= 1
	return int(moment.timestamp())


def start_of_day(timestamp: int) -> int:
	"""Midnight UTC before this time, both in seconds since the epoch."""
	return timestamp - timestamp % DAY
