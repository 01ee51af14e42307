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
from tests.support.account import ACCOUNT
from tests.support.records import unique
from tests.support.webhooks import Endpoint


def run(*steps):
	(report,) = for_each_account([ACCOUNT], *steps)
	return report


def broken(shop, payment: str, operation: str = "GET", **more) -> None:
	"""From now on Stripe answers about this payment's PaymentIntent with a fault."""
	intent = shop.payment(payment).payment_intent_id
	fault = {"kind": "error_before", "count": -1, **more}
	shop.emulator.fault(fault.pop("kind"), path=f"/v1/payment_intents/{intent}*", **fault)


# the reconciler


def test_an_object_that_answers_500_keeps_no_other_waiting(shop):
	bad = [shop.pay(card="3ds_required") for _ in range(5)]
	good = shop.pay(card="3ds_required")
	shop.emulator.complete_3ds(shop.payment(good).payment_intent_id)
	for payment in bad:
		broken(shop, payment)
	report = run(sweep.read_open)
	assert report.stopped is None
	assert len([line for line in report.failed if line.split(":")[0] in bad]) == 5
	assert shop.payment(good).status == "Succeeded"


def test_an_abandoned_payment_is_released_beside_one_that_can_not_be(shop):
	bad, good = shop.pay(card="3ds_required"), shop.pay(card="3ds_required")
	for payment in (bad, good):
		shop.make_older(payment, hours=25)
	broken(shop, bad, method="POST")
	report = run(*schedule.OPEN_PAYMENTS)
	assert report.stopped is None
	assert (shop.payment(bad).status, shop.payment(good).status) == ("Action Required", "Cancelled")


def test_comparing_goes_on_after_an_object_that_answers_500(shop):
	bad, good = shop.pay(), shop.pay()
	for payment in (bad, good):
		intent = shop.payment(payment).payment_intent_id
		shop.gateway.call("refunds.create", params={"payment_intent": intent, "amount": 500})
	broken(shop, bad)
	report = run(comparison.compare_days(3))
	assert report.stopped is None
	assert (shop.payment(bad).refunded_minor, shop.payment(good).refunded_minor) == (0, 500)


def test_a_claim_whose_key_is_burnt_ends_in_minutes_and_stops_nothing(shop):
	"""The worker was stopped after Stripe had remembered a 500 under the claim's key."""
	burnt, other = shop.claim(), shop.pay(card="3ds_required")
	shop.emulator.server_error("payment_intents.create", remembered=True)
	with pytest.raises(errors.Unreachable):
		shop.create_unstored(burnt)
	shop.emulator.complete_3ds(shop.payment(other).payment_intent_id)
	shop.make_older(burnt, minutes=11)
	reports = schedule.poll()
	assert {report.stopped for report in reports if report.account == ACCOUNT} == {None}
	assert shop.payment(burnt).status == "Cancelled"
	assert shop.invoice_of(burnt).reserved_amount == 0
	run(*schedule.OPEN_PAYMENTS)
	assert shop.payment(other).status == "Succeeded"


def test_a_claim_whose_key_is_burnt_although_it_was_done_is_found_and_canceled(shop):
	payment = shop.claim()
	shop.emulator.server_error("payment_intents.create", done=True, remembered=True)
	with pytest.raises(errors.Unreachable):
		shop.create_unstored(payment)
	shop.make_older(payment, minutes=11)
	schedule.poll()
	assert shop.payment(payment).status == "Cancelled"
	assert shop.intent(shop.payment(payment).payment_intent_id)["status"] == "canceled"


def test_where_the_account_itself_does_not_answer_its_run_ends(shop):
	for _ in range(4):
		shop.pay(card="3ds_required")
	shop.emulator.fault("error_before", count=-1)
	shop.emulator.clear_requests()
	report = run(*schedule.OPEN_PAYMENTS)
	asked = {call["path"].rsplit("/", 1)[0] for call in shop.emulator.requests(path="/v1/payment_intents/*")}
	shop.emulator.clear_faults()
	assert "Unreachable" in report.stopped
	assert len(asked) <= 1


def test_objects_that_are_not_answered_end_the_run_after_a_few(shop, monkeypatch):
	"""Each takes a minute with its retries: an answer that the account gives to something else is no comfort then."""
	monkeypatch.setattr(jobs, "MOST_UNANSWERED", 2)
	silent = [shop.pay(card="3ds_required") for _ in range(4)]
	for payment in silent:
		broken(shop, payment, kind="refuse")
	report = run(sweep.read_open)
	assert "Unreachable" in report.stopped
	assert len([line for line in report.failed if line.split(":")[0] in silent]) == 1


