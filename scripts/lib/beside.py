"""A second bench, with ERPNext and frappe/payments in it, to see that the app gets on with both.

A bench of its own, because payments pins an old stripe-python: in the bench that the other tests use, it would change
what they test. It is made without `bench init`, which would fetch and build the desk's JavaScript: installing, migrating
and uninstalling need none of it.
"""

import os
from pathlib import Path

from . import benches, fingerprint, machine
from .place import Place
from .run import run
from .say import step

APPS = ("frappe", "erpnext", "payments")


def can_be_had() -> bool:
	return bool(
		os.environ.get("ERPNEXT_REPO") and os.environ.get("PAYMENTS_REPO") and not os.environ.get("BENCH")
	)


def make(place: Place) -> benches.Bench:
	"""Made from FRAPPE_REPO, ERPNEXT_REPO and PAYMENTS_REPO, at FRAPPE_BRANCH unless ERPNEXT_BRANCH or so says else."""
	bench = benches.Bench(place, place.home / "bench-beside", own=True)
	for folder in (bench.path, bench.path / "apps", bench.sites, bench.path / "logs"):
		place.own(folder)
	apps = {app: _fetch(bench, app) for app in APPS}
	if not bench.python.exists():
		run(
			place,
			[machine.find_python(place), "-m", "venv", bench.path / "env"],
			"Making the bench's environment",
		)
	benches.write_config(bench)
	benches.install_app(bench, apps)
	return bench


def _fetch(bench: benches.Bench, app: str) -> Path:
	folder = bench.path / "apps" / app
	repo, branch = _source(app)
	if folder.is_dir() and fingerprint.same(bench.place, f"{app} of {bench.path}", (repo, branch)):
		return folder
	with step(f"Fetching {app} {branch} from {repo}"):
		clone = ["git", "clone", "--quiet", "--depth", "1", "--branch", branch, repo, folder]
		run(bench.place, ["rm", "-rf", folder], f"Removing the old {app}")
		run(bench.place, clone, f"Fetching {app}", GIT_TERMINAL_PROMPT="0")
	fingerprint.remember(bench.place, f"{app} of {bench.path}", (repo, branch))
	return folder


def _source(app: str) -> tuple[str, str]:
	repo, branch = benches.wanted()
	return os.environ.get(f"{app.upper()}_REPO", repo), os.environ.get(f"{app.upper()}_BRANCH", branch)
