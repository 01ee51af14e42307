"""The app's own servers: the emulator, and what Frappe needs to answer a browser and to work in the background."""

from . import fingerprint
from .benches import Bench
from .place import Place
from .ports import ports
from .services import Service, start, stop
from .small_envs import small_env

DEMO = ("worker", "scheduler", "socketio", "web", "emulator")
DATABASES = ("redis_cache", "redis_queue", "mariadb")
TEST_DATABASES = ("test_redis_cache", "test_redis_queue")


def start_emulator(bench: Bench) -> bool:
	"""The Stripe emulator of the demo; its state is kept, as Stripe's would be."""
	place, port = bench.place, ports(bench.place)["emulator"]
	options = ["--port", port, "--data", place.home / "emulator.sqlite"]
	command = [small_env(place, "newest") / "bin/python", "-m", "stripe_emulator", *options]
	return start(place, Service("emulator", command, place.source, port))


def end_outdated(bench: Bench):
	"""A server goes on with the code that it was started with: after a change it has to be started again."""
	source = bench.place.source
	for folder, names in (
		("stripe_service", ("web", "worker", "scheduler")),
		("stripe_emulator", ("emulator",)),
	):
		now = fingerprint.of_files(source / folder, "**/*.py")
		if not fingerprint.same(bench.place, f"code of {folder}", now):
			stop_all(bench.place, names)
			fingerprint.remember(bench.place, f"code of {folder}", now)


def start_demo(bench: Bench) -> list[str]:
	"""Web server, realtime server, worker and scheduler; the names of those that this call started."""
	return [service.name for service in _demo(bench) if start(bench.place, service)]


def stop_all(place: Place, names) -> list[str]:
	return [name for name in names if stop(place, name)]


def _demo(bench: Bench) -> list[Service]:
	port, sites = ports(bench.place), bench.sites
	gunicorn = [
		bench.path / "env/bin/gunicorn",
		f"--bind=127.0.0.1:{port['web']}",
		"--workers=2",
		"--threads=4",
	]
	helper = [bench.python, "-m", "frappe.utils.bench_helper", "frappe"]
	return [
		Service(
			"web",
			[*gunicorn, "--timeout=120", "--preload", "frappe.app:application_with_statics()"],
			sites,
			port["web"],
			# lets the desk find the realtime server on its own port, as under `bench start`
			environment={"DEV_SERVER": "1"},
		),
		Service("socketio", ["node", bench.path / "apps/frappe/socketio.js"], bench.path, port["socketio"]),
		Service("worker", [*helper, "worker", "--queue", "short,default,long"], sites),
		Service("scheduler", [*helper, "schedule"], sites),
	]
