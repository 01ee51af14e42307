"""scripts/demo: a running site with the app, the emulator and demo data; scripts/demo --stop ends it.

  scripts/demo           set up what is missing, start what does not run, tell where to click
  scripts/demo --stop    end everything that it started
  scripts/demo --reset   make the demo's site anew, with fresh data
  scripts/demo --form    only the pay form's test page against the emulator; needs no Frappe

Environment: FRAPPE_REPO, FRAPPE_BRANCH (another source or version of Frappe), BENCH (an existing bench; with
DB_ROOT_USER and DB_ROOT_PASSWORD), WEB_PORT, EMULATOR_PORT, PORT_RANGE, PYTHON, NODE.
"""

import sys

from . import benches, common, servers
from .benches import DEMO_SITE
from .common import HOME, OUTPUT, REPO, NoFrappe

NAMES = ()
OPTIONS = {option: {"action": "store_true"} for option in ("--stop", "--reset", "--form")}


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
			return _show_site(benches.set_up(), options.reset)
		except NoFrappe as problem:
			print(problem.text(), file=sys.stderr, flush=True)
			print("\nWithout Frappe there is no site to show. The pay form alone, on its test page:")
			_show_form()
			return 1


def _show_site(bench: benches.Bench, reset: bool) -> int:
	if reset:
		servers.stop("demo")
		common.forget(f"site {DEMO_SITE} of {bench.path}")
		(HOME / "emulator.sqlite").unlink(missing_ok=True)
	# A server goes on with the code that it was started with.
	code = common.hash_of_files(REPO, "stripe_service/**/*.py", "stripe_emulator/**/*.py")
	common.once("code of the demo", code, lambda: servers.stop("demo"))
	url = f"http://{DEMO_SITE}:{servers.ports()['web']}"
	benches.make_site(bench, DEMO_SITE, {"mute_emails": 1, "host_name": url})
	servers.start("demo", bench=bench.path)
	answer = OUTPUT / "demo.txt"
	emulator = f"http://127.0.0.1:{servers.ports()['emulator']}"
	program = [bench.python, REPO / "scripts/demo_data.py", url, emulator, answer]
	site = {"BENCH": str(bench.path), "SITE": DEMO_SITE, "PYTHONPATH": str(REPO)}
	common.run(program, "Filling the demo's site", bench.path / "sites", **site)
	print(answer.read_text())
	return 0


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
