"""The one door to Stripe.

Only the package `gateway` imports `stripe`, and only when the first call is made: importing it costs up to two
seconds and 55 MB, which a site that takes no payment need not pay. There is one client per account and never a
global key, so that several accounts, and frappe/payments beside us, cannot charge into each other.

The API version is pinned here and sent with every request, so that the objects read the same whichever
stripe-python (10.12 to 16) the bench has. Answers are plain dicts: stripe-python's own objects changed from dict to
not-a-dict between the versions that we support.
"""

from dataclasses import dataclass
from functools import lru_cache

from stripe_service.gateway import errors

API_VERSION = "2026-10-28.endive"
STRIPE_JS_URL = "https://js.stripe.com/endive/stripe.js"
DEFAULT_API_BASE = "https://api.stripe.com"
TIMEOUT_SECONDS = 20
NETWORK_RETRIES = 2
# Refusals that only whoever keeps the account or this app can mend: https://docs.stripe.com/error-codes
ACCOUNT_CODES = frozenset(
	(
		"account_closed", "account_invalid", "account_country_invalid_address", "country_unsupported", "livemode_mismatch",
		"not_allowed_on_standard_account", "parameter_missing", "parameter_unknown", "parameters_exclusive",
		"payment_method_unactivated", "payment_method_unsupported_type", "platform_account_required",
		"platform_api_key_expired", "secret_key_required", "testmode_charges_only", "tls_version_unsupported", "url_invalid",
	)
)  # fmt: skip


@dataclass(frozen=True)
class Credentials:
	"""What a client needs."""

	secret_key: str
	publishable_key: str = ""
	api_base: str = ""

	def __repr__(self) -> str:
		# Tracebacks print local variables, and Frappe 16's print the fields of a dataclass whatever `repr=False` says.
		return f"<Credentials for {self.api_base or DEFAULT_API_BASE}>"


class Gateway:
	"""Calls Stripe as one account.

	`call("payment_intents.create", params={...}, idempotency_key=...)` names the SDK's own service and method, so
	that Stripe's reference can be read beside it. Raises the exceptions of `gateway.errors`, and only those.
	"""

	def __init__(
		self, credentials: Credentials, timeout: float = TIMEOUT_SECONDS, retries: int = NETWORK_RETRIES
	):
		self._credentials = credentials
		self._client = _client(credentials.secret_key, credentials.api_base, timeout, retries)

	def __repr__(self) -> str:
		return f"<Gateway {self._credentials.api_base or DEFAULT_API_BASE}>"

	def call(
		self, operation: str, *args: str, params: dict | None = None, idempotency_key: str | None = None
	) -> dict:
		"""Run one operation of the SDK and return Stripe's answer as a dict; amounts in minor units."""
		import stripe

		# stripe-python 12.5 and later keep the services under `v1`, and warn when they are reached without.
		method = getattr(self._client, "v1", self._client)
		for part in operation.split("."):
			method = getattr(method, part)
		options = {"stripe_version": API_VERSION}
		if idempotency_key:
			options["idempotency_key"] = idempotency_key
		try:
			answer = method(*args, params=params or {}, options=options)
		except stripe.StripeError as error:
			raise translate(error) from None
		return as_dict(answer)

	def list_all(
		self, operation: str, *args: str, params: dict | None = None, limit: int = 1000
	) -> list[dict]:
		"""All objects of a list operation, page by page, up to `limit`."""
		found: list[dict] = []
		params = {"limit": 100, **(params or {})}
		while len(found) < limit:
			page = self.call(operation, *args, params=params)
			found.extend(page["data"])
			if not page.get("has_more") or not page["data"]:
				break
			params = {**params, "starting_after": page["data"][-1]["id"]}
		return found[:limit]


@lru_cache(maxsize=32)
def _client(secret_key: str, api_base: str, timeout: float, retries: int):
	"""A client keeps its connections, so that one per account and process saves a TLS handshake a call."""
	import stripe

	extra = {"base_addresses": {"api": api_base}} if api_base else {}
	return stripe.StripeClient(
		secret_key,
		stripe_version=API_VERSION,
		max_network_retries=retries,
		http_client=stripe.RequestsClient(timeout=timeout),
		**extra,
	)


def as_dict(answer) -> dict:
	"""A stripe-python object of any supported version, deeply, as plain dicts and lists."""
	if isinstance(answer, dict):
		return {key: as_dict(value) for key, value in answer.items()}
	if isinstance(answer, list):
		return [as_dict(value) for value in answer]
	if hasattr(answer, "to_dict_recursive"):
		return answer.to_dict_recursive()
	if hasattr(answer, "to_dict"):
		return as_dict(answer.to_dict())
	return answer


def translate(error) -> errors.GatewayError:
	"""A stripe-python exception as one of `gateway.errors`."""
	import stripe

	details = _details(error)
	if details["code"] == "idempotency_key_in_use":
		# The first request with this key still runs: it is not known what becomes of it.
		return errors.Unreachable(**details)
	if isinstance(error, stripe.CardError):
		return errors.CardError(user_message=error.user_message, **details)
	if isinstance(error, stripe.RateLimitError):
		return errors.RateLimited(**details)
	if isinstance(error, stripe.IdempotencyError):
		return errors.IdempotencyMismatch(**details)
	if isinstance(error, stripe.AuthenticationError):
		return errors.AuthenticationFailed(**details)
	if isinstance(error, stripe.PermissionError):
		return errors.PermissionMissing(**details)
	if isinstance(error, stripe.InvalidRequestError):
		if details["param"] == "allowed_payment_method_types":
			# Of the methods that we ask for none is left.
			details["code"] = errors.METHOD_NOT_ON
		return _refusal(details["code"])(**details)
	return errors.Unreachable(**details)


def _refusal(code: str | None) -> type[errors.InvalidRequest]:
	if code == "resource_missing":
		return errors.NotFound
	return errors.AccountUnable if code in ACCOUNT_CODES else errors.InvalidRequest


def _details(error) -> dict:
	body = error.json_body if isinstance(error.json_body, dict) else {}
	told = body.get("error") if isinstance(body.get("error"), dict) else {}
	return {
		"message": told.get("message") or _first_line(error),
		"code": told.get("code") or error.code,
		"decline_code": told.get("decline_code"),
		"param": told.get("param"),
		"request_id": error.request_id,
		"stripe_status": error.http_status,
	}


def _first_line(error) -> str:
	return (error.user_message or type(error).__name__).strip().splitlines()[0]
