"""The transactions in which money is claimed and settled.

They run at READ COMMITTED. At MariaDB's REPEATABLE READ a plain read shows the transaction's snapshot, which is as old as
its first read, so that sums made behind a document's lock could still be those of before the wait for it; and the
locking reads that would be true lock the gaps beside what they find, where other documents' payments are to be inserted.
At READ COMMITTED every read shows what is committed, and only rows are locked: hold the document's row, and a plain sum
over its payments is true until you let go. (Frappe runs on PostgreSQL at this level. MariaDB writes its binary log for
it in every format but STATEMENT, which is not its default.)

They end with a commit, because what follows (a call to Stripe) can't be rolled back. Should two of them deadlock all the
same, nothing has left the site by then, so the loser simply runs again.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import frappe

ATTEMPTS = 6
READ_COMMITTED = "set session transaction isolation level read committed"
REPEATABLE_READ = "set session transaction isolation level repeatable read"

T = TypeVar("T")


def in_fresh_transaction(work: Callable[[], T]) -> T:
	"""Commit what came before, run `work`, commit it; on a deadlock or lock time-out roll back and run it again.

	`work` must not call Stripe and must be repeatable. Whatever it raises is raised after a rollback.
	"""
	for attempt in range(1, ATTEMPTS + 1):
		try:
			return _commit_around(work)
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			frappe.db.rollback()
			if attempt == ATTEMPTS:
				raise
			time.sleep(random.uniform(0.01, 0.05) * attempt)
		except Exception:
			frappe.db.rollback()
			raise
	raise AssertionError("unreachable")


def _commit_around(work: Callable[[], T]) -> T:
	outer = reads_are_true()
	# The level of a session is that of the transactions it begins from then on, and Frappe begins one with each commit.
	try:
		frappe.db.sql(READ_COMMITTED)
		frappe.db.commit()
		frappe.local.stripe_service_read_committed = True
		result = work()
		_leave(outer)
		frappe.db.commit()
		return result
	except BaseException:
		_leave(outer)
		raise


def _leave(outer: bool) -> None:
	frappe.local.stripe_service_read_committed = outer
	if not outer:
		frappe.db.sql(REPEATABLE_READ)


def reads_are_true() -> bool:
	"""Whether this transaction is one of ours, so that a plain read shows what is committed now."""
	return getattr(frappe.local, "stripe_service_read_committed", False)


def read_committed(query: str, values: dict) -> list[tuple]:
	"""The rows of a query as they are committed now, whatever the snapshot of this transaction shows, without a lock.

	For code that runs inside other people's transactions (document events), whose snapshot may be older than the lock that
	they hold on the document: reads through a connection of its own, for as long as that takes. What this transaction
	has written itself is not seen; nobody but our own transactions writes payments.
	"""
	if reads_are_true():
		return frappe.db.sql(query, values)
	connection = frappe.db.get_connection()
	try:
		with connection.cursor() as cursor:
			cursor.execute(query, values)
			return list(cursor.fetchall())
	finally:
		connection.close()


def begin_fresh() -> None:
	"""Commit what came before, so that the next read sees what others have committed meanwhile, and holds no lock."""
	in_fresh_transaction(lambda: None)
