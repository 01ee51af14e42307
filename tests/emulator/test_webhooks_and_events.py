"""Webhooks and the Events API: signed, retried, duplicated, lost, held; and readable for thirty days."""

import json
import time

import pytest
import stripe

from tests.emulator.conftest import API_VERSION


def verified(receiver, number: int, secret: str) -> stripe.Event:
	headers, body = receiver.received[number]
	return stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret)


def test_secret_is_told_once(client, endpoint):
	assert endpoint.secret.startswith("whsec_")
	assert getattr(client.webhook_endpoints.retrieve(endpoint.id), "secret", None) is None
	assert [row.id for row in client.webhook_endpoints.list().data] == [endpoint.id]


@pytest.mark.parametrize("url", ["http://example.com/hook", "example.com/hook", "ftp://127.0.0.1/"])
def test_url_must_be_https_or_this_machine(client, url):
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
	assert caught.value.code == "url_invalid"


def test_unknown_event_type_cannot_be_subscribed(client, receiver):
	with pytest.raises(stripe.InvalidRequestError):
		client.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["payment_intent.exploded"]})


def test_delivery_is_signed_and_in_the_endpoints_version(client, receiver, control):
	endpoint = client.webhook_endpoints.create(
		{"url": receiver.url, "enabled_events": ["customer.created"], "api_version": API_VERSION}
	)
	customer = client.customers.create({"name": "Jenny", "metadata": {"k": "v"}})
	client.customers.update(customer.id, {"name": "Not subscribed"})
	control.flush_webhooks()
	assert receiver.types == ["customer.created"]
	event = verified(receiver, 0, endpoint.secret)
	assert event.api_version == API_VERSION
	assert event.data.object.name == "Jenny"  # as it was then
	with pytest.raises(stripe.SignatureVerificationError):
		verified(receiver, 0, "whsec_wrong")


def test_a_payment_tells_its_story_in_order(client, customer, pay, endpoint, receiver, control):
	pay("pm_card_visa", customer=customer.id, setup_future_usage="off_session")
	control.advance(seconds=10)
	told = [event.type for event in client.events.list({"limit": 100}).data][::-1]
	assert told == [
		"customer.created",
		"payment_intent.created",
		"charge.succeeded",
		"payment_method.attached",
		"payment_intent.succeeded",
		"charge.updated",
	]
	control.flush_webhooks()
	assert sorted(receiver.types) == sorted(told[1:])


def test_update_names_what_changed(client, customer):
	client.customers.update(customer.id, {"name": "New name"})
	event = client.events.list({"type": "customer.updated"}).data[0]
	assert json.loads(str(event.data.previous_attributes)) == {"name": "Jenny Rosen"}


def test_failed_delivery_is_retried_until_it_is_accepted(client, endpoint, receiver, control):
	receiver.answers = [500, 302]
	client.customers.create({})
	control.flush_webhooks()
	assert len(receiver.received) == 1
	control.advance(seconds=6)
	control.advance(minutes=6)
	assert len(receiver.received) == 3
	assert len({event["id"] for event in receiver.events}) == 1
	control.advance(days=3)
	assert len(receiver.received) == 3


def test_every_attempt_has_a_timestamp_of_its_own(client, endpoint, receiver, control):
	"""Of the receiver's time, wherever the emulator's clock is: a retry days later is within the tolerance."""
	control.settings(webhook_retry_delays=[1.1])
	receiver.answers = [500]
	control.advance(days=3)
	client.customers.create({})
	deadline = time.monotonic() + 10
	while len(receiver.received) < 2 and time.monotonic() < deadline:
		time.sleep(0.05)
	stamps = [headers["Stripe-Signature"].split(",")[0] for headers, _ in receiver.received]
	assert len(set(stamps)) == 2
	assert all(abs(int(stamp.removeprefix("t=")) - time.time()) < 30 for stamp in stamps)
	assert verified(receiver, 1, endpoint.secret).type == "customer.created"


