"""Keys, parameters, pages, expansion: what holds for every call."""

import pytest
import stripe

from tests.emulator.conftest import API_VERSION, make_client


def refused(call, *arguments):
	with pytest.raises(stripe.StripeError) as caught:
		call(*arguments)
	return caught.value


def test_unknown_key_is_refused_and_not_repeated_in_full(api_url):
	error = refused(make_client("sk_test_emulator_nobody_abcd", api_url).customers.list)
	assert isinstance(error, stripe.AuthenticationError)
	assert error.http_status == 401
	assert "Invalid API Key provided: sk_test_" in str(error)
	assert "nobody" not in str(error)
	assert str(error).rstrip().endswith("abcd")


def test_publishable_key_cannot_do_a_servers_work(account, emulator_url, control):
	error = refused(make_client(account["keys"]["publishable"][0], emulator_url).customers.list)
	assert error.error.code == "secret_key_required"
	assert "This API call cannot be made with a publishable API key" in str(error)


def test_restricted_key_lacks_what_it_was_not_given(account, emulator_url, control):
	key = f"rk_test_{account['name']}"
	control.create_key(key, ["customer_read", "payment_intent_write"], account=account["name"])
	client = make_client(key, emulator_url)
	assert client.customers.list().data == []
	assert (
		client.payment_intents.create({"amount": 100, "currency": "usd"}).status == "requires_payment_method"
	)
	assert client.payment_intents.list().data  # writing includes reading

	error = refused(client.customers.create, {})
	assert isinstance(error, stripe.PermissionError)
	assert error.http_status == 403
	assert "'rak_customer_write' permission would allow" in str(error)
	error = refused(client.accounts.retrieve, account["id"])
	assert "rak_accounts_kyc_basic_read" in str(error)


def test_revoked_key_is_expired(account, emulator_url, control, client):
	client.customers.list()
	control.revoke_key(account["keys"]["secret"][0])
	error = refused(client.customers.list)
	assert error.http_status == 401
	assert error.error.code == "api_key_expired"


def test_account_tells_who_it_is(account, client, emulator_url, control):
	control.update_account(account["name"], capabilities={"us_bank_account_ach_payments": "pending"})
	found = client.accounts.retrieve(account["id"])
	assert found.id == account["id"]
	assert found.business_profile.name == account["business_name"]
	assert (found.country, found.default_currency, found.email) == ("US", "usd", account["email"])
	assert found.capabilities.us_bank_account_ach_payments == "pending"
	assert refused(client.accounts.retrieve, "acct_emulator_de").http_status == 403


def test_foreign_object_does_not_exist(client, customer, emulator_url, control):
	stranger = make_client("sk_test_emulator_us", emulator_url)
	error = refused(stranger.customers.retrieve, customer.id)
	assert error.http_status == 404
	assert error.code == "resource_missing"
	assert str(error).endswith(f"No such customer: '{customer.id}'")


def test_live_key_does_not_see_test_objects(account, client, customer, emulator_url, control):
	live = control.create_account(account["name"], id=account["id"], livemode=True)
	live_client = make_client(live["keys"]["secret"][0], emulator_url)
	error = refused(live_client.customers.retrieve, customer.id)
	assert "a similar object exists in test mode, but a live mode key was used" in str(error)
	assert live_client.customers.create({}).livemode is True
	assert refused(live_client.payment_intents.create, {
		"amount": 100, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True,
		"allowed_payment_method_types": ["card"],
	}).code == "resource_missing"  # fmt: skip


def test_unknown_url(account, emulator_url, control):
	import requests

	answer = requests.get(f"{emulator_url}/v1/nonsense", auth=(account["keys"]["secret"][0], ""), timeout=5)
	assert answer.status_code == 404
	assert answer.json()["error"]["message"].startswith("Unrecognized request URL (GET: /v1/nonsense)")


def test_unknown_parameter_is_refused_by_name(client):
	error = refused(client.payment_intents.create, {"amount": 100, "currency": "usd", "metdata": {"a": "1"}})
	assert error.http_status == 400
	assert error.code == "parameter_unknown"
	assert error.param == "metdata"
	error = refused(client.customers.create, {"address": {"street": "Main"}})
	assert error.param == "address[street]"


def test_parameter_that_endive_took_away(client):
	error = refused(
		client.payment_intents.create, {"amount": 100, "currency": "usd", "payment_method_types": ["card"]}
	)
	assert error.code == "payment_method_types_no_longer_supported"


