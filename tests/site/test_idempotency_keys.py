"""Every writing call bears an idempotency key of its own attempt, and none that could come back.

The rule is in docs/payments.md: a key is drawn at random for one attempt, and stored with the attempt where it may have to
be sent again. Nothing in it is a name, an amount or a state.
"""

import re

import frappe
import pytest

from stripe_service.accounts import customers, registration
from stripe_service.api import methods
from stripe_service.api import refund as refund_api
from tests.support.accounts import ACCOUNT
from tests.support.jobs import in_parallel
from tests.support.paying import confirmation_token
from tests.support.records import PAYER_ROLES, unique

RANDOM = "[0-9a-f]{40}"
# What is sent to which path. `cancel`, `detach` and `delete` do the same however often they are sent; updates too.
KEYS = {
	r"/v1/customers": rf"customer_{RANDOM}",
	r"/v1/payment_intents": rf"pay_{RANDOM}:create",
	r"/v1/payment_intents/pi_\w+/confirm": rf"pay_{RANDOM}:confirm(:without-receipt)?",
	r"/v1/refunds": rf"refund_{RANDOM}",
	r"/v1/setup_intents": rf"(bank_account|check)_{RANDOM}",
	r"/v1/webhook_endpoints": rf"endpoint_{RANDOM}",
}
WITHOUT_HARM = (
	r"/v1/payment_intents/pi_\w+/cancel",
	r"/v1/setup_intents/seti_\w+/(cancel|verify_microdeposits|confirm)",
	r"/v1/payment_methods/pm_\w+/detach",
	r"/v1/(customers|webhook_endpoints)/\w+",
	r"/v1/(confirmation_tokens|financial_connections/accounts)",  # the browser's
)


def writing(emulator) -> list[dict]:
	return [call for call in emulator.requests(path="/v1/*", writing=True) if call["key"] == "secret"]


def test_every_writing_call_of_a_whole_story_bears_a_key_of_its_own(world, emulator):
	emulator.clear_requests()
	paid = world.pay("40.00", save=1)["payment"]
	world.pay("1.00", card="declined")
	account = world.add_bank_account()
	world.pay_by_ach(account, "20.00")
	for _ in range(2):
		refund_api.refund_payment(paid, "5.00", request_id=unique("press"))
	world.drain()
	with world.as_user(world.payer):
		methods.remove_method(account)
	registration.refresh(ACCOUNT)
	registration.rotate_webhook_secret(ACCOUNT)

	unknown, sent = [], {}
	for call in writing(emulator):
		pattern = next((keys for path, keys in KEYS.items() if re.fullmatch(path, call["path"])), None)
		if pattern:
			assert re.fullmatch(pattern, call["idempotency_key"] or ""), call
			sent.setdefault(call["path"], []).append(call["idempotency_key"])
		elif not any(re.fullmatch(path, call["path"]) for path in WITHOUT_HARM):
			unknown.append(call["path"])
	assert unknown == [], "a new call: give it a key, and a line here"
	for pattern in KEYS:
		assert any(re.fullmatch(pattern, path) for path in sent), f"nothing was sent to {pattern}"
	for path, keys in sent.items():
		assert len(set(keys)) == len(keys), path


def test_no_key_holds_a_name(world, emulator):
	emulator.clear_requests()
	payment = world.pay("40.00")["payment"]
	refund_api.refund_payment(payment)
	names = (frappe.local.site, world.payer, world.invoice.name, payment, ACCOUNT, "4000")
	for call in writing(emulator):
		assert not [name for name in names if name in (call["idempotency_key"] or "")], call


def test_the_same_press_is_found_after_its_payer_was_renamed(world):
	press = unique("press")
	paid = world.pay("40.00", request_id=press)
	renamed = f"renamed-{world.payer}"
	frappe.rename_doc("User", world.payer, renamed, force=True)
	frappe.db.commit()
	assert world.pay("40.00", user=renamed, request_id=press)["payment"] == paid["payment"]
	assert world.received_minor() == 4000


def test_the_same_press_at_the_same_instant_claims_once(world):
	press = unique("press")
	tokens = [confirmation_token(world.url) for _ in range(5)]

	def pay(index: int) -> dict:
		return world.pay("40.00", confirmation_token=tokens[index], request_id=press)

	answers = in_parallel(5, pay, user=world.payer)
	assert [answer for answer in answers if isinstance(answer, Exception)] == []
	assert len({answer["payment"] for answer in answers}) == 1
	assert world.received_minor() == 4000


# a renamed user, and a new one with the old address


