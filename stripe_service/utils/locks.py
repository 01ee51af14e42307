"""Locks on what has no row to be locked: a call to Stripe that only one request may make at a time."""

import hashlib
from contextlib import contextmanager

from frappe.utils.synchronization import filelock

from stripe_service.utils.transaction import begin_fresh


@contextmanager
def one_at_a_time(what: str, *of: str, timeout: int):
	"""Whoever does `what` for the same names does it alone, in a transaction that sees what the one before did.

	Waits for `timeout` seconds; then raises frappe's LockTimeoutError. Commits what came before.
	"""
	names = hashlib.sha256("\n".join(of).encode()).hexdigest()[:16]
	with filelock(f"stripe_service_{what}_{names}", timeout=timeout):
		begin_fresh()
		yield
