"""What a `has_permission` hook answers.

Frappe 15 takes the first answer that is not None, so that "yes" would silence the hooks of other apps and Frappe's
own: there, not refusing is None. Frappe 16 asks every hook and takes None for a refusal: there it is True.
"""

import frappe

DENY = False


def answer(allowed: bool) -> bool | None:
	"""The hook's answer for `allowed` on the Frappe that is running."""
	if not allowed:
		return DENY
	return True if int(frappe.__version__.split(".")[0]) >= 16 else None
