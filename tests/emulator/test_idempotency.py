"""Idempotency keys: replayed, refused for other uses, in use, forgotten."""

import threading
import uuid

import pytest
import requests
import stripe

from stripe_emulator.control import ControlError
from tests.support.servers import wait_for_fault


def key() -> dict:
	return {"idempotency_key": uuid.uuid4().hex}


def test_same_request_gets_the_same_answer(client, account):
	options = key()
	first = client.customers.create({"name": "Once"}, options)
	again = client.customers.create({"name": "Once"}, options)
	assert again.id == first.id
	assert first.last_response.headers.get("idempotent-replayed") is None
	assert again.last_response.headers["idempotent-replayed"] == "true"
	assert again.last_response.headers["original-request"] == first.last_response.headers["request-id"]


def test_other_parameters_are_refused(client):
	options = key()
	client.customers.create({"name": "Once"}, options)
	with pytest.raises(stripe.IdempotencyError, match="same parameters they were first used with") as caught:
		client.customers.create({"name": "Twice"}, options)
	assert caught.value.http_status == 400


def test_other_endpoint_is_refused(client):
	options = key()
	client.customers.create({}, options)
	with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
		client.setup_intents.create({}, options)


def test_decline_is_replayed_without_charging_again(client, pay):
	intent = client.payment_intents.create(
		{"amount": 1000, "currency": "usd", "allowed_payment_method_types": ["card"]}
	)
	options = key()
	for _ in range(2):
		with pytest.raises(stripe.CardError):
			client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"}, options)
	assert len(client.charges.list({"payment_intent": intent.id}).data) == 1


def test_refused_parameters_do_not_use_up_the_key(client):
	options = key()
	with pytest.raises(stripe.InvalidRequestError):
		client.customers.create({"nam": "Typo"}, options)
	assert client.customers.create({"name": "Right"}, options).name == "Right"


def test_error_of_the_server_is_replayed(client, control):
	control.fault("error_after", path="/v1/customers", method="POST")
	options = key()
	for _ in range(2):
		with pytest.raises(stripe.APIError) as caught:
			client.customers.create({"name": "Half done"}, options)
		assert caught.value.http_status == 500
	assert [row.name for row in client.customers.list().data] == ["Half done"]


def test_key_in_use_by_a_request_that_still_runs(client, control):
	control.fault("slow", path="/v1/customers", method="POST", seconds=3)
	options = key()
	slow = threading.Thread(target=client.customers.create, args=({"name": "Slow"}, options))
	slow.start()
	wait_for_fault(control)
	with pytest.raises(stripe.StripeError) as caught:
		client.customers.create({"name": "Slow"}, options)
	assert caught.value.http_status == 409
	assert caught.value.json_body["error"]["code"] == "idempotency_key_in_use"
	assert caught.value.headers["stripe-should-retry"] == "true"
	slow.join()
	assert (
		client.customers.create({"name": "Slow"}, options).last_response.headers["idempotent-replayed"]
		== "true"
	)
	assert len(client.customers.list().data) == 1


def test_object_that_another_request_is_writing_to(client, pay, control):
	intent = client.payment_intents.create(
		{"amount": 1000, "currency": "usd", "allowed_payment_method_types": ["card"]}
	)
	control.settings(lock_wait_seconds=0.1)
	control.fault("slow", path="/v1/payment_intents/*/confirm", seconds=3)
	confirm = {"payment_method": "pm_card_visa"}
	slow = threading.Thread(target=client.payment_intents.confirm, args=(intent.id, confirm))
	slow.start()
	wait_for_fault(control)
	with pytest.raises(stripe.RateLimitError) as caught:
		client.payment_intents.cancel(intent.id)
	assert caught.value.json_body["error"]["code"] == "lock_timeout"
	slow.join()
	assert client.payment_intents.retrieve(intent.id).status == "succeeded"


def test_keys_are_forgotten_after_a_day(client, control):
	options = key()
	first = client.customers.create({"name": "Yesterday"}, options)
	control.advance(hours=25)
	assert client.customers.create({"name": "Yesterday"}, options).id != first.id


def test_keys_belong_to_one_account(client, control, emulator_url):
	from tests.emulator.conftest import make_client

	other = control.create_account(f"o{uuid.uuid4().hex[:8]}")
	options = key()
	mine = client.customers.create({}, options)
	assert make_client(other["keys"]["secret"][0], emulator_url).customers.create({}, options).id != mine.id


def test_overlong_key(account, emulator_url, control):
	answer = requests.post(
		f"{emulator_url}/v1/customers",
		auth=(account["keys"]["secret"][0], ""),
		headers={"Idempotency-Key": "k" * 256},
		timeout=5,
	)
	assert answer.status_code == 400


