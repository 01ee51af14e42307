"""The transactions in which money is claimed and settled.

They begin fresh, because under MariaDB's REPEATABLE READ a snapshot taken earlier in the request would hide what
others have claimed since, and they end with a commit, because what follows (a call to Stripe) can't be rolled back.
Two of them may deadlock (each locks a document and a range of payments); nothing has left the site by then, so the
loser simply runs again.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import frappe

ATTEMPTS = 6

T = TypeVar("T")


def in_fresh_transaction(work: Callable[[], T]) -> T:
	"""Commit what came before, run `work`, commit it; on a deadlock or lock time-out roll back and run it again.

	`work` must not call Stripe and must be repeatable. Whatever it raises is raised after a rollback.
	"""
	for attempt in range(1, ATTEMPTS + 1):
		try:
			frappe.db.commit()
			result = work()
			frappe.db.commit()
			return result
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			frappe.db.rollback()
			if attempt == ATTEMPTS:
				raise
			time.sleep(random.uniform(0.01, 0.05) * attempt)
		except Exception:
			frappe.db.rollback()
			raise
	raise AssertionError("unreachable")


def begin_fresh() -> None:
	"""Commit what came before, so that the next read sees what others have committed meanwhile, and holds no lock."""
	in_fresh_transaction(lambda: None)
