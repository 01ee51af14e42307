"""Work Item Rules, Payable DocTypes and memberships are kept in Redis: what a request read before they changed must not come back."""

import threading

import frappe
import pytest

from stripe_service.access import rules, units
from stripe_service.payables import registry
from stripe_service.utils.cache import read_cached
from stripe_service.utils.service_settings import service_settings
from tests.support import records
from tests.support import site as site_support

RULE = {"workflow": "Invoice Payment", "workflow_state": "To Be Paid", "role": "Invoice Payers"}


def elsewhere(work) -> None:
	"""Let another request do it: a connection, and caches, of its own."""

	def do():
		with site_support.connected():
			work()
			frappe.db.commit()

	thread = threading.Thread(target=do)
	thread.start()
	thread.join(60)


def next_request() -> None:
	frappe.db.rollback()
	frappe.local.cache.clear()


@pytest.fixture
def rule(site_only):
	doc = frappe.get_doc(
		doctype="Work Item Rule",
		unit_source="Fixed unit",
		organisation_unit=records.make_unit(),
		**RULE,
	).insert()
	frappe.db.commit()
	yield doc
	frappe.db.rollback()
	frappe.delete_doc("Work Item Rule", doc.name, force=True, ignore_missing=True)
	frappe.db.commit()


@pytest.mark.parametrize("read_first", [True, False])
def test_a_rule_that_is_deleted_while_a_request_reads_it_does_not_come_back(rule, read_first):
	next_request()
	frappe.db.get_value("Work Item Rule", rule.name)  # a transaction sees what there was when it began
	if read_first:
		assert rule.organisation_unit in units_of_rules()
	elsewhere(lambda: frappe.delete_doc("Work Item Rule", rule.name))
	frappe.local.cache.clear()
	assert rule.organisation_unit in units_of_rules(), "its transaction is still the old one"
	next_request()
	assert rule.organisation_unit not in units_of_rules()


def test_a_payable_doctype_that_is_disabled_while_a_request_reads_it_stays_disabled(site_only):
	def switch(enabled: int):
		doc = frappe.get_doc("Payable DocType", "Portal Invoice")
		doc.db_set("enabled", enabled)
		registry.clear_cache()

	try:
		next_request()
		frappe.db.get_value("Payable DocType", "Portal Invoice")
		elsewhere(lambda: switch(0))
		frappe.local.cache.clear()
		assert registry.get_enabled_config("Portal Invoice")
		next_request()
		assert not registry.get_enabled_config("Portal Invoice")
	finally:
		elsewhere(lambda: switch(1))
		next_request()
	assert registry.get_enabled_config("Portal Invoice")


def test_a_switch_that_is_turned_while_a_request_reads_it_stays_turned(site_only):
	def switch(days: int):
		settings = frappe.get_doc("Stripe Service Settings")
		settings.payment_link_days = days
		settings.save()

	before = service_settings().payment_link_days
	try:
		next_request()
		frappe.db.get_value("User", "Administrator")
		elsewhere(lambda: switch(77))
		frappe.local.cache.clear()
		assert service_settings().payment_link_days == before, "its transaction is still the old one"
		next_request()
		assert service_settings().payment_link_days == 77
	finally:
		elsewhere(lambda: switch(before))
		next_request()
	assert service_settings().payment_link_days == before


def test_what_does_not_change_is_read_once_for_all(site_only):
	key, reads = records.unique("cached"), []

	def read():
		reads.append(1)
		return ["read"]

	for _request in range(3):
		next_request()
		assert read_cached(key, read) == ["read"]
	assert len(reads) == 1
	frappe.cache.delete_value(key)


def units_of_rules() -> set[str]:
	by_role = rules.rules_for("Portal Invoice").get("To Be Paid", {})
	return {rule.unit for of_role in by_role.values() for rule in of_role}


def test_a_membership_that_is_taken_while_a_request_reads_it_does_not_come_back(site_only, make_payer):
	unit = records.make_unit()
	payer = make_payer(unit=unit)
	membership = frappe.get_last_doc("User Permission", {"user": payer})
	next_request()
	frappe.db.get_value("User Permission", membership.name)
	elsewhere(lambda: frappe.delete_doc("User Permission", membership.name))
	frappe.local.cache.clear()
	assert unit in units.visible_units(payer), "its transaction is still the old one"
	next_request()
	assert unit not in units.visible_units(payer)
