"""The pay form alone, on its test page, against the emulator: what can be shown without Frappe."""

from .place import Place, bring_source_up_to_date
from .ports import ports
from .say import say
from .services import Service, start
from .small_envs import small_env

SERVICE = "pay-form-page"


def show(place: Place) -> int:
	bring_source_up_to_date(place)
	port = ports(place)["emulator"]
	command = [small_env(place, "newest") / "bin/python", "-m", "stripe_emulator", "--port", port, "--memory"]
	start(place, Service(SERVICE, command, place.source, port))
	say(f"\nThe pay form's test page: http://127.0.0.1:{port}/emulator/pay-form\nEnd it with: scripts/demo --stop")
	return 0
