"""Stripe calls over real HTTP: what it signed is on disk when it is answered, and nothing else is."""

import json
import threading
import time

import frappe
import pytest
from frappe.utils import add_to_date, now_datetime

from tests.support import servers as http_support
from tests.support import site as site_support
from tests.support.webhooks import RECEIVE, Endpoint, event, payment_intent


@pytest.fixture
def endpoint(site_only):
	return Endpoint()


def test_an_event_is_stored_before_stripe_is_answered(http, endpoint):
	told = event("payment_intent.succeeded")
	answer = endpoint.deliver(http, told)

	assert (answer.status_code, answer.content) == (200, b"")
	(row,) = endpoint.stored()
	assert row.name == told["id"]
	assert (row.status, row.source, row.attempts) == ("Received", "Webhook", 0)
	assert (row.event_type, row.object_type) == ("payment_intent.succeeded", "payment_intent")
	assert row.object_id == told["data"]["object"]["id"]
	assert abs((row.created_at_stripe - now_datetime()).total_seconds()) < 60


def test_the_payload_is_kept_without_the_secret_that_confirms_a_payment(http, endpoint):
	told = event("payment_intent.succeeded", payment_intent(client_secret="pi_1_secret_of_the_browser"))
	endpoint.deliver(http, told)
	(row,) = endpoint.stored()
	assert "secret_of_the_browser" not in row.payload
	kept = json.loads(row.payload)
	assert kept["data"]["object"].pop("client_secret") == "(removed)"
	told["data"]["object"].pop("client_secret")
	assert kept == told


def test_the_same_event_again_is_answered_and_stored_once(http, endpoint):
	told = event("payment_intent.succeeded")
	assert [endpoint.deliver(http, told).status_code for _ in range(3)] == [200, 200, 200]
	assert len(endpoint.stored()) == 1


def test_the_same_event_at_the_same_instant_is_stored_once(http, endpoint):
	told = event("payment_intent.succeeded")
	start = threading.Barrier(8)
	codes = []

	def deliver():
		start.wait()
		codes.append(endpoint.deliver(http, told).status_code)

	clients = [threading.Thread(target=deliver) for _ in range(8)]
	for client in clients:
		client.start()
	for client in clients:
		client.join()
	assert codes == [200] * 8
	assert len(endpoint.stored()) == 1


def test_a_second_copy_does_not_start_a_finished_event_again(http, endpoint):
	told = event("payment_intent.succeeded")
	endpoint.deliver(http, told)
	frappe.db.set_value("Stripe Event", told["id"], {"status": "Done", "next_attempt_at": None})
	frappe.db.commit()
	assert endpoint.deliver(http, told).status_code == 200
	assert [(row.status, row.next_attempt_at) for row in endpoint.stored()] == [("Done", None)]


@pytest.mark.parametrize(
	"forged",
	[
		{"secret": "whsec_guessed"},
		{"Stripe-Signature": None},
		{"Stripe-Signature": "t=1,v1=0"},
		{"token": "nobody"},
		{"token": ""},
		{"token": "x" * 500},
	],
)
def test_every_refusal_looks_the_same_and_stores_nothing(http, endpoint, forged):
	answer = endpoint.deliver(http, event("payment_intent.succeeded"), **forged)
	assert (answer.status_code, answer.content) == (400, b"")
	assert endpoint.stored() == []


def test_one_endpoint_does_not_take_what_anothers_secret_signed(http, endpoint, site_only):
	other = Endpoint()
	assert endpoint.deliver(http, event("payment_intent.succeeded"), secret=other.secret).status_code == 400
	assert other.deliver(http, event("payment_intent.succeeded")).status_code == 200
	assert endpoint.stored() == []
	assert [row.stripe_account for row in other.stored()] == [other.account]


def test_the_address_tells_the_account_whatever_the_event_says(http, endpoint, site_only):
	other = Endpoint()
	# Events of connected accounts carry a field `account`, which Frappe would read as the argument.
	told = event("payment_intent.succeeded", account=other.token)
	assert endpoint.deliver(http, told).status_code == 200
	assert [row.stripe_account for row in endpoint.stored()] == [endpoint.account]


def test_an_old_delivery_can_not_be_played_again(http, endpoint):
	from tests.support.webhooks import sign

	told = json.dumps(event("payment_intent.succeeded")).encode()
	stale = sign(told, endpoint.secret, at=time.time() - 301)
	assert endpoint.deliver(http, told, **{"Stripe-Signature": stale}).status_code == 400
	assert endpoint.stored() == []


def test_while_the_secret_rolls_over_both_are_taken_and_then_only_the_new(http, endpoint):
	old = endpoint.secret
	assert endpoint.deliver(http, event("charge.updated")).status_code == 200
	endpoint.set_secret(
		old, "previous_webhook_secret", previous_secret_until=add_to_date(now_datetime(), hours=24)
	)
	endpoint.set_secret("whsec_new")
	# Each of the server's processes may remember the old one: none may refuse the new.
	for _ in range(6):
		assert endpoint.deliver(http, event("charge.updated")).status_code == 200
		assert endpoint.deliver(http, event("charge.updated"), secret=old).status_code == 200
	assert len(endpoint.stored()) == 13


def test_an_outdated_previous_secret_is_refused(http, endpoint):
	yesterday = add_to_date(now_datetime(), seconds=-1)
	endpoint.set_secret("whsec_of_yesterday", "previous_webhook_secret", previous_secret_until=yesterday)
	assert endpoint.deliver(http, event("charge.updated"), secret="whsec_of_yesterday").status_code == 400


