"""A Stripe Administrator looks at Stripe's events and at what the reconciler found."""

import frappe
import pytest

from stripe_service.accounts.jobs import Report
from stripe_service.reconcile import findings
from tests.support.accounts import ACCOUNT
from tests.support.records import unique
from tests.support.webhooks import event, new_id


@pytest.fixture
def administrator_page(site, login, make_user):
	from tests.support.records import PASSWORD

	return login(make_user(roles=["Stripe Administrator"], password=PASSWORD))


def failed_event() -> str:
	from stripe_service.webhooks import receive

	told = event("charge.updated", {"object": "charge", "id": new_id("ch"), "payment_intent": None})
	receive.store(frappe._dict(name=ACCOUNT, mode="Test"), told)
	over = {
		"status": "Failed",
		"attempts": 8,
		"next_attempt_at": None,
		"traceback": "Traceback: here it broke",
	}
	frappe.db.set_value("Stripe Event", told["id"], over)
	frappe.db.commit()
	return told["id"]


def test_the_administrator_finds_a_failed_event_and_retries_it(administrator_page, http, picture):
	page, name = administrator_page, failed_event()
	page.goto(f"{http.url}/app/stripe-event?status=Failed", wait_until="domcontentloaded")
	row = page.locator(".list-row", has_text="charge.updated").first
	row.wait_for()
	picture(page, "stripe-event-list")

	page.goto(f"{http.url}/app/stripe-event/{name}", wait_until="domcontentloaded")
	page.get_by_text("here it broke").wait_for()
	page.get_by_role("button", name="Retry").click()
	page.locator(".indicator-pill", has_text="Failed").filter(visible=True).wait_for(state="hidden")
	picture(page, "stripe-event")
	frappe.db.rollback()
	assert frappe.db.get_value("Stripe Event", name, "attempts") in (0, 1)
	assert frappe.db.get_value("Stripe Event", name, "status") != "Failed"


def test_the_administrator_reconciles_and_settles_a_finding(administrator_page, http, drain, picture):
	page = administrator_page
	drain()  # of jobs that other scenarios left behind, which the worker would do first
	page.goto(f"{http.url}/app/stripe-reconciliation-finding", wait_until="domcontentloaded")
	page.get_by_role("button", name="Reconcile Now").click()
	# Other scenarios have left accounts of emulators that are gone.
	page.wait_for_function("window.cur_dialog && cur_dialog.fields_dict.account")
	page.evaluate("account => cur_dialog.set_value('account', account)", ACCOUNT)
	page.locator(".modal.show").get_by_role("button", name="Reconcile", exact=True).click()
	page.get_by_text("a report follows").wait_for()
	page.get_by_text("Reconciled with Stripe").wait_for(timeout=240_000)
	page.locator(".modal.show").get_by_text(ACCOUNT, exact=True).wait_for()
	picture(page, "reconcile-report")

	reason = f"Stripe holds {unique('money')} that this site does not know <b>of</b>"
	report = Report(ACCOUNT)
	name = findings.record_finding(
		report, findings.UNKNOWN_HERE, unique("pi"), reason, amount_minor=1999, currency="USD"
	)
	page.goto(f"{http.url}/app/stripe-reconciliation-finding/{name}", wait_until="domcontentloaded")
	page.get_by_role("button", name="Settle").click()
	page.locator(".modal.show textarea").fill("Booked as an advance, JV-17")
	page.locator(".modal.show").get_by_role("button", name="Settle").click()
	page.locator(".indicator-pill", has_text="Settled").filter(visible=True).wait_for()
	page.get_by_text("JV-17").first.wait_for()
	picture(page, "reconciliation-finding")
	frappe.db.rollback()
	assert frappe.db.get_value(findings.DOCTYPE, name, "status") == "Settled"
