"""A fault of one object keeps nobody else waiting: the reconciler and the events go on, unless the account does not answer."""

import time

import frappe
import pytest

from stripe_service.accounts import jobs
from stripe_service.accounts.jobs import for_each_account
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors
from stripe_service.payments import charge
from stripe_service.payments.intent import create_intent
from stripe_service.reconcile import comparison, schedule, sweep
from stripe_service.setup import checklist
from stripe_service.webhooks import process, receive
from tests.support.accounts import ACCOUNT
from tests.support.records import unique
from tests.support.webhooks import Endpoint


def run(*steps):
	(report,) = for_each_account([ACCOUNT], *steps)
	return report


def broken(silent_world, payment: str, operation: str = "GET", **more) -> None:
	"""From now on Stripe answers about this payment's PaymentIntent with a fault."""
	intent = silent_world.payment(payment).payment_intent_id
	fault = {"kind": "error_before", "count": -1, **more}
	silent_world.emulator.fault(fault.pop("kind"), path=f"/v1/payment_intents/{intent}*", **fault)


# the reconciler


def test_an_object_that_answers_500_keeps_no_other_waiting(silent_world):
	bad = [silent_world.new_payment(card="3ds_required") for _ in range(5)]
	good = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(good).payment_intent_id)
	for payment in bad:
		broken(silent_world, payment)
	report = run(sweep.read_open)
	assert report.stopped is None
	assert len([line for line in report.failed if line.split(":")[0] in bad]) == 5
	assert silent_world.payment(good).status == "Succeeded"


def test_an_abandoned_payment_is_released_beside_one_that_can_not_be(silent_world):
	bad, good = silent_world.new_payment(card="3ds_required"), silent_world.new_payment(card="3ds_required")
	for payment in (bad, good):
		silent_world.make_older(payment, hours=25)
	broken(silent_world, bad, method="POST")
	report = run(*schedule.OPEN_PAYMENTS)
	assert report.stopped is None
	assert (silent_world.payment(bad).status, silent_world.payment(good).status) == (
		"Action Required",
		"Cancelled",
	)


def test_comparing_goes_on_after_an_object_that_answers_500(silent_world):
	bad, good = silent_world.new_payment(), silent_world.new_payment()
	for payment in (bad, good):
		intent = silent_world.payment(payment).payment_intent_id
		silent_world.gateway.call("refunds.create", params={"payment_intent": intent, "amount": 500})
	broken(silent_world, bad)
	report = run(comparison.compare_days(3))
	assert report.stopped is None
	assert (silent_world.payment(bad).refunded_minor, silent_world.payment(good).refunded_minor) == (0, 500)


def test_a_claim_whose_key_is_burnt_ends_in_minutes_and_stops_nothing(silent_world):
	"""The worker was stopped after Stripe had remembered a 500 under the claim's key."""
	burnt, other = silent_world.claim(), silent_world.new_payment(card="3ds_required")
	silent_world.emulator.server_error("payment_intents.create", remembered=True)
	with pytest.raises(errors.Unreachable):
		silent_world.create_unstored(burnt)
	silent_world.emulator.complete_3ds(silent_world.payment(other).payment_intent_id)
	silent_world.make_older(burnt, minutes=11)
	reports = schedule.poll()
	assert {report.stopped for report in reports if report.account == ACCOUNT} == {None}
	assert silent_world.payment(burnt).status == "Cancelled"
	assert silent_world.invoice_of(burnt).reserved_amount == 0
	run(*schedule.OPEN_PAYMENTS)
	assert silent_world.payment(other).status == "Succeeded"


def test_a_claim_whose_key_is_burnt_although_it_was_done_is_found_and_canceled(silent_world):
	payment = silent_world.claim()
	silent_world.emulator.server_error("payment_intents.create", done=True, remembered=True)
	with pytest.raises(errors.Unreachable):
		silent_world.create_unstored(payment)
	silent_world.make_older(payment, minutes=11)
	schedule.poll()
	assert silent_world.payment(payment).status == "Cancelled"
	assert silent_world.intent(silent_world.payment(payment).payment_intent_id)["status"] == "canceled"


