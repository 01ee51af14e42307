"""Stripe down, slow or limiting; keys revoked; the browser gone: one truthful state, and the form shows it."""

import frappe
import pytest

from stripe_service.api import pay as pay_api
from stripe_service.payments.new_card import StripeUnavailable
from tests.support.account import ACCOUNT, SECRET_KEY
from tests.support.records import unique


def payments_of(scene):
	frappe.db.rollback()
	return frappe.get_all(
		"Invoice Payment", filters={"reference_name": scene.invoice.name}, fields=["name", "status"]
	)


def test_stripe_is_down_when_the_card_is_read_and_nothing_was_started(scene):
	with pytest.raises(StripeUnavailable, match="Nothing was charged"):
		_pay_with_ready_token(scene)
	scene.emulator.clear_faults()
	assert payments_of(scene) == []
	assert scene.pay()["outcome"] == "paid"


def _pay_with_ready_token(scene, **more):
	from tests.support.cards import confirmation_token

	token = confirmation_token(scene.url)
	scene.emulator.fault(
		more.pop("kind", "refuse"), path=more.pop("path", "/v1/*"), count=more.pop("count", 100)
	)
	with scene.as_user(scene.payer):
		return pay_api.pay(
			"Portal Invoice", scene.invoice.name, "100.00", "card", confirmation_token=token, **more
		)


@pytest.mark.parametrize("kind", ["rate_limit", "error_before", "error_after"])
def test_a_passing_fault_at_the_confirmation_is_retried_and_charges_once(scene, kind):
	outcome = _pay_with_ready_token(scene, kind=kind, path="/v1/payment_intents/*/confirm", count=1)
	assert outcome["outcome"] in ("paid", "failed"), outcome
	succeeded = [intent for intent in scene.intents() if intent["status"] == "succeeded"]
	assert len(succeeded) == (1 if outcome["outcome"] == "paid" else 0)
	assert scene.reread().reserved_amount == 0


def test_stripe_limits_the_rate_for_long_and_the_amount_is_free_again(scene):
	outcome = _pay_with_ready_token(scene, kind="rate_limit", path="/v1/payment_intents", count=100)
	assert outcome["outcome"] == "failed"
	scene.emulator.clear_faults()
	assert scene.reread().reserved_amount == 0
	assert scene.received_minor() == 0


def test_a_slow_answer_is_waited_for(scene):
	scene.emulator.fault("slow", path="/v1/payment_intents/*/confirm", count=1, seconds=2)
	assert scene.pay()["outcome"] == "paid"
	assert scene.received_minor() == 10000


def test_the_keys_are_revoked_and_the_form_says_that_it_can_not_be_paid_now(scene):
	account = frappe.get_doc("Stripe Account", ACCOUNT)
	from stripe_service.accounts.secrets import write_secret

	write_secret(account.name, "secret_key", "sk_test_revoked_key")
	frappe.db.commit()
	try:
		with pytest.raises(frappe.ValidationError):
			scene.pay()
		assert payments_of(scene) == []
	finally:
		write_secret(account.name, "secret_key", SECRET_KEY)
		frappe.db.commit()
	assert scene.pay()["outcome"] == "paid"


def test_the_browser_closes_after_the_click_and_the_reopened_form_goes_on(scene):
	"""3-D Secure was asked for, the tab was closed: opened again, the form offers to go on, and does not pay twice."""
	outcome = scene.pay(card="3ds_required", request_id=unique("press"))
	form = scene.form()
	assert form["resume"]["payment"] == outcome["payment"]
	assert form["resume"]["client_secret"].startswith(scene.intents()[0]["id"])
	assert form["amount"]["max_minor"] == 0

	scene.emulator.authenticate(scene.intents()[0]["id"])
	with scene.as_user(scene.payer):
		assert pay_api.finish(form["resume"]["payment"])["outcome"] == "paid"


def test_another_payer_is_not_given_my_client_secret(scene):
	scene.pay(card="3ds_required")
	colleague = scene.make_payer()
	assert scene.form(user=colleague)["resume"] is None
	payment = payments_of(scene)[0].name
	with scene.as_user(colleague):
		with pytest.raises(frappe.PermissionError):
			pay_api.finish(payment)
		with pytest.raises(frappe.PermissionError):
			pay_api.abandon(payment)


def test_the_browser_lost_the_answer_and_asks_by_the_press(scene):
	press = unique("press")
	paid = scene.pay(request_id=press)
	with scene.as_user(scene.payer):
		told = pay_api.payment_status(doctype="Portal Invoice", name=scene.invoice.name, request_id=press)
		unknown = pay_api.payment_status(
			doctype="Portal Invoice", name=scene.invoice.name, request_id=unique("no")
		)
	assert told["payment"] == paid["payment"]
	assert unknown["outcome"] == "not_started"


def test_a_forgotten_claim_without_a_payment_intent_is_given_up_when_it_is_looked_at(scene):
	"""The worker was killed before Stripe had answered the creation."""
	scene.emulator.fault("refuse", path="/v1/payment_intents", method="POST", count=100)
	outcome = scene.pay()
	scene.emulator.clear_faults()
	an_hour_ago = frappe.utils.add_to_date(frappe.utils.now_datetime(), hours=-1)
	frappe.db.set_value("Invoice Payment", outcome["payment"], "creation", an_hour_ago, update_modified=False)
	frappe.db.commit()
	with scene.as_user(scene.payer):
		assert pay_api.payment_status(outcome["payment"])["outcome"] == "cancelled"
	assert scene.reread().reserved_amount == 0
	assert [intent["status"] for intent in scene.intents()] == ["canceled"]


def test_without_keys_the_form_says_so_and_who_can_help(scene):
	frappe.db.set_value("Stripe Account", ACCOUNT, "status", "Not Connected")
	frappe.db.commit()
	try:
		payers = scene.form()
		assert "API keys" in payers["loading_error"]["message"]
		assert payers["loading_error"]["link"] is None
		assert payers["stripe"] is None
		administrators = scene.form(user="Administrator")
		assert "/stripe-account/" in administrators["loading_error"]["link"]
	finally:
		frappe.db.set_value("Stripe Account", ACCOUNT, "status", "Connected")
		frappe.db.commit()
