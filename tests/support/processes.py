"""Ports and processes of the tests' own servers."""

import os
import signal
import socket
import subprocess


def free_port() -> int:
	"""A port on 127.0.0.1 that nothing listens on; PORT_RANGE (such as 12200-12299) keeps it within bounds."""
	low, _, high = os.environ.get("PORT_RANGE", "").partition("-")
	for port in range(int(low), int(high) + 1) if high else [0]:
		with socket.socket() as probe:
			probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			try:
				probe.bind(("127.0.0.1", port))
			except OSError:
				continue
			return probe.getsockname()[1]
	raise RuntimeError(f"No port is free in PORT_RANGE={low}-{high}.")


def stop(process: subprocess.Popen, seconds: float = 10):
	"""End a process started with start_new_session=True, and its children."""
	if process.poll() is not None:
		return
	_signal_group(process.pid, signal.SIGTERM)
	try:
		process.wait(seconds)
	except subprocess.TimeoutExpired:
		_signal_group(process.pid, signal.SIGKILL)
		process.wait()


def _signal_group(pid: int, number: int):
	try:
		os.killpg(pid, number)
	except ProcessLookupError:
		pass
