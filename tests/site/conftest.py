"""Scenarios on a real site. The fixtures are in tests/support/fixtures.py."""

import pytest

from tests.support import site
from tests.support.accounts import RemoteAccount, change_default
from tests.support.records import unique

site.enter_sites_folder()


@pytest.fixture(autouse=True, scope="module")
def _every_module_ends_its_payables(payables_end):
	"""A payer's home shows whatever can be paid."""


@pytest.fixture(autouse=True)
def _every_test_starts_clean(site_only):
	"""Administrator, and no transaction left over from the test before."""


@pytest.fixture
def silent_world(make_world, emulator):
	"""A World in which no webhook arrives but what the test lets arrive: where the site answers over HTTP, all would."""
	emulator.hold_webhooks()
	world = make_world()
	assert world.gateway, "made now: a test may take the site's keys away"
	yield world
	emulator.clear_webhook_rules()
	emulator.forget_webhooks()


@pytest.fixture
def outgoing_account(site_only):
	"""An outgoing account that sends nowhere, until the end of the test."""
	import frappe

	account = frappe.get_doc(
		doctype="Email Account",
		email_account_name=unique("Portal"),
		email_id="portal@example.com",
		enable_outgoing=1,
		default_outgoing=1,
		smtp_server="127.0.0.1",
		no_smtp_authentication=1,
	)
	account.flags.ignore_validate = True  # Frappe would try to reach the mail server
	account.insert()
	frappe.db.commit()
	yield
	frappe.db.rollback()
	frappe.delete_doc("Email Account", account.name, force=True)
	frappe.db.commit()


@pytest.fixture
def make_account(emulator, emulator_url):
	"""Makes Stripe accounts of the scenario's own (tests.support.accounts.RemoteAccount)."""
	yield lambda **fields: RemoteAccount(emulator, emulator_url, **fields)
	emulator.clear_faults()


@pytest.fixture
def account(make_account):
	"""A Stripe account of the scenario's own, not registered yet."""
	return make_account(business_name="Faber & Sons", country="US", email="owner@faber.example")


@pytest.fixture
def connected(account):
	"""The scenario's own account, registered on the site, its webhook too."""
	from stripe_service.accounts import registration

	registration.connect_account(account.name, **account.keys, **account.addresses)
	return account


@pytest.fixture
def world_of(make_world):
	"""Makes the World of any account of the scenario's own, which is the site's default until the end of the test."""
	before = []

	def make(account: RemoteAccount):
		before.append(change_default(account.name))
		return make_world(account=account)

	yield make
	for name in reversed(before):
		change_default(name)


@pytest.fixture
def account_world(connected, world_of):
	"""Where invoices are paid to the scenario's own account."""
	return world_of(connected)


@pytest.fixture
def default_account(site_only):
	"""Makes a Stripe Account the default for one test."""
	before = change_default(None)
	yield change_default
	change_default(before)
