"""The control API under /emulator/: JSON in, JSON out, no key. control.py is its Python client.

Each route is a function of the emulator and a dict of arguments; its name is in `ROUTES`. A wrong argument answers 400 with
a sentence.
"""

import json
import random
import time
from fnmatch import fnmatchcase

from werkzeug.wrappers import Request, Response

from . import __doc__ as title
from . import (
	accounts,
	charging,
	debits,
	disputing,
	errors,
	events,
	faults,
	mandates,
	refunding,
	render,
	testdata,
)
from .resources import balance, payment_intents, setup_intents, webhook_endpoints

WRITING = ("POST", "DELETE")
ROUTES: dict[tuple[str, str], object] = {}


def control(method: str, name: str):
	"""Registers the handler of /emulator/NAME, described in docs/emulator.md."""

	def register(handler):
		ROUTES[method, name] = handler
		return handler

	return register


def respond(emulator, request: Request) -> Response | None:
	"""The answer of a control route, or None where the path belongs to a page."""
	handler = ROUTES.get((request.method, request.path.removeprefix("/emulator/").strip("/")))
	if handler is None:
		return None
	try:
		arguments = dict(request.args) if request.method == "GET" else (request.get_json(silent=True) or {})
		answer = handler(emulator, **arguments)
		return _json(answer if answer is not None else {"ok": True})
	except errors.StripeError as error:
		return _json({"error": error.error}, error.status)
	except (TypeError, ValueError, KeyError) as error:
		return _json({"error": {"message": f"{type(error).__name__}: {error}"}}, 400)
	finally:
		with emulator.store.lock:
			emulator.store.flush()


def _json(answer, status: int = 200) -> Response:
	return Response(json.dumps(answer), status, content_type="application/json")


def owner_of(emulator, object_id: str):
	"""A context of the account that `object_id` belongs to."""
	found = emulator.store.objects.get(object_id)
	if found is None:
		raise ValueError(f"no object {object_id!r}")
	return emulator.context(found["_space"])


def space_of(emulator, account: str | None, livemode: bool = False) -> str:
	"""The space of an account given by id or short name; the first demo account where none is."""
	if account is None:
		return accounts.space_of(accounts.DEMO_ACCOUNTS[0]["id"], livemode)
	for record in emulator.store.spaces.values():
		if account in (record["id"], record["name"]) and record["livemode"] == livemode:
			return record["space"]
	raise ValueError(f"no account {account!r}")


# State and time


@control("GET", "health")
def health(emulator):
	return {"ok": True, "name": title.splitlines()[0], "time": emulator.clock.now()}


@control("GET", "state")
def state(emulator):
	"""Counts of objects per account, what is scheduled, held and still to be delivered."""
	store = emulator.store
	with store.lock:
		return {
			"time": emulator.clock.now(),
			"offset": emulator.clock.offset,
			"accounts": {
				record["space"]: {kind: len(ids) for (space, kind), ids in store.objects.kinds.items() if space == record["space"] and ids}
				for record in store.spaces.values()
			},
			"scheduled": sorted(store.tasks.values(), key=lambda task: task["at"])[:100],
			"webhooks": {"held": len(emulator.dispatcher.held()), "due": emulator.dispatcher.due()},
			"faults": emulator.faults.active,
			"settings": emulator.settings,
		}  # fmt: skip


@control("POST", "reset")
def reset(emulator):
	"""Forget everything: objects, accounts, faults, webhooks, clock. The demo accounts are new again."""
	emulator.reset()


@control("POST", "advance")
def advance(
	emulator, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0, wait: bool = True
):
	"""Move the clock; `wait` until the webhooks that fell due were tried once."""
	emulator.advance(days * 86400 + hours * 3600 + minutes * 60 + seconds)
	if wait:
		flush_webhooks(emulator)
	return {"time": emulator.clock.now()}


@control("POST", "clock")
def set_clock(emulator, time: float):
	"""Set the clock to a Unix timestamp."""
	emulator.set_clock(time)
	return {"time": emulator.clock.now()}


@control("POST", "settings")
def settings(emulator, **changes):
	return emulator.change_settings(**changes)


