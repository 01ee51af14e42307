"""An administrator enters API keys, and Stripe says whose they are; wrong ones are refused and nothing is written."""

import threading

import frappe
import pytest

from stripe_service.accounts import registration, stripe_account
from stripe_service.accounts.keys import KeyRefused
from stripe_service.accounts.secrets import read_secret
from stripe_service.gateway.client import API_VERSION
from stripe_service.gateway.events import EVENT_TYPES
from stripe_service.utils.people import editors_of
from tests.support.servers import wait_for_fault
from tests.support.site import bench, site_name
from tests.support.webhooks import secrets_of


def test_saving_keys_asks_stripe_who_they_belong_to_and_registers_the_webhook(account, drain):
	account.connect()
	drain()

	doc = account.document()
	assert (doc.status, doc.mode, doc.details_source) == ("Connected", "Test", "Stripe")
	assert (doc.stripe_account_id, doc.business_name) == (account.record["id"], "Faber & Sons")
	assert (doc.country, doc.default_currency, doc.email) == ("US", "USD", "owner@faber.example")
	assert (doc.charges_enabled, doc.ach_capability) == (1, "Active")
	assert stripe_account.ach_available(doc) == (True, "")
	[endpoint] = account.endpoints()
	assert doc.webhook_status == "Registered", doc.webhook_message
	assert (endpoint["url"], endpoint["id"]) == (doc.webhook_url, doc.webhook_endpoint_id)
	assert doc.webhook_token in endpoint["url"]
	assert sorted(endpoint["enabled_events"]) == sorted(EVENT_TYPES)
	assert endpoint["api_version"] == API_VERSION
	assert endpoint["metadata"]["site"] == frappe.local.site
	[secret] = secrets_of(doc.name)
	assert secret.startswith("whsec_")


def test_the_gateway_of_a_connected_account_calls_stripe_as_that_account(account):
	account.connect()
	assert (
		stripe_account.gateway_for(account.name).call("accounts.retrieve_current")["id"]
		== account.record["id"]
	)


@pytest.mark.parametrize(
	"keys, message",
	[
		({"secret_key": ""}, "Secret Key.* is missing"),
		({"publishable_key": ""}, "Publishable Key.* is missing"),
		({"publishable_key": "sk_test_abc", "secret_key": "pk_test_abc"}, "swapped"),
		({"secret_key": "sk_live_abc"}, "test key and the secret key a live key"),
		({"publishable_key": "pk_live_abc"}, "live key and the secret key a test key"),
		({"secret_key": "whsec_abc"}, "Secret Key.* holds a webhook signing secret"),
		({"publishable_key": "whsec_abc"}, "Publishable Key.* holds a webhook signing secret"),
		({"publishable_key": "rk_test_abc"}, "Publishable Key.* holds a restricted key"),
		({"secret_key": "pk_test_abc"}, "Secret Key.* holds a publishable key"),
		({"secret_key": "acct_1Abc"}, "Secret Key.* holds no Stripe key"),
		({"secret_key": "sk_test_abc def"}, "Secret Key.* has a space"),
		({"secret_key": "sk_test_51H...9xyz"}, "Secret Key.* shortened form"),
		({"secret_key": "sk_test_"}, "Secret Key.* is incomplete"),
		({"secret_key": "sk_test_neverissued"}, "Stripe does not know the secret key"),
		({"publishable_key": "pk_test_neverissued"}, "Stripe does not know the publishable key"),
		({"webhook_secret": "sk_test_abc"}, "Signing Secret.* holds no webhook signing secret"),
	],
)
def test_keys_that_can_not_be_right_are_refused_with_which_and_nothing_is_written(account, keys, message):
	with pytest.raises(KeyRefused, match=message):
		account.new_document(**keys).insert()
	frappe.db.rollback()
	assert not frappe.db.exists("Stripe Account", account.name)
	assert not frappe.db.exists("__Auth", {"doctype": "Stripe Account", "name": account.name})
	assert account.endpoints() == []


def test_white_space_around_a_copied_key_does_no_harm(account):
	account.connect(
		publishable_key=f" {account.keys['publishable_key']}\n", secret_key=f"\t{account.keys['secret_key']} "
	)
	doc = account.document()
	assert doc.publishable_key == account.keys["publishable_key"]
	assert read_secret(doc.name, "secret_key") == account.keys["secret_key"]


def test_a_publishable_key_of_another_account_is_found_out(account, make_account):
	other = make_account()
	with pytest.raises(KeyRefused, match="belongs to another Stripe account"):
		account.connect(publishable_key=other.keys["publishable_key"])


def test_checking_the_keys_leaves_nothing_open_at_stripe(account, emulator):
	account.connect()
	statuses = [intent["status"] for intent in emulator.objects("setup_intent", account=account.at_stripe)]
	assert statuses == ["canceled"]


def test_an_account_with_payments_is_checked_without_making_anything(account, emulator):
	account.connect()
	stripe_account.gateway_for(account.name).call(
		"payment_intents.create", params={"amount": 500, "currency": "usd"}
	)
	emulator.clear_requests()
	doc = account.document()
	doc.secret_key = account.keys["secret_key"]
	doc.save()
	assert emulator.count_requests(path="/v1/*", writing=True) == 0


def test_a_wrong_new_key_leaves_the_old_one_at_work(account):
	account.connect()
	doc = account.document()
	doc.secret_key = "sk_test_neverissued"
	doc.business_name = "Somebody Else"
	with pytest.raises(KeyRefused):
		doc.save()
	doc = account.document()
	assert (doc.status, doc.business_name) == ("Connected", "Faber & Sons")
	assert read_secret(doc.name, "secret_key") == account.keys["secret_key"]