def test_missing_and_malformed_parameters(client):
	error = refused(client.payment_intents.create, {"currency": "usd"})
	assert (error.code, error.param) == ("parameter_missing", "amount")
	error = refused(client.payment_intents.create, {"amount": "ten", "currency": "usd"})
	assert (error.code, error.param) == ("parameter_invalid_integer", "amount")
	error = refused(
		client.payment_intents.create, {"amount": 100, "currency": "usd", "capture_method": "never"}
	)
	assert error.param == "capture_method"
	assert "must be one of automatic, automatic_async, or manual" in str(error)
	error = refused(client.payment_intents.create, {"amount": 100, "currency": ""})
	assert error.param == "currency"
	error = refused(client.customers.create, {"metadata": {"k" * 41: "v"}})
	assert "40 characters" in str(error)


@pytest.mark.parametrize(
	("amount", "currency", "code"),
	[
		(49, "usd", "amount_too_small"),
		(0, "usd", "parameter_invalid_integer"),
		(100_000_000, "usd", "amount_too_large"),
		(49, "jpy", "amount_too_small"),
		(29, "gbp", "amount_too_small"),
		(1_001, "kwd", "parameter_invalid_integer"),
	],
)
def test_amounts_that_stripe_does_not_take(client, amount, currency, code):
	error = refused(client.payment_intents.create, {"amount": amount, "currency": currency})
	assert error.code == code
	assert error.param == "amount"


def test_unknown_currency(client):
	error = refused(client.payment_intents.create, {"amount": 100, "currency": "xxx"})
	assert error.param == "currency"
	assert "Invalid currency: xxx" in str(error)


def test_lists_go_page_by_page_newest_first(client, account, control):
	made = [client.customers.create({"name": f"Customer {number}"}).id for number in range(5)]
	first = client.customers.list({"limit": 2})
	assert [row.id for row in first.data] == made[:2:-1]
	assert first.has_more is True
	second = client.customers.list({"limit": 2, "starting_after": first.data[-1].id})
	assert [row.id for row in second.data] == made[2:0:-1]
	back = client.customers.list({"limit": 2, "ending_before": second.data[0].id})
	assert [row.id for row in back.data] == made[:2:-1]
	assert [row.id for row in client.customers.list({"limit": 2}).auto_paging_iter()] == made[::-1]
	assert refused(client.customers.list, {"limit": 101}).param == "limit"
	assert refused(client.customers.list, {"starting_after": "cus_nobody"}).code == "resource_missing"


def test_order_of_a_list_is_that_of_creation_whatever_changed_later(client, customer):
	made = [
		client.payment_intents.create({"amount": 1000, "currency": "usd", "customer": customer.id}).id
		for _ in range(3)
	]
	client.payment_intents.update(made[0], {"description": "changed last"})
	assert [row.id for row in client.payment_intents.list({"customer": customer.id}).data] == made[::-1]


def test_lists_by_time_of_creation(client, control):
	old = client.customers.create({"name": "Old"})
	control.advance(hours=2)
	new = client.customers.create({"name": "New"})
	assert [row.id for row in client.customers.list({"created": {"gt": old.created}}).data] == [new.id]
	assert [row.id for row in client.customers.list({"created": {"lte": old.created}}).data] == [old.id]
	assert [row.id for row in client.customers.list({"created": new.created}).data] == [new.id]


def test_expansion_reaches_several_levels_and_into_lists(client, customer, pay):
	made = pay(customer=customer.id, expand=["latest_charge.payment_intent.customer", "payment_method"])
	assert made.latest_charge.payment_intent.customer.email == "jenny@example.com"
	assert made.payment_method.card.brand == "visa"
	page = client.payment_intents.list({"customer": customer.id, "expand": ["data.customer"]})
	assert page.data[0].customer.id == customer.id
	error = refused(client.payment_intents.retrieve, made.id, {"expand": ["nonsense"]})
	assert str(error).endswith("This property cannot be expanded (nonsense).")


def test_version_must_be_one(account, api_url):
	client = stripe.StripeClient(
		account["keys"]["secret"][0],
		stripe_version="yesterday",
		**({"base_addresses": {"api": api_url}} if api_url else {}),
	)
	with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version: yesterday"):
		getattr(client, "v1", client).customers.list()


def test_answers_carry_request_id_and_version(client):
	response = client.customers.create({}).last_response
	assert response.headers["request-id"].startswith("req_")
	assert response.headers["stripe-version"] == API_VERSION
