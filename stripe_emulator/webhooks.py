"""Webhooks: signed deliveries by background threads, retried as Stripe does, and disturbed as tests ask.

Only deliveries that are still to be made are kept in the store; what became of the others is a bounded log.
"""

import collections
import functools
import hashlib
import heapq
import hmac
import ipaddress
import itertools
import json
import socket
import threading
import time
from urllib.parse import urlsplit, urlunsplit

import requests

from . import events
from .ids import new_id

LOG_LENGTH = 20_000


def _wants(endpoint: dict, type: str) -> bool:
	return "*" in endpoint["enabled_events"] or type in endpoint["enabled_events"]


def signature(secrets: list[str], timestamp: int, payload: str) -> str:
	"""The Stripe-Signature header: one v1 per secret while an old one is still valid, and the v0 to be ignored."""
	signed = f"{timestamp}.{payload}".encode()
	digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
	fake = hashlib.sha256(signed).hexdigest()
	return ",".join([f"t={timestamp}", *(f"v1={digest}" for digest in digests), f"v0={fake}"])


def valid_secrets(endpoint: dict, now: int) -> list[str]:
	"""The endpoint's signing secrets at this time: two while one is being rolled."""
	return [s["secret"] for s in endpoint["_secrets"] if s["expires"] is None or s["expires"] > now]


class NotThisMachine(Exception):
	"""The emulator sends nothing to other machines: what it says is test data, and a test must not wait for a network."""


def _on_this_machine(url: str) -> tuple[str, dict]:
	"""The URL to post to, and the Host header where the name had to be replaced.

	Names under .localhost are this machine (RFC 6761), which not every resolver knows.

	:raises NotThisMachine: for any other machine
	"""
	parts = urlsplit(url)
	host = parts.hostname or ""
	if host.endswith(".localhost"):
		port = f":{parts.port}" if parts.port else ""
		return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}")), {"Host": parts.netloc}
	if not _is_this_machine(host):
		raise NotThisMachine(f"{host} is not this machine: the emulator delivers to loopback addresses only")
	return url, {}


@functools.lru_cache(maxsize=100)
def _is_this_machine(host: str) -> bool:
	try:
		return all(ipaddress.ip_address(found[4][0]).is_loopback for found in socket.getaddrinfo(host, None))
	except OSError:
		return False


