"""Cards: what succeeds, what is declined and how, and what an intent lets be done to it."""

import pytest
import requests
import stripe

from tests.emulator.conftest import plain


def test_create_then_confirm_with_what_the_browser_collected(client, browser, customer, control):
	intent = client.payment_intents.create(
		{"amount": 1099, "currency": "usd", "customer": customer.id, "metadata": {"invoice": "INV-1"}}
	)
	assert intent.status == "requires_payment_method"
	assert intent.payment_method_types == ["card", "us_bank_account"]
	token = browser.card_token(return_url="https://example.com/back", setup_future_usage="off_session")
	assert token["payment_method_preview"]["card"]["last4"] == "4242"
	assert "4242424242424242" not in str(token)

	paid = client.payment_intents.confirm(
		intent.id, {"confirmation_token": token["id"], "expand": ["latest_charge"]}
	)
	assert (paid.status, paid.amount_received) == ("succeeded", 1099)
	assert paid.latest_charge.paid is True
	assert plain(paid.latest_charge)["metadata"] == {"invoice": "INV-1"}
	assert paid.latest_charge.receipt_url
	assert client.payment_methods.retrieve(paid.payment_method).customer == customer.id
	assert client.confirmation_tokens.retrieve(token["id"]).payment_intent == intent.id


def test_confirmation_token_works_once(client, browser, pay):
	token = browser.card_token(return_url="https://example.com/")
	intent = client.payment_intents.create({"amount": 1000, "currency": "usd"})
	client.payment_intents.confirm(intent.id, {"confirmation_token": token["id"]})
	again = client.payment_intents.create({"amount": 1000, "currency": "usd"})
	with pytest.raises(stripe.InvalidRequestError, match="already been used"):
		client.payment_intents.confirm(again.id, {"confirmation_token": token["id"]})
	assert client.payment_intents.retrieve(again.id).status == "requires_payment_method"


def test_confirmation_token_lives_twelve_hours(client, browser, control):
	token = browser.card_token(return_url="https://example.com/")
	control.advance(hours=13)
	intent = client.payment_intents.create({"amount": 1000, "currency": "usd"})
	with pytest.raises(stripe.InvalidRequestError, match="expired"):
		client.payment_intents.confirm(intent.id, {"confirmation_token": token["id"]})


def test_confirmation_token_of_the_test_helper(client):
	token = client.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"})
	intent = client.payment_intents.create(
		{"amount": 1000, "currency": "usd", "allowed_payment_method_types": ["card"]}
	)
	assert client.payment_intents.confirm(intent.id, {"confirmation_token": token.id}).status == "succeeded"


def test_confirming_twice_charges_once(client, pay):
	paid = pay()
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.payment_intents.confirm(paid.id)
	assert caught.value.code == "payment_intent_unexpected_state"
	assert "already succeeded" in str(caught.value)
	assert len(client.charges.list({"payment_intent": paid.id}).data) == 1


def test_intent_without_method_cannot_be_confirmed(client):
	intent = client.payment_intents.create({"amount": 1000, "currency": "usd"})
	with pytest.raises(stripe.InvalidRequestError, match="missing a payment method") as caught:
		client.payment_intents.confirm(intent.id, {"return_url": "https://example.com/"})
	assert caught.value.code == "payment_intent_unexpected_state"


def test_method_set_beforehand_waits_for_confirmation(client):
	intent = client.payment_intents.create(
		{"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa"}
	)
	assert intent.status == "requires_confirmation"
	assert (
		client.payment_intents.confirm(intent.id, {"return_url": "https://example.com/"}).status
		== "succeeded"
	)


def test_automatic_methods_need_somewhere_to_return_to(client):
	intent = client.payment_intents.create(
		{"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa"}
	)
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.payment_intents.confirm(intent.id)
	assert caught.value.param == "return_url"


