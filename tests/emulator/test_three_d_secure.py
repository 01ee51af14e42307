"""3-D Secure: asked for, completed, failed, declined afterwards, and remembered for saved cards."""

import pytest
import requests
import stripe

ALWAYS = "pm_card_authenticationRequired"


def test_server_with_return_url_gets_a_redirect(pay, client, control):
	intent = pay(ALWAYS, return_url="https://example.com/back?order=1")
	assert intent.status == "requires_action"
	assert intent.next_action.type == "redirect_to_url"
	assert client.charges.list({"payment_intent": intent.id}).data == []
	page = requests.get(intent.next_action.redirect_to_url.url, timeout=5)
	assert "Complete" in page.text and "Fail" in page.text

	answer = requests.post(
		intent.next_action.redirect_to_url.url, data={"outcome": "complete"}, timeout=5, allow_redirects=False
	)
	assert answer.headers["Location"].startswith("https://example.com/back?order=1&payment_intent=")
	assert "redirect_status=succeeded" in answer.headers["Location"]
	paid = client.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
	assert paid.status == "succeeded"
	assert paid.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_stripe_js_gets_what_it_handles_itself(pay, client, control):
	intent = pay(ALWAYS, use_stripe_sdk=True, return_url="https://example.com/")
	assert intent.next_action.type == "use_stripe_sdk"
	assert intent.next_action.use_stripe_sdk.type == "three_d_secure_redirect"
	url = intent.next_action.use_stripe_sdk.stripe_js
	assert requests.post(url, json={"outcome": "complete"}, timeout=5).json() == {"status": "succeeded"}


def test_failed_authentication_leaves_the_intent_usable(pay, client, control):
	intent = pay(ALWAYS)
	assert control.fail_3ds(intent.id) == "requires_payment_method"
	failed = client.payment_intents.retrieve(intent.id)
	assert failed.last_payment_error.code == "payment_intent_authentication_failure"
	assert failed.latest_charge is None
	assert client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


def test_page_needs_the_client_secret(pay, emulator_url, control):
	intent = pay(ALWAYS)
	assert (
		requests.get(f"{emulator_url}/emulator/3ds/{intent.id}?client_secret=x", timeout=5).status_code == 404
	)


def test_declined_after_authentication(pay, client, control):
	intent = pay("pm_card_threeDSecureRequiredChargeDeclined")
	assert intent.status == "requires_action"
	control.complete_3ds(intent.id)
	declined = client.payment_intents.retrieve(intent.id)
	assert declined.status == "requires_payment_method"
	assert declined.last_payment_error.decline_code == "generic_decline"
	assert client.charges.retrieve(declined.latest_charge).status == "failed"


def test_lookup_that_fails_is_a_decline(pay):
	with pytest.raises(stripe.CardError) as caught:
		pay("pm_card_threeDSecureRequiredProcessingError")
	assert caught.value.code == "card_declined"


def test_off_session_cannot_ask(pay, client, customer):
	setup = client.payment_methods.attach(ALWAYS, {"customer": customer.id})
	with pytest.raises(stripe.CardError) as caught:
		pay(setup.id, customer=customer.id, off_session=True)
	assert caught.value.code == "authentication_required"
	assert caught.value.error.payment_intent.status == "requires_payment_method"


def test_error_on_requires_action(pay):
	with pytest.raises(stripe.CardError) as caught:
		pay(ALWAYS, error_on_requires_action=True)
	assert caught.value.code == "authentication_required"


def test_card_set_up_once_asks_no_more(pay, client, customer, control):
	intent = client.setup_intents.create(
		{
			"customer": customer.id, "payment_method": "pm_card_authenticationRequiredOnSetup", "confirm": True,
			"allowed_payment_method_types": ["card"],
		}
	)  # fmt: skip
	assert intent.status == "requires_action"
	assert control.complete_3ds(intent.id) == "succeeded"
	method = client.setup_intents.retrieve(intent.id).payment_method
	assert pay(method, customer=customer.id).status == "succeeded"
	assert pay("pm_card_authenticationRequiredOnSetup").status == "requires_action"


def test_card_set_up_for_payments_with_its_holder_alone_is_asked_about_off_session(
	pay, client, customer, control
):
	first = pay(
		"pm_card_authenticationRequiredOnSetup", customer=customer.id, setup_future_usage="on_session"
	)
	control.complete_3ds(first.id)
	method = client.payment_intents.retrieve(first.id).payment_method
	assert pay(method, customer=customer.id).status == "succeeded"
	with pytest.raises(stripe.CardError) as caught:
		pay(method, customer=customer.id, off_session=True)
	assert caught.value.code == "authentication_required"
	again = client.setup_intents.create(
		{
			"customer": customer.id, "payment_method": method, "confirm": True, "usage": "off_session",
			"allowed_payment_method_types": ["card"],
		}
	)  # fmt: skip
	control.complete_3ds(again.id)
	assert pay(method, customer=customer.id, off_session=True).status == "succeeded"


def test_failed_setup(client, customer, control):
	intent = client.setup_intents.create(
		{
			"customer": customer.id, "payment_method": ALWAYS, "confirm": True, "allowed_payment_method_types": ["card"],
		}
	)  # fmt: skip
	control.fail_3ds(intent.id)
	failed = client.setup_intents.retrieve(intent.id, {"expand": ["latest_attempt"]})
	assert failed.status == "requires_payment_method"
	assert failed.last_setup_error.code == "setup_intent_authentication_failure"
	assert failed.latest_attempt.status == "failed"
