"""The pay form alone, on its test page, against the emulator: what can be shown without Frappe."""

from .place import Place, bring_source_up_to_date
from .ports import ports
from .say import say
from .services import Service, start
from .small_envs import small_env

SERVICES = ("form-page", "form-emulator")


def show(place: Place) -> int:
	"""Start the page and an emulator of its own, unless they run."""
	bring_source_up_to_date(place)
	page, emulator = (ports(place)[name.replace("-", "_")] for name in SERVICES)
	python = small_env(place, "newest") / "bin/python"
	_start(
		place, "form-emulator", [python, "-m", "stripe_emulator", "--port", emulator, "--memory"], emulator
	)
	stripe = f"http://127.0.0.1:{emulator}"
	_start(
		place,
		"form-page",
		[python, "-m", "stripe_emulator.pay_form_page", "--port", page, "--stripe", stripe],
		page,
	)
	say(f"\nThe pay form's test page: http://127.0.0.1:{page}/\nEnd it with: scripts/demo --stop")
	return 0


def _start(place: Place, name: str, command: list, port: int):
	start(place, Service(name, command, place.source, port))
