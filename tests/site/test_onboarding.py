"""The onboarding of the workspace Stripe, as Frappe 15 and 16 each show it."""

import frappe
import pytest
from frappe.desk import desktop

TITLES = [
	"Enter the API keys",
	"Work through the checklist",
	"Choose what can be paid",
	"Add a unit and its members",
	"Give payers their roles",
	"Make a first test payment",
	"Go live",
]


@pytest.fixture(autouse=True)
def switched_on(site_only):
	"""As the setup wizard leaves a site."""
	before = frappe.db.get_single_value("System Settings", "enable_onboarding")
	frappe.db.set_single_value("System Settings", "enable_onboarding", 1)
	frappe.clear_cache(doctype="System Settings")
	frappe.db.commit()
	yield
	frappe.db.set_single_value("System Settings", "enable_onboarding", before)
	frappe.clear_cache(doctype="System Settings")
	frappe.db.commit()


def steps_shown() -> list[dict]:
	if hasattr(desktop, "get_onboarding_data"):  # 16: beside the sidebar
		named = frappe.db.get_value("Workspace Sidebar", "Stripe", "module_onboarding")
		found = desktop.get_onboarding_data(named) or []
	else:
		workspace = frappe.get_doc("Workspace", "Stripe")
		page = desktop.get_desktop_page(
			frappe.as_json({"name": workspace.name, "title": workspace.title, "public": 1})
		)
		found = page["onboardings"]["items"]
	return [step for item in found for step in item["items"]]


def test_administrators_are_led_from_the_keys_to_going_live(make_user, as_user):
	with as_user(make_user(roles=("Stripe Administrator",))):
		steps = steps_shown()
	assert [step["title"] for step in steps] == TITLES
	# 16 shows the label alone.
	assert [step["action_label"] for step in steps] == TITLES


def test_viewers_and_payers_are_not(make_user, as_user, make_payer):
	with as_user(make_user(roles=("Stripe Viewer", "Stripe Reader"))):
		assert steps_shown() == []


def test_each_step_leads_to_a_page_that_there_is():
	slugs = {name.lower().replace(" ", "-") for name in frappe.get_all("DocType", pluck="name")}
	steps = [frappe.get_doc("Onboarding Step", step["name"]) for step in steps_shown()]
	assert [step.action for step in steps] == ["Go to Page"] * len(TITLES)
	assert {step.path.split("/")[0] for step in steps} <= slugs


def test_a_step_that_was_done_stays_done_when_the_site_is_migrated():
	from frappe.modules.import_file import import_file_by_path

	step = "Stripe Service Keys"
	path = frappe.get_app_path(
		"stripe_service",
		"stripe_service",
		"onboarding_step",
		frappe.scrub(step),
		f"{frappe.scrub(step)}.json",
	)
	desktop.update_onboarding_step(step, "is_complete", 1)
	try:
		import_file_by_path(path, force=True)
		assert frappe.db.get_value("Onboarding Step", step, "is_complete") == 1
	finally:
		desktop.update_onboarding_step(step, "is_complete", 0)
		frappe.db.commit()
