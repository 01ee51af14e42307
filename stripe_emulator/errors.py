"""Stripe's error bodies: type, code, param, message, doc_url and HTTP status, as the real API sends them.

`stored` says whether an idempotency key remembers the answer. Stripe keeps what began to execute (card
declines, illegal transitions, 500s) and forgets what it refused beforehand (validation, authentication,
rate limits, conflicts with a request that is still running).
"""

# How Stripe names a kind of object in "No such ...", where that is not the object's own name.
NAMES = {
	"payment_method": "PaymentMethod",
	"setup_intent": "setupintent",
	"confirmation_token": "confirmationtoken",
}


class StripeError(Exception):
	def __init__(
		self,
		message: str,
		*,
		status: int = 400,
		type: str = "invalid_request_error",
		code: str | None = None,
		param: str | None = None,
		stored: bool = False,
		headers: dict | None = None,
		**extra,
	):
		super().__init__(message)
		self.status = status
		self.stored = stored
		self.headers = headers or {}
		self.error = {"message": message, "type": type}
		if code:
			self.error["code"] = code
			self.error["doc_url"] = doc_url(code)
		if param:
			self.error["param"] = param
		self.error.update(extra)


def doc_url(code: str) -> str:
	"""Stripe's page about an error code."""
	return f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"


def invalid(message: str, code: str | None = None, param: str | None = None, **extra) -> StripeError:
	"""A refused parameter: nothing was executed, nothing is remembered."""
	return StripeError(message, code=code, param=param, **extra)


def unexpected_state(message: str, code: str, **extra) -> StripeError:
	"""An illegal transition of an object that exists."""
	return StripeError(message, code=code, stored=True, **extra)


def missing(kind: str, object_id: str, param: str = "id", status: int = 404) -> StripeError:
	"""There is no such object in this account and mode."""
	return StripeError(
		f"No such {NAMES.get(kind, kind)}: '{object_id}'",
		status=status,
		code="resource_missing",
		param=param,
	)


def unknown_url(method: str, path: str) -> StripeError:
	"""No such endpoint."""
	return StripeError(
		f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
		"https://support.stripe.com/.",
		status=404,
	)


def no_key() -> StripeError:
	"""The request came without an API key."""
	return StripeError(
		"You did not provide an API key. You need to provide your API key in the Authorization header, using "
		"Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication "
		"for details, or we can help at https://support.stripe.com/.",
		status=401,
	)


def masked(key: str) -> str:
	"""The key as Stripe repeats it: prefix and last four characters only."""
	prefix = "_".join(key.split("_")[:2]) + "_" if key.count("_") >= 2 else ""
	hidden = max(len(key) - len(prefix) - 4, 4)
	return f"{prefix}{'*' * hidden}{key[-4:]}"


def invalid_key(key: str) -> StripeError:
	"""No account has this key."""
	return StripeError(f"Invalid API Key provided: {masked(key)}", status=401)


def expired_key(key: str) -> StripeError:
	"""The key was revoked or rolled."""
	return StripeError(f"Expired API Key provided: {masked(key)}", status=401, code="api_key_expired")


def secret_key_required() -> StripeError:
	"""A publishable key was used for what only a secret one may do."""
	return StripeError(
		"This API call cannot be made with a publishable API key. Please use a secret API key. You can find a "
		"list of your API keys at https://dashboard.stripe.com/account/apikeys.",
		status=401,
		code="secret_key_required",
	)


def missing_permission(key: str, permission: str, account: str) -> StripeError:
	"""A restricted key lacks the permission `rak_...`."""
	return StripeError(
		f"The provided key '{masked(key)}' does not have the required permissions for this endpoint on account "
		f"'{account}'. Having the 'rak_{permission}' permission would allow this request to continue.",
		status=403,
	)


def may_not_charge() -> StripeError:
	"""The account is not activated, or was stopped (`charges_enabled` is false)."""
	return StripeError(
		"Your account cannot currently make live charges. If you are the site owner, please activate your account at "
		"https://dashboard.stripe.com/account/onboarding to remove this restriction. If you are a customer trying to make a "
		"purchase, please contact the owner of this site. Your transaction has not been processed.",
		code="testmode_charges_only",
	)


def wrong_mode(kind: str, object_id: str, live_object: bool, param: str) -> StripeError:
	"""The object exists, in the other mode than the key's."""
	there, here = ("live", "test") if live_object else ("test", "live")
	return StripeError(
		f"No such {kind}: '{object_id}'; a similar object exists in {there} mode, but a {here} mode key was used "
		"to make this request.",
		status=404,
		code="resource_missing",
		param=param,
	)


def rate_limited() -> StripeError:
	"""Too many requests in a second."""
	return StripeError(
		"Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits.",
		status=429,
		code="rate_limit",
		headers={"stripe-rate-limited-reason": "global-rate"},
	)


def lock_timeout() -> StripeError:
	"""Another request is writing to the same object."""
	return StripeError(
		"This object cannot be accessed right now because another API request or Stripe process is currently accessing it. "
		"If you see this error intermittently, retry the request. If you see this error frequently and are making multiple "
		"concurrent requests to a single object, make your requests serially or at a lower rate. For more details, see "
		"https://stripe.com/docs/rate-limits#object-lock-timeouts.",
		status=429,
		code="lock_timeout",
		headers={"stripe-should-retry": "true"},
	)


def api_error() -> StripeError:
	"""Stripe's own fault, HTTP 500."""
	return StripeError(
		"Sorry! There was an error while talking to one of our backends. Support has been notified.",
		status=500,
		type="api_error",
		stored=True,
	)


def card_error(message: str, code: str, **extra) -> StripeError:
	"""HTTP 402: the request ran, and the bank or the network said no."""
	return StripeError(message, status=402, type="card_error", code=code, stored=True, **extra)
