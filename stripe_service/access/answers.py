"""What a `has_permission` hook answers.

Frappe 15 takes the first answer that is not None, so that "yes" would silence the hooks of other apps and Frappe's
own: there, not refusing is None. Frappe 16 asks every hook and takes None for a refusal: there it is True.
"""

from stripe_service.utils import frappe_versions

DENY = False


def answer(allowed: bool) -> bool | None:
	"""The hook's answer for `allowed` on the Frappe that is running."""
	return frappe_versions.no_objection() if allowed else DENY
