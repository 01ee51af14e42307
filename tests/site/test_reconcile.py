"""The reconciler: after any gap the site and Stripe agree, or an administrator is shown why not."""

import time

import frappe
import pytest
from frappe.utils import add_to_date, now_datetime

from stripe_service.accounts.jobs import for_each_account
from stripe_service.payments.intent import create_intent
from stripe_service.reconcile import comparison, findings, schedule, sweep
from stripe_service.utils.notices import deliver_pending
from tests.support import jobs
from tests.support.accounts import ACCOUNT
from tests.support.records import unique


def reconcile(*steps):
	(report,) = schedule.reconcile([ACCOUNT], *(steps or schedule.OPEN_PAYMENTS))
	assert report.stopped is None, report
	assert report.failed == [], report
	return report


def compare():
	return reconcile(comparison.compare_days(3))


# open payments


def test_a_success_that_no_webhook_told_is_found(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	report = reconcile()
	assert silent_world.payment(payment).status == "Succeeded"
	assert f"{payment}: Action Required → Succeeded" in report.changed
	assert silent_world.invoice_of(payment).outstanding_amount == 0


def test_a_claim_without_a_payment_intent_is_given_up_and_its_amount_freed(silent_world):
	payment = silent_world.claim()
	assert silent_world.invoice_of(payment).reserved_amount == 100
	reconcile()
	assert silent_world.payment(payment).status == "Started", "its request may still be working on it"
	silent_world.make_older(payment, minutes=11)
	reconcile()
	assert silent_world.payment(payment).status == "Cancelled"
	assert silent_world.invoice_of(payment).reserved_amount == 0
	assert silent_world.intent(silent_world.payment(payment).payment_intent_id)["status"] == "canceled"


def test_a_payment_intent_that_was_made_and_never_stored_is_found_and_canceled(silent_world):
	payment = silent_world.claim()
	made = silent_world.create_unstored(payment)
	silent_world.make_older(payment, minutes=11)
	reconcile()
	assert silent_world.payment(payment).payment_intent_id == made["id"]
	assert silent_world.intent(made["id"])["status"] == "canceled"
	assert silent_world.payment(payment).status == "Cancelled"


def test_after_a_day_the_payment_intent_is_looked_up_and_not_created_again(silent_world):
	payment = silent_world.claim()
	thirty_hours = 30 * 3600
	silent_world.emulator.set_clock(time.time() - thirty_hours)
	made = silent_world.create_unstored(payment)
	silent_world.emulator.set_clock(time.time())  # Stripe has forgotten the idempotency key
	silent_world.make_older(payment, seconds=thirty_hours)
	reconcile()
	assert silent_world.payment(payment).payment_intent_id == made["id"]
	assert silent_world.intent(made["id"])["status"] == "canceled"
	assert silent_world.payment(payment).status == "Cancelled"
	assert len(silent_world.intents(silent_world.invoice_of(payment))) == 1


def test_after_a_day_a_claim_of_which_stripe_knows_nothing_is_freed(silent_world):
	payment = silent_world.claim()
	silent_world.make_older(payment, hours=30)
	reconcile()
	assert silent_world.payment(payment).status == "Cancelled"
	assert not silent_world.payment(payment).payment_intent_id
	assert silent_world.invoice_of(payment).reserved_amount == 0
	assert silent_world.intents(silent_world.invoice_of(payment)) == []


def test_a_claim_whose_payment_intent_can_not_be_made_any_more_is_freed(silent_world):
	"""Its payer's Customer was deleted meanwhile: Stripe refuses the same request."""
	unmade, made = silent_world.claim(), silent_world.claim()
	intent = silent_world.create_unstored(made)["id"]
	customer = silent_world.payment(made).stripe_customer
	frappe.db.set_value("Invoice Payment", unmade, "stripe_customer", customer)
	for payment in (unmade, made):
		silent_world.make_older(payment, minutes=11)
	silent_world.gateway.call("customers.delete", customer)
	reconcile()
	assert [silent_world.payment(payment).status for payment in (unmade, made)] == ["Cancelled", "Cancelled"]
	assert silent_world.payment(made).payment_intent_id == intent
	assert silent_world.intent(intent)["status"] == "canceled"


def test_an_abandoned_authentication_is_canceled_at_stripe_and_then_freed(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	intent = silent_world.payment(payment).payment_intent_id
	silent_world.make_older(payment, hours=23)
	reconcile()
	assert silent_world.payment(payment).status == "Action Required"
	silent_world.make_older(payment, hours=25)
	reconcile()
	assert silent_world.intent(intent)["status"] == "canceled"
	assert silent_world.payment(payment).status == "Cancelled"
	assert silent_world.invoice_of(payment).reserved_amount == 0


def test_the_administrator_says_how_long_an_authentication_may_take(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.make_older(payment, hours=3)
	frappe.db.set_single_value("Stripe Service Settings", "abandon_after_hours", 2)
	frappe.db.commit()
	try:
		reconcile()
	finally:
		frappe.db.set_single_value("Stripe Service Settings", "abandon_after_hours", 24)
		frappe.db.commit()
	assert silent_world.payment(payment).status == "Cancelled"


def test_an_abandoned_authentication_that_was_finished_after_all_is_paid(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.make_older(payment, hours=25)
	silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	reconcile(sweep.release_abandoned)
	assert silent_world.payment(payment).status == "Succeeded"


def test_a_confirmation_that_never_arrived_is_given_up(silent_world):
	payment = silent_world.claim()
	create_intent(payment)  # and the worker is stopped before it confirms
	silent_world.make_older(payment, minutes=11)
	reconcile()
	assert silent_world.payment(payment).status == "Cancelled"
	assert silent_world.intent(silent_world.payment(payment).payment_intent_id)["status"] == "canceled"


# Stripe's list against ours


def test_a_refund_of_a_past_payment_that_nobody_told_is_found_by_comparing(silent_world):
	payment = silent_world.new_payment()
	silent_world.gateway.call(
		"refunds.create",
		params={"payment_intent": silent_world.payment(payment).payment_intent_id, "amount": 1500},
	)
	reconcile()
	assert silent_world.payment(payment).refunded_minor == 0, "nothing about it is open here"
	compare()
	assert (silent_world.payment(payment).status, silent_world.payment(payment).refunded_minor) == (
		"Partly Refunded",
		1500,
	)


def test_a_dispute_that_nobody_told_is_found_by_comparing(silent_world):
	payment = silent_world.new_payment()
	silent_world.emulator.dispute(silent_world.payment(payment).payment_intent_id)
	compare()
	assert silent_world.payment(payment).status == "Disputed"


def test_a_fee_that_nobody_told_is_read(silent_world):
	payment = silent_world.new_payment()
	silent_world.emulator.advance(hours=2)
	settled = add_to_date(now_datetime(), hours=-3)
	frappe.db.set_value("Invoice Payment", payment, "settled_at", settled)
	frappe.db.commit()
	reconcile(sweep.read_unfinished)
	assert silent_world.payment(payment).balance_transaction_id


def test_a_stray_payment_intent_that_no_payment_points_to_is_canceled(silent_world):
	payment = silent_world.claim()
	made = silent_world.create_unstored(payment)
	_forget(payment)
	compare()
	assert silent_world.intent(made["id"])["status"] == "canceled"


def test_money_at_stripe_without_a_payment_here_is_shown_to_administrators_once(silent_world, make_user):
	"""As after restoring a backup that is older than the payment."""
	administrator = make_user(roles=["Stripe Administrator"])
	payment = silent_world.new_payment("30.00")
	intent = silent_world.payment(payment).payment_intent_id
	_forget(payment)
	compare()
	finding = _finding(intent)
	assert (finding.kind, finding.status) == (findings.UNKNOWN_HERE, "Open")
	assert (finding.amount, finding.currency) == (30, "USD")
	assert payment in finding.reason
	assert len(_notices(administrator, finding.name)) == 1

	compare()
	assert len(_notices(administrator, finding.name)) == 1
	assert frappe.db.count(findings.DOCTYPE, {"object_id": intent}) == 1


def test_many_findings_of_one_run_are_one_notice(silent_world, make_user):
	administrator = make_user(roles=["Stripe Administrator"])
	payments = [silent_world.new_payment("30.00") for _ in range(3)]
	intents = [silent_world.payment(payment).payment_intent_id for payment in payments]
	for payment in payments:
		_forget(payment)
	compare()
	names = [_finding(intent).name for intent in intents]
	deliver_pending()
	(subject,) = frappe.get_all(
		"Notification Log",
		{"for_user": administrator, "document_type": findings.DOCTYPE, "document_name": ["in", names]},
		pluck="subject",
	)
	assert "3 things" in subject


def test_a_finding_is_closed_when_the_money_was_returned(silent_world):
	payment = silent_world.new_payment("30.00")
	intent = silent_world.payment(payment).payment_intent_id
	_forget(payment)
	compare()
	reconcile(comparison.close_what_is_over)
	assert _finding(intent).status == "Open"
	silent_world.gateway.call("refunds.create", params={"payment_intent": intent})
	reconcile(comparison.close_what_is_over)
	assert _finding(intent).status == "Settled"


def test_a_payment_here_that_stripe_does_not_have_is_shown(silent_world):
	payment = silent_world.new_payment()
	frappe.db.set_value("Invoice Payment", payment, "payment_intent_id", f"pi_{unique('gone')}")
	frappe.db.commit()
	intent = silent_world.payment(payment).payment_intent_id
	report = compare()
	finding = _finding(intent)
	assert (finding.kind, finding.invoice_payment) == (findings.MISSING_AT_STRIPE, payment)
	assert finding.reason in report.findings
	assert silent_world.payment(payment).status == "Succeeded", "nobody but Stripe says that money is gone"


def test_an_open_payment_that_stripe_does_not_have_is_shown_and_keeps_no_other_waiting(silent_world):
	lost, found = silent_world.new_payment(card="3ds_required"), silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(found).payment_intent_id)
	frappe.db.set_value("Invoice Payment", lost, "payment_intent_id", f"pi_{unique('gone')}")
	frappe.db.commit()
	reconcile()
	assert _finding(silent_world.payment(lost).payment_intent_id).kind == findings.MISSING_AT_STRIPE
	assert silent_world.payment(found).status == "Succeeded"


def test_other_apps_payments_are_left_alone(silent_world):
	params = {"amount": 700, "currency": "usd", "allowed_payment_method_types": ["card"]}
	foreign = silent_world.gateway.call("payment_intents.create", params=params)
	elsewhere = {"site": "elsewhere.example.com", "payment": "PAY-2026-00001"}
	other_site = silent_world.gateway.call("payment_intents.create", params={**params, "metadata": elsewhere})
	compare()
	for intent in (foreign, other_site):
		assert silent_world.intent(intent["id"])["status"] == "requires_payment_method"
		assert not frappe.db.exists(findings.DOCTYPE, {"object_id": intent["id"]})


def test_the_list_is_read_page_by_page(silent_world, monkeypatch):
	payments = [silent_world.new_payment(card="3ds_required") for _ in range(5)]
	for payment in payments:
		silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	monkeypatch.setattr(comparison, "_PAGE", 2)
	monkeypatch.setattr(comparison, "PAGES_PER_RUN", 100_000)  # other tests have paid, too
	compare()
	assert {silent_world.payment(payment).status for payment in payments} == {"Succeeded"}


def test_reconciling_twice_changes_nothing_the_second_time(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	reconcile(*schedule.OPEN_PAYMENTS, comparison.compare_days(3))
	version = silent_world.payment(payment).modified
	report = reconcile(*schedule.OPEN_PAYMENTS, comparison.compare_days(3))
	assert not [line for line in report.changed if payment in line]
	assert silent_world.payment(payment).modified == version


# accounts, faults, limits


def test_a_rate_limit_stops_the_account_for_this_run(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	silent_world.emulator.clear_requests()
	silent_world.emulator.fault("rate_limit", count=1000)
	try:
		(report,) = for_each_account([ACCOUNT], *schedule.OPEN_PAYMENTS)
		asked = silent_world.emulator.count_requests()
	finally:
		silent_world.emulator.clear_faults()
	assert "RateLimited" in report.stopped
	assert asked <= 4, "the SDK's own retries of one call, and no more"
	reconcile()
	assert silent_world.payment(payment).status == "Succeeded"


def test_one_broken_account_does_not_stop_the_others(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	broken = unique("Broken")
	frappe.get_doc(doctype="Stripe Account", name=broken, account_name=broken).db_insert()
	frappe.db.commit()
	first, second = for_each_account([broken, ACCOUNT], *schedule.OPEN_PAYMENTS, comparison.compare_days(3))
	assert "NoKeys" in first.stopped
	assert second.stopped is None
	assert silent_world.payment(payment).status == "Succeeded"


def test_accounts_without_keys_and_copies_of_a_site_are_passed_over_quietly(silent_world):
	without_keys = unique("Without Keys")
	frappe.get_doc(doctype="Stripe Account", name=without_keys, account_name=without_keys).db_insert()
	bound = frappe.db.get_value("Stripe Account", ACCOUNT, "bound_site")
	frappe.db.set_value("Stripe Account", ACCOUNT, "bound_site", "the-original.example.com")
	frappe.db.commit()
	logged = frappe.db.count("Error Log")
	silent_world.emulator.clear_requests()
	try:
		reports = schedule.hourly() + schedule.daily() + schedule.poll()
	finally:
		frappe.db.set_value("Stripe Account", ACCOUNT, "bound_site", bound)
		frappe.db.commit()
	assert not {report.account for report in reports} & {without_keys, ACCOUNT}
	as_this_account = frappe.db.get_value("Stripe Account", ACCOUNT, "stripe_account_id")
	assert [call for call in silent_world.emulator.requests() if call["account"] == as_this_account] == []
	assert frappe.db.count("Error Log") == logged


def test_where_no_webhook_is_registered_open_payments_are_polled(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	status = frappe.db.get_value("Stripe Account", ACCOUNT, "webhook_status")
	frappe.db.set_value("Stripe Account", ACCOUNT, "webhook_status", "Registered")
	frappe.db.commit()
	try:
		schedule.poll()
		assert silent_world.payment(payment).status == "Action Required", "Stripe tells it"
		frappe.db.set_value("Stripe Account", ACCOUNT, "webhook_status", "Not Registered")
		frappe.db.commit()
		schedule.poll()
	finally:
		frappe.db.set_value("Stripe Account", ACCOUNT, "webhook_status", status)
		frappe.db.commit()
	assert silent_world.payment(payment).status == "Succeeded"


# by hand


def test_an_administrator_reconciles_in_a_job_and_gets_a_report(silent_world, make_user, as_user):
	from stripe_service.api import reconcile as api

	missed = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(missed).payment_intent_id)
	stray = silent_world.claim()
	silent_world.make_older(stray, minutes=20)
	with as_user(make_user(roles=["Stripe Administrator"])):
		asked = api.run(ACCOUNT, days=3)
		assert asked == {"account": ACCOUNT, "days": 3, "state": "Queued"}
		assert api.outcome(ACCOUNT, days=3) == {"state": "Queued"}
		assert silent_world.payment(missed).status == "Action Required", "the request itself compares nothing"
		_run_jobs()
		answer = api.outcome(ACCOUNT, days=3)
	assert answer["state"] == "Done"
	(report,) = answer["reports"]
	assert report["account"] == ACCOUNT
	assert report["stopped"] is None and report["failed"] == []
	assert report["compared_at_stripe"] > 0 and report["events_fetched"] > 0
	assert any(stray in line for line in report["changed"])
	assert silent_world.payment(missed).status == "Succeeded"
	assert silent_world.payment(stray).status == "Cancelled"


def test_reconciling_that_is_asked_for_twice_is_one_job(silent_world):
	from frappe.utils.background_jobs import get_jobs

	from stripe_service.api import reconcile as api

	_run_jobs()
	api.run(ACCOUNT, days=2)
	api.run(ACCOUNT, days="2")
	queued = get_jobs(site=frappe.local.site, queue="long")[frappe.local.site]
	assert [job for job in queued if "reconcile.work" in str(job)] == [api.WORK]
	_run_jobs()
	assert api.outcome(ACCOUNT, days=2)["state"] == "Done"


def test_a_reconciliation_that_meets_a_fault_or_whose_worker_is_stopped_says_so(silent_world, monkeypatch):
	from frappe.utils.background_jobs import get_job

	from stripe_service.api import reconcile as api

	def broken(*_arguments):
		raise RuntimeError("the disk is full")

	api.run(ACCOUNT, days=4)
	with monkeypatch.context() as changed:
		changed.setattr(schedule, "now", broken)
		_run_jobs()
	assert api.outcome(ACCOUNT, days=4) == {"state": "Failed"}

	api.run(ACCOUNT, days=5)
	get_job(api._job_of(ACCOUNT, 5)).delete()
	assert api.outcome(ACCOUNT, days=5) == {"state": "Failed"}
	assert api.outcome(ACCOUNT, days=29) == {"state": "Unknown"}


def _run_jobs():
	"""As a worker does; without working off the events first, as `drain` does."""
	while jobs._run_waiting_jobs():
		pass
	frappe.db.commit()


@pytest.mark.parametrize(
	"roles", [[], ["Stripe Payer"], ["Stripe Reader"], ["Stripe Viewer"], ["Invoice Payers"]]
)
def test_nobody_else_reconciles_or_settles_a_finding(silent_world, make_user, as_user, roles):
	from stripe_service.api import reconcile as api

	payment = silent_world.new_payment("30.00")
	intent = silent_world.payment(payment).payment_intent_id
	_forget(payment)
	compare()
	with as_user(make_user(roles=roles)):
		for call in (
			lambda: api.run(ACCOUNT),
			lambda: api.run(),
			lambda: api.outcome(ACCOUNT),
			lambda: api.outcome(),
			lambda: api.close_finding(_finding(intent).name, "mine now"),
		):
			with pytest.raises(frappe.PermissionError):
				call()
	assert _finding(intent).status == "Open"


def test_a_finding_is_settled_by_hand_and_stays_so(silent_world, make_user, as_user):
	from stripe_service.api import reconcile as api

	payment = silent_world.new_payment("30.00")
	intent = silent_world.payment(payment).payment_intent_id
	_forget(payment)
	compare()
	administrator = make_user(roles=["Stripe Administrator"])
	with as_user(administrator):
		with pytest.raises(frappe.ValidationError, match="how it was settled"):
			api.close_finding(_finding(intent).name, "  ")
		api.close_finding(_finding(intent).name, "Booked as an advance, JV-17")
	compare()
	finding = _finding(intent)
	assert (finding.status, finding.settled_by, finding.note) == (
		"Settled",
		administrator,
		"Booked as an advance, JV-17",
	)


def test_findings_are_read_by_readers_and_written_by_nobody(silent_world, make_user, as_user):
	payment = silent_world.new_payment("30.00")
	intent = silent_world.payment(payment).payment_intent_id
	_forget(payment)
	compare()
	name = _finding(intent).name
	for roles, may in (
		(["Stripe Reader"], True),
		(["Stripe Administrator"], True),
		(["Stripe Payer"], False),
	):
		user = make_user(roles=roles)
		assert bool(frappe.has_permission(findings.DOCTYPE, "read", doc=name, user=user)) is may, roles
	with as_user(make_user(roles=["Stripe Administrator"])):
		finding = frappe.get_doc(findings.DOCTYPE, name)
		finding.reason = "never mind"
		with pytest.raises(frappe.PermissionError):
			finding.save()
		with pytest.raises(frappe.PermissionError):
			finding.delete()


def _forget(payment: str) -> None:
	"""As if the site had been restored from a backup of before the payment."""
	frappe.db.delete("Invoice Payment", {"name": payment})
	frappe.db.commit()


def _finding(intent: str):
	frappe.db.rollback()
	return frappe.get_last_doc(findings.DOCTYPE, {"object_id": intent})


def _notices(user: str, finding: str) -> list[str]:
	deliver_pending()
	return frappe.get_all("Notification Log", {"for_user": user, "document_name": finding}, pluck="name")
