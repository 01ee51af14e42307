"""Installed, migrated and uninstalled on a site of its own, as an administrator does it."""

import pytest

# Everything of a site that an app may bring along besides its own DocTypes.
BROUGHT_ALONG = [
	"Client Script", "Custom DocPerm", "Custom Field", "Custom HTML Block", "Dashboard", "Dashboard Chart",
	"Desktop Icon", "DocType", "Email Template", "Form Tour", "Module Def", "Module Onboarding", "Notification",
	"Number Card", "Page", "Permission Type", "Print Format", "Property Setter", "Report", "Role",
	"Scheduled Job Type", "Server Script", "Web Form", "Workflow", "Workflow Action Master", "Workflow State",
	"Onboarding Step", "Workspace", "Workspace Sidebar",
]  # fmt: skip
# Rows that every migrate of Frappe writes anew, with or without this app.
FRAPPE_RENEWS = {
	"__global_search", "tabInstalled Application", "tabSingles", "tabScheduled Job Log", "tabError Log",
	"tabRoute History", "tabActivity Log", "tabDefaultValue", "tabDocType State",
}  # fmt: skip

NAMES = f"""
answer = {{doctype: sorted(frappe.get_all(doctype, pluck="name")) for doctype in {BROUGHT_ALONG!r} if frappe.db.exists("DocType", doctype)}}
answer["tables"] = sorted(frappe.db.sql("select table_name from information_schema.tables where table_schema = database()", pluck=True))
answer["columns"] = sorted(".".join(row) for row in frappe.db.sql("select table_name, column_name from information_schema.columns where table_schema = database()"))
answer["defaults"] = sorted(frappe.get_all("DefaultValue", filters={{"parent": "__default"}}, pluck="defkey"))
"""

# Frappe itself stamps some rows on every migrate; what counts is that their contents stay the same.
CONTENTS = """
import hashlib
NOT_COMPARED = {"modified", "modified_by", "creation", "owner", "migration_hash", "last_execution", "next_execution"}
answer = {}
for table in frappe.db.sql("select table_name from information_schema.tables where table_schema = database()", pluck=True):
	rows = frappe.db.sql(f"select * from `{table}`", as_dict=True)
	# Frappe writes a version of its list of installed apps each time.
	rows = [row for row in rows if row.get("ref_doctype") != "Installed Applications"]
	texts = sorted(str({k: v for k, v in row.items() if k not in NOT_COMPARED}) for row in rows)
	answer[table] = hashlib.sha256("\\n".join(texts).encode()).hexdigest()
columns = frappe.db.sql("select table_name, column_name, column_type, column_default from information_schema.columns where table_schema = database() order by 1, 2")
keys = frappe.db.sql("select table_name, index_name, column_name, seq_in_index from information_schema.statistics where table_schema = database() order by 1, 2, 4")
answer["columns"], answer["keys"] = str(columns), str(keys)
"""

# What an administrator may have made with the app's words, and an uninstall must not take away.
KEPT_FOR_THE_ADMINISTRATOR = {
	"Role": {"Stripe Administrator", "Stripe Viewer", "Stripe Reader", "Stripe Payer", "Invoice Payers"},
	"Workflow State": {"To Be Paid", "Partly Paid", "Paid", "Cancelled", "Draft"},
	"Workflow Action Master": {"Pay", "Send for Payment", "Cancel", "Reopen"},
}


@pytest.fixture(scope="module")
def before(throw_away_site):
	"""The names of everything on the site before the app was installed."""
	return throw_away_site.evaluate(NAMES)


@pytest.fixture(scope="module")
def installed(throw_away_site, before):
	throw_away_site.run("install-app", "stripe_service")
	return throw_away_site


def test_the_encryption_key_is_there_before_a_secret_is_entered(installed):
	"""Two web workers that needed it first would each make one."""
	config = 'frappe.get_file_json(frappe.get_site_path("site_config.json"))'
	assert installed.evaluate(f'answer = bool({config}.get("encryption_key"))')


def test_a_second_migrate_changes_nothing(installed):
	installed.run("migrate", "--skip-search-index")
	first = installed.evaluate(CONTENTS)

	installed.run("migrate", "--skip-search-index")

	second = installed.evaluate(CONTENTS)
	changed = {table for table in first | second if first.get(table) != second.get(table)} - FRAPPE_RENEWS
	assert {table: newest_rows(installed, table) for table in changed} == {}


def newest_rows(site, table: str) -> list[str]:
	"""What to look at when a table has changed."""
	if not table.startswith("tab"):
		return []
	return site.evaluate(
		f'answer = [str(row)[:800] for row in frappe.db.sql("select * from `{table}` order by modified desc limit 2", as_dict=True)]'
	)


def test_no_doctype_of_another_app_was_taken_over(installed, before):
	after = installed.evaluate(
		'answer = {row.name: row.app_name for row in frappe.db.sql("select d.name, m.app_name from `tabDocType` d join `tabModule Def` m on m.name = d.module", as_dict=True)}'
	)

	ours = {name for name, app in after.items() if app == "stripe_service"}
	assert "Invoice Payment" in ours
	assert not ours & set(before["DocType"])


def test_a_dry_run_of_the_uninstall_takes_nothing_away(installed):
	before = installed.evaluate(NAMES)

	installed.run("uninstall-app", "stripe_service", "--yes", "--no-backup", "--dry-run")

	assert installed.evaluate(NAMES) == before


def test_it_leaves_the_site_as_it_was_when_it_is_uninstalled(installed, before):
	installed.run("uninstall-app", "stripe_service", "--yes", "--no-backup", "--force")

	after = installed.evaluate(NAMES)

	left = {
		kind: sorted(set(after[kind]) - set(before[kind]) - KEPT_FOR_THE_ADMINISTRATOR.get(kind, set()))
		for kind in after
	}
	lost = {kind: sorted(set(before[kind]) - set(after[kind])) for kind in before}
	assert {kind: names for kind, names in left.items() if names} == {}
	assert {kind: names for kind, names in lost.items() if names} == {}


def test_it_can_be_installed_again_afterwards(installed):
	installed.run("install-app", "stripe_service")

	assert installed.evaluate('answer = frappe.db.exists("Workflow", "Invoice Payment")') == "Invoice Payment"