@control("GET", "testdata")
def test_data(emulator):
	"""The published cards, accounts, tokens and institutions, for pages and stand-ins."""
	return {
		"cards": [
			{"number": c.number, "brand": c.brand, "authentication": c.authentication, "decline": c.decline and (c.decline.decline_code or c.decline.code)}
			for c in testdata.CARDS.values()
		],
		"banks": [{"number": b.number, "failure": b.failure} for b in testdata.BANKS.values()],
		"card_tokens": testdata.CARD_TOKENS,
		"bank_tokens": testdata.BANK_TOKENS,
		"institutions": testdata.INSTITUTIONS,
		"routing_number": "110000000",
		"microdeposits": {"amounts": [32, 45], "descriptor_code": "SM11AA"},
	}  # fmt: skip


@control("GET", "events")
def list_events(emulator, type: str = "*", account: str | None = None, livemode: str = ""):
	with emulator.store.lock:
		ctx = emulator.context(space_of(emulator, account, livemode == "true"))
		return {"events": [events.body(row) for row in ctx.all("event") if fnmatchcase(row["type"], type)]}


@control("GET", "objects")
def list_objects(emulator, kind: str, account: str | None = None, livemode: str = ""):
	with emulator.store.lock:
		ctx = emulator.context(space_of(emulator, account, livemode == "true"))
		return {"objects": [render.public(row) for row in ctx.all(kind)]}


# Accounts


@control("GET", "accounts")
def list_accounts(emulator):
	with emulator.store.lock:
		return {"accounts": list(emulator.store.spaces.values())}


@control("POST", "accounts")
def create_account(emulator, **given):
	"""A new account, or with the `id` of a known one and `livemode` its live side; returns it with its keys."""
	with emulator.store.lock:
		space = accounts.space_of(
			given.get("id") or f"acct_emulator_{given.get('name')}", bool(given.get("livemode"))
		)
		if space in emulator.store.spaces:
			raise ValueError(f"{space} exists already")
		return accounts.create(emulator.store, emulator.clock.now(), **given)


@control("POST", "accounts/update")
def update_account(emulator, account: str | None = None, livemode: bool = False, **changes):
	"""Change country, capabilities, business_name, charges_enabled, payout_bank ... of an account."""
	with emulator.store.lock:
		record = emulator.store.spaces[space_of(emulator, account, livemode)]
		unknown = set(changes) - set(record)
		if unknown:
			raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
		if "capabilities" in changes:
			changes["capabilities"] = {**record["capabilities"], **changes["capabilities"]}
		emulator.store.spaces.put(record["space"], {**record, **changes})
		return emulator.store.spaces[record["space"]]


@control("POST", "keys")
def create_key(
	emulator,
	key: str,
	kind: str = "restricted",
	permissions: list | None = None,
	account: str | None = None,
	livemode: bool = False,
):
	"""A key of your own making: restricted, with permissions such as `customer_write`; or secret, or publishable."""
	if kind not in ("restricted", "secret", "publishable"):
		raise ValueError(f"unknown kind of key: {kind}")
	with emulator.store.lock:
		return accounts.add_key(emulator.store, space_of(emulator, account, livemode), kind, key, permissions)


@control("POST", "keys/revoke")
def revoke_key(emulator, key: str):
	"""From now on this key is expired, as when it was rolled in the dashboard."""
	with emulator.store.lock:
		emulator.store.keys.put(key, {**emulator.store.keys[key], "revoked": True})


@control("POST", "keys/permissions")
def set_permissions(emulator, key: str, permissions: list):
	"""Change what a restricted key may do, as in the Dashboard; the key stays the same."""
	with emulator.store.lock:
		emulator.store.keys.put(key, {**emulator.store.keys[key], "permissions": permissions})


@control("POST", "accounts/method")
def switch_method(emulator, method: str, on: bool, account: str | None = None, livemode: bool = False):
	"""Switch a payment method on or off in the account's settings; what is off is silently left out."""
	with emulator.store.lock:
		record = emulator.store.spaces[space_of(emulator, account, livemode)]
		off = {*record.get("methods_switched_off", ()), method} - ({method} if on else set())
		emulator.store.spaces.put(record["space"], {**record, "methods_switched_off": sorted(off)})


