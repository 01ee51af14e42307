"""Small Python environments for what needs no Frappe: the emulator, its contract, money, states, the pay form.

There is one for each end of the range of stripe-python versions that the app supports.
"""

from pathlib import Path

from . import fingerprint, machine
from .place import Place
from .run import run
from .say import step

# The lower end is pyproject.toml's; the upper is the newest that its upper bound admits.
STRIPE = {"oldest": "stripe==10.12.0", "newest": "stripe>=16,<17"}
NEEDS = ["pytest>=8", "Faker>=18.10", "requests", "werkzeug>=2.3", "typing_extensions", "playwright>=1.40", "psutil"]


def small_env(place: Place, end: str) -> Path:
	"""The environment for one end of the range; made where it is missing."""
	env = place.home / f"env-stripe-{end}"
	needs = [*NEEDS, STRIPE[end]]
	if (env / "bin/python").exists() and fingerprint.same(place, env.name, needs):
		return env
	python = machine.find_python(place)
	with step(f"Making a Python environment with {STRIPE[end]}"):
		run(place, [python, "-m", "venv", "--clear", env], f"Making {env.name}")
		run(place, [env / "bin/pip", "install", "-q", *needs], f"Filling {env.name}")
	fingerprint.remember(place, env.name, needs)
	return env
