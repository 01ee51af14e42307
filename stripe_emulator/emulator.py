"""The emulator itself: state, time, faults and webhooks together, without HTTP."""

import collections
import heapq
import itertools
import sys
import threading
import time
import traceback

from . import accounts, idempotency
from .clock import DAY, Clock
from .context import Context
from .faults import Faults
from .registry import TASKS
from .settings import DEFAULTS
from .state import Store
from .webhooks import Dispatcher

REQUEST_LOG_LENGTH = 50_000


class Emulator:
	def __init__(self, path: str | None = None, base_url: str = ""):
		self.base_url = base_url
		self.store = Store(path)
		self.clock = Clock(self.store.meta.get("clock_offset", 0.0))
		self.settings = {**DEFAULTS, **self.store.meta.get("settings", {})}
		self.faults = Faults()
		self.dispatcher = Dispatcher(self)
		self.requests: collections.deque = collections.deque(maxlen=REQUEST_LOG_LENGTH)
		# Ids of the objects that a request is writing to.
		self.locked: set[str] = set()
		self.unlocked = threading.Condition(self.store.lock)
		self._recent: dict[str, collections.deque] = collections.defaultdict(collections.deque)
		self._agenda: list[tuple[float, int, str]] = []
		self._numbers = itertools.count()
		self._tick = threading.Condition(self.store.lock)
		with self.store.lock:
			if not self.store.spaces:
				accounts.create_demo_accounts(self.store, self.clock.now())
			idempotency.forget_unfinished(self.store)
			for task in self.store.tasks.values():
				self._note_on_agenda(task)
			self.store.flush()

	def start(self) -> None:
		"""Begin to send webhooks and to run what falls due, each in a thread of its own."""
		self.dispatcher.start()
		threading.Thread(target=self._run_due_forever, daemon=True, name="clock").start()

	def context(self, space: str, **more) -> Context:
		"""What a request or a task of this space (an account's test or live mode) works with."""
		return Context(self, space, **more)

	# Time

	def schedule(self, space: str, at: float, name: str, arguments: dict) -> None:
		"""Run the task `name` at `at` (seconds since the epoch). It is kept over a restart. The store's lock is held."""
		task = {
			"id": f"task_{self.store.number('task')}",
			"space": space,
			"at": at,
			"name": name,
			"arguments": arguments,
		}
		self.store.tasks.put(task["id"], task)
		self._note_on_agenda(task)
		self._tick.notify_all()

	def advance(self, seconds: float) -> None:
		"""Move the clock forward; what falls due on the way happens at its own time, in order."""
		with self.store.lock:
			target = self.clock.time() + seconds
			self._run_due(target)
			self.clock.set(target)
			self._clock_moved()

	def set_clock(self, timestamp: float) -> None:
		"""Forward as `advance`; backward only the clock moves, nothing is undone."""
		with self.store.lock:
			if timestamp > self.clock.time():
				self.advance(timestamp - self.clock.time())
			else:
				self.clock.set(timestamp)
				self._clock_moved()

	def drop_tasks(self, match) -> None:
		"""Forget the tasks for which `match(task)` is true."""
		for task in [task for task in self.store.tasks.values() if match(task)]:
			self.store.tasks.drop(task["id"])

	def _clock_moved(self) -> None:
		self.store.meta.put("clock_offset", self.clock.offset)
		idempotency.prune(self)
		self._forget_old_events()
		self.store.flush()
		self.dispatcher.wake()
		self._tick.notify_all()

	def _forget_old_events(self) -> None:
		limit = self.clock.now() - self.settings["event_retention_days"] * DAY
		waiting = {delivery["event"] for delivery in self.store.deliveries.values()}
		for space in self.store.spaces:
			for event_id in self.store.objects.of(space, "event"):
				if self.store.objects[event_id]["created"] >= limit:
					break
				if event_id not in waiting:
					self.store.objects.drop(event_id)

	def _note_on_agenda(self, task: dict) -> None:
		heapq.heappush(self._agenda, (task["at"], next(self._numbers), task["id"]))

	def _run_due(self, until: float) -> None:
		while self._agenda and self._agenda[0][0] <= until:
			task = self.store.tasks.get(heapq.heappop(self._agenda)[2])
			if task:
				self.clock.pin(task["at"])
				try:
					self._run(task)
				finally:
					self.clock.pin(None)

	def _run(self, task: dict) -> None:
		self.store.tasks.drop(task["id"])
		try:
			TASKS[task["name"]](self.context(task["space"]), **task["arguments"])
		except Exception:
			traceback.print_exc(file=sys.stderr)

	def _run_due_forever(self) -> None:
		while True:
			with self._tick:
				self._run_due(self.clock.time())
				self.store.flush()
				wait = self._agenda[0][0] - self.clock.time() if self._agenda else None
				self._tick.wait(timeout=None if wait is None else max(wait, 0.01))

	# Limits

	def too_many_requests(self, space: str) -> bool:
		"""Count a request of this account against `requests_per_second`. The store's lock is held."""
		limit = self.settings["requests_per_second"]
		if not limit:
			return False
		recent, now = self._recent[space], time.monotonic()
		while recent and recent[0] <= now - 1:
			recent.popleft()
		if len(recent) >= limit:
			return True
		recent.append(now)
		return False

	# Control

	def change_settings(self, **changes) -> dict:
		"""Change settings by name (settings.py); raises ValueError for a name that is none."""
		unknown = set(changes) - set(DEFAULTS)
		if unknown:
			raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
		with self.store.lock:
			self.settings.update(changes)
			self.store.meta.put("settings", {k: v for k, v in self.settings.items() if v != DEFAULTS[k]})
			self.store.flush()
		return self.settings

	def reset(self) -> None:
		"""Forget everything but the demo accounts."""
		with self.store.lock:
			self.store.clear()
			self._agenda.clear()
			self.requests.clear()
			self.faults.clear()
			self.dispatcher.clear()
			self.settings.clear()
			self.settings.update(DEFAULTS)
			self.clock.offset = 0.0
			accounts.create_demo_accounts(self.store, self.clock.now())
			self.store.flush()