def test_delivery_is_given_up_after_three_days(client, endpoint, receiver, control):
	receiver.answers = [500] * 50
	client.customers.create({})
	control.flush_webhooks()
	for _ in range(16):
		control.advance(hours=6)
	log = [row for row in control.webhook_log("customer.created") if row["endpoint"] == endpoint.id]
	assert [row["outcome"] for row in log] == ["will retry"] * (len(log) - 1) + ["given up"]
	assert 2.5 * 86400 < log[-1]["at"] - log[0]["at"] < 3.5 * 86400
	assert endpoint.id not in [row["endpoint"] for row in control.waiting_webhooks()]


def test_two_signatures_while_the_secret_rolls(client, endpoint, receiver, control):
	new = control.roll_webhook_secret(endpoint.id, seconds=3600)
	client.customers.create({})
	control.flush_webhooks()
	for secret in (endpoint.secret, new):
		assert verified(receiver, 0, secret).type == "customer.created"
	control.advance(hours=2)
	client.customers.create({})
	control.flush_webhooks()
	headers, _ = receiver.received[1]
	assert headers["Stripe-Signature"].count("v1=") == 1
	assert verified(receiver, 1, new).type == "customer.created"
	with pytest.raises(stripe.SignatureVerificationError):
		verified(receiver, 1, endpoint.secret)


def test_duplicates(client, endpoint, receiver, control):
	control.duplicate_webhooks("customer.created", copies=2)
	client.customers.create({})
	control.flush_webhooks()
	assert receiver.types == ["customer.created"] * 3
	assert len({event["id"] for event in receiver.events}) == 1


def test_lost_and_found_in_the_events(client, endpoint, receiver, control):
	control.lose_webhooks("customer.created")
	lost = client.customers.create({})
	control.flush_webhooks()
	assert receiver.received == []
	assert client.events.list({"type": "customer.created"}).data[0].data.object.id == lost.id


def test_held_and_released_in_reverse(client, endpoint, receiver, control):
	control.hold_webhooks("customer.created")
	made = [client.customers.create({}).id for _ in range(3)]
	control.flush_webhooks()
	assert receiver.received == []
	control.release_webhooks("customer.created", order="last")
	control.flush_webhooks()
	assert sorted(event["data"]["object"]["id"] for event in receiver.events) == sorted(made)


def test_reordered(client, endpoint, receiver, control):
	control.reorder_webhooks(3)
	for _ in range(2):
		client.customers.create({})
	control.flush_webhooks()
	assert receiver.received == []
	client.customers.create({})
	control.flush_webhooks()
	assert len(receiver.received) == 3


def test_delayed(client, endpoint, receiver, control):
	control.delay_webhooks(3600)
	client.customers.create({})
	control.flush_webhooks()
	assert receiver.received == []
	control.advance(hours=1, seconds=1)
	assert receiver.types == ["customer.created"]


def test_replayed_and_unheard_of(client, account, endpoint, receiver, control):
	client.customers.create({})
	event = client.events.list().data[0]
	control.flush_webhooks()
	control.replay_event(event.id, times=2)
	control.send_event("planet.discovered", {"id": "planet_9", "object": "planet"}, account=account["name"])
	control.flush_webhooks()
	assert sorted(receiver.types) == ["customer.created"] * 3 + ["planet.discovered"]


def test_disabled_and_deleted_endpoints_hear_nothing(client, endpoint, receiver, control):
	client.webhook_endpoints.update(endpoint.id, {"disabled": True})
	client.customers.create({})
	client.webhook_endpoints.update(endpoint.id, {"disabled": False})
	client.webhook_endpoints.delete(endpoint.id)
	client.customers.create({})
	control.flush_webhooks()
	assert receiver.received == []


def test_events_by_type_and_after_thirty_days(client, control):
	client.customers.create({})
	client.setup_intents.create({})
	assert [e.type for e in client.events.list({"types": ["customer.*"]}).data] == ["customer.created"]
	event = client.events.list({"type": "setup_intent.created"}).data[0]
	assert client.events.retrieve(event.id).data.object.object == "setup_intent"
	control.advance(days=31)
	assert client.events.list().data == []
	with pytest.raises(stripe.InvalidRequestError):
		client.events.retrieve(event.id)


def test_name_under_localhost_is_this_machine(client, receiver, control):
	url = receiver.url.replace("127.0.0.1", "portal.localhost")
	client.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
	client.customers.create({})
	control.flush_webhooks()
	assert receiver.received[0][0]["Host"].startswith("portal.localhost:")
