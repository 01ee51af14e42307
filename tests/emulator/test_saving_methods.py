"""SetupIntents: cards saved, bank accounts added and verified by micro-deposits."""

import pytest
import requests
import stripe

from tests.emulator.conftest import ACCEPTED, bank_details


@pytest.fixture
def add_bank(client, customer):
	"""A SetupIntent confirmed with a bank account that still has to be verified."""

	def add_bank(number: str = "000123456789"):
		return client.setup_intents.create(
			{
				"customer": customer.id,
				"allowed_payment_method_types": ["us_bank_account"],
				"payment_method_data": bank_details(number),
				"payment_method_options": {"us_bank_account": {"verification_method": "microdeposits"}},
				"mandate_data": ACCEPTED,
				"confirm": True,
			}
		)

	return add_bank


def test_card_is_saved(client, customer):
	intent = client.setup_intents.create(
		{
			"customer": customer.id,
			"payment_method": "pm_card_visa",
			"confirm": True,
			"allowed_payment_method_types": ["card"],
			"expand": ["latest_attempt"],
		}
	)
	assert (intent.status, intent.latest_attempt.status) == ("succeeded", "succeeded")
	assert client.payment_methods.retrieve(intent.payment_method).customer == customer.id


def test_declined_card_is_not_saved(client, customer):
	with pytest.raises(stripe.CardError) as caught:
		client.setup_intents.create(
			{
				"customer": customer.id,
				"payment_method": "pm_card_chargeDeclined",
				"confirm": True,
				"allowed_payment_method_types": ["card"],
			}
		)
	intent = caught.value.error.setup_intent
	assert intent.status == "requires_payment_method"
	assert intent.last_setup_error.code == "card_declined"
	assert client.customers.payment_methods.list(customer.id).data == []


def test_instantly_verified_bank_account_is_usable_at_once(client, browser, customer, debit):
	linked = browser.post(
		"financial_connections/accounts", institution="Test Bank", account_number="000123456789"
	)
	intent = client.setup_intents.create(
		{"customer": customer.id, "allowed_payment_method_types": ["us_bank_account"]}
	)
	answer = browser.post(
		f"setup_intents/{intent.id}/confirm",
		client_secret=intent.client_secret,
		payment_method_data={
			"type": "us_bank_account",
			"us_bank_account": {
				"financial_connections_account": linked["id"],
				"account_holder_type": "individual",
			},
			"billing_details": {"name": "Jenny Rosen"},
		},
		mandate_data={"customer_acceptance": {"type": "online", "online": {"infer_from_client": True}}},
	)
	assert answer["status"] == "succeeded"
	mandate = client.setup_intents.retrieve(intent.id, {"expand": ["mandate"]}).mandate
	assert (mandate.status, mandate.type) == ("active", "multi_use")
	paid = debit(answer["payment_method"], customer=customer.id, mandate=mandate.id, mandate_data=None)
	assert paid.status == "processing"


def test_descriptor_code_verifies(client, customer, add_bank):
	intent = add_bank()
	action = intent.next_action.verify_with_microdeposits
	assert (intent.status, action.microdeposit_type) == ("requires_action", "descriptor_code")
	assert action.arrival_date > intent.created
	assert client.mandates.retrieve(intent.mandate).status == "pending"
	assert client.payment_methods.retrieve(intent.payment_method).customer is None

	verified = client.setup_intents.verify_microdeposits(intent.id, {"descriptor_code": "SM11AA"})
	assert (verified.status, verified.next_action) == ("succeeded", None)
	assert client.mandates.retrieve(intent.mandate).status == "active"
	assert client.payment_methods.retrieve(intent.payment_method).customer == customer.id


def test_two_amounts_verify_where_they_were_sent(client, add_bank, control):
	control.settings(microdeposit_type="amounts")
	intent = add_bank()
	assert intent.next_action.verify_with_microdeposits.microdeposit_type == "amounts"
	with pytest.raises(stripe.InvalidRequestError):
		client.setup_intents.verify_microdeposits(intent.id, {"descriptor_code": "SM11AA"})
	assert client.setup_intents.verify_microdeposits(intent.id, {"amounts": [32, 45]}).status == "succeeded"


def test_wrong_amounts_leave_two_tries_then_none(client, add_bank, control):
	control.settings(microdeposit_type="amounts")
	intent = add_bank()
	for left in ("2 attempts remaining", "1 attempt remaining"):
		with pytest.raises(stripe.InvalidRequestError, match=left) as caught:
			client.setup_intents.verify_microdeposits(intent.id, {"amounts": [1, 2]})
		assert caught.value.code == "payment_method_microdeposit_verification_amounts_mismatch"
		assert client.setup_intents.retrieve(intent.id).status == "requires_action"
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.setup_intents.verify_microdeposits(intent.id, {"amounts": [1, 2]})
	assert caught.value.code == "payment_method_microdeposit_verification_attempts_exceeded"
	failed = client.setup_intents.retrieve(intent.id)
	assert failed.status == "requires_payment_method"
	assert failed.last_setup_error.code == "payment_method_microdeposit_verification_attempts_exceeded"


