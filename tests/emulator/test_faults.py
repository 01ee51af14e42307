"""Faults on demand, and what the emulator remembers of requests."""

import time

import pytest
import stripe


def names(client) -> list[str]:
	return [row.name for row in client.customers.list().data]


def test_answer_lost_after_the_work_was_done(client, control):
	control.fault("drop_response", path="/v1/customers", method="POST")
	options = {"idempotency_key": "lost-answer"}
	with pytest.raises(stripe.APIConnectionError):
		client.customers.create({"name": "Done"}, options)
	assert names(client) == ["Done"]
	assert (
		client.customers.create({"name": "Done"}, options).last_response.headers["idempotent-replayed"]
		== "true"
	)
	assert names(client) == ["Done"]


def test_connection_refused_before_anything_happens(client, control):
	control.fault("refuse", path="/v1/customers", method="POST", count=2)
	for _ in range(2):
		with pytest.raises(stripe.APIConnectionError):
			client.customers.create({"name": "Nothing"})
	assert names(client) == []


def test_too_many_requests(client, control):
	control.fault("rate_limit", path="/v1/customers")
	with pytest.raises(stripe.RateLimitError) as caught:
		client.customers.create({}, {"idempotency_key": "limited"})
	assert caught.value.http_status == 429
	client.customers.create({"name": "Later"}, {"idempotency_key": "limited"})


def test_limit_of_requests_per_second(client, control):
	control.settings(requests_per_second=3)
	for _ in range(3):
		client.customers.list()
	with pytest.raises(stripe.RateLimitError):
		client.customers.list()
	time.sleep(1.1)
	client.customers.list()


@pytest.mark.parametrize(("kind", "done"), [("error_before", []), ("error_after", ["Perhaps"])])
def test_error_of_the_server(client, control, kind, done):
	control.fault(kind, path="/v1/customers", method="POST", status=503)
	with pytest.raises(stripe.APIError) as caught:
		client.customers.create({"name": "Perhaps"})
	assert caught.value.http_status == 503
	assert names(client) == done


def test_slow(client, control):
	control.fault("slow", path="/v1/customers", method="POST", seconds=0.3)
	started = time.monotonic()
	client.customers.create({})
	assert time.monotonic() - started >= 0.3


def test_third_matching_request_only(client, control):
	control.fault("rate_limit", path="/v1/customers/*", method="GET", after=2)
	customer = client.customers.create({})
	client.customers.retrieve(customer.id)
	client.customers.retrieve(customer.id)
	with pytest.raises(stripe.RateLimitError):
		client.customers.retrieve(customer.id)
	client.customers.retrieve(customer.id)


def test_error_of_ones_own(client, pay, control):
	control.fault(
		"error", path="/v1/payment_intents", method="POST", status=402, type="card_error", code="card_declined",
		decline_code="pickup_card", message="Your card was declined.",
	)  # fmt: skip
	with pytest.raises(stripe.CardError) as caught:
		pay()
	assert caught.value.error.decline_code == "pickup_card"


def test_requests_are_counted(client, account, control):
	control.clear_requests()
	customer = client.customers.create({"name": "Counted"})
	client.customers.retrieve(customer.id)
	mine = [row for row in control.requests() if row["account"] == account["id"]]
	assert [(row["method"], row["path"]) for row in mine] == [
		("POST", "/v1/customers"),
		("GET", f"/v1/customers/{customer.id}"),
	]
	assert control.count_requests(path="/v1/customers", writing=True) == 1


def test_card_numbers_are_in_no_log(browser, control):
	browser.card_token()
	assert "4242424242424242" not in str(control.requests())


def test_unknown_fault_and_setting_are_refused(control):
	from stripe_emulator.control import ControlError

	with pytest.raises(ControlError, match="unknown fault"):
		control.fault("earthquake")
	with pytest.raises(ControlError, match="unknown settings"):
		control.settings(gravity=0)


def test_browser_may_call_from_any_page(emulator_url, control):
	import requests

	answer = requests.options(
		f"{emulator_url}/v1/confirmation_tokens", headers={"Origin": "http://portal.test"}, timeout=5
	)
	assert answer.headers["Access-Control-Allow-Origin"] == "*"
	assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
	assert "POST" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("path", ["/stripe.js", "/endive/stripe.js", "/v3/"])
def test_stand_in_for_stripe_js(emulator_url, control, path):
	import requests

	answer = requests.get(f"{emulator_url}{path}", timeout=5)
	assert answer.status_code == 200
	assert "javascript" in answer.headers["Content-Type"]
	assert "no-cache" in answer.headers["Cache-Control"]


def test_start_page_shows_keys_and_cards(emulator_url, control):
	import requests

	page = requests.get(emulator_url, timeout=5).text
	assert "sk_test_emulator_us" in page
	assert "4000002760003184" in page
