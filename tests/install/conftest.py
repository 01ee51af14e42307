"""Throw-away sites: each is made for one module and dropped after it."""

import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.install.bench_commands import Commands
from tests.support import site


@contextmanager
def _throw_away(bench: Path, name: str):
	commands = Commands(bench, name, _database_account())
	commands.new_site()
	try:
		yield commands
	finally:
		commands.drop_site()


@pytest.fixture(scope="module")
def throw_away_site():
	"""A new site of the bench, with nothing but Frappe on it."""
	site.require_site()
	with _throw_away(site.bench(), f"throw-away-{os.getpid()}.localhost") as commands:
		yield commands


@pytest.fixture(scope="module")
def site_beside():
	"""A new site of the bench that has ERPNext and payments in it, made by scripts/test where these can be had."""
	bench = os.environ.get("BESIDE_BENCH")
	if not bench:
		pytest.skip("no ERPNext and payments to install beside: set ERPNEXT_REPO and PAYMENTS_REPO")
	with _throw_away(Path(bench), f"beside-{os.getpid()}.localhost") as commands:
		yield commands


def _database_account() -> list[str]:
	account = os.environ.get("DB_ROOT_OPTIONS")
	if not account:
		pytest.fail(
			"An account that may create databases is needed: set DB_ROOT_PASSWORD (and DB_ROOT_USER)."
		)
	return account.split("\n")
