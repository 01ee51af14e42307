"""Who could pay on Frappe 15 can pay on 16: the first migrate there gives the right `pay`, and only the first."""

import pytest

FROM_15 = """
for table in ("DocPerm", "Custom DocPerm"):
	frappe.db.sql(f"update `tab{table}` set pay = 0")
frappe.defaults.clear_default(key="stripe_service_right_to_pay_given")
"""
# Everything customised, with a role of the administrator's own that may pay and reads the invoices by another role.
CUSTOMISED = """
from frappe.permissions import add_permission, setup_custom_perms
frappe.get_doc(doctype="Role", role_name="Treasurers").insert(ignore_if_duplicate=True)
add_permission("Invoice Payment", "Treasurers", 0, "create")
setup_custom_perms("Portal Invoice")
"""
KEEP = """
frappe.db.commit()
answer = True
"""
RIGHTS = """
answer = {
	table: sorted(frappe.get_all(table, filters={"parent": "Portal Invoice", "pay": 1}, pluck="role"))
	for table in ("DocPerm", "Custom DocPerm")
}
"""
ROWS_OF_TREASURERS = """
answer = frappe.get_all(
	"Custom DocPerm", filters={"parent": "Portal Invoice", "role": "Treasurers"}, fields=["read", "write", "select", "pay"]
)
"""
SHIPPED = ["Stripe Administrator", "Stripe Payer"]


@pytest.fixture(scope="module")
def installed(throw_away_site):
	throw_away_site.run("install-app", "stripe_service")
	if not throw_away_site.evaluate('answer = bool(frappe.db.exists("DocType", "Permission Type"))'):
		pytest.skip("this Frappe has no permission types (new in 16)")
	return throw_away_site


def migrate(site, *changed: str) -> None:
	if changed:
		site.evaluate("".join((*changed, KEEP)))
	site.run("migrate", "--skip-search-index")


def test_a_fresh_site_has_it(installed):
	assert installed.evaluate(RIGHTS) == {"DocPerm": SHIPPED, "Custom DocPerm": []}


def test_the_first_migrate_gives_it_to_the_shipped_roles(installed):
	migrate(installed, FROM_15)

	assert installed.evaluate(RIGHTS) == {"DocPerm": SHIPPED, "Custom DocPerm": []}


def test_the_first_migrate_gives_it_to_customised_roles_as_well(installed):
	migrate(installed, CUSTOMISED, FROM_15)

	assert installed.evaluate(RIGHTS) == {"DocPerm": SHIPPED, "Custom DocPerm": [*SHIPPED, "Treasurers"]}
	assert installed.evaluate(ROWS_OF_TREASURERS) == [{"read": 0, "write": 0, "select": 1, "pay": 1}]


def test_a_later_migrate_leaves_it_as_the_administrator_made_it(installed):
	migrate(
		installed,
		"""
frappe.db.set_value("Custom DocPerm", {"parent": "Portal Invoice", "role": "Stripe Payer"}, "pay", 0)
""",
	)

	assert installed.evaluate(RIGHTS)["Custom DocPerm"] == ["Stripe Administrator", "Treasurers"]