def test_where_the_account_itself_does_not_answer_its_run_ends(silent_world):
	for _ in range(4):
		silent_world.new_payment(card="3ds_required")
	silent_world.emulator.fault("error_before", count=-1)
	silent_world.emulator.clear_requests()
	report = run(*schedule.OPEN_PAYMENTS)
	asked = {
		call["path"].rsplit("/", 1)[0]
		for call in silent_world.emulator.requests(path="/v1/payment_intents/*")
	}
	silent_world.emulator.clear_faults()
	assert "Unreachable" in report.stopped
	assert len(asked) <= 1


def test_objects_that_are_not_answered_end_the_run_after_a_few(silent_world, monkeypatch):
	"""Each takes a minute with its retries: an answer that the account gives to something else is no comfort then."""
	monkeypatch.setattr(jobs, "MOST_UNANSWERED", 2)
	silent = [silent_world.new_payment(card="3ds_required") for _ in range(4)]
	for payment in silent:
		broken(silent_world, payment, kind="refuse")
	report = run(sweep.read_open)
	assert "Unreachable" in report.stopped
	assert len([line for line in report.failed if line.split(":")[0] in silent]) == 1


def test_an_object_that_is_locked_at_stripe_is_only_that_ones_fault(silent_world):
	bad, good = silent_world.new_payment(card="3ds_required"), silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(good).payment_intent_id)
	broken(
		silent_world,
		bad,
		kind="error",
		status=429,
		code="lock_timeout",
		message="This object cannot be accessed right now.",
	)
	report = run(sweep.read_open)
	assert report.stopped is None
	assert silent_world.payment(good).status == "Succeeded"