class Dispatcher:
	"""The deliveries still to be made, in order of their time."""

	def __init__(self, emulator, workers: int = 4):
		self.emulator = emulator
		self.store = emulator.store
		self.log: collections.deque = collections.deque(maxlen=LOG_LENGTH)
		self.rules: list[dict] = []
		self._heap: list[tuple[float, int, str]] = []
		self._order = itertools.count()
		self._wake = threading.Condition(self.store.lock)
		self._running = 0
		self._session = threading.local()
		self._workers = workers

	def start(self) -> None:
		"""Begin to send, with what was waiting before a restart."""
		for delivery in self.store.deliveries.values():
			self._push(delivery)
		for _ in range(self._workers):
			threading.Thread(target=self._work, daemon=True, name="webhooks").start()

	# Queueing, with the store's lock held by the caller.

	def notify(self, ctx, event: dict) -> None:
		"""Queue `event` for every enabled endpoint of the account that subscribed to its type."""
		for endpoint in ctx.all("webhook_endpoint"):
			if endpoint["status"] == "enabled" and _wants(endpoint, event["type"]):
				self.queue(ctx, endpoint, event)

	def queue(self, ctx, endpoint: dict, event: dict) -> None:
		"""Send the event to the endpoint, or what the rules (control.py) say of it. The store's lock is held."""
		rule = self._take_rule(event["type"])
		action = rule["action"] if rule else None
		if action == "lose":
			self._note(endpoint, event, "lost")
			return
		copies = 1 + (rule.get("copies", 1) if action == "duplicate" else 0)
		for _ in range(copies):
			delivery = self._new(ctx, endpoint, event)
			if action == "delay":
				delivery["due"] += rule.get("seconds", 60)
			if action in ("hold", "reorder"):
				delivery["status"] = "held"
				rule.setdefault("held", []).append(delivery["id"])
			self._keep(delivery)
		if action == "reorder" and rule["left"] == 0:
			self.release(rule["held"][::-1])

	def _new(self, ctx, endpoint: dict, event: dict) -> dict:
		event["pending_webhooks"] += 1
		return {
			"id": new_id("dlv"),
			"event": event["id"],
			"type": event["type"],
			"endpoint": endpoint["id"],
			"space": endpoint["_space"],
			"first": ctx.clock.time(),
			"due": ctx.clock.time(),
			"attempt": 0,
			"status": "pending",
		}

	def _keep(self, delivery: dict) -> None:
		self.store.deliveries.put(delivery["id"], delivery)
		self._push(delivery)

	def _push(self, delivery: dict) -> None:
		if delivery["status"] == "pending":
			heapq.heappush(self._heap, (delivery["due"], next(self._order), delivery["id"]))
			self._wake.notify()

	def _take_rule(self, type: str) -> dict | None:
		for rule in self.rules:
			if rule["left"] != 0 and rule["type"] in ("*", type):
				rule["left"] -= 1
				return rule
		return None

	def add_rule(self, action: str, type: str = "*", count: int = 1, **more) -> dict:
		"""`action` is duplicate, delay, hold, lose or reorder; a `count` of -1 means until cleared."""
		rule = {"action": action, "type": type, "left": count, **more}
		self.rules.append(rule)
		return rule

	def held(self, type: str = "*") -> list[dict]:
		"""Deliveries that wait for `release_webhooks`, of one type or all (*)."""
		return [
			d for d in self.store.deliveries.values() if d["status"] == "held" and type in ("*", d["type"])
		]

	def release(self, ids: list[str]) -> int:
		"""Send held deliveries now, in the order given."""
		for number, delivery_id in enumerate(ids):
			delivery = self.store.deliveries[delivery_id]
			delivery.update(status="pending", due=self.emulator.clock.time() + number / 1_000_000)
			self._keep(delivery)
		return len(ids)

	def replay(self, ctx, event: dict) -> int:
		"""Send an event once more to all who want it, as the dashboard's *Resend* does."""
		endpoints = [e for e in ctx.all("webhook_endpoint") if _wants(e, event["type"])]
		for endpoint in endpoints:
			self._keep(self._new(ctx, endpoint, event))
		return len(endpoints)

	def clear(self) -> None:
		"""Forget what waits, the rules and the log."""
		self._heap.clear()
		self.rules.clear()
		self.log.clear()

	def wake(self) -> None:
		"""The clock was moved: something may be due now."""
		self._wake.notify_all()

	def due(self) -> int:
		"""How many deliveries should be on their way now."""
		now = self.emulator.clock.time()
		waiting = sum(d["status"] == "pending" and d["due"] <= now for d in self.store.deliveries.values())
		return waiting + self._running

	# Delivering, in the background threads.

	def _work(self) -> None:
		while True:
			with self._wake:
				delivery = self._next()
				while delivery is None:
					self._wake.wait(timeout=self._until_next())
					delivery = self._next()
				self._running += 1
				prepared = self._prepare(delivery)
			try:
				outcome = self._send(*prepared) if prepared else (None, "the endpoint is gone")
			finally:
				with self._wake:
					self._running -= 1
					self._finish(delivery, *outcome)
					self.store.flush()

	def _next(self) -> dict | None:
		now = self.emulator.clock.time()
		while self._heap and self._heap[0][0] <= now:
			delivery = self.store.deliveries.get(heapq.heappop(self._heap)[2])
			if delivery and delivery["status"] == "pending":
				delivery["status"] = "sending"
				return delivery
		return None

	def _until_next(self) -> float | None:
		return max(self._heap[0][0] - self.emulator.clock.time(), 0.005) if self._heap else None

	def _prepare(self, delivery: dict) -> tuple | None:
		endpoint = self.store.objects.get(delivery["endpoint"])
		event = self.store.objects.get(delivery["event"])
		if endpoint is None or event is None or endpoint["status"] != "enabled":
			return None
		payload = json.dumps(events.body(event, endpoint["api_version"]), indent=2)
		headers = {
			"Content-Type": "application/json; charset=utf-8",
			"User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
			# The real time: it is the receiver's clock that the timestamp is held against.
			"Stripe-Signature": signature(
				valid_secrets(endpoint, self.emulator.clock.now()), int(time.time()), payload
			),
		}
		return endpoint["url"], payload, headers

	def _send(self, url: str, payload: str, headers: dict) -> tuple[int | None, str | None]:
		session = getattr(self._session, "session", None)
		if session is None:
			session = self._session.session = requests.Session()
			session.trust_env = False  # endpoints are on this machine: no proxy
		try:
			url, host = _on_this_machine(url)
			answer = session.post(
				url,
				data=payload.encode(),
				headers={**headers, **host},
				timeout=self.emulator.settings["webhook_timeout"],
				allow_redirects=False,
			)
			return answer.status_code, None if answer.ok else answer.text[:500]
		except (requests.RequestException, NotThisMachine) as error:
			return None, str(error)[:500]

	def _finish(self, delivery: dict, status: int | None, error: str | None) -> None:
		if delivery["id"] not in self.store.deliveries:
			return  # the emulator was reset meanwhile
		delivery["attempt"] += 1
		accepted = status is not None and 200 <= status < 300
		delays = self.emulator.settings["webhook_retry_delays"]
		again = not accepted and delivery["attempt"] <= len(delays)
		again = again and delivery["endpoint"] in self.store.objects
		self.log.append(
			{
				"delivery": delivery["id"],
				"event": delivery["event"],
				"type": delivery["type"],
				"endpoint": delivery["endpoint"],
				"attempt": delivery["attempt"],
				"at": self.emulator.clock.now(),
				"status": status,
				"error": error,
				"outcome": "delivered" if accepted else "will retry" if again else "given up",
			}
		)
		if again:
			delivery["status"] = "pending"
			# From when it was due, not from when the clock, moved on by days, let it be tried.
			delivery["due"] += delays[delivery["attempt"] - 1]
			self._keep(delivery)
			return
		self.store.deliveries.drop(delivery["id"])
		event = self.store.objects.get(delivery["event"])
		if event:
			event["pending_webhooks"] = max(event["pending_webhooks"] - 1, 0)

	def _note(self, endpoint: dict, event: dict, outcome: str) -> None:
		self.log.append(
			{
				"delivery": None,
				"event": event["id"],
				"type": event["type"],
				"endpoint": endpoint["id"],
				"attempt": 0,
				"at": self.emulator.clock.now(),
				"status": None,
				"error": None,
				"outcome": outcome,
			}
		)