@pytest.fixture
def renamed(connected, make_user):
	"""(the new name of a user who has a Customer, a new user with the old name)."""
	address = make_user(roles=["Stripe Payer"])
	first = customers.customer_for(connected.name, address)
	name = f"renamed-{address}"
	frappe.rename_doc("User", address, name, force=True)
	frappe.db.commit()
	assert make_user(roles=["Stripe Payer"], email=address) == address
	return name, address, first


def test_a_new_user_with_an_old_address_has_a_customer_of_their_own(connected, renamed):
	old_user, new_user, first = renamed
	second = customers.customer_for(connected.name, new_user)
	assert second != first
	assert customers.customer_for(connected.name, old_user) == first
	assert customers.customer_for(connected.name, new_user) == second
	frappe.db.rollback()
	assert frappe.db.get_value("Stripe Customer", first, ["user", "status"]) == (old_user, "Active")
	assert frappe.db.get_value("Stripe Customer", second, ["user", "status"]) == (new_user, "Active")


def test_whichever_of_both_comes_first(connected, renamed):
	old_user, new_user, first = renamed
	assert customers.customer_for(connected.name, old_user) == first
	assert customers.customer_for(connected.name, new_user) != first


def test_a_new_user_with_the_old_address_pays(world, make_user):
	world.pay("10.00")
	address = world.payer
	frappe.rename_doc("User", address, f"renamed-{address}", force=True)
	frappe.db.commit()
	again = make_user(roles=PAYER_ROLES, unit=world.unit, email=address)
	assert again == address
	for _press in range(2):
		assert world.pay("10.00", user=again)["outcome"] == "paid"
	assert world.pay("10.00", user=f"renamed-{address}")["outcome"] == "paid"


# what a key has burnt


@pytest.mark.parametrize("done", [False, True])
def test_a_remembered_500_on_creating_the_customer_is_not_noticed(world, emulator, done):
	emulator.server_error("customers.create", done=done, remembered=True)
	assert world.pay("10.00")["outcome"] == "paid"
	name = frappe.db.get_value("Stripe Customer", {"user": world.payer})
	made = [customer["id"] for customer in emulator.objects("customer") if customer["email"] == world.payer]
	assert made == [name]


def test_a_customer_that_can_not_be_made_ends_the_claim_and_the_next_press_works(world, emulator):
	emulator.server_error("customers.create", remembered=True, count=9)
	outcome = world.pay("10.00")
	assert (outcome["outcome"], world.reread().reserved_amount) == ("failed", 0)
	assert "Nothing was charged" in outcome["message"]
	emulator.clear_faults()
	assert world.pay("10.00")["outcome"] == "paid"


def test_a_customer_whose_answer_was_lost_is_found_by_the_next_press(world, emulator):
	emulator.fault("drop_response", operation="customers.create", count=3)
	assert world.pay("10.00")["outcome"] == "failed"
	emulator.clear_faults()
	assert world.pay("10.00")["outcome"] == "paid"
	assert len([made for made in emulator.objects("customer") if made["email"] == world.payer]) == 1


@pytest.mark.parametrize("done", [False, True])
def test_a_remembered_500_on_creating_the_payment_intent_ends_the_claim_at_once(world, emulator, done):
	emulator.server_error("payment_intents.create", done=done, remembered=True)
	outcome = world.pay()
	assert outcome["outcome"] == "failed" and "Nothing was charged" in outcome["message"]
	assert world.reread().reserved_amount == 0
	assert [intent["status"] for intent in world.intents()] == (["canceled"] if done else [])
	assert world.pay()["outcome"] == "paid"
	assert world.received_minor() == 10000


def test_a_remembered_500_on_adding_a_bank_account_is_not_noticed(world, emulator):
	emulator.server_error("setup_intents.create", remembered=True)
	account = world.add_bank_account()
	assert frappe.db.get_value("Stripe Bank Account", account, "status") == "Verified"


def test_a_remembered_500_on_confirming_is_told_as_it_is(world, emulator):
	for done, outcome in ((True, "paid"), (False, "failed")):
		emulator.server_error("payment_intents.confirm", done=done, remembered=True)
		assert world.pay("10.00")["outcome"] == outcome
	assert world.received_minor() == 1000 and world.reread().reserved_amount == 0


def test_a_key_that_is_still_in_use_leaves_the_outcome_open(world, emulator):
	"""A request that was sent again while the first one still ran is no refusal."""
	conflict = {"status": 409, "type": "idempotency_error", "code": "idempotency_key_in_use", "stored": False}
	emulator.fault("error", operation="payment_intents.create", count=3, **conflict)
	outcome = world.pay("10.00")
	assert (outcome["outcome"], outcome["status"]) == ("unknown", "Started")
	assert world.reread().reserved_amount == 10
