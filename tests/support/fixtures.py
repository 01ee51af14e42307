"""The fixtures of every test that needs the site, the emulator or both (conftest.py at the top loads them).

They import Frappe and the app only when used: the tests that need no site run where there is no Frappe.
"""

import pytest

from tests.support import accounts, jobs, records, servers, site


@pytest.fixture(scope="session")
def emulator_url():
	"""Address of the Stripe emulator: EMULATOR_URL, or one started for this run."""
	with servers.running_emulator() as url:
		yield url


@pytest.fixture(scope="session")
def emulator_control(emulator_url):
	return servers.control_client(emulator_url)


@pytest.fixture(name="emulator")
def emulator_fixture(emulator_control):
	"""The emulator's control client: clock, faults, webhooks. A fault that a test asked for ends with the test."""
	yield emulator_control
	emulator_control.clear_faults()


@pytest.fixture(scope="session")
def frappe_site():
	"""This process connected to the test site. Only that: no Stripe account, no emulator."""
	site.require_site()
	with site.connected() as frappe:
		yield frappe


@pytest.fixture(scope="session")
def stripe_account(frappe_site, emulator_url):
	"""Name of the Stripe Account that is connected to the emulator, and the site's default."""
	return accounts.connect_new_emulator(emulator_url)


@pytest.fixture(scope="module")
def payables_end(frappe_site):
	"""What a module makes payable is no other's to find: at its end it is switched off, and no payer reads it, nor its payments."""
	from stripe_service.payables import registry

	before = frappe_site.get_all("Payable DocType", pluck="name")
	yield
	frappe_site.set_user("Administrator")
	frappe_site.db.rollback()
	made = frappe_site.get_all("Payable DocType", {"name": ("not in", [*before, ""])}, pluck="name")
	for doctype in made:
		frappe_site.db.set_value("Payable DocType", doctype, "enabled", 0)
		frappe_site.db.delete("DocPerm", {"parent": doctype, "role": ("!=", "System Manager")})
		frappe_site.clear_cache(doctype=doctype)
	registry.clear_cache()
	frappe_site.db.commit()


@pytest.fixture
def site_only(frappe_site):
	"""The site for one test, without a Stripe account: Administrator, and a fresh transaction before and after."""
	frappe_site.set_user("Administrator")
	frappe_site.db.rollback()
	yield frappe_site
	frappe_site.set_user("Administrator")
	frappe_site.db.rollback()


@pytest.fixture(name="site")
def site_fixture(site_only, stripe_account, emulator_url):
	"""The site for one test, connected to the emulator, whatever the test before did to its accounts."""
	if not accounts.is_connected(emulator_url):
		accounts.connect_emulator(emulator_url)
	return site_only


@pytest.fixture(scope="session")
def faker():
	return records.make_faker()


@pytest.fixture
def as_user(site_only):
	return site.as_user


@pytest.fixture
def make_unit(site_only):
	return records.make_unit


@pytest.fixture
def make_user(site_only, faker):
	return lambda **given: records.make_user(faker, **given)


@pytest.fixture
def make_payer(site_only, faker):
	return lambda **given: records.make_payer(faker, **given)


@pytest.fixture
def make_invoice(site_only, faker):
	return lambda **given: records.make_invoice(faker, **given)


@pytest.fixture
def drain(site_only):
	return jobs.drain


@pytest.fixture(scope="session")
def http_server(frappe_site):
	with servers.running_server(site.bench(), site.site_name()) as server:
		yield server


@pytest.fixture(name="http")
def http_fixture(site_only, http_server):
	"""The test site over real HTTP: `.login(user, password)`, `.guest()`, `.url`."""
	return http_server


@pytest.fixture
def trigger(frappe_site):
	"""Make the database refuse something: `drop = trigger("before update on `tabX`", "signal ...")`; gone after the test
	at the latest."""
	made = []

	def make(when: str, body: str):
		name = f"stripe_test_{records.unique('trigger').replace('-', '_')}"
		frappe_site.db.commit()
		frappe_site.db.sql_ddl(f"create trigger `{name}` {when} for each row {body}")
		made.append(name)
		return lambda: drop(name)

	def drop(name: str) -> None:
		frappe_site.db.rollback()
		frappe_site.db.sql_ddl(f"drop trigger if exists `{name}`")

	yield make
	for name in made:
		drop(name)


@pytest.fixture
def make_world(site, emulator, emulator_url, faker):
	"""Makes Worlds (tests.support.world) of a new unit each; `account=` is a RemoteAccount that the site's payments go to."""
	from tests.support.world import World  # needs Frappe, which the tests of other kinds have not

	yield lambda **given: World(emulator, emulator_url, faker, **given)
	emulator.clear_faults()


@pytest.fixture
def world(make_world):
	"""A unit with a payer, an invoice of 100 USD that is to be paid, and all that is done with them."""
	world = make_world()
	assert world.invoice
	return world
