"""What Stripe refuses for a reason that nobody at the till can mend: keys, rights, accounts, settings, forgotten objects."""

import uuid

import pytest
import stripe

from stripe_emulator.accounts import APP_PERMISSIONS
from tests.emulator.conftest import make_client


def refused(call, *arguments):
	with pytest.raises(stripe.StripeError) as caught:
		call(*arguments)
	return caught.value


@pytest.fixture
def saved(client, customer):
	"""A customer's saved card, with all that a payment names."""
	method = client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
	return {
		"amount": 1000, "currency": "usd", "customer": customer.id, "payment_method": method.id, "confirm": True,
		"allowed_payment_method_types": ["card"],
	}  # fmt: skip


@pytest.mark.parametrize("param", ["customer", "payment_method"])
def test_object_that_stripe_no_longer_knows_is_named_by_its_parameter(client, saved, control, param):
	control.forget(saved[param])
	error = refused(client.payment_intents.create, saved)
	assert (error.http_status, error.code, error.param) == (400, "resource_missing", param)
	assert saved[param] in str(error)


def test_mandate_that_stripe_no_longer_knows(client, customer, debit, control):
	intent = debit(customer=customer.id, setup_future_usage="off_session")
	mandate = client.charges.retrieve(intent.latest_charge).payment_method_details.us_bank_account.mandate
	control.forget(mandate)
	error = refused(
		lambda: debit(intent.payment_method, customer=customer.id, mandate=mandate, mandate_data=None)
	)
	assert (error.http_status, error.code, error.param) == (400, "resource_missing", "mandate")


def test_forgotten_customer_is_missing_in_every_call(client, customer, control):
	control.forget(customer.id)
	assert refused(client.customers.retrieve, customer.id).http_status == 404
	for call in (
		lambda: client.setup_intents.create({"customer": customer.id}),
		lambda: client.payment_methods.list({"customer": customer.id}),
		lambda: client.payment_methods.attach("pm_card_visa", {"customer": customer.id}),
		lambda: client.customer_sessions.create(
			{"customer": customer.id, "components": {"payment_element": {"enabled": True}}}
		),
	):
		error = refused(call)
		assert (error.code, error.param) == ("resource_missing", "customer")


def test_payment_outlives_its_forgotten_method(client, pay, control):
	intent = pay()
	control.forget(intent.payment_method)
	assert client.refunds.create({"payment_intent": intent.id}).status == "succeeded"


@pytest.mark.parametrize(
	"email",
	["nobody", "no body@example.com", "a..b@example.com", ".a@example.com", "a@example", "ü@example.com"],
)
def test_malformed_address_is_refused_wherever_it_is_given(client, email):
	error = refused(client.customers.create, {"email": email})
	assert (error.http_status, error.code, error.param) == (400, "email_invalid", "email")
	error = refused(client.payment_intents.create, {"amount": 100, "currency": "usd", "receipt_email": email})
	assert (error.code, error.param) == ("email_invalid", "receipt_email")


def test_any_address_can_be_refused_on_demand(client, customer, control):
	intent = client.payment_intents.create(
		{"amount": 1000, "currency": "usd", "allowed_payment_method_types": ["card"]}
	)
	control.settings(refused_emails=["*@refused.example"])
	email = "Jane@Refused.example"
	assert refused(client.customers.create, {"email": email}).param == "email"
	assert refused(client.customers.update, customer.id, {"email": email}).param == "email"
	assert (
		refused(client.payment_intents.update, intent.id, {"receipt_email": email}).param == "receipt_email"
	)
	confirm = {"payment_method": "pm_card_visa", "receipt_email": email}
	assert refused(client.payment_intents.confirm, intent.id, confirm).param == "receipt_email"
	assert client.customers.create({"email": "jane@example.com"}).email == "jane@example.com"


def test_key_that_loses_a_right_and_gets_it_back(account, emulator_url, control):
	key = f"rk_test_{account['name']}"
	control.create_key(key, APP_PERMISSIONS, account=account["name"])
	client = make_client(key, emulator_url)
	client.customers.create({})
	control.set_permissions(key, [name for name in APP_PERMISSIONS if name != "customer_write"])
	error = refused(client.customers.create, {})
	assert (error.http_status, type(error)) == (403, stripe.PermissionError)
	assert "'rak_customer_write' permission would allow this request to continue" in str(error)
	control.set_permissions(key, APP_PERMISSIONS)
	assert client.customers.create({}).id


