"""Every whitelisted method, as each kind of user. It has a kind of its own because it takes long."""

import pytest

from tests.support import site

site.enter_sites_folder()


@pytest.fixture(autouse=True, scope="module")
def _every_module_ends_its_payables(payables_end):
	"""A payer's home shows whatever can be paid."""
