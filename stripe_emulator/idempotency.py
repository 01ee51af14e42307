"""Idempotency keys as Stripe keeps them.

The first request with a key runs; the same one again gets the same answer, 402 and 500 included, with
`Idempotent-Replayed: true`. Other parameters or another endpoint are refused; a request whose twin still runs gets 409.
What was refused before it ran (validation, 401, 403, 429, 409) leaves no trace. Keys are forgotten after 24 hours.
"""

import hashlib

from . import forms
from .clock import HOUR
from .errors import StripeError

MAX_LENGTH = 255


def begin(emulator, space: str, key: str, method: str, path: str, params: dict) -> dict | None:
	"""Reserve `key`, or answer the stored record of an earlier request.

	:raises StripeError: idempotency_error for other parameters, idempotency_key_in_use while the first one runs
	"""
	if len(key) > MAX_LENGTH:
		raise StripeError(
			f"The Idempotency-Key header must be at most {MAX_LENGTH} characters long.",
			type="idempotency_error",
		)
	table = emulator.store.idempotency
	record = table.get(_name(space, key))
	if (
		record
		and emulator.clock.now() - record["created"]
		>= emulator.settings["idempotency_retention_hours"] * HOUR
	):
		record = None
	fingerprint = hashlib.sha256(repr(forms.flat(params)).encode()).hexdigest()
	if record is None:
		fresh = {
			"path": path,
			"method": method,
			"fingerprint": fingerprint,
			"created": emulator.clock.now(),
			"status": None,
			"request_id": None,
		}
		table.put(_name(space, key), fresh)
		return None
	_refuse_other_use(record, key, path, fingerprint)
	if record["status"] is None:
		raise StripeError(
			"There is currently another in-progress request using this Idempotent Key (that probably means you "
			f"submitted twice, and the other request is still going through): {key}. Please try again later.",
			status=409,
			type="idempotency_error",
			code="idempotency_key_in_use",
			headers={"stripe-should-retry": "true"},
		)
	return record


def finish(emulator, space: str, key: str, request_id: str, status: int, body: str) -> None:
	"""Keep the answer for whoever repeats the request with the same key."""
	name = _name(space, key)
	record = emulator.store.idempotency.get(name)
	if record:  # gone if the emulator was reset meanwhile
		record.update(status=status, body=body, request_id=request_id)
		emulator.store.idempotency.put(name, record)


def forget(emulator, space: str, key: str) -> None:
	"""Let the key be used anew: what was refused before it ran is not remembered."""
	emulator.store.idempotency.drop(_name(space, key))


def forget_unfinished(store) -> None:
	"""After a restart nothing runs any more: such requests never got an answer."""
	for name in [name for name, record in store.idempotency.items() if record["status"] is None]:
		store.idempotency.drop(name)


def prune(emulator) -> None:
	"""Forget keys older than the setting `idempotency_retention_hours`."""
	limit = emulator.clock.now() - emulator.settings["idempotency_retention_hours"] * HOUR
	table = emulator.store.idempotency
	for name in [name for name, record in table.items() if record["created"] <= limit]:
		table.drop(name)


def _refuse_other_use(record: dict, key: str, path: str, fingerprint: str) -> None:
	if record["path"] != path:
		raise StripeError(
			"Keys for idempotent requests can only be used for the same endpoint they were first used for "
			f"('{path}' vs '{record['path']}'). Try using a key other than '{key}' if you meant to execute a "
			"different request.",
			type="idempotency_error",
		)
	if record["fingerprint"] != fingerprint:
		raise StripeError(
			"Keys for idempotent requests can only be used with the same parameters they were first used with. "
			f"Try using a key other than '{key}' if you meant to execute a different request.",
			type="idempotency_error",
		)


def _name(space: str, key: str) -> str:
	return f"{space}/{key}"
