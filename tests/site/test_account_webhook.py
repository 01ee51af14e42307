"""The webhook endpoint registers itself, once; where it can't, the keys are kept and the account says why."""

import json

import frappe
import pytest

from stripe_service.accounts import webhook_endpoint
from stripe_service.accounts.keys import KeyRefused
from stripe_service.accounts.secrets import read_secret
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.api import account as account_api
from stripe_service.gateway.events import EVENT_TYPES
from stripe_service.webhooks.receive import Refused, read_endpoint
from tests.support.webhooks import secrets_of

APP_RIGHTS = ("customer_write", "payment_intent_write", "setup_intent_write", "charge_write")


def test_registering_again_updates_the_endpoint_and_keeps_its_secret(connected):
	[before] = connected.endpoints()
	gateway_for(connected.name).call(
		"webhook_endpoints.update",
		before["id"],
		params={"enabled_events": ["charge.updated"], "disabled": True},
	)
	secrets = secrets_of(connected.name)
	account_api.register_webhook(connected.name)
	[after] = connected.endpoints()
	assert after["id"] == before["id"]
	assert sorted(after["enabled_events"]) == sorted(EVENT_TYPES)
	assert after["status"] == "enabled"
	assert secrets_of(connected.name) == secrets


def test_a_job_registers_at_the_address_by_which_the_keys_were_saved(account, http, drain):
	"""The site of these tests has no host_name, so that only a request knows by which address it is reached."""
	administrator = http.login("Administrator", "admin")
	values = {"account_name": account.name, **account.keys, **account.addresses}
	answer = administrator.call(
		"frappe.client.insert", doc=json.dumps({"doctype": "Stripe Account", **values})
	)
	assert answer.status_code == 200, answer.text
	drain()
	account_api.register_webhook(account.name)
	[endpoint] = account.endpoints()
	assert endpoint["url"].startswith(http.url)


def test_an_endpoint_follows_the_address_of_the_site(connected):
	[before] = connected.endpoints()
	former = before["url"].replace("://", "://www.")
	gateway_for(connected.name).call("webhook_endpoints.update", before["id"], params={"url": former})
	account_api.register_webhook(connected.name)
	[after] = connected.endpoints()
	assert (after["id"], after["url"]) == (before["id"], before["url"])


def test_the_daily_job_renews_what_was_changed_and_leaves_what_was_made_by_hand(connected, make_account):
	[before] = connected.endpoints()
	gateway_for(connected.name).call("webhook_endpoints.delete", before["id"])
	by_hand = make_account()
	by_hand.connect(secret_key=by_hand.restricted_key(*APP_RIGHTS), webhook_secret="whsec_pasted_by_hand")
	webhook_endpoint.ensure_registered()
	assert [endpoint["id"] for endpoint in connected.endpoints()] != [before["id"]]
	assert len(connected.endpoints()) == 1
	assert by_hand.document().webhook_status == "Secret Entered by Hand"
	assert by_hand.endpoints() == []


def test_an_endpoint_deleted_in_the_dashboard_is_made_again(connected):
	[before] = connected.endpoints()
	gateway_for(connected.name).call("webhook_endpoints.delete", before["id"])
	account_api.register_webhook(connected.name)
	[after] = connected.endpoints()
	assert after["id"] != before["id"]
	assert connected.document().webhook_endpoint_id == after["id"]


def test_an_endpoint_of_ours_whose_secret_is_unknown_is_replaced(connected):
	"""A crash between creating it and storing its secret leaves such a one."""
	from stripe_service.accounts.secrets import forget_secret

	[orphan] = connected.endpoints()
	forget_secret(connected.name, "webhook_secret")
	frappe.db.commit()
	account_api.register_webhook(connected.name)
	[endpoint] = connected.endpoints()
	assert endpoint["id"] != orphan["id"]
	assert secrets_of(connected.name)


def test_an_endpoint_of_another_api_version_is_replaced(connected):
	gateway = gateway_for(connected.name)
	url = connected.document().webhook_url
	gateway.call("webhook_endpoints.delete", connected.document().webhook_endpoint_id)
	old = gateway.call(
		"webhook_endpoints.create",
		params={"url": url, "enabled_events": ["charge.updated"], "api_version": "2024-06-20"},
	)
	frappe.db.set_value("Stripe Account", connected.name, "webhook_endpoint_id", old["id"])
	frappe.db.commit()
	account_api.register_webhook(connected.name)
	[endpoint] = connected.endpoints()
	assert endpoint["api_version"] == webhook_endpoint.API_VERSION


def test_endpoints_of_others_are_left_alone(connected):
	theirs = gateway_for(connected.name).call(
		"webhook_endpoints.create", params={"url": "http://127.0.0.1:9/shop", "enabled_events": ["*"]}
	)
	account_api.rotate_webhook_secret(connected.name)
	assert theirs["id"] in [endpoint["id"] for endpoint in connected.endpoints()]