@control("POST", "forget")
def forget(emulator, object_id: str):
	"""Stripe no longer knows the object, as when a sandbox's data was deleted; what refers to it still does."""
	with emulator.store.lock:
		owner_of(emulator, object_id)
		emulator.store.objects.drop(object_id)


# What happens to money


@control("POST", "settle")
def settle(emulator, payment_intent: str):
	"""The bank pays a debit now."""
	with emulator.store.lock:
		ctx = owner_of(emulator, payment_intent)
		debits.settle(ctx, ctx.get("payment_intent", payment_intent))


@control("POST", "fail_debit")
def fail_debit(emulator, payment_intent: str, code: str = "insufficient_funds", message: str | None = None):
	"""The bank returns a debit that is still processing."""
	with emulator.store.lock:
		ctx = owner_of(emulator, payment_intent)
		debits.fail(ctx, ctx.get("payment_intent", payment_intent), code, message)


@control("POST", "late_return")
def late_return(emulator, payment_intent: str, reason: str = "insufficient_funds"):
	"""The bank takes back a debit that had succeeded: it arrives as a dispute."""
	if reason not in debits.REASONS_OF_LATE_RETURN:
		raise ValueError(f"reason must be one of {', '.join(debits.REASONS_OF_LATE_RETURN)}")
	return dispute(emulator, payment_intent, reason)


@control("POST", "dispute")
def dispute(
	emulator,
	payment: str,
	reason: str = "fraudulent",
	inquiry: bool = False,
	amount: int | None = None,
	status: str | None = None,
	case_type: str | None = None,
):
	"""The holder disputes a payment (the id of a PaymentIntent or a charge), as often as asked; see disputing.py."""
	with emulator.store.lock:
		ctx = owner_of(emulator, payment)
		intent = ctx.find("payment_intent", payment)
		charge = ctx.get("charge", intent["latest_charge"] if intent else payment)
		if charge["status"] != "succeeded":
			raise ValueError(f"{charge['id']} is {charge['status']}: there is nothing to dispute")
		return _shown(disputing.open_dispute(ctx, charge["id"], reason, inquiry, amount, status, case_type))


@control("POST", "move_dispute")
def move_dispute(emulator, dispute: str, status: str, case_type: str | None = None):
	"""Put a dispute into any of its ten statuses; its money and what may be refunded follow."""
	with emulator.store.lock:
		ctx = owner_of(emulator, dispute)
		return _shown(disputing.move(ctx, ctx.get("dispute", dispute), status, case_type))


@control("POST", "close_dispute")
def close_dispute(emulator, dispute: str, status: str = "lost"):
	"""Decide a dispute. A won ACH dispute is not possible at Stripe, and here only if asked for."""
	closed = [name for name, meaning in disputing.STATUSES.items() if meaning.closed]
	if status not in closed:
		raise ValueError(f"status must be one of {', '.join(closed)}")
	with emulator.store.lock:
		ctx = owner_of(emulator, dispute)
		return _shown(disputing.finish(ctx, ctx.get("dispute", dispute), status))


def _shown(dispute: dict) -> dict:
	return {"dispute": dispute["id"], "status": dispute["status"]}


@control("POST", "next_refund")
def next_refund(
	emulator,
	outcome: str,
	count: int = 1,
	reason: str | None = None,
	account: str | None = None,
	livemode: bool = False,
):
	"""What becomes of the next `count` refunds of the account: one of refunding.OUTCOMES; `reason` of a failure."""
	with emulator.store.lock:
		refunding.order_next(emulator.context(space_of(emulator, account, livemode)), outcome, count, reason)


@control("POST", "hold_refund")
def hold_refund(emulator, refund: str):
	"""A pending refund stays pending until a test moves it on."""
	with emulator.store.lock:
		refunding.hold(owner_of(emulator, refund), refund)