def test_reading_ignores_the_key(client, customer):
	options = key()
	assert client.customers.retrieve(customer.id, {}, options).name == "Jenny Rosen"
	client.customers.update(customer.id, {"name": "Changed"})
	assert client.customers.retrieve(customer.id, {}, options).name == "Changed"


# What the app does with an idempotency key: the SDK's name of the call, and how to make it.
OPERATIONS = {
	"customers.create": lambda c, made: (c.customers.create, {"name": "Jenny Rosen"}),
	"payment_intents.create": lambda c, made: (c.payment_intents.create, {"amount": 1000, "currency": "usd"}),
	"payment_intents.confirm": lambda c, made: (c.payment_intents.confirm, made["intent"], {"payment_method": "pm_card_visa"}),
	"payment_intents.cancel": lambda c, made: (c.payment_intents.cancel, made["intent"], {}),
	"refunds.create": lambda c, made: (c.refunds.create, {"payment_intent": made["paid"]}),
	"setup_intents.create": lambda c, made: (c.setup_intents.create, {"customer": made["customer"]}),
	"setup_intents.confirm": lambda c, made: (c.setup_intents.confirm, made["setup"], {"payment_method": "pm_card_visa"}),
	"setup_intents.cancel": lambda c, made: (c.setup_intents.cancel, made["setup"], {}),
	"payment_methods.attach": lambda c, made: (c.payment_methods.attach, "pm_card_visa", {"customer": made["customer"]}),
	"payment_methods.detach": lambda c, made: (c.payment_methods.detach, made["saved"], {}),
}  # fmt: skip


@pytest.fixture
def call(client, customer, pay, control):
	"""`call("refunds.create", options)`: one of OPERATIONS, on objects that were made for it."""
	only_cards = {"allowed_payment_method_types": ["card"]}
	made = {
		"intent": client.payment_intents.create({"amount": 1000, "currency": "usd", **only_cards}).id,
		"paid": pay().id,
		"setup": client.setup_intents.create(only_cards).id,
		"customer": customer.id,
		"saved": client.payment_methods.attach("pm_card_visa", {"customer": customer.id}).id,
	}

	def call(operation: str, options: dict):
		function, *arguments = OPERATIONS[operation](client, made)
		return function(*arguments, options)

	return call


@pytest.mark.parametrize("operation", OPERATIONS)
def test_one_500_is_remembered_for_a_day(call, control, operation):
	"""Without anything being done: the same key gets it again and again, a new one gets through."""
	control.server_error(operation)
	options = key()
	for _ in range(3):
		with pytest.raises(stripe.APIError) as caught:
			call(operation, options)
		assert caught.value.http_status == 500
	assert caught.value.headers["idempotent-replayed"] == "true"
	control.advance(hours=23)
	with pytest.raises(stripe.APIError):
		call(operation, options)
	control.advance(hours=2)
	assert call(operation, options).id


@pytest.mark.parametrize("operation", OPERATIONS)
def test_500_after_everything_was_done(client, call, control, operation):
	def events() -> int:
		return len(client.events.list({"limit": 100}).data)

	before = events()
	control.server_error(operation, done=True)
	options = key()
	with pytest.raises(stripe.APIError):
		call(operation, options)
	once = events()
	assert once > before, "it was done"
	with pytest.raises(stripe.APIError):
		call(operation, options)
	assert events() == once, "and not done again"


def test_500_that_is_not_remembered(call, control):
	control.server_error("customers.create", remembered=False)
	options = key()
	with pytest.raises(stripe.APIError):
		call("customers.create", options)
	assert call("customers.create", options).id


def test_operation_is_one_call_and_not_those_below_it(client, call, control):
	control.server_error("payment_intents.update")
	assert call("payment_intents.confirm", key()).status == "succeeded"


def test_unknown_operation_is_refused(control):
	with pytest.raises(ControlError, match="unknown operation"):
		control.server_error("payment_intents.teleport")


def test_refusal_that_ran_is_remembered(client, pay):
	"""The state refused it, not the parameters: the same key gets the same answer after the state has changed."""
	refunded = pay()
	client.refunds.create({"payment_intent": refunded.id})
	options = key()
	for _ in range(2):
		with pytest.raises(stripe.InvalidRequestError) as caught:
			client.refunds.create({"payment_intent": refunded.id}, options)
	assert caught.value.code == "charge_already_refunded"
	assert caught.value.headers["idempotent-replayed"] == "true"


def test_conflict_and_lock_are_not_remembered(client, control):
	control.fault("error", operation="customers.create", status=409, code="lock_timeout", message="Locked.")
	options = key()
	with pytest.raises(stripe.StripeError):
		client.customers.create({}, options)
	assert client.customers.create({}, options).id
