"""A restricted key: kept, with what Stripe does not tell it asked of the administrator."""

import frappe
import pytest

from stripe_service.accounts import registration, stripe_account
from stripe_service.api import account as account_api
from stripe_service.setup import checklist

APP_RIGHTS = (
	"customer_write", "payment_intent_write", "setup_intent_write", "payment_method_write", "charge_write",
	"confirmation_token_read", "event_read", "balance_transaction_source_read", "dispute_read", "payout_read",
	"mandate_read", "webhook_write", "payment_method_domain_write",
)  # fmt: skip


@pytest.fixture
def restricted(account, drain):
	account.connect(secret_key=account.restricted_key(*APP_RIGHTS))
	drain()
	return account


def test_the_key_is_kept_and_the_facts_are_asked_of_the_administrator(restricted):
	doc = restricted.document()
	assert (doc.status, doc.details_source, doc.webhook_status) == (
		"Connected",
		"Administrator",
		"Registered",
	)
	assert "may not read the account" in doc.key_message
	assert (doc.country or "", doc.default_currency or "") == ("", "")
	assert stripe_account.ach_available(doc)[0] is False

	doc.update({"country": "US", "default_currency": "USD", "ach_enabled_by_hand": 1})
	doc.save()
	frappe.db.commit()

	assert stripe_account.browser_facts(restricted.name)["account"] == restricted.name
	assert stripe_account.ach_available(restricted.name) == (True, "")


def test_refreshing_does_not_wipe_what_the_administrator_entered(restricted):
	doc = restricted.document()
	doc.update({"country": "US", "default_currency": "USD", "ach_enabled_by_hand": 1})
	doc.save()
	frappe.db.commit()
	registration.refresh(restricted.name)
	doc = restricted.document()
	assert (doc.country, doc.default_currency, doc.ach_enabled_by_hand) == ("US", "USD", 1)


def test_the_checklist_asks_for_what_is_missing(restricted, default_account):
	default_account(restricted.name)
	[part] = [part for part in checklist.checklist() if part["part"] == "account"]
	assert part["state"] == "To Do" and "Enter country and currency" in part["message"]


def test_it_takes_payments(restricted, world_of):
	assert world_of(restricted).pay_new_invoice()["outcome"] == "paid"


def test_a_report_tells_which_permissions_it_lacks_by_reading_only(restricted, emulator):
	few = restricted.restricted_key("customer_write", "payment_intent_write", "setup_intent_write")
	doc = restricted.document()
	doc.secret_key = few
	doc.save()
	frappe.db.commit()
	emulator.clear_requests()
	report = {row["resource"]: row["state"] for row in account_api.key_report(restricted.name)}
	assert emulator.count_requests(path="/v1/*", writing=True) == 0
	readable = {resource for resource, state in report.items() if state == "Readable"}
	assert readable == {"Customers", "PaymentIntents", "SetupIntents"}
	assert set(report.values()) == {"Readable", "Missing"}


def test_the_report_on_a_key_with_all_permissions_misses_only_the_account_itself(restricted):
	report = {row["resource"]: row["state"] for row in account_api.key_report(restricted.name)}
	assert [resource for resource, state in report.items() if state != "Readable"] == ["Accounts"]


def test_what_could_not_be_found_out_is_said_to_be_unknown(restricted, emulator):
	emulator.fault("refuse", path="/v1/payouts", count=-1)
	report = {row["resource"]: row["state"] for row in account_api.key_report(restricted.name)}
	assert report["Payouts"] == "Unknown"


def test_a_full_key_entered_later_takes_the_facts_from_stripe(restricted):
	doc = restricted.document()
	doc.update({"country": "XX", "ach_enabled_by_hand": 1, "secret_key": restricted.keys["secret_key"]})
	doc.save()
	frappe.db.commit()
	doc = restricted.document()
	assert (doc.details_source, doc.country, doc.key_message) == ("Stripe", "US", "")
	assert doc.stripe_account_id == restricted.record["id"]


def test_payouts_say_where_the_money_went(account_world, connected, emulator):
	assert account_api.payout_destinations(connected.name)["message"] == "Stripe has made no payout yet."
	account_world.pay_new_invoice()
	emulator.advance(seconds=5)
	emulator.payout(account=connected.at_stripe)
	answer = account_api.payout_destinations(connected.name)
	[payout] = answer["payouts"]
	bank = connected.record["payout_bank"]["bank_name"]
	assert (payout["currency"], payout["destination"]) == ("USD", f"{bank} •••• 6789")
	assert "96.80" in payout["amount"], "100.00 less Stripe's fee"
	assert answer["message"] == ""


def test_a_key_that_may_not_read_payouts_says_so(account):
	account.connect(secret_key=account.restricted_key("customer_write", "payment_intent_write"))
	answer = account_api.payout_destinations(account.name)
	assert (answer["payouts"], answer["message"]) == ([], "This restricted key may not read payouts.")


def test_a_key_revoked_at_stripe_is_told_as_such(connected, emulator):
	emulator.revoke_key(connected.keys["secret_key"])
	with pytest.raises(frappe.ValidationError, match="no longer accepts the secret key"):
		account_api.refresh(connected.name)
	assert connected.document().status == "Connected"