def test_create_and_confirm_refused_leaves_nothing(client, account):
	with pytest.raises(stripe.InvalidRequestError):
		client.payment_intents.create(
			{"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
		)
	if account["name"] != "sandbox":
		assert client.payment_intents.list().data == []


@pytest.mark.parametrize(
	("token", "code", "decline_code"),
	[
		("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
		("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
		("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
		("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
		("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
		("pm_card_radarBlock", "card_declined", "fraudulent"),
		("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
		("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
		("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
		("pm_card_chargeDeclinedProcessingError", "processing_error", None),
	],
)
def test_decline_says_why_and_leaves_the_intent_usable(client, pay, token, code, decline_code):
	with pytest.raises(stripe.CardError) as caught:
		pay(token)
	error = caught.value.error
	assert (caught.value.http_status, caught.value.code, error.decline_code) == (402, code, decline_code)
	intent = error.payment_intent
	assert intent.status == "requires_payment_method"
	assert intent.payment_method is None
	assert intent.last_payment_error.code == code
	assert intent.last_payment_error.payment_method.type == "card"
	charge = client.charges.retrieve(error.charge)
	assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, code)
	assert intent.latest_charge == charge.id

	paid = client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
	assert (paid.status, paid.last_payment_error) == ("succeeded", None)


def test_card_that_can_be_saved_but_not_charged(client, customer, pay):
	method = client.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
	with pytest.raises(stripe.CardError):
		pay(method.id, customer=customer.id)
	assert client.payment_methods.retrieve(method.id).customer == customer.id


def test_blocked_payment_never_reached_the_bank(client, pay):
	with pytest.raises(stripe.CardError) as caught:
		pay("pm_card_radarBlock")
	outcome = client.charges.retrieve(caught.value.error.charge).outcome
	assert (outcome.type, outcome.network_status, outcome.risk_level) == (
		"blocked",
		"not_sent_to_network",
		"highest",
	)


def test_method_is_saved_only_when_asked(client, customer, pay):
	once = pay("pm_card_visa", customer=customer.id)
	assert client.payment_methods.retrieve(once.payment_method).customer is None
	with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
		pay(once.payment_method, customer=customer.id)
	saved = pay("pm_card_visa", customer=customer.id, setup_future_usage="off_session")
	assert pay(saved.payment_method, customer=customer.id).status == "succeeded"


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_confirmation", "requires_action"])
def test_open_intents_can_be_canceled_and_then_nothing_else(client, pay, status):
	if status == "requires_action":
		intent = pay("pm_card_authenticationRequired")
	else:
		method = {"payment_method": "pm_card_visa"} if status == "requires_confirmation" else {}
		intent = client.payment_intents.create({"amount": 1000, "currency": "usd", **method})
	assert intent.status == status
	canceled = client.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
	assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
	for call in (
		lambda: client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": "https://example.com/"}),
		lambda: client.payment_intents.cancel(intent.id),
		lambda: client.payment_intents.update(intent.id, {"amount": 2000}),
	):  # fmt: skip
		with pytest.raises(stripe.InvalidRequestError) as caught:
			call()
		assert caught.value.code == "payment_intent_unexpected_state"


def test_succeeded_intent_cannot_be_canceled(client, pay):
	with pytest.raises(
		stripe.InvalidRequestError,
		match="You cannot cancel this PaymentIntent because it has a status of succeeded",
	):
		client.payment_intents.cancel(pay().id)


def test_amount_can_change_until_it_is_paid(client):
	intent = client.payment_intents.create({"amount": 1000, "currency": "usd"})
	assert client.payment_intents.update(intent.id, {"amount": 700, "metadata": {"a": "b"}}).amount == 700
	paid = client.payment_intents.confirm(
		intent.id, {"payment_method": "pm_card_visa", "return_url": "https://example.com/"}
	)
	assert paid.amount_received == 700
	assert client.payment_intents.update(intent.id, {"description": "late"}).description == "late"


@pytest.mark.parametrize(("amount", "currency"), [(500, "jpy"), (12_340, "kwd"), (1999, "eur")])
def test_other_currencies(pay, amount, currency):
	assert pay(amount=amount, currency=currency).amount_received == amount


def test_intents_types_are_filtered_not_refused(client, account, control):
	both = {"allowed_payment_method_types": ["card", "us_bank_account"]}
	assert client.payment_intents.create(
		{"amount": 1000, "currency": "eur", **both}
	).payment_method_types == ["card"]
	with pytest.raises(stripe.InvalidRequestError, match="No valid payment method types"):
		client.payment_intents.create(
			{"amount": 1000, "currency": "eur", "allowed_payment_method_types": ["us_bank_account"]}
		)


def test_method_of_another_type_is_refused(client):
	intent = client.payment_intents.create(
		{"amount": 1000, "currency": "usd", "allowed_payment_method_types": ["card"]}
	)
	with pytest.raises(stripe.InvalidRequestError, match="is not allowed for this PaymentIntent"):
		client.payment_intents.confirm(intent.id, {"payment_method": "pm_usBankAccount_success"})


def test_browser_needs_the_client_secret_and_sees_only_its_part(client, browser):
	intent = client.payment_intents.create(
		{"amount": 1000, "currency": "usd", "metadata": {"secret": "of the server"}}
	)
	seen = browser.get(f"payment_intents/{intent.id}", client_secret=intent.client_secret)
	assert seen["status"] == "requires_payment_method"
	assert not {"metadata", "customer", "latest_charge", "amount_received"} & set(seen)
	assert "client_secret" in browser.get(f"payment_intents/{intent.id}")["error"]["message"]
	assert (
		"does not match"
		in browser.get(f"payment_intents/{intent.id}", client_secret="pi_x_secret_y")["error"]["message"]
	)


def test_browser_can_still_confirm_what_was_declined(client, browser, pay):
	"""Why a claim frees its amount only when its intent is canceled."""
	with pytest.raises(stripe.CardError) as caught:
		pay("pm_card_visa_chargeDeclined")
	intent = caught.value.error.payment_intent
	method = browser.post(
		"payment_methods",
		type="card",
		card={"number": "4242424242424242", "exp_month": "1", "exp_year": "2040", "cvc": "123"},
	)
	answer = browser.post(
		f"payment_intents/{intent.id}/confirm",
		client_secret=intent.client_secret,
		payment_method=method["id"],
	)
	assert answer["status"] == "succeeded"
	client.payment_intents.retrieve(intent.id)


def test_saved_card_by_confirmation_token(client, customer, pay):
	saved = pay("pm_card_visa", customer=customer.id, setup_future_usage="off_session").payment_method
	token = client.test_helpers.confirmation_tokens.create({"payment_method": saved})
	intent = client.payment_intents.create(
		{"amount": 1000, "currency": "usd", "customer": customer.id, "allowed_payment_method_types": ["card"]}
	)
	paid = client.payment_intents.confirm(intent.id, {"confirmation_token": token.id})
	assert (paid.status, paid.payment_method) == ("succeeded", saved)


@pytest.mark.parametrize("redisplay", ["always", "limited", "unspecified"])
def test_what_the_browser_asks_to_save_is_saved_as_it_said(client, browser, customer, redisplay):
	intent = client.payment_intents.create({"amount": 1000, "currency": "usd", "customer": customer.id})
	card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2040", "cvc": "123"}
	token = browser.post(
		"confirmation_tokens",
		payment_method_data={"type": "card", "card": card, "allow_redisplay": redisplay},
		return_url="https://example.com/",
		setup_future_usage="off_session",
	)
	paid = client.payment_intents.confirm(intent.id, {"confirmation_token": token["id"]})
	assert paid.setup_future_usage == "off_session"
	saved = client.payment_methods.retrieve(paid.payment_method)
	assert (saved.customer, saved.allow_redisplay) == (customer.id, redisplay)


def test_server_and_browser_must_agree_on_saving(client, browser, customer):
	intent = client.payment_intents.create(
		{"amount": 1000, "currency": "usd", "customer": customer.id, "setup_future_usage": "on_session"}
	)
	token = browser.card_token(return_url="https://example.com/", setup_future_usage="off_session")
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.payment_intents.confirm(intent.id, {"confirmation_token": token["id"]})
	assert caught.value.param == "setup_future_usage"
	assert client.confirmation_tokens.retrieve(token["id"]).payment_intent is None


def test_charge_can_be_annotated(client, pay):
	charge = pay().latest_charge
	changed = client.charges.update(charge, {"description": "Invoice 7", "metadata": {"invoice": "7"}})
	assert changed.description == "Invoice 7"
	assert changed.metadata["invoice"] == "7"


def test_receipt_can_be_read(client, pay, control):
	charge = client.charges.retrieve(pay(amount=123_456, description="Invoice 7").latest_charge)
	page = requests.get(charge.receipt_url, timeout=5).text
	assert "1,234.56 usd" in page
	assert "Invoice 7" in page