def test_when_stripe_can_not_be_reached_nothing_is_saved(account, emulator):
	emulator.fault("refuse", path="/v1/account", count=-1)
	with pytest.raises(KeyRefused, match="could not be reached"):
		account.connect()
	frappe.db.rollback()
	assert not frappe.db.exists("Stripe Account", account.name)


def test_an_account_may_exist_without_keys_and_that_is_the_loading_error(account, make_user, as_user, faker):
	frappe.get_doc(doctype="Stripe Account", account_name=account.name).insert()
	frappe.db.commit()
	assert account.document().status == "Not Connected"
	administrator = make_user(roles=["Stripe Administrator"])
	payer = make_user(roles=["Stripe Payer"])

	with as_user(payer):
		error = stripe_account.loading_error(account.name)
		with pytest.raises(stripe_account.NoKeys):
			stripe_account.gateway_for(account.name)
	assert "No API keys are entered" in error["message"]
	assert "Ask " in error["message"] and error["link"] is None
	assert "@" not in error["message"], "who can fix it is named, not addressed"
	with as_user(administrator):
		error = stripe_account.loading_error(account.name)
	assert frappe.utils.quoted(account.name) in error["link"]


def test_those_who_may_enter_keys_are_named_to_those_who_may_not(site_only, make_user, as_user):
	payer = make_user(roles=["Stripe Payer"])
	with as_user(payer):
		names = editors_of(stripe_account.DOCTYPE)
	holders = frappe.get_all(
		"Has Role", filters={"role": "Stripe Administrator", "parenttype": "User"}, pluck="parent"
	)
	full_names = {frappe.utils.get_fullname(user) for user in holders}
	assert names and set(names) <= full_names


def test_what_stripe_told_can_not_be_written_by_anybody(account):
	account.connect()
	doc = account.document()
	forged = {
		"status": "Removed",
		"mode": "Live",
		"stripe_account_id": "acct_forged",
		"country": "XX",
		"default_currency": "EUR",
		"charges_enabled": 0,
		"bound_site": "elsewhere",
		"webhook_token": "guessed",
		"ach_capability": "Inactive",
	}
	doc.update(forged)
	doc.save()
	frappe.db.commit()
	after = account.document()
	assert {field: after.get(field) for field in forged if after.get(field) == forged[field]} == {}


def test_a_new_account_can_not_be_inserted_as_connected(account):
	doc = frappe.new_doc("Stripe Account", account_name=account.name, status="Connected", mode="Live")
	doc.insert()
	assert (doc.status, doc.mode or "") == ("Not Connected", "")


def test_the_keys_can_be_replaced_but_not_left_empty(account):
	account.connect()
	for field in ("secret_key", "publishable_key"):
		doc = account.document()
		doc.set(field, "")
		with pytest.raises(KeyRefused, match="Use Remove"):
			doc.save()
	assert read_secret(account.name, "secret_key") == account.keys["secret_key"]


def test_the_same_stripe_account_is_not_registered_twice(account):
	account.connect()
	with pytest.raises(KeyRefused, match="registered as"):
		account.new_document(account_name=f"{account.name} again").insert()


def test_the_first_account_becomes_the_default_and_a_later_one_does_not(
	account, make_account, default_account
):
	default_account(None)
	account.connect()
	assert stripe_account.default_account() == account.name
	make_account().connect()
	assert stripe_account.default_account() == account.name


def test_no_lock_is_held_while_stripe_is_asked(account, emulator):
	account.connect()
	emulator.clear_requests()
	emulator.fault("slow", path="/v1/account", seconds=10)
	saving = threading.Thread(target=_save_keys_again, args=(account.name, account.keys["secret_key"]))
	saving.start()
	wait_for_fault(emulator)
	frappe.db.rollback()
	frappe.db.sql("select name from `tabStripe Account` where name = %s for update nowait", account.name)
	frappe.db.rollback()
	assert not emulator.count_requests("/v1/account"), "it was answered before the row was locked"
	saving.join()
	assert account.document().status == "Connected"


def test_where_ach_is_not_said_the_administrator_says_it(make_account):
	account = make_account(country="DE", default_currency="eur", capabilities={"card_payments": "active"})
	account.connect()
	doc = account.document()
	assert (doc.ach_capability, stripe_account.ach_available(doc)[0]) == ("Unknown", False)
	doc.ach_enabled_by_hand = 1
	doc.save()
	assert stripe_account.ach_available(account.name) == (True, "")


@pytest.mark.parametrize("state, told", [("inactive", "not switched on"), ("pending", "still checking")])
def test_where_stripe_says_no_ach_the_switch_does_not_help(make_account, state, told):
	account = make_account(capabilities={"us_bank_account_ach_payments": state})
	account.connect(ach_enabled_by_hand=1)
	available, reason = stripe_account.ach_available(account.name)
	assert not available and told in reason


def test_refreshing_takes_over_what_changed_at_stripe(account, emulator):
	account.connect()
	emulator.update_account(account.at_stripe, capabilities={"us_bank_account_ach_payments": "inactive"})
	registration.refresh(account.name)
	assert account.document().ach_capability == "Inactive"


def _save_keys_again(name: str, secret: str):
	sites = str(bench() / "sites")
	frappe.init(site_name(), sites_path=sites)
	frappe.connect()
	try:
		doc = frappe.get_doc("Stripe Account", name)
		doc.secret_key = secret
		doc.save()
		frappe.db.commit()
	finally:
		frappe.destroy()
