"""Scenarios on a real site. The fixtures are in tests/support/fixtures.py."""

import pytest

from tests.support.accounts import RemoteAccount


@pytest.fixture(autouse=True)
def _every_test_starts_clean(site_only):
	"""Administrator, and no transaction left over from the test before."""


@pytest.fixture
def make_account(emulator, emulator_url):
	"""Makes Stripe accounts of the scenario's own (tests.support.accounts.RemoteAccount)."""
	yield lambda **fields: RemoteAccount(emulator, emulator_url, **fields)
	emulator.clear_faults()
