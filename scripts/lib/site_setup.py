"""The two sites: one for the demo, one for the tests, so that neither meets the other's data."""

import json
import os
from pathlib import Path

from . import fingerprint
from .benches import APP, Bench
from .databases import root_password
from .say import Problem, step

DEMO_SITE = "stripe-demo.localhost"
TEST_SITE = "stripe-test.localhost"
ADMIN_PASSWORD = "admin"
# What a person would answer in the wizard that a new site begins with, and that stands before every other page.
WIZARD = "frappe.desk.page.setup_wizard.setup_wizard.setup_complete"
ANSWERS = {
	"language": "English",
	"country": "United States",
	"timezone": "America/New_York",
	"currency": "USD",
}
# What a migrate looks at.
SHAPES_THE_SITE = ("**/*.json", "**/*.txt", "hooks.py", "install.py", "setup/**/*.py", "patches/**/*.py")


def make_site(bench: Bench, site: str, config: dict, **environment: str):
	"""The site with the app on it, migrated if the app has changed since."""
	shape = fingerprint.of_files(bench.place.source / APP, *SHAPES_THE_SITE)
	key = f"site {site} of {bench.path}"
	finished_once = key in fingerprint.known_steps(bench.place)  # a site without this note was interrupted
	if not finished_once or not _get_config(bench, site).exists():
		_create(bench, site, **environment)
	elif not fingerprint.same(bench.place, key, shape):
		with step(f"Migrating {site}: the app has changed"):
			bench.frappe(["migrate", "--skip-search-index"], f"Migrating {site}", site, **environment)
	_configure(bench, site, config)
	fingerprint.remember(bench.place, key, shape)


def database_account(bench: Bench) -> list[str]:
	"""new-site's and drop-site's options for an account that may create databases."""
	if bench.own:
		return ["--db-root-username", "root", "--db-root-password", root_password(bench.place)]
	try:
		return [
			"--db-root-username",
			os.environ.get("DB_ROOT_USER", "root"),
			"--db-root-password",
			os.environ["DB_ROOT_PASSWORD"],
		]
	except KeyError:
		raise Problem(
			f"To make a site in {bench.path}, an account of its MariaDB that may create databases is needed.",
			"Set DB_ROOT_PASSWORD (and DB_ROOT_USER, if it is not root), and run again.",
		) from None


def new_site(bench: Bench, site: str, **environment: str):
	options = ["--force", "--admin-password", ADMIN_PASSWORD, "--no-mariadb-socket"]
	bench.frappe(
		["new-site", site, *options, *database_account(bench)], f"Making the site {site}", **environment
	)


def _create(bench: Bench, site: str, **environment: str):
	with step(f"Making the site {site}"):
		new_site(bench, site, **environment)
	with step(f"Installing the app on {site}"):
		bench.frappe(["install-app", APP], f"Installing the app on {site}", site, **environment)
		answers = repr({"args": ANSWERS})
		bench.frappe(["execute", WIZARD, "--kwargs", answers], "The setup wizard", site, **environment)


def _configure(bench: Bench, site: str, wanted: dict):
	path = _get_config(bench, site)
	config = json.loads(path.read_text())
	if {**config, **wanted} != config:
		path.write_text(json.dumps({**config, **wanted}, indent=1, sort_keys=True) + "\n")


def _get_config(bench: Bench, site: str) -> Path:
	return bench.sites / site / "site_config.json"
