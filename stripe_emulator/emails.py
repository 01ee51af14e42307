"""E-mail addresses that Stripe takes, and those that it refuses.

Its rule is not published. Refused here is what no mail server could reach, and what a test names
(`settings(refused_emails=["*@example.org"])`), because Stripe was seen to refuse addresses that others take.
"""

import re
from fnmatch import fnmatchcase

from . import errors

ADDRESS = re.compile(
	r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
	r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
LONGEST = 512


def check(ctx, email: str | None, param: str) -> None:
	"""Raises StripeError (email_invalid) for an address that Stripe refuses; none at all is fine.

	:param param: where it was given: `email`, `receipt_email`, `billing_details[email]`
	"""
	if not email:
		return
	refused = any(fnmatchcase(email.lower(), pattern.lower()) for pattern in ctx.settings["refused_emails"])
	if refused or len(email) > LONGEST or not ADDRESS.fullmatch(email):
		raise errors.invalid(f"Invalid email address: {email}", "email_invalid", param)
