"""Every object carries every field that the SDK's own classes say is always there, however deep."""

import typing

import pytest
import stripe

from tests.emulator.conftest import ACCEPTED, API_VERSION, bank_details, plain

CLASSES = {
	"account": stripe.Account,
	"balance": stripe.Balance,
	"balance_transaction": stripe.BalanceTransaction,
	"bank_account": stripe.BankAccount,
	"charge": stripe.Charge,
	"confirmation_token": stripe.ConfirmationToken,
	"customer": stripe.Customer,
	"customer_session": stripe.CustomerSession,
	"dispute": stripe.Dispute,
	"event": stripe.Event,
	"financial_connections.account": stripe.financial_connections.Account,
	"financial_connections.session": stripe.financial_connections.Session,
	"mandate": stripe.Mandate,
	"payment_intent": stripe.PaymentIntent,
	"payment_method": stripe.PaymentMethod,
	"payment_method_domain": stripe.PaymentMethodDomain,
	"payout": stripe.Payout,
	"radar.early_fraud_warning": stripe.radar.EarlyFraudWarning,
	"refund": stripe.Refund,
	"setup_attempt": stripe.SetupAttempt,
	"setup_intent": stripe.SetupIntent,
	"webhook_endpoint": stripe.WebhookEndpoint,
}


def missing(value, hint, path: str) -> list[str]:
	"""The required fields of `hint` that `value` lacks, by their path."""
	if isinstance(value, list):
		item = next(
			(typing.get_args(a)[0] for a in alternatives(hint) if typing.get_origin(a) is list), object
		)
		return [
			name for number, entry in enumerate(value) for name in missing(entry, item, f"{path}[{number}]")
		]
	classes = [a for a in alternatives(hint) if isinstance(a, type) and issubclass(a, stripe.StripeObject)]
	if not isinstance(value, dict) or not classes or classes[0] is stripe.StripeObject:
		return []
	found = []
	for name, field in own_hints(classes[0]).items():
		if name in value:
			if value[name] is not None:
				found += missing(value[name], field, f"{path}.{name}")
			elif type(None) not in typing.get_args(field):
				found.append(f"{path}.{name} is null")
		elif type(None) not in typing.get_args(field):
			found.append(f"{path}.{name}")
	return found


def foreign(value, hint, path: str) -> list[str]:
	"""The values that the SDK's enumerations of `hint` do not have, by their path."""
	known = [
		name
		for a in alternatives(hint)
		if typing.get_origin(a) is typing.Literal
		for name in typing.get_args(a)
	]
	if isinstance(value, str):
		return [f"{path} is {value}"] if known and value not in known else []
	if isinstance(value, list):
		items = [typing.get_args(a)[0] for a in alternatives(hint) if typing.get_origin(a) is list]
		return [name for entry in value for item in items for name in foreign(entry, item, path)]
	classes = [a for a in alternatives(hint) if isinstance(a, type) and issubclass(a, stripe.StripeObject)]
	if not isinstance(value, dict) or not classes or classes[0] is stripe.StripeObject:
		return []
	hints = own_hints(classes[0])
	return [
		name
		for field, entry in value.items()
		if field in hints
		for name in foreign(entry, hints[field], f"{path}.{field}")
	]


def alternatives(hint) -> list:
	"""The members of a Union (or Optional), or the type itself; forward references as the SDK's class of that name."""
	if isinstance(hint, typing.ForwardRef):
		return [getattr(stripe, hint.__forward_arg__, object)]
	if typing.get_origin(hint) is not typing.Union:
		return [hint]
	return [b for a in typing.get_args(hint) for b in alternatives(a)]


def own_hints(cls: type) -> dict:
	"""The annotations that describe fields; those of StripeObject and of class constants do not."""
	bases = [
		base
		for base in cls.__mro__
		if issubclass(base, stripe.StripeObject) and base is not stripe.StripeObject
	]
	return {
		name: hint
		for base in bases
		for name, hint in vars(base).get("__annotations__", {}).items()
		if not name.startswith("_") and name not in ("OBJECT_NAME", "deleted")
	}