def test_rotating_gives_a_new_secret_and_takes_the_old_one_for_a_day(connected):
	[old] = secrets_of(connected.name)
	account_api.rotate_webhook_secret(connected.name)
	new, previous = secrets_of(connected.name)
	assert new != old and previous == old
	assert len(connected.endpoints()) == 1

	over = frappe.utils.add_to_date(frappe.utils.now_datetime(), minutes=-1)
	frappe.db.set_value("Stripe Account", connected.name, "previous_secret_until", over)
	assert secrets_of(connected.name) == [new]
	webhook_endpoint.forget_old_secrets()
	assert read_secret(connected.name, "previous_webhook_secret") is None


def test_a_key_that_may_not_register_is_kept_and_the_account_says_so(account, drain):
	account.connect(secret_key=account.restricted_key(*APP_RIGHTS))
	drain()
	doc = account.document()
	assert (doc.status, doc.webhook_status) == ("Connected", "Not Registered")
	assert "may not register a webhook endpoint" in doc.webhook_message
	assert "polling" in doc.webhook_message
	assert doc.webhook_url, "so that an endpoint can be made by hand"


def test_a_site_whose_address_is_not_configured_is_asked_for_it(connected, emulator, monkeypatch):
	"""Behind a proxy the request's host would be a guess."""
	monkeypatch.setitem(frappe.local.conf, "host_name", None)
	row = frappe.db.get_value("Stripe Account", connected.name, webhook_endpoint._FIELDS, as_dict=True)
	row.api_base = ""
	emulator.clear_requests()
	with pytest.raises(webhook_endpoint.NotPossible, match="set-config host_name"):
		webhook_endpoint._register(row, fresh=False)
	assert emulator.count_requests(path="/v1/*") == 0


def test_a_site_without_a_public_address_says_so_and_asks_stripe_nothing(connected, emulator, monkeypatch):
	monkeypatch.setitem(frappe.local.conf, "host_name", "http://portal.localhost:8000")
	row = frappe.db.get_value("Stripe Account", connected.name, webhook_endpoint._FIELDS, as_dict=True)
	row.api_base = ""
	emulator.clear_requests()
	with pytest.raises(webhook_endpoint.NotPossible, match="public https address"):
		webhook_endpoint._register(row, fresh=False)
	assert emulator.count_requests(path="/v1/*") == 0


@pytest.mark.parametrize(
	"address, public",
	[
		("https://portal.example.com", True),
		("https://portal.example.com:8443", True),
		("http://portal.example.com", False),
		("https://localhost", False),
		("https://portal.localhost", False),
		("https://127.0.0.1", False),
		("https://10.1.2.3", False),
		("https://192.168.1.2", False),
		("https://172.20.0.3", False),
		("https://[::1]", False),
		("https://[fd00::1]", False),
		("https://93.184.215.14", True),
		("https://portal", False),
	],
)
def test_what_counts_as_a_public_address(address, public):
	assert webhook_endpoint.is_public(address) is public


def test_a_pasted_secret_is_taken_and_survives_a_failed_registration(account, drain):
	account.connect(secret_key=account.restricted_key(*APP_RIGHTS))
	drain()
	doc = account.document()
	doc.webhook_secret = " whsec_pasted_by_hand "
	doc.save()
	frappe.db.commit()
	drain()
	account_api.register_webhook(account.name)
	doc = account.document()
	assert doc.webhook_status == "Secret Entered by Hand"
	assert secrets_of(account.name) == ["whsec_pasted_by_hand"]


def test_a_pasted_secret_keeps_the_one_before_for_a_day(connected):
	[registered] = secrets_of(connected.name)
	doc = connected.document()
	doc.webhook_secret = "whsec_pasted_by_hand"
	doc.save()
	assert secrets_of(connected.name) == ["whsec_pasted_by_hand", registered]


def test_a_secret_key_in_the_field_of_the_signing_secret_is_refused(connected):
	doc = connected.document()
	doc.webhook_secret = connected.keys["secret_key"]
	with pytest.raises(KeyRefused, match="whsec_"):
		doc.save()


def test_a_form_opened_before_the_secret_came_does_not_delete_it(account, drain):
	account.connect()
	opened = account.document()
	assert not opened.webhook_secret
	drain()
	opened.allow_partial_payments = 0
	opened.save()
	frappe.db.commit()
	assert len(secrets_of(account.name)) == 1
	assert account.document().webhook_status == "Registered"


def test_an_accounts_token_finds_it_and_no_other_does(connected):
	assert read_endpoint(connected.document().webhook_token).name == connected.name
	for token in ("", "guessed"):
		with pytest.raises(Refused):
			read_endpoint(token)
