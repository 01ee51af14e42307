"""One API request from its headers to its answer: who asks, may they, is it new, does it run, what goes wrong.

The order is Stripe's: authentication, routing, idempotency, validation, execution. State changes happen under the
store's lock and are written before the answer leaves; a slow fault waits outside of it, so that a second request with
the same idempotency key meets the conflict it would meet at Stripe.
"""

import base64
import json
import re
import sys
import time
import traceback
from contextlib import contextmanager

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from . import accounts, context, errors, forms, idempotency, params, render
from .errors import StripeError
from .ids import new_id
from .registry import ROUTES
from .resources import load_all

load_all()

URLS = Map([Rule(r.path, methods=[r.method], endpoint=r) for r in ROUTES], strict_slashes=False)


VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")


class Dropped(Exception):
	"""The connection is to be closed without an answer."""


class Answer:
	def __init__(self, status: int, body: str, headers: dict):
		self.status = status
		self.body = body
		self.headers = headers


class Call:
	"""One request on its way."""

	def __init__(self, emulator, request):
		self.emulator = emulator
		self.store = emulator.store
		self.method = request.method
		self.path = request.path
		self.raw = (
			request.get_data(as_text=True) if request.method == "POST" else request.query_string.decode()
		)
		self.query = request.query_string.decode() if request.method == "POST" else ""
		self.headers = request.headers
		self.base_url = request.host_url.rstrip("/")
		self.request_id = new_id("req", 14)
		self.idempotency_key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
		self.api_version = request.headers.get("Stripe-Version") or emulator.settings["default_api_version"]
		self.key: dict | None = None
		self.fault: dict | None = None
		self.replayed: str | None = None
		self.reserved = False

	def answer(self) -> Answer:
		"""Carry out the request and log it: faults first, then the key, idempotency and the endpoint."""
		started = time.perf_counter()
		try:
			with self.store.lock:
				self.fault = self.emulator.faults.take(self.method, self.path)
			if self._fault_is("refuse"):
				raise Dropped
			status, body, headers = self._guarded()
			if self._fault_is("drop_response"):
				raise Dropped
		except Dropped:
			self._log("dropped", started)
			raise
		self._log(status, started)
		return Answer(status, body, {**self._common_headers(), **headers})

	def _guarded(self) -> tuple[int, str, dict]:
		try:
			return self._run()
		except StripeError as error:
			return self._failed(error)
		except Exception:
			traceback.print_exc(file=sys.stderr)
			return self._failed(errors.api_error())

	def _run(self) -> tuple[int, str, dict]:
		given = {**forms.parse(self.query), **forms.parse(self.raw)}
		if self._fault_is("rate_limit"):
			raise errors.rate_limited()
		with self.store.lock:
			self.key = self._authenticate(given)
			if not VERSION.fullmatch(self.api_version):
				raise StripeError(f"Invalid Stripe API version: {self.api_version}")
			if self.emulator.too_many_requests(self.key["space"]):
				raise errors.rate_limited()
			route, values = self._route()
			self._authorize(route)
			stored = self._begin(given)
		if stored:
			self.replayed = stored["request_id"]
			return stored["status"], stored["body"], {}
		typed = params.check(route.params, given, self._browser_fields(route))
		with self._object_locked():
			if self._fault_is("slow"):
				time.sleep(self.fault.get("seconds", 1))
			if self._fault_is("error_before", "error"):
				raise self._ordered_error()
			return self._handle(route, values, typed)

	def _handle(self, route, values: dict, typed: dict) -> tuple[int, str, dict]:
		with self.store.lock:
			ctx = self._context()
			result = route.handler(ctx, typed, **values)
			result = render.expand(ctx, dict(result), typed.get("expand") or [])
			if self._fault_is("error_after"):
				raise self._ordered_error()
			body = json.dumps(render.public(result))
			self._finish(200, body)
		return 200, body, {}

	def _failed(self, error: StripeError) -> tuple[int, str, dict]:
		mode = "" if self.key and self.store.spaces.get(self.key["space"], {}).get("livemode") else "test/"
		log = f"https://dashboard.stripe.com/{mode}logs/{self.request_id}"
		body = json.dumps({"error": {**error.error, "request_log_url": log}})
		with self.store.lock:
			if self.reserved and error.stored:
				self._finish(error.status, body)
			elif self.reserved:
				idempotency.forget(self.emulator, self.key["space"], self.idempotency_key)
			self.store.flush()
		return error.status, body, self._retry_header(error)

	def _retry_header(self, error: StripeError) -> dict:
		"""Retrying is pointless where the answer was stored or the request itself is wrong."""
		pointless = error.status in (400, 401, 402, 403, 404) or (error.status >= 500 and self.reserved)
		return {**({"stripe-should-retry": "false"} if pointless and error.stored else {}), **error.headers}

	# Steps

	def _authenticate(self, given: dict) -> dict:
		value = _key_of(self.headers.get("Authorization")) or given.get("key")
		key = accounts.authenticate(self.store, value)
		account = self.store.spaces[key["space"]]["id"]
		named = self.headers.get("Stripe-Account")
		if named and named != account:
			raise StripeError(
				f"The provided key '{errors.masked(key['key'])}' does not have access to account '{named}' (or that "
				"account does not exist). Application access may have been revoked.",
				status=403,
				code="account_invalid",
			)
		return key

	def _route(self):
		try:
			return URLS.bind("emulator").match(self.path, method=self.method)
		except HTTPException:
			raise errors.unknown_url(self.method, self.path) from None

	def _authorize(self, route) -> None:
		if self.key["kind"] == "publishable":
			if not route.publishable:
				raise errors.secret_key_required()
			return
		accounts.require_permission(self.key, route.permission, self.store.spaces[self.key["space"]]["id"])

	def _begin(self, given: dict) -> dict | None:
		if not self.idempotency_key:
			return None
		stored = idempotency.begin(
			self.emulator, self.key["space"], self.idempotency_key, self.method, self.path, given
		)
		self.reserved = stored is None
		return stored

	def _finish(self, status: int, body: str) -> None:
		if self.reserved:
			idempotency.finish(
				self.emulator, self.key["space"], self.idempotency_key, self.request_id, status, body
			)
		self.store.flush()

	def _browser_fields(self, route) -> dict | None:
		if self.key["kind"] != "publishable":
			return None
		return {**dict.fromkeys(params.BROWSER_ONLY, object), **(route.browser or {})}

	@contextmanager
	def _object_locked(self):
		"""One writing request per object at a time, as at Stripe; another one waits a while, and is told to come again."""
		name = "/".join(self.path.split("/")[2:4])
		if self.method == "GET" or name.rpartition("/")[2] not in self.store.objects:
			yield
			return
		locked, free = self.emulator.locked, self.emulator.unlocked
		with free:
			if not free.wait_for(lambda: name not in locked, self.emulator.settings["lock_wait_seconds"]):
				raise errors.lock_timeout()
			locked.add(name)
		try:
			yield
		finally:
			with free:
				locked.discard(name)
				free.notify_all()

	def _context(self) -> context.Context:
		return self.emulator.context(
			self.key["space"],
			key=self.key,
			api_version=self.api_version,
			request_id=self.request_id,
			idempotency_key=self.idempotency_key,
			base_url=self.base_url,
		)

	# Faults

	def _fault_is(self, *kinds: str) -> bool:
		return bool(self.fault) and self.fault["kind"] in kinds

	def _ordered_error(self) -> StripeError:
		fault = self.fault
		if fault["kind"] != "error" and "message" not in fault:
			error = errors.api_error()
			error.status = fault.get("status", 500)
			error.stored = fault.get("stored", True)
			return error
		return StripeError(
			fault.get("message", "An error ordered by a test."),
			status=fault.get("status", 400),
			type=fault.get("type", "invalid_request_error"),
			code=fault.get("code"),
			param=fault.get("param"),
			stored=fault.get("stored", False),
			**({"decline_code": fault["decline_code"]} if fault.get("decline_code") else {}),
		)

	# Answering

	def _common_headers(self) -> dict:
		headers = {
			"request-id": self.request_id,
			"stripe-version": self.api_version,
			"content-type": "application/json",
			"cache-control": "no-cache, no-store",
		}
		if self.idempotency_key:
			headers["idempotency-key"] = self.idempotency_key
			headers["original-request"] = self.replayed or self.request_id
		if self.replayed:
			headers["idempotent-replayed"] = "true"
		return headers

	def _log(self, status: int | str, started: float) -> None:
		entry = {
			"at": self.emulator.clock.now(),
			"method": self.method,
			"path": self.path,
			"params": "" if "number" in self.raw else self.raw,
			"status": status,
			"key": self.key["kind"] if self.key else None,
			"account": self.store.spaces.get(self.key["space"], {}).get("id") if self.key else None,
			"api_version": self.api_version,
			"idempotency_key": self.idempotency_key,
			"replayed": bool(self.replayed),
			"fault": self.fault["kind"] if self.fault else None,
			"request_id": self.request_id,
			"milliseconds": round((time.perf_counter() - started) * 1000, 2),
		}
		with self.store.lock:  # whoever reads the list holds it, and a list must not grow while it is read
			self.emulator.requests.append(entry)


def _key_of(authorization: str | None) -> str | None:
	scheme, _, value = (authorization or "").partition(" ")
	if scheme.lower() == "bearer":
		return value.strip()
	if scheme.lower() == "basic":
		try:
			return base64.b64decode(value).decode().partition(":")[0]
		except ValueError:
			return None
	return None
