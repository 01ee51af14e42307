"""An administrator removes the Stripe account from the portal, and enters keys anew."""

import threading

import frappe
import pytest

from stripe_service.accounts import registration, stripe_account
from stripe_service.accounts.keys import KeyRefused
from stripe_service.api import account as account_api
from stripe_service.api import pay as pay_api
from tests.support.servers import wait_for_fault


def secrets_on_disk(account) -> int:
	return frappe.db.count("__Auth", {"doctype": "Stripe Account", "name": account.name})


def test_removing_deletes_the_endpoint_forgets_the_keys_and_keeps_the_history(account_world, connected):
	payment = account_world.pay_new_invoice()["payment"]
	assert secrets_on_disk(connected) == 2

	state = account_api.remove_account(connected.name)

	assert state["message"] == ""
	doc = connected.document()
	assert (doc.status, doc.publishable_key, doc.secret_key, doc.webhook_secret) == ("Removed", "", "", "")
	assert secrets_on_disk(connected) == 0
	assert [endpoint for endpoint in connected.endpoints() if not endpoint.get("deleted")] == []
	assert frappe.db.get_value("Invoice Payment", payment, "status") == "Succeeded"
	assert doc.stripe_account_id == connected.record["id"], "the history says whose it is"
	with pytest.raises(stripe_account.NoKeys):
		stripe_account.gateway_for(connected.name)


def test_the_pay_form_then_says_that_no_keys_are_entered(account_world, connected):
	account_api.remove_account(connected.name)
	invoice = account_world.make_invoice()
	with account_world.as_user(account_world.payer):
		form = pay_api.open_form("Portal Invoice", invoice.name)
	assert "No API keys are entered" in form["loading_error"]["message"]


def test_it_is_refused_while_a_payment_is_open_and_nothing_is_changed(account_world, connected):
	assert account_world.pay_new_invoice(card="3ds_required")["status"] == "Action Required"
	with pytest.raises(frappe.ValidationError, match="1 payments of this account are still open"):
		account_api.remove_account(connected.name)
	doc = connected.document()
	assert (doc.status, doc.webhook_status) == ("Connected", "Registered")
	assert secrets_on_disk(connected) == 2
	assert len(connected.endpoints()) == 1


def test_an_endpoint_that_is_gone_at_stripe_already_is_no_obstacle(connected):
	gateway = stripe_account.gateway_for(connected.name)
	gateway.call("webhook_endpoints.delete", connected.document().webhook_endpoint_id)
	assert account_api.remove_account(connected.name)["message"] == ""
	assert connected.document().status == "Removed"


def test_when_stripe_can_not_be_reached_the_keys_go_and_what_remains_is_said(connected, emulator):
	endpoint = connected.document().webhook_endpoint_id
	emulator.fault("refuse", path="/v1/webhook_endpoints/*", count=-1)
	message = account_api.remove_account(connected.name)["message"]
	assert endpoint in message and "Stripe Dashboard" in message
	assert (connected.document().status, secrets_on_disk(connected)) == ("Removed", 0)


def test_a_webhook_that_is_being_registered_meanwhile_goes_as_well(connected, emulator, http):
	"""Saving keys registers the webhook in a job, and the job may run when the administrator has removed the account."""
	administrator = http.login("Administrator", "admin")
	emulator.clear_requests()
	emulator.fault("slow", path="/v1/webhook_endpoints", method="POST", seconds=3)
	rotating = threading.Thread(
		target=administrator.call,
		args=("stripe_service.api.account.rotate_webhook_secret",),
		kwargs={"account": connected.name},
	)
	rotating.start()
	wait_for_fault(emulator)
	assert not emulator.count_requests("/v1/webhook_endpoints", "POST"), "it is registered already"

	message = account_api.remove_account(connected.name)["message"]

	assert (message, connected.endpoints()) == ("", [])
	rotating.join()
	doc = connected.document()
	assert (doc.status, doc.webhook_status, doc.webhook_endpoint_id) == ("Removed", "Not Registered", "")
	assert (connected.endpoints(), secrets_on_disk(connected)) == ([], 0)


def test_removing_again_finishes_what_was_cut_off(connected):
	frappe.db.set_value("Stripe Account", connected.name, "status", "Removed")
	frappe.db.commit()
	assert secrets_on_disk(connected) == 2
	account_api.remove_account(connected.name)
	assert secrets_on_disk(connected) == 0
	assert connected.endpoints() == []


