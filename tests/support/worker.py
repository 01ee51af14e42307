"""A real background worker for the test site, for tests that look at the whole from outside, through a browser."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import stop


@contextmanager
def running_worker(bench: Path):
	"""Frappe's own worker on all queues, for as long as the block lasts.

	It takes the jobs of whatever Redis the environment names: the tests' own, under scripts/test.
	"""
	log = open(os.environ.get("WORKER_LOG", os.devnull), "ab")
	process = subprocess.Popen(
		[
			bench / "env/bin/python",
			*("-m", "frappe.utils.bench_helper", "frappe"),
			*("worker", "--queue", "short,default,long"),
		],
		cwd=bench / "sites",
		stdin=subprocess.DEVNULL,
		stdout=log,
		stderr=log,
		start_new_session=True,
	)
	try:
		yield process
	finally:
		stop(process)
		log.close()
