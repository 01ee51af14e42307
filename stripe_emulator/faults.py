"""Faults on demand: what the network and Stripe itself may do wrong, chosen by method, path and count."""

import fnmatch
import itertools

# kind: what the caller meets
KINDS = {
	"refuse": "the connection closes before anything was done",
	"drop_response": "everything is done, then the connection closes without an answer",
	"rate_limit": "429, nothing done",
	"error_before": "500 (or `status`), nothing done",
	"error_after": "everything is done, then 500 (or `status`)",
	"slow": "the answer takes `seconds` longer; the idempotency key is in use meanwhile",
	"error": "the error given by `status`, `type`, `code`, `message`; nothing done",
}


class Faults:
	def __init__(self):
		self.active: list[dict] = []
		self._numbers = itertools.count(1)

	def add(
		self, kind: str, method: str = "*", path: str = "/v1/*", count: int = 1, after: int = 0, **more
	) -> dict:
		"""Disturb the next `count` requests (-1: all) that match, once `after` matching ones have passed."""
		if kind not in KINDS:
			raise ValueError(f"unknown fault {kind!r}; known: {', '.join(KINDS)}")
		fault = {
			"id": next(self._numbers),
			"kind": kind,
			"method": method.upper(),
			"path": path,
			"left": count,
			"after": after,
			"hits": 0,
			**more,
		}
		self.active.append(fault)
		return fault

	def take(self, method: str, path: str) -> dict | None:
		"""The fault for this request, if one is due. The store's lock is held."""
		for fault in self.active:
			if fault["left"] == 0 or not self._matches(fault, method, path):
				continue
			if fault["after"] > 0:
				fault["after"] -= 1
				continue
			fault["left"] -= 1
			fault["hits"] += 1
			return fault
		return None

	def clear(self) -> None:
		self.active.clear()

	def _matches(self, fault: dict, method: str, path: str) -> bool:
		return fault["method"] in ("*", method) and fnmatch.fnmatchcase(path, fault["path"])
