"""Scenarios on a real site. The fixtures are in tests/support/fixtures.py."""

import pytest


@pytest.fixture(autouse=True)
def _every_test_starts_clean(site_only):
	"""Administrator, and no transaction left over from the test before."""
