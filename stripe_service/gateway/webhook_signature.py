"""Whether a webhook came from Stripe.

The check itself is stripe-python's. Added here is what an endpoint needs around it: several secrets while one rolls
over, a body that need not be text, and one kind of refusal, because whoever sent a forged request is owed no
explanation of what was wrong with it.
"""

import json
from collections.abc import Sequence

TOLERANCE_SECONDS = 300


class SignatureError(Exception):
	"""The request can't be shown to come from Stripe, or is too old to be taken now."""


def verify(
	payload: bytes, header: str | None, secrets: Sequence[str], tolerance: int = TOLERANCE_SECONDS
) -> dict:
	"""The event in `payload`, once one of `secrets` has signed it within the last `tolerance` seconds.

	`payload` is the body exactly as it was received; `header` is `Stripe-Signature`. Raises SignatureError.
	"""
	try:
		body = payload.decode("utf-8")
	except UnicodeDecodeError:
		raise SignatureError("the body is not UTF-8") from None
	# Comparing signatures in constant time is defined for ASCII alone.
	if not header or not header.isascii():
		raise SignatureError("no signature")
	if not any(_signed(body, header, secret, tolerance) for secret in secrets if secret.strip()):
		raise SignatureError("no matching signature")
	try:
		event = json.loads(body)
	except ValueError:
		raise SignatureError("the body is not JSON") from None
	if not isinstance(event, dict) or event.get("object") != "event":
		raise SignatureError("the body is not an event")
	return event


def _signed(body: str, header: str, secret: str, tolerance: int) -> bool:
	import stripe

	try:
		return stripe.WebhookSignature.verify_header(body, header, secret, tolerance)
	except stripe.SignatureVerificationError:
		return False