@pytest.mark.parametrize(
	("code", "error"), [("SM33CC", "verification_attempts_exceeded"), ("SM44DD", "verification_timeout")]
)
def test_published_codes_that_end_the_verification(client, add_bank, code, error):
	intent = add_bank()
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.setup_intents.verify_microdeposits(intent.id, {"descriptor_code": code})
	assert caught.value.code == f"payment_method_microdeposit_{error}"
	assert client.setup_intents.retrieve(intent.id).status == "requires_payment_method"
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.setup_intents.verify_microdeposits(intent.id, {"descriptor_code": "SM11AA"})
	assert caught.value.code == "setup_intent_unexpected_state"


def test_verification_expires_after_ten_days(client, add_bank, control):
	intent = add_bank()
	control.advance(days=11)
	failed = client.setup_intents.retrieve(intent.id)
	assert failed.last_setup_error.code == "payment_method_microdeposit_verification_timeout"


def test_deposit_that_comes_back(client, add_bank, control):
	intent = add_bank("000666666661")
	control.advance(days=5)
	failed = client.setup_intents.retrieve(intent.id)
	assert failed.status == "requires_payment_method"
	assert failed.last_setup_error.code == "payment_method_microdeposit_failed"
	assert "setup_intent.setup_failed" in [event.type for event in client.events.list().data]


def test_hosted_page_verifies(client, add_bank, control):
	intent = add_bank()
	url = intent.next_action.verify_with_microdeposits.hosted_verification_url
	assert "Verify your bank account" in requests.get(url, timeout=5).text
	assert "succeeded" in requests.post(url, data={"descriptor_code": "SM11AA"}, timeout=5).text
	assert client.setup_intents.retrieve(intent.id).status == "succeeded"


def test_bank_account_needs_acceptance(client, customer):
	with pytest.raises(stripe.InvalidRequestError, match="requires a mandate"):
		client.setup_intents.create(
			{
				"customer": customer.id,
				"allowed_payment_method_types": ["us_bank_account"],
				"payment_method_data": bank_details(),
				"confirm": True,
			}
		)


def test_setup_can_be_canceled(client, add_bank):
	intent = add_bank()
	assert client.setup_intents.cancel(intent.id).status == "canceled"
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.setup_intents.confirm(intent.id)
	assert caught.value.code == "setup_intent_unexpected_state"


def test_browser_verifies_with_its_client_secret(client, browser, customer):
	intent = client.setup_intents.create(
		{"customer": customer.id, "allowed_payment_method_types": ["us_bank_account"]}
	)
	path, secret = f"setup_intents/{intent.id}", {"client_secret": intent.client_secret}
	confirmed = browser.post(
		f"{path}/confirm",
		payment_method_data=bank_details(),
		mandate_data={"customer_acceptance": {"type": "online", "online": {"infer_from_client": True}}},
		**secret,
	)
	assert confirmed["next_action"]["type"] == "verify_with_microdeposits"
	assert "customer" not in confirmed
	refused = browser.post(f"{path}/verify_microdeposits", descriptor_code="SM99ZZ", **secret)
	assert refused["error"]["code"] == "payment_method_microdeposit_verification_descriptor_code_mismatch"
	assert (
		"client_secret"
		in browser.post(f"{path}/verify_microdeposits", descriptor_code="SM11AA")["error"]["message"]
	)
	verified = browser.post(f"{path}/verify_microdeposits", descriptor_code="SM11AA", **secret)
	assert verified["status"] == "succeeded"


def test_confirmation_token_saves_too(client, browser, customer):
	intent = client.setup_intents.create({"customer": customer.id, "allowed_payment_method_types": ["card"]})
	token = browser.card_token(return_url="https://example.com/")
	done = client.setup_intents.confirm(intent.id, {"confirmation_token": token["id"]})
	assert done.status == "succeeded"
	assert client.confirmation_tokens.retrieve(token["id"]).setup_intent == intent.id
	assert client.payment_methods.retrieve(done.payment_method).customer == customer.id


def test_session_of_financial_connections(client, customer):
	session = client.financial_connections.sessions.create(
		{"account_holder": {"type": "customer", "customer": customer.id}, "permissions": ["payment_method"]}
	)
	assert client.financial_connections.sessions.retrieve(session.id).accounts.data == []


def test_instant_verification_only(client, customer):
	with pytest.raises(stripe.InvalidRequestError) as caught:
		client.setup_intents.create(
			{
				"customer": customer.id,
				"allowed_payment_method_types": ["us_bank_account"],
				"payment_method_data": bank_details(),
				"payment_method_options": {"us_bank_account": {"verification_method": "instant"}},
				"mandate_data": ACCEPTED,
				"confirm": True,
			}
		)
	assert caught.value.code == "intent_verification_method_missing"