def test_an_object_that_is_locked_at_stripe_is_only_that_ones_fault(shop):
	bad, good = shop.pay(card="3ds_required"), shop.pay(card="3ds_required")
	shop.emulator.complete_3ds(shop.payment(good).payment_intent_id)
	broken(
		shop,
		bad,
		kind="error",
		status=429,
		code="lock_timeout",
		message="This object cannot be accessed right now.",
	)
	report = run(sweep.read_open)
	assert report.stopped is None
	assert shop.payment(good).status == "Succeeded"


def test_a_cancellation_that_stripe_refuses_is_reported_and_the_amount_stays_reserved(shop):
	payment = shop.pay(card="3ds_required")
	shop.make_older(payment, hours=25)
	refusal = {"status": 400, "code": "parameter_invalid_empty", "message": "No."}
	shop.emulator.fault("error", operation="payment_intents.cancel", count=-1, **refusal)
	report = run(sweep.release_abandoned)
	assert any(line.startswith(payment) for line in report.failed), report
	assert shop.payment(payment).status == "Action Required"
	assert shop.invoice_of(payment).reserved_amount == 100


def test_what_a_request_left_behind_is_looked_at_every_few_minutes():
	every_five_minutes = frappe.get_hooks("scheduler_events")["cron"]["*/5 * * * *"]
	for job in ("end_unanswered", "poll"):
		assert f"stripe_service.reconcile.schedule.{job}" in every_five_minutes


def test_where_nothing_was_left_behind_stripe_is_not_asked(shop):
	schedule.end_unanswered()
	schedule.end_unanswered()
	shop.emulator.clear_requests()
	schedule.end_unanswered()
	assert shop.emulator.count_requests() == 0


def test_a_claim_that_was_ended_meanwhile_is_not_confirmed(shop):
	"""Its worker was slow, and the reconciler faster."""
	payment = shop.claim()
	intent = create_intent(payment)
	shop.make_older(payment, minutes=11)
	run(sweep.release_abandoned)
	shop.emulator.clear_requests()
	after = charge.confirm(payment, intent, {"payment_method": "pm_card_visa"})
	assert after.status == "Cancelled"
	assert shop.emulator.count_requests() == 0


# events


def test_an_event_whose_object_answers_500_is_counted_and_keeps_no_other_waiting(shop):
	bad, good = shop.pay(card="3ds_required"), shop.pay(card="3ds_required")
	for payment in (bad, good):
		shop.emulator.complete_3ds(shop.payment(payment).payment_intent_id)
	first, second = (shop.events_of(payment, "payment_intent.succeeded")[0] for payment in (bad, good))
	broken(shop, bad)
	shop.arrive(first, second)
	process.process_due()
	assert (shop.row(first).status, shop.row(first).attempts) == ("Failed", 1)
	assert shop.row(first).next_attempt_at, "it is tried again later"
	assert shop.row(second).status == "Done"
	assert shop.payment(good).status == "Succeeded"


def test_where_the_account_does_not_answer_its_events_wait_and_are_not_counted(shop):
	payment = shop.pay(card="3ds_required")
	shop.emulator.complete_3ds(shop.payment(payment).payment_intent_id)
	(event,) = shop.events_of(payment, "payment_intent.succeeded")
	shop.emulator.fault("error_before", count=-1)
	shop.arrive(event)
	process.process_due()
	shop.emulator.clear_faults()
	assert (shop.row(event).status, shop.row(event).attempts) == ("Received", 0)


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


def test_an_endpoint_that_is_silent_while_events_are_fetched_is_a_warning(shop, webhook_part):
	shop.fetch()  # the events of other tests, which may be old by now
	webhook_part(last_event_at=None, webhook_refused_at=None, events_missed_at=None)
	payment = shop.pay()
	shop.fetch()
	assert not frappe.db.get_value(
		"Stripe Account", ACCOUNT, "events_missed_at"
	), "they may still be on their way"
	before = shop.emulator.now()
	shop.emulator.set_clock(int(time.time()) - 2 * 3600)  # other tests have moved the emulator's clock
	late = gateway_for(ACCOUNT).call("customers.create", params={"email": f"{unique('late')}@example.com"})
	gateway_for(ACCOUNT).call("customers.delete", late["id"])
	shop.emulator.set_clock(before)
	shop.fetch()
	silent = webhook_part()
	assert silent["state"] == "Warning" and "do not arrive" in silent["message"], payment
	later = frappe.utils.add_to_date(frappe.utils.now_datetime(), minutes=1)
	assert webhook_part(last_event_at=later)["state"] == "Done"


def _account(endpoint):
	frappe.db.rollback()
	return frappe.get_doc("Stripe Account", endpoint.account)
