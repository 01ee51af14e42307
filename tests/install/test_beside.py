"""Installed on one site with ERPNext and frappe/payments, whose DocTypes have names much like ours."""

import pytest

OWNER = 'answer = frappe.db.get_value("Module Def", frappe.db.get_value("DocType", {doctype!r}, "module"), "app_name")'


@pytest.fixture(scope="module")
def all_three(site_beside):
	for app in ("erpnext", "payments", "stripe_service"):
		site_beside.run("install-app", app)
	site_beside.run("migrate", "--skip-search-index")
	return site_beside


@pytest.mark.parametrize(
	"doctype, app",
	[
		("Customer", "erpnext"),
		("Bank Account", "erpnext"),
		("Payment Request", "erpnext"),
		("Sales Invoice", "erpnext"),
		("Stripe Settings", "payments"),
		("Payment Gateway", "payments"),
		("Stripe Account", "stripe_service"),
		("Stripe Customer", "stripe_service"),
		("Stripe Bank Account", "stripe_service"),
		("Invoice Payment", "stripe_service"),
	],
)
def test_each_doctype_still_belongs_to_its_own_app(all_three, doctype, app):
	assert all_three.evaluate(OWNER.format(doctype=doctype)) == app


def test_it_can_be_taken_away_again_from_beside_them(all_three):
	all_three.run("uninstall-app", "stripe_service", "--yes", "--no-backup", "--force")

	assert all_three.evaluate(OWNER.format(doctype="Customer")) == "erpnext"
	assert all_three.evaluate("answer = frappe.get_installed_apps()") == ["frappe", "erpnext", "payments"]
