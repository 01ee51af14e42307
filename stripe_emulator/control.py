"""The emulator's control panel for tests: `Emulator("http://127.0.0.1:12100").advance(days=4)`.

Needs nothing but the standard library, so that any test can use it. Every method raises `ControlError` with the emulator's
own sentence where the emulator refuses.
"""

import json
import urllib.error
import urllib.parse
import urllib.request


class ControlError(Exception):
	pass


class Emulator:
	def __init__(self, base_url: str = "http://127.0.0.1:12100", timeout: float = 60):
		self.base_url = base_url.rstrip("/")
		self.timeout = timeout
		# Never through a proxy: the emulator is on this machine.
		self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

	# Keys of the demo accounts (`us`, `us_two`, `de`) and of any account made with that name.

	@staticmethod
	def secret_key(account: str = "us", live: bool = False) -> str:
		"""The secret key `sk_...`, with every permission."""
		return f"sk_{'live' if live else 'test'}_emulator_{account}"

	@staticmethod
	def publishable_key(account: str = "us", live: bool = False) -> str:
		"""The publishable key `pk_...`, as a browser uses it."""
		return f"pk_{'live' if live else 'test'}_emulator_{account}"

	@staticmethod
	def restricted_key(account: str = "us") -> str:
		"""A key with just the permissions that the app needs; the account itself it may not read."""
		return f"rk_test_emulator_{account}"

	# State and time

	def health(self) -> dict:
		"""Returns as soon as the emulator serves: its `time`, and what it holds."""
		return self._get("health")

	def state(self) -> dict:
		"""What is held, counted by kind."""
		return self._get("state")

	def reset(self) -> None:
		"""Everything as on the first start."""
		self._post("reset")

	def now(self) -> int:
		"""The emulator's time, in seconds since the epoch."""
		return self._get("health")["time"]

	def advance(
		self, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0, wait: bool = True
	) -> int:
		"""Move the clock. What falls due happens; with `wait`, its webhooks were tried when this returns."""
		return self._post("advance", days=days, hours=hours, minutes=minutes, seconds=seconds, wait=wait)[
			"time"
		]

	def set_clock(self, timestamp: float) -> int:
		"""Put the clock to seconds since the epoch; returns its time. Backward, nothing is undone."""
		return self._post("clock", time=timestamp)["time"]

	def settings(self, **changes) -> dict:
		"""See stripe_emulator/settings.py."""
		return self._post("settings", **changes)

	# Accounts and keys

	def accounts(self) -> list[dict]:
		"""All accounts of the emulator, the demo's and those made since."""
		return self._get("accounts")["accounts"]

	def create_account(self, name: str, **fields) -> dict:
		"""`livemode`, `country`, `default_currency`, `capabilities`, `business_name`, `email`, keys of your own ..."""
		return self._post("accounts", name=name, **fields)

	def update_account(self, account: str = "us", **fields) -> dict:
		"""Change fields of an account (as in `create_account`) from outside, as its owner does in the Dashboard."""
		return self._post("accounts/update", account=account, **fields)

	def create_key(self, key: str, permissions: list[str] | None = None, kind: str = "restricted", account: str = "us", **more) -> dict:  # fmt: skip
		"""Add an API key to an account. `kind` is secret, publishable or restricted; only the last has `permissions`."""
		return self._post("keys", key=key, kind=kind, permissions=permissions, account=account, **more)

	def revoke_key(self, key: str) -> None:
		"""The key is refused from now on: HTTP 401, `api_key_expired`."""
		self._post("keys/revoke", key=key)

	def set_permissions(self, key: str, permissions: list[str]) -> None:
		"""Change what a restricted key may do; `accounts.APP_PERMISSIONS` has what the app needs."""
		self._post("keys/permissions", key=key, permissions=permissions)

	def switch_method(self, method: str, on: bool, account: str = "us", **more) -> None:
		"""Switch `card` or `us_bank_account` on or off in the account's payment method settings."""
		self._post("accounts/method", method=method, on=on, account=account, **more)

	def forget(self, object_id: str) -> None:
		"""Stripe no longer knows this customer, payment method, mandate ...: resource_missing from now on."""
		self._post("forget", object_id=object_id)

	# Payments

	def settle(self, payment_intent: str) -> None:
		"""A bank debit under way succeeds now, instead of after its business days."""
		self._post("settle", payment_intent=payment_intent)

	def fail_debit(
		self, payment_intent: str, code: str = "insufficient_funds", message: str | None = None
	) -> None:
		"""A bank debit under way fails now, with the failure code (and perhaps the message) of Stripe."""
		self._post("fail_debit", payment_intent=payment_intent, code=code, message=message)

	def late_return(self, payment_intent: str, reason: str = "insufficient_funds") -> dict:
		"""The bank takes a settled debit back, weeks later: Stripe opens a dispute that is lost at once."""
		return self._post("late_return", payment_intent=payment_intent, reason=reason)

	def dispute(
		self,
		payment: str,
		reason: str = "fraudulent",
		inquiry: bool = False,
		amount: int | None = None,
		status: str | None = None,
		case_type: str | None = None,
	) -> dict:
		"""Open a dispute, one more each time; returns `dispute` (the id) and `status`.

		:param amount: minor units of the charge's currency; None: all that was not refunded
		:param status: where it begins (`prevented`, `appeal_needs_response` ...); None: as usual for the payment method
		:param case_type: of a card: block, chargeback, compliance, inquiry or resolution
		"""
		return self._post(
			"dispute", payment=payment, reason=reason, inquiry=inquiry, amount=amount, status=status,
			case_type=case_type,
		)  # fmt: skip

	def move_dispute(self, dispute: str, status: str, case_type: str | None = None) -> dict:
		"""Put the dispute into any status of the API version; money is withdrawn or given back as the status says."""
		return self._post("move_dispute", dispute=dispute, status=status, case_type=case_type)

	def close_dispute(self, dispute: str, status: str = "lost") -> dict:
		"""`status`: won, lost, warning_closed or prevented."""
		return self._post("close_dispute", dispute=dispute, status=status)

	def next_refund(
		self, outcome: str, count: int = 1, reason: str | None = None, account: str = "us", **more
	) -> None:
		"""Decide what becomes of the account's next refunds, before they are made.

		:param outcome: insufficient_funds (refused), stays_pending, waits_for_funds, requires_action, succeeds_then_fails,
		        pending_then_succeeds, pending_then_fails, fails, succeeds
		:param reason: the failure_reason of one that fails
		"""
		self._post("next_refund", outcome=outcome, count=count, reason=reason, account=account, **more)

	def hold_refund(self, refund: str) -> None:
		"""Keep a pending refund pending, however far the clock goes."""
		self._post("hold_refund", refund=refund)

	def settle_refund(self, refund: str) -> None:
		"""A pending refund succeeds now."""
		self._post("settle_refund", refund=refund)

	def fail_refund(self, refund: str, reason: str = "unknown") -> None:
		"""The bank sends the refund back, even one that had succeeded."""
		self._post("fail_refund", refund=refund, reason=reason)

	def cancel_refund(self, refund: str) -> None:
		"""Somebody cancels a refund that waits for an action of its receiver."""
		self._post("cancel_refund", refund=refund)

	def authenticate(self, intent: str, outcome: str = "complete") -> str:
		"""Finish 3-D Secure without its page; returns the intent's status."""
		return self._post("authenticate", intent=intent, outcome=outcome)["status"]

	def complete_3ds(self, intent: str) -> str:
		"""The payer passes 3-D Secure; returns the intent's status."""
		return self.authenticate(intent, "complete")

	def fail_3ds(self, intent: str) -> str:
		"""The payer fails 3-D Secure; returns the intent's status."""
		return self.authenticate(intent, "fail")

	def events(self, type: str = "*", account: str = "us") -> list[dict]:
		"""The account's events, oldest first, whatever became of their webhooks."""
		return self._get("events", type=type, account=account)["events"]

	def objects(self, kind: str, account: str = "us") -> list[dict]:
		"""All objects of a kind (`payment_intent`, `charge` ...), oldest first: what Stripe would say, in one call."""
		return self._get("objects", kind=kind, account=account)["objects"]

	def block_bank_account(
		self, payment_method: str, network_code: str = "R02", reason: str = "account_closed"
	) -> None:
		"""The bank refuses this account from now on, with its `network_code` (R02 ...) and Stripe's `reason`."""
		self._post(
			"block_bank_account", payment_method=payment_method, network_code=network_code, reason=reason
		)

	def update_card(
		self, payment_method: str, exp_month: int, exp_year: int, last4: str | None = None
	) -> None:
		"""The issuer renews a card: Stripe then reports another expiry, perhaps other last digits."""
		self._post(
			"update_card", payment_method=payment_method, exp_month=exp_month, exp_year=exp_year, last4=last4
		)

	def end_mandate(self, mandate: str) -> None:
		"""The payer's bank ends the mandate: debits by it are refused."""
		self._post("end_mandate", mandate=mandate)

	def payout(self, account: str = "us", **more) -> dict:
		"""Pay out the account's available balance to its bank."""
		return self._post("payout", account=account, **more)

	def fail_payout(self, payout: str) -> None:
		"""The bank sends a payout back: its money is in the balance again."""
		self._post("fail_payout", payout=payout)

	# Faults and requests

	def fault(
		self,
		kind: str,
		path: str = "/v1/*",
		method: str = "*",
		count: int = 1,
		after: int = 0,
		operation: str | None = None,
		**more,
	) -> dict:
		"""Disturb the next `count` requests.

		:param kind: refuse, drop_response, rate_limit, error_before, error_after, slow (seconds), error (status, code ...)
		:param operation: the call as the SDK names it, in place of `path` and `method`: `payment_intents.confirm`
		"""
		return self._post(
			"faults",
			kind=kind,
			path=path,
			method=method,
			count=count,
			after=after,
			operation=operation,
			**more,
		)

	def server_error(
		self, operation: str, done: bool = False, remembered: bool = True, count: int = 1, after: int = 0
	) -> dict:
		"""The next `operation` answers 500.

		:param operation: as the SDK names it: `refunds.create`, `payment_intents.confirm`
		:param done: whether everything was done before the error
		:param remembered: whether the idempotency key keeps the 500 for a day, as Stripe does once a call began to run
		"""
		kind = "error_after" if done else "error_before"
		return self.fault(kind, operation=operation, count=count, after=after, stored=remembered)

	def clear_faults(self) -> None:
		"""Forget all faults that have not happened yet."""
		self._post("faults/clear")

	def requests(self, path: str = "*", method: str = "*", writing: bool = False) -> list[dict]:
		"""The API's requests that match, oldest first; `writing` leaves out GETs."""
		return self._get("requests", path=path, method=method, writing=int(writing), limit=50_000)["requests"]

	def count_requests(self, path: str = "*", method: str = "*", writing: bool = False) -> int:
		"""How many requests match, as for `requests`."""
		return self._get("requests", path=path, method=method, writing=int(writing), limit=1)["count"]

	def clear_requests(self) -> None:
		"""Forget the requests of before, so that a scenario counts its own."""
		self._post("requests/clear")

	# Webhooks

	def hold_webhooks(self, type: str = "*", count: int = -1) -> None:
		"""Keep the next `count` webhooks of the type (a pattern) back until `release_webhooks`; -1: all."""
		self._post("webhooks/rules", action="hold", type=type, count=count)

	def release_webhooks(self, type: str = "*", order: str = "first") -> int:
		"""`order`: first, last or random."""
		return self._post("webhooks/release", type=type, order=order)["released"]

	def duplicate_webhooks(self, type: str = "*", count: int = 1, copies: int = 1) -> None:
		"""Send each of the next `count` webhooks `copies` times more."""
		self._post("webhooks/rules", action="duplicate", type=type, count=count, copies=copies)

	def reorder_webhooks(self, count: int, type: str = "*") -> None:
		"""Keep the next `count` back and send them in reverse."""
		self._post("webhooks/rules", action="reorder", type=type, count=count)

	def delay_webhooks(self, seconds: float, type: str = "*", count: int = 1) -> None:
		"""Send the next `count` webhooks that many `seconds` of the emulator's time later."""
		self._post("webhooks/rules", action="delay", type=type, count=count, seconds=seconds)

	def lose_webhooks(self, type: str = "*", count: int = 1) -> None:
		"""The next `count` webhooks never arrive; the events can still be read."""
		self._post("webhooks/rules", action="lose", type=type, count=count)

	def clear_webhook_rules(self) -> None:
		"""Webhooks are sent as usual from now on; those held back stay so."""
		self._post("webhooks/clear")

	def forget_webhooks(self) -> None:
		"""Drop all webhooks that wait to be sent."""
		self._post("webhooks/forget")

	def flush_webhooks(self, timeout: float = 30) -> int:
		"""Wait until everything due was tried; returns how many are left."""
		return self._post("webhooks/flush", timeout=timeout)["left"]

	def webhook_log(self, type: str = "*") -> list[dict]:
		"""Every attempt to deliver a webhook, oldest first."""
		return self._get("webhooks/log", type=type, limit=20_000)["log"]

	def waiting_webhooks(self, type: str = "*") -> list[dict]:
		"""The webhooks that wait to be sent, held or due."""
		return self._get("webhooks/log", type=type, limit=20_000)["waiting"]

	def replay_event(self, event: str, times: int = 1) -> int:
		"""Send an event's webhooks again, as *Resend* in the Dashboard; returns how many are on their way."""
		return self._post("webhooks/replay", event=event, times=times)["queued"]

	def send_event(self, type: str, object: dict | None = None, account: str = "us") -> str:
		"""Send an event that no request caused, about `object`; returns its id."""
		return self._post("webhooks/send", type=type, object=object, account=account)["event"]

	def roll_webhook_secret(self, endpoint: str, seconds: int = 86400) -> str:
		"""Roll an endpoint's signing secret, the old one valid for so many seconds more; returns the new one."""
		return self._post("webhooks/roll_secret", endpoint=endpoint, seconds=seconds)["secret"]

	def _get(self, route: str, /, **arguments) -> dict:
		query = f"?{urllib.parse.urlencode(arguments)}" if arguments else ""
		return self._call(urllib.request.Request(f"{self.base_url}/emulator/{route}{query}"))

	def _post(self, route: str, /, **arguments) -> dict:
		body = json.dumps(arguments).encode()
		headers = {"Content-Type": "application/json"}
		return self._call(urllib.request.Request(f"{self.base_url}/emulator/{route}", body, headers))

	def _call(self, request: urllib.request.Request) -> dict:
		try:
			with self._opener.open(request, timeout=self.timeout) as answer:
				return json.load(answer)
		except urllib.error.HTTPError as error:
			raise ControlError(f"{request.full_url}: {error.read().decode()[:500]}") from error
