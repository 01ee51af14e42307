"""A second bench, with ERPNext and frappe/payments in it, to see that the app gets on with both.

A bench of its own, because payments pins an old stripe-python: in the bench that the other tests use, it would change
what they test.
"""

import os
from pathlib import Path

from . import benches, fingerprint
from .place import Place
from .run import run
from .say import step

APPS = ("erpnext", "payments")


def can_be_had() -> bool:
	return all(os.environ.get(f"{app.upper()}_REPO") for app in APPS) and not os.environ.get("BENCH")


def make(place: Place) -> benches.Bench:
	"""Made from FRAPPE_REPO, ERPNEXT_REPO and PAYMENTS_REPO, at FRAPPE_BRANCH unless ERPNEXT_BRANCH or so says else."""
	bench = benches.Bench(place, place.home / "bench-beside", own=True)
	benches.make_bench(bench)
	benches.write_config(bench)
	benches.install_app(bench, {app: _fetch(bench, app) for app in APPS})
	return bench


def _fetch(bench: benches.Bench, app: str) -> Path:
	folder = bench.path / "apps" / app
	repo = os.environ[f"{app.upper()}_REPO"]
	branch = os.environ.get(f"{app.upper()}_BRANCH") or os.environ.get("FRAPPE_BRANCH", benches.FRAPPE_BRANCH)
	source = (repo, branch)
	if folder.is_dir() and fingerprint.same(bench.place, f"{app} of {bench.path}", source):
		return folder
	with step(f"Fetching {app} {branch} from {repo}"):
		clone = ["git", "clone", "--quiet", "--depth", "1", "--branch", branch, repo, folder]
		run(bench.place, ["rm", "-rf", folder], f"Removing the old {app}")
		run(bench.place, clone, f"Fetching {app}", GIT_TERMINAL_PROMPT="0")
	fingerprint.remember(bench.place, f"{app} of {bench.path}", source)
	return folder
