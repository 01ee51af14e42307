"""Small Python environments for what needs no Frappe: the emulator, its contract, money, states, the pay form.

There is one for each end of the range of stripe-python versions that the app supports.
"""

from pathlib import Path

from . import fingerprint, machine
from .place import Place
from .project import needed_by_tests, oldest_stripe
from .run import run
from .say import step

STRIPE = {"oldest": f"stripe~={oldest_stripe()}.0", "newest": "stripe>=16,<17"}
FOR_EMULATOR = ["requests", "werkzeug>=2.3", "typing_extensions"]


def small_env(place: Place, end: str) -> Path:
	"""The environment for one end of the range; made where it is missing."""
	env = place.home / f"env-stripe-{end}"
	needs = [*FOR_EMULATOR, *needed_by_tests(), STRIPE[end]]
	if (env / "bin/python").exists() and fingerprint.same(place, env.name, needs):
		return env
	python = machine.find_python(place)
	with step(f"Making a Python environment with {STRIPE[end]}"):
		run(place, [python, "-m", "venv", "--clear", env], f"Making {env.name}")
		run(place, [env / "bin/pip", "install", "-q", *needs], f"Filling {env.name}")
	fingerprint.remember(place, env.name, needs)
	return env
