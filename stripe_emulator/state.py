"""Everything the emulator remembers, in memory, and on disk where a file is given.

Tables are plain dicts, because every call must answer in a few milliseconds. What a request changed is written
to SQLite in one transaction at its end, so that a restarted (or killed) emulator continues where it was. One lock
guards all of it: whoever changes state holds it.
"""

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator

# Fields by which objects are looked up often enough to deserve an index.
INDEXED = {
	"charge": ("payment_intent", "customer"),
	"refund": ("charge", "payment_intent"),
	"payment_method": ("customer",),
	"mandate": ("payment_method",),
	"dispute": ("charge", "payment_intent"),
	"balance_transaction": ("payout", "source"),
	"payment_intent": ("customer",),
	"setup_intent": ("customer",),
}


class Table(dict):
	"""A dict that remembers which of its keys still have to be written."""

	def __init__(self, name: str):
		super().__init__()
		self.name = name
		self.changed: dict[str, None] = {}  # ordered, unlike a set

	def put(self, key: str, value) -> None:
		"""Set it, to be written with the next flush."""
		self[key] = value
		self.changed[key] = None

	def drop(self, key: str) -> None:
		"""Remove it, if it is there, with the next flush."""
		if self.pop(key, None) is not None:
			self.changed[key] = None


class Objects(Table):
	"""Stripe's objects by id, with the ids per account and kind in order of creation."""

	def __init__(self):
		super().__init__("objects")
		self.kinds: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
		self.index: dict[tuple, dict[str, None]] = defaultdict(dict)

	def put(self, key: str, value: dict) -> None:
		"""Store the object; its place among those with the same indexed values stays, unless one of these changed."""
		if key not in self or self[key].get("_places") != _places(value):
			self._unindex(key)
			self._index(key, value)
		super().put(key, value)

	def drop(self, key: str) -> None:
		"""Remove it, if it is there, with the next flush."""
		self._unindex(key)
		if key in self:
			self.kinds[self[key]["_space"], self[key]["object"]].pop(key, None)
		super().drop(key)

	def load(self, key: str, value: dict) -> None:
		"""Take over what was read from the file; nothing is to be written."""
		self[key] = value
		self._index(key, value)

	def of(self, space: str, kind: str, field: str | None = None, value: str | None = None) -> list[str]:
		"""Ids, oldest first, of one kind in one account, or of those whose indexed `field` has `value`."""
		if field is None:
			return list(self.kinds[space, kind])
		return list(self.index.get((space, kind, field, value), ()))

	def newest_first(self, space: str, kind: str) -> Iterator[str]:
		"""Ids of the space's objects of a kind."""
		return reversed(self.kinds[space, kind])

	def _index(self, key: str, value: dict) -> None:
		self.kinds[value["_space"], value["object"]][key] = None
		value["_places"] = _places(value)
		for place in value["_places"]:
			self.index[tuple(place)][key] = None

	def _unindex(self, key: str) -> None:
		for place in self.get(key, {}).get("_places", ()):
			self.index[tuple(place)].pop(key, None)


def _places(value: dict) -> list[list]:
	"""The entries of the index that lead to an object (lists, because a file keeps no tuples)."""
	kind = value["object"]
	return [
		[value["_space"], kind, field, value[field]] for field in INDEXED.get(kind, ()) if value.get(field)
	]


class Store:
	def __init__(self, path: str | None = None):
		self.lock = threading.RLock()
		self.meta = Table("meta")
		self.spaces = Table("spaces")
		self.keys = Table("keys")
		self.objects = Objects()
		self.idempotency = Table("idempotency")
		self.tasks = Table("tasks")
		self.deliveries = Table("deliveries")
		self.tables = [
			self.meta, self.spaces, self.keys, self.objects, self.idempotency, self.tasks, self.deliveries,
		]  # fmt: skip
		self._written = 0
		self._database = self._open(path) if path else None
		if self._database:
			self._load()

	def number(self, name: str) -> int:
		"""The next of a series that survives a restart."""
		value = self.meta.get(name, 0) + 1
		self.meta.put(name, value)
		return value

	def flush(self) -> None:
		"""Write what changed since the last time, in one transaction."""
		if not self._database:
			for table in self.tables:
				table.changed.clear()
			return
		if not any(table.changed for table in self.tables):
			return
		with self._database:
			for table in self.tables:
				self._write(table)

	def clear(self) -> None:
		"""Forget everything, in the file too."""
		for table in self.tables:
			table.changed.update(dict.fromkeys(table))
			dict.clear(table)
		self.objects.kinds.clear()
		self.objects.index.clear()
		self.flush()

	def _open(self, path: str) -> sqlite3.Connection:
		database = sqlite3.connect(path, check_same_thread=False)
		database.execute("PRAGMA journal_mode=WAL")
		database.execute("PRAGMA synchronous=OFF")
		database.execute(
			"CREATE TABLE IF NOT EXISTS state (tab TEXT, key TEXT, seq INTEGER, value TEXT, PRIMARY KEY (tab, key))"
		)
		return database

	def _load(self) -> None:
		tables = {table.name: table for table in self.tables}
		rows = self._database.execute("SELECT tab, key, value, seq FROM state ORDER BY seq")
		for name, key, value, self._written in rows:
			if name == "objects":
				self.objects.load(key, json.loads(value))
			else:
				tables[name][key] = json.loads(value)

	def _write(self, table: Table) -> None:
		# In the order of creation, which the row numbers keep and the lists of a reloaded emulator need.
		for key in table.changed:
			if key in table:
				self._written += 1
				self._database.execute(
					"INSERT INTO state VALUES (?, ?, ?, ?) ON CONFLICT (tab, key) DO UPDATE SET value = excluded.value",
					(table.name, key, self._written, json.dumps(table[key])),
				)
			else:
				self._database.execute("DELETE FROM state WHERE tab = ? AND key = ?", (table.name, key))
		table.changed.clear()
