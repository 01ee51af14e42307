"""Customers, and the cards and bank accounts saved for them."""

import uuid

import pytest
import stripe

from tests.emulator.conftest import bank_details, plain


def test_customer_is_made_changed_and_deleted(client):
	customer = client.customers.create(
		{"name": "Jenny", "email": "jenny@example.com", "metadata": {"a": "1", "b": "2"}}
	)
	changed = client.customers.update(customer.id, {"name": "Jenny Rosen", "metadata": {"b": "", "c": "3"}})
	assert changed.name == "Jenny Rosen"
	assert plain(changed)["metadata"] == {"a": "1", "c": "3"}
	assert client.customers.delete(customer.id).deleted is True
	assert client.customers.retrieve(customer.id).deleted is True
	for call in (
		lambda: client.customers.update(customer.id, {"name": "x"}),
		lambda: client.customers.delete(customer.id),
	):
		with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
			call()
	with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
		client.payment_intents.create({"amount": 100, "currency": "usd", "customer": customer.id})


def test_customers_found_by_email(client):
	email = f"{uuid.uuid4().hex}@example.com"  # a sandbox remembers earlier runs
	wanted = client.customers.create({"email": email})
	client.customers.create({"email": "another@example.com"})
	assert [row.id for row in client.customers.list({"email": email}).data] == [wanted.id]


def test_bad_email(client):
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.customers.create({"email": "nobody"})
	assert caught.value.code == "email_invalid"


def test_method_is_attached_listed_and_detached(client, customer):
	method = client.payment_methods.attach("pm_card_mastercard", {"customer": customer.id})
	assert method.customer == customer.id
	assert (method.card.brand, method.card.last4) == ("mastercard", "4444")
	assert [row.id for row in client.customers.payment_methods.list(customer.id, {"type": "card"}).data] == [
		method.id
	]
	assert client.customers.payment_methods.list(customer.id, {"type": "us_bank_account"}).data == []
	assert [row.id for row in client.payment_methods.list({"customer": customer.id}).data] == [method.id]

	assert client.payment_methods.detach(method.id).customer is None
	assert client.customers.payment_methods.list(customer.id).data == []
	with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
		client.payment_methods.attach(method.id, {"customer": customer.id})


def test_method_belongs_to_one_customer(client, customer):
	method = client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
	other = client.customers.create({})
	with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
		client.payment_methods.attach(method.id, {"customer": other.id})
	with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method with the ID"):
		client.payment_intents.create(
			{"amount": 100, "currency": "usd", "customer": other.id, "payment_method": method.id}
		)
	with pytest.raises(stripe.InvalidRequestError, match="belongs to a Customer"):
		client.payment_intents.create({"amount": 100, "currency": "usd", "payment_method": method.id})


def test_deleting_the_customer_takes_the_methods_away(client, customer):
	method = client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
	client.customers.delete(customer.id)
	assert client.payment_methods.retrieve(method.id).customer is None


def test_saved_method_can_be_annotated_and_get_a_new_expiry(client, customer):
	method = client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
	changed = client.payment_methods.update(
		method.id, {"card": {"exp_year": 2049}, "allow_redisplay": "always", "metadata": {"k": "v"}}
	)
	assert (changed.card.exp_year, changed.allow_redisplay) == (2049, "always")


def test_declined_card_cannot_be_saved(client, customer):
	with pytest.raises(stripe.CardError) as caught:
		client.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})
	assert (caught.value.code, caught.value.http_status) == ("card_declined", 402)
	assert client.customers.payment_methods.list(customer.id).data == []


def test_unverified_bank_account_cannot_be_attached(client, customer):
	method = client.payment_methods.create(bank_details())
	with pytest.raises(stripe.InvalidRequestError, match="must be verified"):
		client.payment_methods.attach(method.id, {"customer": customer.id})


def test_bank_account_needs_a_name_and_test_numbers(client):
	for change, param in (
		({"billing_details": {"email": "a@example.com"}}, "billing_details[name]"),
		({"us_bank_account": {"account_number": "000123456789", "routing_number": "999999999"}}, "us_bank_account[routing_number]"),
		({"us_bank_account": {"account_number": "1", "routing_number": "110000000"}}, "us_bank_account[account_number]"),
	):  # fmt: skip
		with pytest.raises(stripe.InvalidRequestError) as caught:
			client.payment_methods.create({**bank_details(), **change})
		assert caught.value.param == param


def test_card_numbers_from_a_server_are_refused(client, control):
	with pytest.raises(stripe.StripeError, match="generally unsafe") as caught:
		client.payment_methods.create(
			{
				"type": "card",
				"card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"},
			}
		)
	assert caught.value.http_status == 402


@pytest.mark.parametrize(
	("card", "code", "param"),
	[
		({"number": "4242424242424241"}, "incorrect_number", "number"),
		({"number": "42"}, "invalid_number", "number"),
		({"exp_month": "13"}, "invalid_expiry_month", "exp_month"),
		({"exp_year": "2001"}, "invalid_expiry_year", "exp_year"),
		({"cvc": "1"}, "invalid_cvc", "cvc"),
	],
)
def test_what_the_browser_enters_is_checked(browser, card, code, param):
	right = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2040", "cvc": "123"}
	answer = browser.post("payment_methods", type="card", card={**right, **card})
	assert (answer["error"]["type"], answer["error"]["code"], answer["error"]["param"]) == (
		"card_error",
		code,
		param,
	)


@pytest.mark.parametrize(
	("token", "brand"),
	[
		("pm_card_visa", "visa"), ("pm_card_mastercard", "mastercard"), ("pm_card_amex", "amex"),
		("pm_card_discover", "discover"), ("pm_card_diners", "diners"), ("pm_card_jcb", "jcb"),
		("pm_card_unionpay", "unionpay"),
	],
)  # fmt: skip
def test_every_brand_says_what_it_is(client, customer, token, brand):
	assert client.payment_methods.attach(token, {"customer": customer.id}).card.brand == brand


def test_customer_session_shows_saved_methods(client, customer):
	session = client.customer_sessions.create(
		{"customer": customer.id, "components": {"payment_element": {"enabled": True, "features": {"payment_method_redisplay": "enabled"}}}}
	)  # fmt: skip
	assert session.customer == customer.id
	features = plain(session)["components"]["payment_element"]["features"]
	assert features["payment_method_redisplay"] == "enabled"
	assert features["payment_method_allow_redisplay_filters"] == ["always"]