@control("POST", "fail_refund")
def fail_refund(emulator, refund: str, reason: str = "unknown"):
	"""The bank sends the refund back, even one that had succeeded."""
	with emulator.store.lock:
		refunding.fail(owner_of(emulator, refund), refund, reason)


@control("POST", "settle_refund")
def settle_refund(emulator, refund: str):
	with emulator.store.lock:
		refunding.succeed(owner_of(emulator, refund), refund)


@control("POST", "cancel_refund")
def cancel_refund(emulator, refund: str):
	"""Stripe cancels a refund that waits for the customer's action."""
	with emulator.store.lock:
		ctx = owner_of(emulator, refund)
		refunding.cancel(ctx, ctx.get("refund", refund))


@control("POST", "authenticate")
def authenticate(emulator, intent: str, outcome: str = "complete"):
	"""Finish 3-D Secure on an intent without its page: `complete` or `fail`."""
	if outcome not in ("complete", "fail"):
		raise ValueError("outcome must be complete or fail")
	with emulator.store.lock:
		ctx = owner_of(emulator, intent)
		finish_authentication(ctx, emulator.store.objects[intent], outcome == "complete")
		return {"status": emulator.store.objects[intent]["status"]}


def finish_authentication(ctx, intent: dict, succeeded: bool) -> None:
	"""End 3-D Secure of a PaymentIntent or SetupIntent, as its page does."""
	module = payment_intents if intent["object"] == "payment_intent" else setup_intents
	module.finish_authentication(ctx, intent, succeeded)


@control("POST", "block_bank_account")
def block_bank_account(
	emulator, payment_method: str, network_code: str = "R02", reason: str = "account_closed"
):
	"""The bank reports the account closed, unknown or unauthorized: payment_method.automatically_updated."""
	with emulator.store.lock:
		ctx = owner_of(emulator, payment_method)
		debits.block(ctx, ctx.get("payment_method", payment_method), network_code, reason)


@control("POST", "update_card")
def update_card(emulator, payment_method: str, exp_month: int, exp_year: int, last4: str | None = None):
	"""The card network reports a new expiry (or number): payment_method.automatically_updated."""
	with emulator.store.lock:
		ctx = owner_of(emulator, payment_method)
		method = ctx.get("payment_method", payment_method)
		previous = {"card": {name: method["card"][name] for name in ("exp_month", "exp_year", "last4")}}
		method["card"] = {
			**method["card"], "exp_month": exp_month, "exp_year": exp_year, "last4": last4 or method["card"]["last4"],
		}  # fmt: skip
		ctx.put(method)
		ctx.emit("payment_method.automatically_updated", method, previous)


@control("POST", "end_mandate")
def end_mandate(emulator, mandate: str):
	with emulator.store.lock:
		mandates.change(owner_of(emulator, mandate), mandate, "inactive")


@control("POST", "payout")
def payout(emulator, account: str | None = None, livemode: bool = False, available_now: bool = True):
	"""Pay out what is available; `available_now` makes pending money available first."""
	with emulator.store.lock:
		ctx = emulator.context(space_of(emulator, account, livemode))
		for entry in ctx.all("balance_transaction") if available_now else ():
			charging.make_available(ctx, entry["id"])
		made = balance.pay_out(ctx)
		return {"payout": made and made["id"], "amount": made and made["amount"]}


@control("POST", "fail_payout")
def fail_payout(emulator, payout: str):
	with emulator.store.lock:
		ctx = owner_of(emulator, payout)
		balance.fail_payout(ctx, ctx.get("payout", payout))


# Faults and requests


@control("GET", "faults")
def list_faults(emulator):
	return {"faults": emulator.faults.active, "kinds": faults.KINDS}


@control("POST", "faults")
def add_fault(emulator, kind: str, **more):
	with emulator.store.lock:
		return emulator.faults.add(kind, **more)


@control("POST", "faults/clear")
def clear_faults(emulator):
	with emulator.store.lock:
		emulator.faults.clear()


