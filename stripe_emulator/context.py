"""One request's (or one task's) view of the emulator: an account, a key, the time, and what may be done there."""

from . import errors, events

# What Stripe calls the id in a path, where an error names it.
PATH_PARAM = {"payment_intent": "intent", "setup_intent": "intent", "payment_method": "payment_method"}


class Context:
	def __init__(
		self,
		emulator,
		space: str,
		*,
		key: dict | None = None,
		api_version: str | None = None,
		request_id: str | None = None,
		idempotency_key: str | None = None,
		base_url: str = "",
	):
		self.emulator = emulator
		self.store = emulator.store
		self.clock = emulator.clock
		self.settings = emulator.settings
		self.space = space
		self.key = key
		self.api_version = api_version
		self.request_id = request_id
		self.idempotency_key = idempotency_key
		self.base_url = base_url or emulator.base_url

	@property
	def account(self) -> dict:
		"""The record of the account in this mode."""
		return self.store.spaces[self.space]

	@property
	def livemode(self) -> bool:
		"""Whether this is live mode."""
		return self.account["livemode"]

	@property
	def publishable(self) -> bool:
		"""Whether the request came with a publishable key, from a browser."""
		return bool(self.key) and self.key["kind"] == "publishable"

	@property
	def now(self) -> int:
		"""Seconds since the epoch, as in Stripe's objects."""
		return self.clock.now()

	def find(self, kind: str, object_id: str | None) -> dict | None:
		"""The object of this kind in this account and mode, or None."""
		found = self.store.objects.get(object_id)
		if found and found["object"] == kind and found["_space"] == self.space:
			return found
		return None

	def get(self, kind: str, object_id: str, param: str | None = None) -> dict:
		"""The object, or Stripe's resource_missing: 404 for an id in the path, 400 for one in a parameter."""
		found = self.find(kind, object_id)
		if found:
			return found
		other = self.store.objects.get(object_id)
		name = errors.NAMES.get(kind, kind)
		if other and other["object"] == kind and other["_space"].rsplit(":", 1)[0] == self.account["id"]:
			raise errors.wrong_mode(name, object_id, not self.livemode, param or PATH_PARAM.get(kind, "id"))
		raise errors.missing(kind, object_id, param or PATH_PARAM.get(kind, "id"), 400 if param else 404)

	def existing(self, kind: str, object_id: str, param: str | None = None) -> dict:
		"""The object, unless it was deleted: a deleted customer can still be read, but not used."""
		found = self.get(kind, object_id, param)
		if found.get("_deleted"):
			raise errors.missing(kind, object_id, param or "id", 400 if param else 404)
		return found

	def put(self, obj: dict) -> dict:
		"""Keep the object in this account and mode; returns it."""
		obj.setdefault("_space", self.space)
		self.store.objects.put(obj["id"], obj)
		return obj

	def all(self, kind: str, field: str | None = None, value: str | None = None) -> list[dict]:
		"""Objects of this account, oldest first."""
		return [self.store.objects[i] for i in self.store.objects.of(self.space, kind, field, value)]

	def emit(self, type: str, obj: dict, previous: dict | None = None) -> dict:
		"""Make an event of the object as it is now, and queue its webhooks. `previous`: the values that changed."""
		return events.emit(self, type, obj, previous)

	def schedule(self, at: float, name: str, **arguments) -> None:
		"""Run the task `name` at `at`, in seconds since the epoch."""
		self.emulator.schedule(self.space, at, name, arguments)