def test_account_that_may_not_charge(account, client, control):
	intent = client.payment_intents.create(
		{"amount": 1000, "currency": "usd", "allowed_payment_method_types": ["card"]}
	)
	control.update_account(account["name"], charges_enabled=False)
	assert client.accounts.retrieve(account["id"]).charges_enabled is False
	for call, arguments in (
		(client.payment_intents.create, ({"amount": 1000, "currency": "usd"},)),
		(client.payment_intents.confirm, (intent.id, {"payment_method": "pm_card_visa"})),
		(client.setup_intents.create, ({},)),
	):
		error = refused(call, *arguments)
		assert (error.http_status, error.code) == (400, "testmode_charges_only")
		assert "cannot currently make live charges" in str(error)
	assert client.customers.create({}).id, "everything else goes on"
	control.update_account(account["name"], charges_enabled=True)
	assert client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


def test_method_that_is_switched_off_is_left_out_without_a_word(account, client, control):
	wanted = {"amount": 1000, "currency": "usd", "allowed_payment_method_types": ["card", "us_bank_account"]}
	assert client.payment_intents.create(wanted).payment_method_types == ["card", "us_bank_account"]
	control.switch_method("us_bank_account", False, account=account["name"])
	left = client.payment_intents.create(wanted)
	assert left.payment_method_types == ["card"]
	assert left.allowed_payment_method_types == ["card", "us_bank_account"]
	assert client.setup_intents.create({}).payment_method_types == ["card"]
	error = refused(
		client.payment_intents.create, {**wanted, "allowed_payment_method_types": ["us_bank_account"]}
	)
	assert "No valid payment method types" in str(error)
	control.switch_method("us_bank_account", True, account=account["name"])
	assert client.payment_intents.create(wanted).payment_method_types == ["card", "us_bank_account"]


def test_payment_method_domains(client):
	name = f"portal-{uuid.uuid4().hex[:8]}.example.com"
	made = client.payment_method_domains.create({"domain_name": name.capitalize()})
	assert (made.domain_name, made.enabled) == (name, True)
	assert client.payment_method_domains.create({"domain_name": name}).id == made.id
	client.payment_method_domains.update(made.id, {"enabled": False})
	assert client.payment_method_domains.retrieve(made.id).enabled is False
	found = client.payment_method_domains.list({"domain_name": name})
	assert [row.id for row in found.data] == [made.id]
	assert client.payment_method_domains.list({"domain_name": name, "enabled": True}).data == []
	assert refused(client.payment_method_domains.create, {"domain_name": "https://x"}).param == "domain_name"


def test_domain_that_nobody_can_reach_gets_no_wallets(client):
	local = client.payment_method_domains.create({"domain_name": f"p{uuid.uuid4().hex[:8]}.localhost.test"})
	assert client.payment_method_domains.validate(local.id).google_pay.status == "inactive"
	assert "unable to verify" in local.google_pay.status_details.error_message


def test_wallets_are_shown_on_a_registered_domain_and_pay_as_cards(client, browser):
	name = f"portal-{uuid.uuid4().hex[:8]}.example.com"

	def shown():
		return browser.get("elements/sessions", domain=name)["wallets"]

	assert shown() == []
	made = client.payment_method_domains.create({"domain_name": name})
	assert shown() == ["apple_pay", "google_pay", "link"]
	client.payment_method_domains.update(made.id, {"enabled": False})
	assert shown() == []

	card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2040"}
	token = browser.post(
		"confirmation_tokens", payment_method_data={"type": "card", "card": card}, wallet="google_pay"
	)
	preview = client.confirmation_tokens.retrieve(token["id"]).payment_method_preview
	assert (preview.type, preview.card.brand, preview.card.wallet.type) == ("card", "visa", "google_pay")
	intent = client.payment_intents.create(
		{
			"amount": 500,
			"currency": "usd",
			"allowed_payment_method_types": ["card"],
			"confirm": True,
			"confirmation_token": token["id"],
			"return_url": "https://example.com",
			"expand": ["latest_charge"],
		}
	)
	assert intent.latest_charge.payment_method_details.card.wallet.type == "google_pay"