def test_a_cancellation_that_stripe_refuses_is_reported_and_the_amount_stays_reserved(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.make_older(payment, hours=25)
	refusal = {"status": 400, "code": "parameter_invalid_empty", "message": "No."}
	silent_world.emulator.fault("error", operation="payment_intents.cancel", count=-1, **refusal)
	report = run(sweep.release_abandoned)
	assert any(line.startswith(payment) for line in report.failed), report
	assert silent_world.payment(payment).status == "Action Required"
	assert silent_world.invoice_of(payment).reserved_amount == 100


def test_what_a_request_left_behind_is_looked_at_every_few_minutes():
	every_five_minutes = frappe.get_hooks("scheduler_events")["cron"]["*/5 * * * *"]
	for job in ("end_unanswered", "poll"):
		assert f"stripe_service.reconcile.schedule.{job}" in every_five_minutes


def test_where_nothing_was_left_behind_stripe_is_not_asked(silent_world):
	schedule.end_unanswered()
	schedule.end_unanswered()
	silent_world.emulator.clear_requests()
	schedule.end_unanswered()
	assert silent_world.emulator.count_requests() == 0


def test_a_claim_that_was_ended_meanwhile_is_not_confirmed(silent_world):
	"""Its worker was slow, and the reconciler faster."""
	payment = silent_world.claim()
	intent = create_intent(payment)
	silent_world.make_older(payment, minutes=11)
	run(sweep.release_abandoned)
	silent_world.emulator.clear_requests()
	after = charge.confirm(payment, intent, {"payment_method": "pm_card_visa"})
	assert after.status == "Cancelled"
	assert silent_world.emulator.count_requests() == 0


# events


def test_an_event_whose_object_answers_500_is_counted_and_keeps_no_other_waiting(silent_world):
	bad, good = silent_world.new_payment(card="3ds_required"), silent_world.new_payment(card="3ds_required")
	for payment in (bad, good):
		silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	first, second = (
		silent_world.events_of(payment, "payment_intent.succeeded")[0] for payment in (bad, good)
	)
	broken(silent_world, bad)
	silent_world.arrive(first, second)
	process.process_due()
	assert (silent_world.stored_event(first).status, silent_world.stored_event(first).attempts) == (
		"Failed",
		1,
	)
	assert silent_world.stored_event(first).next_attempt_at, "it is tried again later"
	assert silent_world.stored_event(second).status == "Done"
	assert silent_world.payment(good).status == "Succeeded"


def test_where_the_account_does_not_answer_its_events_wait_and_are_not_counted(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	(event,) = silent_world.events_of(payment, "payment_intent.succeeded")
	silent_world.emulator.fault("error_before", count=-1)
	silent_world.arrive(event)
	process.process_due()
	silent_world.emulator.clear_faults()
	assert (silent_world.stored_event(event).status, silent_world.stored_event(event).attempts) == (
		"Received",
		0,
	)


# an endpoint that is not heard


def test_events_refused_for_their_signature_leave_a_trace_and_not_a_write_each(site, http):
	endpoint = Endpoint()
	event = {"id": "evt_forged", "type": "charge.updated", "data": {"object": {}}}
	for _ in range(3):
		receive._refused.clear()  # as three processes, or three minutes
		with pytest.raises(receive.Refused):
			receive.receive_event(endpoint.token, b"{}", "t=1,v1=00")
	before = _account(endpoint).modified, _account(endpoint).webhook_refused
	assert before[1] == 3
	for _ in range(50):
		with pytest.raises(receive.Refused):
			receive.receive_event(endpoint.token, b"{}", "t=1,v1=00")
	assert _account(endpoint).webhook_refused == 3, "written once a minute"
	receive._refused[(frappe.local.site, endpoint.account)] = (50, -1000.0)
	assert endpoint.deliver(http, event, secret="whsec_wrong").status_code == 400
	assert _account(endpoint).webhook_refused_at


def test_the_refused_are_all_counted_when_the_trace_is_written(site):
	endpoint = Endpoint()
	receive._refused[(frappe.local.site, endpoint.account)] = (50, -1000.0)
	with pytest.raises(receive.Refused):
		receive.receive_event(endpoint.token, b"{}", "t=1,v1=00")
	assert _account(endpoint).webhook_refused == 51


def test_an_address_that_is_nobodys_leaves_no_trace(site):
	before = frappe.db.count("Stripe Account", {"webhook_refused": [">", 0]})
	with pytest.raises(receive.Refused):
		receive.receive_event(unique("token"), b"{}", "t=1,v1=00")
	assert frappe.db.count("Stripe Account", {"webhook_refused": [">", 0]}) == before


@pytest.fixture
def webhook_part(site):
	"""How the checklist sees the default account's webhook, with these values on the account."""
	fields = [
		"webhook_status",
		"last_event_at",
		"events_missed_at",
		"webhook_refused_at",
		"events_fetched_until",
	]
	before = frappe.db.get_value("Stripe Account", ACCOUNT, fields, as_dict=True)

	def part(**values):
		frappe.db.set_value("Stripe Account", ACCOUNT, {"webhook_status": "Registered", **values})
		frappe.db.commit()
		return next(found for found in checklist.checklist() if found["part"] == "webhook")

	yield part
	frappe.db.set_value("Stripe Account", ACCOUNT, before)
	frappe.db.commit()


def test_the_checklist_says_that_events_are_refused_until_one_is_taken(webhook_part):
	now, earlier = (
		frappe.utils.now_datetime(),
		frappe.utils.add_to_date(frappe.utils.now_datetime(), hours=-1),
	)
	quiet = {"events_missed_at": None}
	refused = webhook_part(last_event_at=earlier, webhook_refused_at=now, **quiet)
	assert refused["state"] == "Warning" and "signature" in refused["message"]
	assert webhook_part(last_event_at=now, webhook_refused_at=earlier, **quiet)["state"] == "Done"


def test_an_endpoint_that_is_silent_while_events_are_fetched_is_a_warning(silent_world, webhook_part):
	silent_world.fetch_events()  # the events of other tests, which may be old by now
	webhook_part(last_event_at=None, webhook_refused_at=None, events_missed_at=None)
	payment = silent_world.new_payment()
	silent_world.fetch_events()
	assert not frappe.db.get_value(
		"Stripe Account", ACCOUNT, "events_missed_at"
	), "they may still be on their way"
	before = silent_world.emulator.now()
	silent_world.emulator.set_clock(
		int(time.time()) - 2 * 3600
	)  # other tests have moved the emulator's clock
	late = gateway_for(ACCOUNT).call("customers.create", params={"email": f"{unique('late')}@example.com"})
	gateway_for(ACCOUNT).call("customers.delete", late["id"])
	silent_world.emulator.set_clock(before)
	silent_world.fetch_events()
	silent = webhook_part()
	assert silent["state"] == "Warning" and "do not arrive" in silent["message"], payment
	later = frappe.utils.add_to_date(frappe.utils.now_datetime(), minutes=1)
	assert webhook_part(last_event_at=later)["state"] == "Done"


def _account(endpoint):
	frappe.db.rollback()
	return frappe.get_doc("Stripe Account", endpoint.account)
