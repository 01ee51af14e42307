"""Jobs: what a worker and the scheduler would do soon, done now in this process; and the same work many times at one instant."""

import threading
import time
from contextlib import contextmanager

import pytest

from tests.support.site import bench, site_name

MOST_ROUNDS = 20


@contextmanager
def queue_away():
	"""Redis is asked at the address in the site's configuration: nobody listens there."""
	import frappe

	with pytest.MonkeyPatch.context() as changed:
		changed.setitem(frappe.local.conf, "redis_queue", "redis://127.0.0.1:1")
		yield


def drain():
	"""Run the waiting webhook events and every queued job of this site, until nothing is left.

	The jobs are real ones, taken from the real queues and run by Frappe's own `execute_job`, as the user who queued
	them; only the process is this one. A job that fails is logged by Frappe, as in a worker, and does not stop
	the rest. Needs no worker; where one runs all the same, its jobs of this site are waited for.
	"""
	import frappe

	frappe.db.commit()
	_work_off_events()
	for _ in range(MOST_ROUNDS):
		if not _run_waiting_jobs():
			break
	else:
		raise RuntimeError("The queues are not empty after many rounds: some job queues itself again.")
	_wait_for_other_workers()
	frappe.db.commit()  # ends the transaction, so that the next read sees what the jobs wrote


def _work_off_events():
	import frappe

	try:
		from stripe_service.webhooks.process import process_events
	except ImportError:
		return
	process_events()
	frappe.db.commit()


@contextmanager
def nothing_queued():
	"""What is queued in the block is taken out of the queues at its end."""
	before = {job.id for job in _waiting_jobs()}
	try:
		yield
	finally:
		for job in _waiting_jobs():
			if job.id not in before:
				job.delete()


def _run_waiting_jobs() -> int:
	jobs = _waiting_jobs()
	for job in jobs:
		_run(job)
	return len(jobs)


def _waiting_jobs() -> list:
	return [job for queue in _queues() for job in queue.jobs if _is_ours(job)]


def _run(job):
	import frappe
	from frappe.utils.background_jobs import execute_job

	before = frappe.session.user
	if hasattr(frappe.local, "request"):
		del (
			frappe.local.request
		)  # an earlier job (the website's search index) may have left one; a worker has none
	arguments = dict(job.kwargs, is_async=False)
	user = arguments.pop("user", None)
	job.delete()  # a worker too takes it out before it starts
	frappe.set_user(user or "Administrator")
	try:
		execute_job(**arguments)
	except Exception:
		frappe.db.rollback()  # execute_job has logged it, as in a worker
	finally:
		frappe.set_user(before)


def _wait_for_other_workers(seconds: float = 30):
	deadline = time.monotonic() + seconds
	while _at_work_elsewhere() and time.monotonic() < deadline:
		time.sleep(0.1)


def _at_work_elsewhere() -> bool:
	"""Whether a worker has a job of this site. What it has taken out of its queue is still "queued" until the process
	that does it has begun, a while on a busy machine, and stands in no list meanwhile: only the job itself says so."""
	waiting = {job.id for job in _waiting_jobs()}
	started = {id_ for queue in _queues() for id_ in queue.started_job_registry.get_job_ids()}
	return any(
		(status == "queued" and id_ not in waiting) or (status == "started" and id_ in started)
		for id_, status in _statuses()
	)


def _statuses():
	"""(id, status) of each job of this site that Redis knows; Frappe's ids begin with the site."""
	import frappe
	from rq.job import Job

	redis = _queues()[0].connection
	for key in redis.scan_iter(match=f"{Job.redis_job_namespace_prefix}{frappe.local.site}::*", count=1000):
		key = key.decode()
		yield key.removeprefix(Job.redis_job_namespace_prefix), (redis.hget(key, "status") or b"").decode()


def _queues():
	from frappe.utils.background_jobs import get_queue, get_queues_timeout

	return [get_queue(name) for name in get_queues_timeout()]


def _is_ours(job) -> bool:
	import frappe

	return job.kwargs.get("site") == frappe.local.site


def in_parallel(number: int, work, user: str = "Administrator", apart: float = 0.0) -> list:
	"""`work(index)` in as many threads, as `user`, each beginning `apart` seconds after the one before (0: at the same
	instant); what they returned, or raised, in their order."""
	import frappe

	results, start = [None] * number, threading.Barrier(number)

	def run(index: int):
		frappe.init(site_name(), sites_path=str(bench() / "sites"))
		frappe.connect()
		frappe.flags.in_test = True
		frappe.set_user(user)
		try:
			start.wait()
			if apart:
				threading.Event().wait(apart * index)
			results[index] = work(index)
			frappe.db.commit()
		except Exception as error:
			frappe.db.rollback()
			results[index] = error
		finally:
			frappe.destroy()

	threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	return results


def is_locked(doctype: str, name: str) -> bool:
	"""Whether another connection would have to wait for the row."""

	def look(_index: int) -> bool:
		import frappe

		try:
			return not frappe.db.get_value(doctype, name, "name", for_update=True, wait=False)
		except frappe.QueryTimeoutError:
			return True

	(locked,) = in_parallel(1, look)
	if isinstance(locked, Exception):
		raise locked
	return locked
