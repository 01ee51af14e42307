"""scripts/demo: a running site with the app, the emulator and demo data; scripts/demo --stop ends it.

  scripts/demo           set up what is missing, start what does not run, tell where to click
  scripts/demo --stop    end everything that it started
  scripts/demo --reset   make the demo's site anew, with fresh data
  scripts/demo --form    only the pay form's test page against the emulator; needs no Frappe

Environment: FRAPPE_REPO, FRAPPE_BRANCH (another source or version of Frappe), BENCH (an existing bench; with
DB_ROOT_USER and DB_ROOT_PASSWORD), WEB_PORT, EMULATOR_PORT, PORT_RANGE, PYTHON.
"""

import argparse
import json
import os

from . import benches, databases, fingerprint, form_page, machine, place, ports, servers, site_setup
from .locks import held, is_held
from .run import run
from .say import NoFrappe, explain, progress, say, step

KEPT_UP = "demo.on"  # tells scripts/test to leave the databases running at its end


def main(arguments: list[str]) -> int:
	options = _parse(arguments)
	where = place.find_place(benches.named_bench())
	with held(where, "setup"):
		if options.stop:
			return _stop(where)
		if options.form:
			return form_page.show(where)
		return _start(where, options.reset)


def _parse(arguments: list[str]):
	parser = argparse.ArgumentParser(
		prog="scripts/demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
	)
	what = parser.add_mutually_exclusive_group()
	for option in ("--stop", "--reset", "--form"):
		what.add_argument(option, action="store_true")
	return parser.parse_args(arguments)


def _start(where: place.Place, reset: bool) -> int:
	try:
		bench = set_up(where)
	except NoFrappe as problem:
		explain(problem)
		say("\nWithout Frappe there is no site to show. The pay form alone, on its test page:")
		form_page.show(where)
		return 1
	(where.run / KEPT_UP).touch()
	if reset:
		servers.stop_all(where, servers.DEMO)
		fingerprint.forget(where, f"site {site_setup.DEMO_SITE} of {bench.path}")
		(where.home / "emulator.sqlite").unlink(missing_ok=True)
	url = f"http://{site_setup.DEMO_SITE}:{ports.ports(where)['web']}"
	site_setup.make_site(bench, site_setup.DEMO_SITE, {"mute_emails": 1, "host_name": url})
	servers.end_outdated(bench)
	servers.start_emulator(bench)
	servers.start_demo(bench)
	_fill(bench, url)
	return 0


def set_up(where: place.Place) -> benches.Bench:
	"""Everything up to a running database and a bench with the app in it; quick when nothing is missing."""
	machine.check_room(where, machine.ROOM_TO_RUN)
	machine.ensure_programs(where)
	place.bring_source_up_to_date(where)
	bench = benches.find_bench(where)
	benches.make_bench(bench)
	benches.write_config(bench)
	if bench.own:
		databases.start_mariadb(where)
		databases.start_redis(where, "redis_cache", "redis_queue")
	benches.install_app(bench)
	benches.build_assets(bench)
	return bench


def _fill(bench: benches.Bench, url: str):
	"""Demo data, by a program that runs inside the site; it makes only what is missing and returns what to tell."""
	where = bench.place
	answer = where.output / "demo.json"
	answer.unlink(missing_ok=True)
	emulator = f"http://127.0.0.1:{ports.ports(where)['emulator']}"
	with step("Filling the demo's site"):
		run(
			where,
			[bench.python, where.source / "scripts/demo_data.py", emulator, answer],
			"Filling the demo's site",
			cwd=bench.sites,
			log="demo-data",
			BENCH=str(bench.path),
			SITE=site_setup.DEMO_SITE,
			PYTHONPATH=str(where.source),
			DEMO_URL=url,
		)
	_tell(json.loads(answer.read_text()), url, emulator)


def _tell(answer: dict, url: str, emulator: str):
	say(f"\nThe demo runs: {url}")
	say(
		f"  (if your browser does not find that address: echo '127.0.0.1 {site_setup.DEMO_SITE}' | sudo tee -a /etc/hosts)"
	)
	say(f"The Stripe emulator's control page: {emulator}/emulator/\n")
	width = max(len(user["user"]) for user in answer["users"])
	for user in answer["users"]:
		say(f"  {user['user']:<{width}}  {user['password']:<12}  {user['who']}")
	say("\nWhat to click:")
	for number, line in enumerate(answer["tour"], 1):
		say(f"  {number}. {line}")
	say("\nEnd it with: scripts/demo --stop")


def _stop(where: place.Place) -> int:
	(where.run / KEPT_UP).unlink(missing_ok=True)
	names = [*servers.DEMO, *form_page.SERVICES]
	if is_held(where, "test"):
		progress("scripts/test is running: its databases are left to it")
	else:
		names += servers.DATABASES
	ended = servers.stop_all(where, names)
	progress(f"Ended: {', '.join(ended)}" if ended else "Nothing of the demo was running.")
	return 0


def kept_up(where: place.Place) -> bool:
	return os.path.exists(where.run / KEPT_UP)
