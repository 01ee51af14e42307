"""Signs webhooks as Stripe does, independently of the SDK that the app checks them with."""

import hashlib
import hmac
import time


def sign(body: bytes, secret: str, at: float | None = None, scheme: str = "v1") -> str:
	"""A `Stripe-Signature` header (https://docs.stripe.com/webhooks#verify-manually)."""
	timestamp = int(time.time() if at is None else at)
	return f"t={timestamp},{scheme}={signature(body, secret, timestamp)}"


def sign_with_all(body: bytes, secrets: list[str], at: float | None = None) -> str:
	"""What Stripe sends while a secret rolls over: one signature for each."""
	timestamp = int(time.time() if at is None else at)
	return ",".join([f"t={timestamp}", *(f"v1={signature(body, secret, timestamp)}" for secret in secrets)])


def signature(body: bytes, secret: str, timestamp: int) -> str:
	return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