def test_keys_of_the_same_account_bring_it_back_with_its_customers(account_world, connected):
	account_world.pay_new_invoice()
	customer = account_world.customer()
	account_api.remove_account(connected.name)

	doc = connected.document()
	doc.update(connected.keys)
	doc.save()
	frappe.db.commit()
	account_world.drain()

	assert (connected.document().status, connected.document().webhook_status) == ("Connected", "Registered")
	account_world.pay_new_invoice()
	assert account_world.customer() == customer
	assert len(connected.customers()) == 1


def test_keys_of_another_account_are_refused_where_customers_and_payments_hang(
	account_world, connected, make_account
):
	account_world.pay_new_invoice()
	account_api.remove_account(connected.name)
	doc = connected.document()
	doc.update(make_account().keys)
	with pytest.raises(KeyRefused, match="another Stripe account"):
		doc.save()
	assert connected.document().status == "Removed"


def test_live_keys_are_refused_where_test_payments_hang(account_world, connected, emulator):
	account_world.pay_new_invoice()
	account_api.remove_account(connected.name)
	emulator.create_account(connected.at_stripe, livemode=True, id=connected.record["id"])
	live = {
		"publishable_key": emulator.publishable_key(connected.at_stripe, live=True),
		"secret_key": emulator.secret_key(connected.at_stripe, live=True),
	}
	doc = connected.document()
	doc.update({**live, "api_base": ""})
	with pytest.raises(KeyRefused):
		doc.save()
	assert connected.document().status == "Removed"


def test_keys_of_another_account_are_taken_where_nothing_hangs(connected, make_account):
	other = make_account()
	account_api.remove_account(connected.name)
	doc = connected.document()
	doc.update(other.keys)
	doc.save()
	assert (doc.status, doc.stripe_account_id) == ("Connected", other.record["id"])


def test_a_restricted_key_of_another_account_is_found_out_by_a_known_customer(
	account_world, connected, make_account
):
	"""Such a key may not be asked whose it is."""
	account_world.pay_new_invoice()
	account_api.remove_account(connected.name)
	other = make_account()
	restricted = other.restricted_key("customer_write", "payment_intent_write", "setup_intent_write")
	doc = connected.document()
	doc.update({"publishable_key": other.keys["publishable_key"], "secret_key": restricted})
	with pytest.raises(KeyRefused, match="another Stripe account"):
		doc.save()


def test_a_restricted_key_of_the_same_account_brings_it_back(account_world, connected):
	account_world.pay_new_invoice()
	account_api.remove_account(connected.name)
	restricted = connected.restricted_key("customer_write", "payment_intent_write", "setup_intent_write")
	doc = connected.document()
	doc.update({**connected.keys, "secret_key": restricted})
	doc.save()
	assert doc.status == "Connected"
	assert doc.stripe_account_id == connected.record["id"], "it was told before, and is the same"


def test_a_connected_account_is_not_deleted_and_one_with_history_never(account_world, connected):
	with pytest.raises(frappe.ValidationError, match="Remove the account first"):
		frappe.delete_doc("Stripe Account", connected.name)
	frappe.db.rollback()
	account_world.pay_new_invoice()
	account_api.remove_account(connected.name)
	with pytest.raises(frappe.LinkExistsError):
		frappe.delete_doc("Stripe Account", connected.name)


def test_a_removed_account_without_history_can_be_deleted(connected):
	account_api.remove_account(connected.name)
	frappe.db.set_single_value("Stripe Service Settings", "default_account", None)
	frappe.delete_doc("Stripe Account", connected.name)
	assert not frappe.db.exists("Stripe Account", connected.name)


@pytest.mark.parametrize(
	"action",
	[
		"remove_account",
		"refresh",
		"register_webhook",
		"rotate_webhook_secret",
		"confirm_binding",
		"key_report",
	],
)
def test_only_those_who_may_edit_the_account_act_on_it(connected, make_user, as_user, action):
	reader = make_user(roles=["Stripe Reader", "Stripe Viewer", "Stripe Payer", "Invoice Payers"])
	with as_user(reader), pytest.raises(frappe.PermissionError):
		getattr(account_api, action)(connected.name)
	administrator = make_user(roles=["Stripe Administrator"])
	with as_user(administrator):
		getattr(account_api, action)(connected.name)


def test_only_those_who_may_create_an_account_connect_a_new_one(account, make_user, as_user):
	with as_user(make_user(roles=["Stripe Reader"])), pytest.raises(frappe.PermissionError):
		account_api.connect(account.name, **account.keys)
	assert not frappe.db.exists("Stripe Account", account.name)


def test_connecting_by_the_call_registers_the_webhook_at_once(account):
	registration.connect_account(account.name, **account.keys, api_base=account.url)
	assert account.document().webhook_status == "Registered"
