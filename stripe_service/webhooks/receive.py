"""Receiving webhooks: find the endpoint, verify that Stripe sent the event, store it.

This is all that happens while Stripe waits for its answer, and it is kept cheap, because a burst of events must not
slow the site down: in a burst, one insert and one commit each.

No secret is ever alive in a frame that touches the database, because Frappe logs the local variables of requests
that fail.
"""

import json
import re
import time
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.query_builder.functions import Coalesce
from frappe.utils import get_datetime, now_datetime

from stripe_service.accounts.secrets import read_secret
from stripe_service.gateway import webhook_signature
from stripe_service.gateway.events import EVENT_TYPES
from stripe_service.gateway.times import from_stripe
from stripe_service.utils.language import site_language
from stripe_service.utils.masking import mask

MAX_BODY_BYTES = 1024 * 1024
PROCESS = "stripe_service.webhooks.process.process_events"
# How long a process may go without looking up an endpoint's account: a burst of events asks once. A changed secret is
# noticed at once all the same, because what does not verify is looked up again.
REMEMBERED_SECONDS = 30
# Until queued processing begins, further events need not queue another. Should the queue lose it, the mark goes too.
_WAKING = "stripe_service_processing_queued"
_WAKING_SECONDS = 60

# An event about a PaymentIntent or SetupIntent carries the secret with which a browser can confirm it.
_CLIENT_SECRET = re.compile(r'("client_secret"\s*:\s*)"[^"]*"')


class Refused(Exception):
	"""Not Stripe, not now, or not for us: nothing is stored."""


@dataclass(frozen=True)
class Endpoint:
	"""A Stripe Account as far as receiving needs it."""

	name: str
	mode: str
	secrets: tuple[str, ...]
	good_until: float

	def __repr__(self) -> str:
		# Tracebacks print local variables.
		return f"<Endpoint of {self.name}>"


_endpoints: dict[tuple[str, str], Endpoint] = {}
# For each site and account: how many were refused since the trace was last written, and when that was.
_refused: dict[tuple[str, str], tuple[int, float | None]] = {}
REFUSED_SECONDS = 60


def receive_event(token: str, payload: bytes, signature: str | None) -> None:
	"""Verify and store one delivery, and see to it that it is worked on. Raises Refused. Commits."""
	if not token or len(token) > 140 or len(payload) > MAX_BODY_BYTES:
		raise Refused
	account, event = _verified(token, payload, signature)
	try:
		is_new = store(account, event, payload.decode())
		frappe.db.commit()
	except Exception:
		frappe.db.rollback()
		raise
	if is_new:
		queue_processing()


def _verified(token: str, payload: bytes, signature: str | None) -> tuple[Endpoint, dict]:
	key = (frappe.local.site, token)
	known = _endpoints.get(key)
	if known and known.good_until > time.monotonic():
		try:
			return known, _verify(known, payload, signature)
		except Refused:
			# Perhaps the secret was changed since it was read.
			_endpoints.pop(key, None)
	account = read_endpoint(token)
	try:
		event = _verify(account, payload, signature)
	except Refused:
		_note_refused(account.name)
		raise
	_endpoints[key] = account
	return account, event


def _note_refused(account: str) -> None:
	"""Leave a trace on the account: the secret that it holds may be another endpoint's. Counted in memory and written once a
	minute, so that nobody can make the database write by sending rubbish."""
	key, now = (frappe.local.site, account), time.monotonic()
	count, since = _refused.get(key, (0, None))
	if since is not None and now - since < REFUSED_SECONDS:
		_refused[key] = (count + 1, since)
		return
	_refused[key] = (0, now)
	endpoint = frappe.qb.DocType("Stripe Account")
	try:
		(
			frappe.qb.update(endpoint)
			.set(endpoint.webhook_refused, Coalesce(endpoint.webhook_refused, 0) + count + 1)
			.set(endpoint.webhook_refused_at, now_datetime())
			.where(endpoint.name == account)
		).run()
		frappe.db.commit()
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		frappe.db.rollback()


def _verify(account: Endpoint, payload: bytes, signature: str | None) -> dict:
	try:
		event = webhook_signature.verify(payload, signature, account.secrets)
	except webhook_signature.SignatureError:
		raise Refused from None
	if not _is_id(event.get("id")) or not isinstance(event.get("type"), str):
		raise Refused
	return event