@control("GET", "requests")
def list_requests(emulator, method: str = "*", path: str = "*", writing: str = "", limit: str = "1000"):
	"""The requests to /v1, oldest first, and their number; `path` takes wildcards."""
	with emulator.store.lock:
		found = [
			entry
			for entry in emulator.requests
			if (method == "*" or entry["method"] == method.upper())
			and fnmatchcase(entry["path"], path)
			and (writing not in ("1", "true") or entry["method"] in WRITING)
		]
	return {
		"count": len(found),
		"writing": sum(entry["method"] in WRITING for entry in found),
		"requests": found[-int(limit) :],
	}


@control("POST", "requests/clear")
def clear_requests(emulator):
	with emulator.store.lock:
		emulator.requests.clear()


# Webhooks


@control("POST", "webhooks/rules")
def add_webhook_rule(emulator, action: str, type: str = "*", count: int = 1, **more):
	"""Disturb the next `count` deliveries of `type`: duplicate (copies), delay (seconds), hold, lose, reorder."""
	if action not in ("duplicate", "delay", "hold", "lose", "reorder"):
		raise ValueError(f"unknown action {action!r}")
	with emulator.store.lock:
		return emulator.dispatcher.add_rule(action, type, count, **more)


@control("POST", "webhooks/release")
def release_webhooks(emulator, type: str = "*", order: str = "first"):
	"""Send what is held: `first` to last, `last` to first, or `random`; and stop holding."""
	dispatcher = emulator.dispatcher
	with emulator.store.lock:
		dispatcher.rules = [rule for rule in dispatcher.rules if rule["action"] not in ("hold", "reorder")]
		ids = [delivery["id"] for delivery in dispatcher.held(type)]
		if order == "random":
			random.shuffle(ids)
		return {"released": dispatcher.release(ids[::-1] if order == "last" else ids)}


@control("POST", "webhooks/clear")
def clear_webhook_rules(emulator):
	with emulator.store.lock:
		emulator.dispatcher.rules.clear()


@control("POST", "webhooks/forget")
def forget_webhooks(emulator):
	"""Lose everything that is held or still to be delivered."""
	with emulator.store.lock:
		for delivery_id in list(emulator.store.deliveries):
			emulator.store.deliveries.drop(delivery_id)


@control("GET", "webhooks/log")
def webhook_log(emulator, type: str = "*", limit: str = "1000"):
	with emulator.store.lock:
		found = [entry for entry in emulator.dispatcher.log if type in ("*", entry["type"])]
		waiting = [d for d in emulator.store.deliveries.values() if type in ("*", d["type"])]
	return {"count": len(found), "log": found[-int(limit) :], "waiting": waiting[-int(limit) :]}


@control("POST", "webhooks/flush")
def flush_webhooks(emulator, timeout: float = 30):
	"""Wait until nothing that is due is still to be delivered; returns how many are left."""
	until = time.monotonic() + timeout
	while True:
		with emulator.store.lock:
			left = emulator.dispatcher.due()
		if left == 0 or time.monotonic() > until:
			return {"left": left}
		time.sleep(0.01)


@control("POST", "webhooks/replay")
def replay_event(emulator, event: str, times: int = 1):
	"""Send an event again to every endpoint that wants it."""
	with emulator.store.lock:
		ctx = owner_of(emulator, event)
		row = ctx.get("event", event)
		return {"queued": sum(emulator.dispatcher.replay(ctx, row) for _ in range(times))}


@control("POST", "webhooks/send")
def send_event(
	emulator, type: str, object: dict | None = None, account: str | None = None, livemode: bool = False
):
	"""Send an event that Stripe would not: an unknown type, or an object that does not exist."""
	with emulator.store.lock:
		ctx = emulator.context(space_of(emulator, account, livemode))
		return {"event": ctx.emit(type, object or {"id": "obj_unknown", "object": "unknown"})["id"]}


@control("POST", "webhooks/roll_secret")
def roll_secret(emulator, endpoint: str, seconds: int = 86400):
	"""A new signing secret; the old one is valid for `seconds` more."""
	with emulator.store.lock:
		ctx = owner_of(emulator, endpoint)
		return {"secret": webhook_endpoints.roll_secret(ctx, ctx.get("webhook_endpoint", endpoint), seconds)}
