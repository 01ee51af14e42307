"""scripts/demo: a running site with the app, the emulator and demo data; scripts/demo --stop ends it.

  scripts/demo           set up what is missing, start what does not run, tell where to click
  scripts/demo --stop    end everything that it started
  scripts/demo --reset   make the demo's site anew, with fresh data
  scripts/demo --form    only the pay form's test page against the emulator; needs no Frappe

Environment: FRAPPE_REPO, FRAPPE_BRANCH (another source or version of Frappe), BENCH (an existing bench; with
DB_ROOT_USER and DB_ROOT_PASSWORD), WEB_PORT, EMULATOR_PORT, PORT_RANGE, PYTHON, NODE.
"""

import argparse
import json
import sys

from . import benches, common, servers
from .common import HOME, OUTPUT, REPO, NoFrappe


def parse(arguments: list[str]) -> argparse.Namespace:
	"""Options of scripts/demo; ends with a message where they are wrong."""
	raw = argparse.RawDescriptionHelpFormatter
	parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__, formatter_class=raw)
	what = parser.add_mutually_exclusive_group()
	for option in ("--stop", "--reset", "--form"):
		what.add_argument(option, action="store_true")
	return parser.parse_args(arguments)


def needs(options) -> set[str]:
	"""What the machine must have (a key of machine.PROGRAMS each), known before anything is set up."""
	return set() if options.stop or options.form else {"site"}


def main(options) -> int:
	"""Start or end what was asked for. The exit code; raises Problem."""
	with common.held("setup"):
		if options.stop:
			return _stop()
		if options.form:
			return _show_form()
		try:
			bench = benches.set_up()
		except NoFrappe as problem:
			print(problem.text, file=sys.stderr, flush=True)
			print("\nWithout Frappe there is no site to show. The pay form alone, on its test page:")
			_show_form()
			return 1
		_show_site(bench, options.reset)
		return 0


def _show_site(bench: benches.Bench, reset: bool):
	url = f"http://{benches.DEMO_SITE}:{servers.ports()['web']}"
	# A server goes on with the code that it was started with.
	code = common.hash_of_files(REPO, "stripe_service/**/*.py", "stripe_emulator/**/*.py")
	if reset or not common.is_done("code of the demo", code):
		servers.stop("demo")
	common.note("code of the demo", code)
	if reset:
		common.forget(f"site {benches.DEMO_SITE} of {bench.path}")
		(HOME / "emulator.sqlite").unlink(missing_ok=True)
	benches.make_site(bench, benches.DEMO_SITE, {"mute_emails": 1, "host_name": url})
	servers.start("demo", bench=bench.path)
	answer, emulator = OUTPUT / "demo.json", f"http://127.0.0.1:{servers.ports()['emulator']}"
	program = [bench.python, REPO / "scripts/demo_data.py", emulator, answer]
	site = {"BENCH": str(bench.path), "SITE": benches.DEMO_SITE, "PYTHONPATH": str(REPO), "DEMO_URL": url}
	with common.step("Filling the demo's site"):
		common.run(program, "Filling the demo's site", cwd=bench.path / "sites", **site)
	_tell(json.loads(answer.read_text()), url, emulator)


def _tell(answer: dict, url: str, emulator: str):
	print(f"\nThe demo runs: {url}")
	hosts = f"echo '127.0.0.1 {benches.DEMO_SITE}' | sudo tee -a /etc/hosts"
	print(f"  (if your browser does not find that address: {hosts})")
	print(f"The Stripe emulator's control page: {emulator}/emulator/\n")
	width = max(len(user["user"]) for user in answer["users"])
	for user in answer["users"]:
		print(f"  {user['user']:<{width}}  {user['password']:<12}  {user['who']}")
	print("\nWhat to click:")
	for number, line in enumerate(answer["tour"], 1):
		print(f"  {number}. {line}")
	print("\nEnd it with: scripts/demo --stop")


def _show_form() -> int:
	servers.start("form")
	print(f"\nThe pay form's test page: http://127.0.0.1:{servers.ports()['form_page']}/")
	print("End it with: scripts/demo --stop")
	return 0


def _stop() -> int:
	groups = ["demo", "form", "databases"]
	if common.is_held("test"):
		common.progress("scripts/test is running: it ends the databases itself")
		groups.remove("databases")
	ended = [group for group in groups if servers.stop(group)]
	common.progress(f"Ended: {', '.join(ended)}" if ended else "Nothing of the demo was running.")
	return 0
