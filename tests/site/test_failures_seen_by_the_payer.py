"""Stripe down, slow or limiting; keys revoked; the browser gone: one truthful state, and the form shows it."""

import frappe
import pytest

from stripe_service.api import pay as pay_api
from stripe_service.payments.new_card import StripeUnavailable
from tests.support.accounts import ACCOUNT, SECRET_KEY
from tests.support.paying import confirmation_token
from tests.support.records import unique


def payments_of(world):
	frappe.db.rollback()
	return frappe.get_all(
		"Invoice Payment", filters={"reference_name": world.invoice.name}, fields=["name", "status"]
	)


def test_stripe_is_down_when_the_card_is_read_and_nothing_was_started(world):
	with pytest.raises(StripeUnavailable, match="Nothing was charged"):
		_pay_with_ready_token(world)
	world.emulator.clear_faults()
	assert payments_of(world) == []
	assert world.pay()["outcome"] == "paid"


def _pay_with_ready_token(world, **more):
	token = confirmation_token(world.url)
	world.emulator.fault(
		more.pop("kind", "refuse"), path=more.pop("path", "/v1/*"), count=more.pop("count", 100)
	)
	return world.pay(confirmation_token=token, **more)


@pytest.mark.parametrize("kind", ["rate_limit", "error_before", "error_after"])
def test_a_passing_fault_at_the_confirmation_is_retried_and_charges_once(world, kind):
	outcome = _pay_with_ready_token(world, kind=kind, path="/v1/payment_intents/*/confirm", count=1)
	assert outcome["outcome"] in ("paid", "failed"), outcome
	succeeded = [intent for intent in world.intents() if intent["status"] == "succeeded"]
	assert len(succeeded) == (1 if outcome["outcome"] == "paid" else 0)
	assert world.reread().reserved_amount == 0


def test_stripe_limits_the_rate_for_long_and_the_amount_is_free_again(world):
	outcome = _pay_with_ready_token(world, kind="rate_limit", path="/v1/payment_intents", count=100)
	assert outcome["outcome"] == "failed"
	world.emulator.clear_faults()
	assert world.reread().reserved_amount == 0
	assert world.received_minor() == 0


def test_a_slow_answer_is_waited_for(world):
	world.emulator.fault("slow", path="/v1/payment_intents/*/confirm", count=1, seconds=2)
	assert world.pay()["outcome"] == "paid"
	assert world.received_minor() == 10000


def test_the_keys_are_revoked_and_the_form_says_that_it_can_not_be_paid_now(world):
	account = frappe.get_doc("Stripe Account", ACCOUNT)
	from stripe_service.accounts.secrets import write_secret

	write_secret(account.name, "secret_key", "sk_test_revoked_key")
	frappe.db.commit()
	try:
		with pytest.raises(frappe.ValidationError):
			world.pay()
		assert payments_of(world) == []
	finally:
		write_secret(account.name, "secret_key", SECRET_KEY)
		frappe.db.commit()
	assert world.pay()["outcome"] == "paid"


def test_the_browser_closes_after_the_click_and_the_reopened_form_goes_on(world):
	"""3-D Secure was asked for, the tab was closed: opened again, the form offers to go on, and does not pay twice."""
	outcome = world.pay(card="3ds_required", request_id=unique("press"))
	form = world.form()
	assert form["resume"]["payment"] == outcome["payment"]
	assert form["resume"]["client_secret"].startswith(world.intents()[0]["id"])
	assert form["amount"]["max_minor"] == 0

	world.emulator.authenticate(world.intents()[0]["id"])
	with world.as_user(world.payer):
		assert pay_api.finish(form["resume"]["payment"])["outcome"] == "paid"


def test_another_payer_is_not_given_my_client_secret(world):
	world.pay(card="3ds_required")
	colleague = world.make_payer()
	assert world.form(user=colleague)["resume"] is None
	payment = payments_of(world)[0].name
	with world.as_user(colleague):
		with pytest.raises(frappe.PermissionError):
			pay_api.finish(payment)
		with pytest.raises(frappe.PermissionError):
			pay_api.abandon(payment)


def test_the_browser_lost_the_answer_and_asks_by_the_press(world):
	press = unique("press")
	paid = world.pay(request_id=press)
	with world.as_user(world.payer):
		told = pay_api.payment_status(doctype="Portal Invoice", name=world.invoice.name, request_id=press)
		unknown = pay_api.payment_status(
			doctype="Portal Invoice", name=world.invoice.name, request_id=unique("no")
		)
	assert told["payment"] == paid["payment"]
	assert unknown["outcome"] == "not_started"


def test_a_forgotten_claim_without_a_payment_intent_is_given_up_when_it_is_looked_at(world):
	"""The worker was killed before Stripe had answered the creation."""
	world.emulator.fault("refuse", path="/v1/payment_intents", method="POST", count=100)
	outcome = world.pay()
	world.emulator.clear_faults()
	an_hour_ago = frappe.utils.add_to_date(frappe.utils.now_datetime(), hours=-1)
	frappe.db.set_value("Invoice Payment", outcome["payment"], "creation", an_hour_ago, update_modified=False)
	frappe.db.commit()
	with world.as_user(world.payer):
		assert pay_api.payment_status(outcome["payment"])["outcome"] == "cancelled"
	assert world.reread().reserved_amount == 0
	assert [intent["status"] for intent in world.intents()] == ["canceled"]


def test_without_keys_the_form_says_so_and_who_can_help(world):
	frappe.db.set_value("Stripe Account", ACCOUNT, "status", "Not Connected")
	frappe.db.commit()
	try:
		payers = world.form()
		assert "API keys" in payers["loading_error"]["message"]
		assert payers["loading_error"]["link"] is None
		assert payers["stripe"] is None
		administrators = world.form(user="Administrator")
		assert "/stripe-account/" in administrators["loading_error"]["link"]
	finally:
		frappe.db.set_value("Stripe Account", ACCOUNT, "status", "Connected")
		frappe.db.commit()
