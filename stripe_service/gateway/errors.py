"""What can go wrong at Stripe, in the few kinds that the rest of the app treats differently.

The one distinction that money depends on is `outcome_known`: a decline or a refused request is an answer, while a
broken connection, a time-out or a 5xx leaves open whether Stripe did what it was asked, and must be answered by a
read. `user_message` is fit for a payer; nothing here ever holds a key (Stripe masks them in its own messages, and
`str()` is built from these fields alone).
"""

import re

# The code of AccountUnable where a method is not switched on in the account's settings.
METHOD_NOT_ON = "payment_method_unactivated"


class GatewayError(Exception):
	"""Stripe did not do what it was asked."""

	outcome_known = True
	# Nobody who pays can do anything about it: an administrator has to.
	our_fault = False

	def __init__(
		self,
		message: str = "",
		*,
		code: str | None = None,
		decline_code: str | None = None,
		param: str | None = None,
		request_id: str | None = None,
		stripe_status: int | None = None,
		user_message: str | None = None,
	):
		super().__init__(message)
		self.message = message
		self.code = code
		self.decline_code = decline_code
		self.param = param
		self.request_id = request_id
		self.stripe_status = stripe_status
		self.user_message = user_message

	def __str__(self) -> str:
		told = [self.message or type(self).__name__]
		for label in ("code", "decline_code", "param", "request_id"):
			value = getattr(self, label)
			if value:
				told.append(f"{label}={value}")
		return ", ".join(told)


class CardError(GatewayError):
	"""The bank, the card network or Stripe's fraud rules said no: `user_message` says why (HTTP 402)."""


class InvalidRequest(GatewayError):
	"""Stripe does not take the request as it is: unknown parameter, illegal transition, amount out of range."""

	@property
	def is_about_email(self) -> bool:
		"""Whether Stripe refused an e-mail address."""
		return self.code == "email_invalid" or (self.param or "").endswith("email")


class NotFound(InvalidRequest):
	"""No such object in this account (resource_missing)."""


class IdempotencyMismatch(InvalidRequest):
	"""The key was used before with other parameters: a fault of ours, never the payer's."""


class AccountUnable(InvalidRequest):
	"""The account itself may not do this (not activated, stopped, closed, a method not switched on), or the request does
	not fit the API that the account speaks."""

	our_fault = True


class AuthenticationFailed(GatewayError):
	"""The key is wrong, expired or revoked."""

	our_fault = True


class PermissionMissing(GatewayError):
	"""A restricted key lacks a permission that the call needs."""

	our_fault = True

	@property
	def missing_right(self) -> str:
		"""The name of the permission as Stripe's message has it (`rak_customer_write`), or ""."""
		found = re.search(r"\brak_\w+", self.message or "")
		return found.group(0) if found else ""


class RateLimited(GatewayError):
	"""Too many requests; Stripe did nothing."""


class Unreachable(GatewayError):
	"""No answer, a broken one, a 5xx, or another request with the same key that still runs: whether Stripe acted is not
	known."""

	outcome_known = False

	@property
	def answered(self) -> bool:
		"""Whether Stripe has answered, so that the request is over there. A 5xx says nothing about what was done, but Stripe
		keeps it under the idempotency key for 24 hours: the same key would get it again."""
		return bool(self.stripe_status) and self.stripe_status >= 500
