"""Background programs with a pid file and a log each: started once, found again, ended when asked.

A pid alone is no proof, the kernel gives it out again; so the time at which the process started is kept beside it.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .place import Place
from .ports import answers, is_free, port_taken
from .say import Problem


@dataclass
class Service:
	name: str
	command: list
	cwd: Path
	port: int | None = None
	ready: Callable[[], bool] | None = None  # asked until it says yes; by default, that the port answers
	environment: dict[str, str] = field(default_factory=dict)
	seconds: float = 60


def start(place: Place, service: Service) -> bool:
	"""Start it unless it runs. True if this call started it."""
	if pid_of(place, service.name):
		return False
	if service.port and not is_free(service.port):
		raise port_taken(service.name, service.port)
	with _log(place, service.name).open("ab") as log:
		process = subprocess.Popen(
			list(map(str, service.command)),
			cwd=service.cwd,
			env=place.environment(**service.environment),
			stdin=subprocess.DEVNULL,
			stdout=log,
			stderr=subprocess.STDOUT,
			start_new_session=True,
			**place.as_user(),
		)
	_pid_file(place, service.name).write_text(f"{process.pid} {_started_at(process.pid)}\n")
	_wait(place, service, process)
	return True


def stop(place: Place, name: str, seconds: float = 20) -> bool:
	"""End it and its children. True if it ran."""
	pid = pid_of(place, name)
	if pid:
		_signal(pid, signal.SIGTERM)
		if not _gone(pid, seconds):
			_signal(pid, signal.SIGKILL)
			_gone(pid, 5)
	_pid_file(place, name).unlink(missing_ok=True)
	return bool(pid)


def pid_of(place: Place, name: str) -> int | None:
	"""The process id, if the service runs."""
	try:
		pid, started_at = _pid_file(place, name).read_text().split()
	except (OSError, ValueError):
		return None
	return int(pid) if _started_at(int(pid)) == started_at else None


def running(place: Place) -> list[str]:
	return [path.stem for path in sorted(place.run.glob("*.pid")) if pid_of(place, path.stem)]


def last_lines(place: Place, name: str, count: int = 12) -> str:
	path = _log(place, name)
	return "\n".join(path.read_text(errors="replace").splitlines()[-count:]) if path.exists() else ""


def _wait(place: Place, service: Service, process: subprocess.Popen):
	ready = service.ready or (lambda: service.port is None or answers(service.port))
	deadline = time.monotonic() + service.seconds
	while time.monotonic() < deadline:
		if process.poll() is not None:
			_pid_file(place, service.name).unlink(missing_ok=True)
			raise Problem(
				f"{service.name} ended at its start (exit code {process.returncode}).",
				f"Its last lines are above; the whole log is {_log(place, service.name)}.",
				last_lines(place, service.name),
			)
		if ready():
			return
		time.sleep(0.1)
	stop(place, service.name)
	raise Problem(
		f"{service.name} did not answer within {service.seconds:.0f} s.",
		f"Read {_log(place, service.name)}, then run again.",
		last_lines(place, service.name),
	)


def _signal(pid: int, number: int):
	try:
		os.killpg(pid, number)
	except ProcessLookupError:
		pass


def _gone(pid: int, seconds: float) -> bool:
	deadline = time.monotonic() + seconds
	while time.monotonic() < deadline:
		try:
			os.waitpid(pid, os.WNOHANG)  # it may be our own child, which stays a zombie until asked
		except ChildProcessError:
			pass
		if not _started_at(pid):
			return True
		time.sleep(0.05)
	return False


def _started_at(pid: int) -> str | None:
	try:
		words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
	except OSError:
		return None
	return None if words[0] == "Z" else words[19]


def _pid_file(place: Place, name: str) -> Path:
	return place.run / f"{name}.pid"


def _log(place: Place, name: str) -> Path:
	return place.log / f"{name}.log"
