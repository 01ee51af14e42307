"""A site with payments in every state moves from Frappe 15 to 16, and loses nothing and nobody's rights.

It takes a bench of each version, made by scripts/test or by hand, whose databases run, but no worker (a demo has one, which
would do the moving site's jobs), and an account of each MariaDB that may create databases: BENCH_15, BENCH_16,
DB_ROOT_PASSWORD_15, DB_ROOT_PASSWORD_16 (DB_ROOT_USER_15 ... if it is not root).
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.install.bench_commands import Commands
from tests.install.every_state import OWN_ROLE, STATES

REPO = Path(__file__).resolve().parents[2]
NEEDED = ("BENCH_15", "BENCH_16", "DB_ROOT_PASSWORD_15", "DB_ROOT_PASSWORD_16")
# What an upgrade keeps beside the database: the key of the secrets, and the mark by which an account knows its site.
CARRIED = ("encryption_key", "stripe_service_installation", "host_name")


class Site(Commands):
	"""The same site, on a bench of this version."""

	def __init__(self, version: int, name: str, answers: Path):
		account = [
			"--db-root-username",
			os.environ.get(f"DB_ROOT_USER_{version}", "root"),
			"--db-root-password",
			os.environ[f"DB_ROOT_PASSWORD_{version}"],
		]
		super().__init__(Path(os.environ[f"BENCH_{version}"]), name, account)
		self.answers = answers
		# Each bench's own Redis: the tests' environment names that of the bench which runs the test, and a running
		# scheduler of the other one, which comes by while the site is made, would leave half a site in its cache.
		common = json.loads((self.bench / "sites/common_site_config.json").read_text())
		redis = {f"FRAPPE_{kind}".upper(): common[kind] for kind in ("redis_cache", "redis_queue")}
		self.environment = os.environ | redis

	@property
	def config(self) -> Path:
		return self.bench / "sites" / self.site / "site_config.json"

	def do(self, what: str, emulator_url: str, given: dict | None = None) -> dict:
		"""Run tests/install/every_state.py on this site."""
		answer = self.answers / f"{what}.json"
		answer.write_text(json.dumps(given))
		done = subprocess.run(
			[self._python, "-m", "tests.install.every_state", what, emulator_url, str(answer)],
			cwd=REPO,
			env=self.environment | {"BENCH": str(self.bench), "SITE": self.site, "PYTHONPATH": str(REPO)},
			stdin=subprocess.DEVNULL,
			capture_output=True,
			text=True,
		)
		assert done.returncode == 0, done.stderr[-3000:]
		return json.loads(answer.read_text())

	def dump(self) -> str:
		self.run("backup")
		backups = self.bench / "sites" / self.site / "private/backups"
		return str(max(backups.glob("*-database.sql.gz")))

	def carry_from(self, other: "Site"):
		config, before = json.loads(self.config.read_text()), json.loads(other.config.read_text())
		config |= {name: before[name] for name in CARRIED if name in before}
		self.config.write_text(json.dumps(config, indent=1))


@pytest.fixture(scope="module")
def moved(emulator_url, tmp_path_factory):
	"""(the site on 16 after the move, what it held and who could do what on 15, the payments by state)"""
	if missing := [name for name in NEEDED if not os.environ.get(name)]:
		pytest.skip(f"no benches of both versions to move a site between: set {', '.join(missing)}")
	name, answers = f"moving-{os.getpid()}.localhost", tmp_path_factory.mktemp("answers")
	old, new = Site(15, name, answers), Site(16, name, answers)
	old.new_site()
	try:
		old.run("install-app", "stripe_service")
		payments = old.do("make", emulator_url)
		before = old.do("facts", emulator_url)
		dump = old.dump()
		new.new_site()
		new.run("restore", dump, "--force", *new.database_account)
		new.carry_from(old)
		new.run("migrate", "--skip-search-index")
		yield new, before, payments
	finally:
		old.drop_site()
		if new.config.exists():
			new.drop_site()


@pytest.fixture(scope="module")
def after(moved, emulator_url):
	site, _before, _payments = moved
	return site.do("facts", emulator_url)


def test_there_was_a_payment_in_every_state(moved):
	_site, before, _payments = moved
	assert {row["status"] for row in before["rows"]["Invoice Payment"].values()} == set(STATES)


def test_no_row_is_lost_and_no_value_changed(moved, after):
	_site, before, _payments = moved
	changed = {}
	for doctype, rows in before["rows"].items():
		for name, row in rows.items():
			now = after["rows"][doctype].get(name)
			if now is None:
				changed[f"{doctype} {name}"] = "lost"
			elif differences := {
				key: (row[key], now[key]) for key in row if key in now and row[key] != now[key]
			}:
				changed[f"{doctype} {name}"] = differences
	assert changed == {}


def test_everybody_may_what_they_could_and_no_more(moved, after):
	_site, before, _payments = moved
	assert any(user["pays"] for user in before["may"].values())
	assert after["may"] == before["may"]


def test_a_role_of_the_administrators_own_keeps_the_right_to_pay(moved):
	site, _before, _payments = moved
	rights = site.evaluate(
		'answer = frappe.get_all("Custom DocPerm", filters={"parent": "Portal Invoice", "pay": 1}, pluck="role")'
	)
	assert OWN_ROLE in rights


def test_payments_go_on_where_they_were(moved, after, emulator_url):
	site, _before, payments = moved
	assert site.do("go_on", emulator_url, payments) == {
		"Processing": ["Succeeded", 10000, "Paid"],
		"Succeeded": ["Partly Refunded", 9000, "Partly Paid"],
	}