@pytest.fixture
def everything(client, account, customer, pay, debit, browser, control):
	"""One of each kind, in several states, as the API answers them."""
	paid = pay(amount=100_000, customer=customer.id, setup_future_usage="off_session")
	disputed = pay("pm_card_createDispute")
	pay("pm_card_createIssuerFraudRecord")
	asked = pay("pm_card_authenticationRequired", return_url="https://example.com/")
	with pytest.raises(stripe.CardError) as declined:
		pay("pm_card_chargeDeclined")
	processing = debit(customer=customer.id, setup_future_usage="off_session")
	setup = client.setup_intents.create(
		{
			"customer": customer.id, "payment_method_data": bank_details(), "mandate_data": ACCEPTED, "confirm": True,
			"allowed_payment_method_types": ["us_bank_account"],
		}
	)  # fmt: skip
	card_setup = client.setup_intents.create(
		{"payment_method": "pm_card_visa", "confirm": True, "allowed_payment_method_types": ["card"]}
	)
	control.advance(seconds=10)
	late = debit()
	control.settle(late.id)
	control.late_return(late.id)
	refund = client.refunds.create({"payment_intent": paid.id, "amount": 100})
	for outcome in ("fails", "requires_action", "waits_for_funds"):
		control.next_refund(outcome, account=account["name"])
		client.refunds.create({"payment_intent": paid.id, "amount": 100})
	foreign_money = pay(currency="eur")
	control.advance(seconds=10)
	for how in (
		{"inquiry": True},
		{"status": "prevented", "case_type": "resolution"},
		{"status": "appeal_needs_response"},
	):
		control.dispute(foreign_money.id, amount=100, **how)
	payout = control.payout(account["name"])["payout"]
	linked = browser.post("financial_connections/accounts", account_number="000123456789")
	session = {
		"account_holder": {"type": "customer", "customer": customer.id},
		"permissions": ["payment_method"],
	}
	objects = [
		client.accounts.retrieve(account["id"]),
		client.balance.retrieve(),
		client.confirmation_tokens.retrieve(browser.card_token()["id"]),
		client.confirmation_tokens.retrieve(browser.bank_token()["id"]),
		client.customer_sessions.create(
			{"customer": customer.id, "components": {"payment_element": {"enabled": True}}}
		),
		client.customers.retrieve(customer.id),
		client.financial_connections.accounts.retrieve(linked["id"]),
		client.financial_connections.sessions.create(session),
		client.payouts.retrieve(payout, {"expand": ["destination"]}),
		client.refunds.retrieve(refund.id),
		client.mandates.retrieve(setup.mandate),
		client.payment_method_domains.create({"domain_name": "pay.example.com"}),
		client.payment_method_domains.create({"domain_name": "pay.example.test"}),
		client.webhook_endpoints.create({"url": "https://example.com/", "enabled_events": ["*"]}),
	]
	expanded = {"expand": ["latest_charge.balance_transaction", "payment_method"]}
	for intent in (
		paid,
		foreign_money,
		disputed,
		asked,
		declined.value.error.payment_intent,
		processing,
		late,
	):
		objects.append(client.payment_intents.retrieve(intent.id, expanded))
	for intent in (setup, card_setup):
		objects.append(
			client.setup_intents.retrieve(
				intent.id, {"expand": ["latest_attempt", "payment_method", "mandate"]}
			)
		)
	for service in (client.disputes, client.refunds, client.balance_transactions, client.events):
		objects += service.list({"limit": 100}).data
	return [plain(each) for each in objects]


def parts(value) -> list[dict]:
	"""Every API object in an answer, at any depth."""
	if isinstance(value, list):
		return [part for entry in value for part in parts(entry)]
	if not isinstance(value, dict):
		return []
	inside = [part for entry in value.values() for part in parts(entry)]
	kind = value.get("object")
	return [value, *inside] if isinstance(kind, str) and kind in CLASSES else inside


def test_every_object_is_complete(everything):
	found = parts(everything)
	absent = {
		f"{row['object']}: {name.removeprefix('.')}"
		for row in found
		for name in missing(row, CLASSES[row["object"]], "")
	}
	assert not absent, "\n".join(sorted(absent))
	assert {row["object"] for row in found} == set(CLASSES)
	if stripe.api_version == API_VERSION:  # an older SDK knows older enumerations
		unheard_of = {
			f"{row['object']}: {name.removeprefix('.')}"
			for row in found
			for name in foreign(row, CLASSES[row["object"]], "")
		}
		assert not unheard_of, "\n".join(sorted(unheard_of))


def test_no_private_field_leaves_the_emulator(everything):
	assert not [name for row in parts(everything) for name in row if name.startswith("_")]
	assert "4242424242424242" not in str(everything)
	assert "000123456789" not in str(everything)
