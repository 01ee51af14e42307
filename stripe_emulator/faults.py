"""Faults on demand: what the network and Stripe itself may do wrong, chosen by method, path and count."""

import fnmatch
import itertools
import re

from .registry import ROUTES

PLACE = re.compile(r"<[^>]+>")

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
		self,
		kind: str,
		method: str = "*",
		path: str = "/v1/*",
		count: int = 1,
		after: int = 0,
		operation: str | None = None,
		**more,
	) -> dict:
		"""Disturb the next `count` requests (-1: all) that match, once `after` matching ones have passed.

		`operation` names a call as the SDK does (`payment_intents.confirm`), in place of `method` and `path`.
		"""
		if kind not in KINDS:
			raise ValueError(f"unknown fault {kind!r}; known: {', '.join(KINDS)}")
		if operation:
			method, path = _request_of(operation)
		fault = {
			"id": next(self._numbers),
			"kind": kind,
			"method": method.upper(),
			"path": path,
			"left": count,
			"after": after,
			"hits": 0,
			"operation": operation,
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
		"""Forget those that have not happened yet."""
		self.active.clear()

	def _matches(self, fault: dict, method: str, path: str) -> bool:
		if fault["operation"] and path.count("/") != fault["path"].count("/"):
			return False  # the * of a path pattern would also take what follows the id
		return fault["method"] in ("*", method) and fnmatch.fnmatchcase(path, fault["path"])


def _request_of(operation: str) -> tuple[str, str]:
	"""`refunds.create` is POST /v1/refunds; raises ValueError where the emulator has no such route."""
	resource, _, verb = operation.rpartition(".")
	base = f"/v1/{resource.replace('.', '/')}"
	method, path = {
		"create": ("POST", base),
		"list": ("GET", base),
		"retrieve": ("GET", f"{base}/*"),
		"update": ("POST", f"{base}/*"),
		"delete": ("DELETE", f"{base}/*"),
	}.get(verb, ("POST", f"{base}/*/{verb}"))
	known = {(route.method, PLACE.sub("*", route.path)) for route in ROUTES}
	if (method, path) not in known:
		raise ValueError(f"unknown operation {operation!r}: there is no {method} {path}")
	return method, path