def test_a_test_event_for_a_live_account_is_kept_and_ignored(http, site_only):
	live = Endpoint(mode="Live")
	assert live.deliver(http, event("payment_intent.succeeded")).status_code == 200
	(row,) = live.stored()
	assert (row.status, row.next_attempt_at) == ("Ignored", None)
	assert "test event" in row.outcome and "Live" in row.outcome


def test_an_unknown_type_is_kept_and_ignored(http, endpoint):
	assert (
		endpoint.deliver(http, event("invoice.marked_uncollectible", {"object": "invoice"})).status_code
		== 200
	)
	(row,) = endpoint.stored()
	assert (row.status, row.next_attempt_at) == ("Ignored", None)
	assert row.outcome


@pytest.mark.parametrize(
	"odd",
	[
		{"id": "pi_not_an_event"},
		{"id": None},
		{"id": "evt_" + "x" * 200},
		{"type": None},
		{"type": {"a": 1}},
		{"object": "charge"},
	],
)
def test_signed_but_no_event_is_refused(http, endpoint, odd):
	assert endpoint.deliver(http, event("payment_intent.succeeded", **odd)).status_code == 400
	assert endpoint.stored() == []


@pytest.mark.parametrize(
	"data", [None, {}, {"object": None}, {"object": {}}, {"object": {"id": 7, "object": "payment_intent"}}]
)
def test_an_event_about_nothing_known_does_no_harm(http, endpoint, drain, data):
	assert endpoint.deliver(http, event("payment_intent.succeeded", data=data)).status_code == 200
	drain()
	(row,) = endpoint.stored()
	assert row.status == "Ignored", (row.status, row.outcome, row.traceback)


def test_a_body_without_end_is_refused(http, endpoint):
	told = event("payment_intent.succeeded", padding="x" * (1024 * 1024))
	assert endpoint.deliver(http, told).status_code == 400
	assert endpoint.stored() == []


def test_bytes_that_are_no_text_are_refused(http, endpoint):
	answer = endpoint.deliver(http, b"\xff\xfe\x00", **{"Content-Type": "application/octet-stream"})
	assert answer.status_code == 400


def test_only_post_is_answered(http, endpoint):
	answer = http.guest().get(RECEIVE, account=endpoint.token)
	assert answer.status_code in (403, 405)


def test_a_session_of_a_user_needs_no_csrf_token_to_be_refused(http, endpoint, make_user):
	"""Stripe has no cookie; a browser that has one gets no further than a guest."""
	answer = http.guest().session.post(f"{http.address}{RECEIVE}?account={endpoint.token}", data=b"{}")
	assert (answer.status_code, answer.content) == (400, b"")


def test_without_redis_the_event_is_taken_and_worked_on_by_the_scheduler(
	site_only, endpoint, monkeypatch, drain
):
	monkeypatch.setenv("FRAPPE_REDIS_QUEUE", "redis://127.0.0.1:1")
	monkeypatch.setenv("FRAPPE_REDIS_CACHE", "redis://127.0.0.1:1")
	told = event("payment_intent.succeeded", {**payment_intent(), "metadata": {}})
	with http_support.running_server(site_support.bench(), site_support.site_name()) as server:
		answer = endpoint.deliver(server, told)
	assert answer.status_code == 200
	assert [row.status for row in endpoint.stored()] == ["Received"]

	monkeypatch.undo()
	from stripe_service.webhooks import process

	process.process_events()  # what the scheduler calls each minute
	assert [row.status for row in endpoint.stored()] == ["Ignored"]


def test_a_delivery_wakes_a_worker_and_a_burst_wakes_one(http, endpoint, site_only):
	from frappe.utils.background_jobs import get_queue

	from stripe_service.webhooks.receive import PROCESS, processing_begins

	def waiting():
		return [
			job
			for job in get_queue("short").jobs
			if job.kwargs.get("site") == frappe.local.site and job.kwargs.get("method") == PROCESS
		]

	for job in waiting():
		job.delete()
	processing_begins()
	for _ in range(5):
		assert endpoint.deliver(http, event("payment_intent.succeeded")).status_code == 200
	assert len(waiting()) == 1
	processing_begins()
	endpoint.deliver(http, event("payment_intent.succeeded"))
	assert len(waiting()) == 2, "once a drain has begun, a new event needs one of its own"
	for job in waiting():
		job.delete()


@pytest.mark.parametrize(
	"odd", [{"created": 10**20}, {"created": "now"}, {"created": -1}, {"api_version": "x" * 999}]
)
def test_odd_values_in_a_signed_event_do_not_make_it_fail(http, endpoint, odd):
	assert endpoint.deliver(http, event("payment_intent.succeeded", **odd)).status_code == 200
	assert len(endpoint.stored()) == 1


def test_a_fault_while_storing_leaves_no_secret_in_the_error_log(endpoint, site_only, monkeypatch):
	"""Frappe logs an unexpected fault with the local variables of every frame."""
	from stripe_service.webhooks import receive
	from tests.support.webhooks import sign

	endpoint.set_secret("looks-like-no-secret-of-stripe")
	monkeypatch.setattr(receive, "store", _full_disk)
	body = json.dumps(event("payment_intent.succeeded")).encode()
	for _ in range(2):  # the first looks the endpoint up, the second remembers it
		try:
			receive.receive_event(endpoint.token, body, sign(body, endpoint.secret))
		except OSError:
			logged = frappe.log_error("intake").error
		assert "No space left" in logged and "receive_event" in logged
		assert endpoint.secret not in logged


def _full_disk(*args):
	raise OSError("No space left on device")