def read_endpoint(token: str) -> Endpoint:
	"""The Stripe Account at whose endpoint an event arrived. Raises Refused if the address is nobody's."""
	fields = ["name", "mode", "previous_secret_until"]
	# A removed account has no token: none is nobody's.
	account = token and frappe.db.get_value("Stripe Account", {"webhook_token": token}, fields, as_dict=True)
	if not account:
		raise Refused
	return Endpoint(account.name, account.mode, _secrets(account), time.monotonic() + REMEMBERED_SECONDS)


def _secrets(account: frappe._dict) -> tuple[str, ...]:
	"""The endpoint's secret, and the one before it while that is still in use (24 hours at most)."""
	fields = ["webhook_secret"]
	if account.previous_secret_until and get_datetime(account.previous_secret_until) > now_datetime():
		fields.append("previous_webhook_secret")
	found = [read_secret(account.name, field) for field in fields]
	return tuple(secret for secret in found if secret)


def _is_id(value) -> bool:
	return isinstance(value, str) and bool(re.fullmatch(r"evt_[A-Za-z0-9_]{1,136}", value))


def _ascii(value) -> str:
	"""Stripe's ids, types and versions are short and plain; whatever else stands there must still fit its column."""
	return str(value or "").encode("ascii", "ignore").decode()[:140]


def store(account, event: dict, body: str | None = None, source: str = "Webhook") -> bool:
	"""Write the event's row, once; returns whether there is anything to do for it.

	`account` needs `name` and `mode`. The event's id is the row's name, so that the database refuses a second copy.
	Does not commit.
	"""
	subject = subject_of(event)
	ignored = _why_ignored(account, event)
	now = now_datetime()
	frappe.get_doc(
		{
			"doctype": "Stripe Event",
			"name": event["id"],
			"event_type": _ascii(event["type"]),
			"status": "Ignored" if ignored else "Received",
			"stripe_account": account.name,
			"source": source,
			"object_id": _ascii(subject.get("id")),
			"object_type": _ascii(subject.get("object")),
			"api_version": _ascii(event.get("api_version")),
			"livemode": int(bool(event.get("livemode"))),
			"created_at_stripe": from_stripe(event.get("created")),
			"received_at": now,
			"processed_at": now if ignored else None,
			"next_attempt_at": None if ignored else now,
			"payload": without_client_secrets(body or json.dumps(event, indent=1)),
			"outcome": ignored,
		}
	).db_insert(ignore_if_duplicate=True)
	return not ignored


def read_stored(payload: str) -> dict:
	"""The event that a row holds. Half of a character, which JSON can spell and no database takes, becomes a question mark."""
	return json.loads(json.dumps(json.loads(payload), ensure_ascii=False).encode("utf-8", "replace"))


def subject_of(event: dict) -> dict:
	"""The object that the event is about, as it was then."""
	data = event.get("data")
	subject = data.get("object") if isinstance(data, dict) else None
	return subject if isinstance(subject, dict) else {}


def _why_ignored(account, event: dict) -> str | None:
	"""In the site's language whoever the request runs as: the administrator reads it later."""
	with site_language():
		if event.get("livemode") and account.mode != "Live":
			return _("A live event, but the account is in Test mode.")
		if not event.get("livemode") and account.mode == "Live":
			return _("A test event, but the account is in Live mode.")
		if event["type"] not in EVENT_TYPES:
			return _("Nothing here depends on events of this type.")
		return None


def without_client_secrets(body: str) -> str:
	"""Also those in addresses, such as the one where a bank asks the payer."""
	return mask(_CLIENT_SECRET.sub(r'\1"(removed)"', body))


def queue_processing() -> None:
	"""Queue the processing, unless one is queued already.

	The rows are on disk and the scheduler processes them too, so no failure of Redis may reach the caller.
	"""
	try:
		# The key names the site.
		if frappe.cache.set(_waking_key(), 1, nx=True, ex=_WAKING_SECONDS):  # nosemgrep
			frappe.enqueue(PROCESS, queue="short")
	except Exception as error:
		frappe.logger("stripe_service").warning(
			f"processing not queued, left to the scheduler: {type(error).__name__}"
		)


def processing_begins() -> None:
	"""From here on a new event queues a job of its own: this one may already have read past it."""
	try:
		frappe.cache.delete(_waking_key())
	except Exception as error:
		frappe.logger("stripe_service").warning(f"processing mark not removed: {type(error).__name__}")


def _waking_key() -> bytes:
	return frappe.cache.make_key(_WAKING)
