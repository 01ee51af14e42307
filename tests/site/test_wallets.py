"""Apple Pay, Google Pay and Link: the site's domain registers itself at Stripe, and what a wallet pays with is a card like any other."""

import frappe
import pytest

from stripe_service.accounts import wallet_domain
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.api import account as account_api
from stripe_service.payments.new_card import CardRefused

RIGHTS = ("customer_write", "payment_intent_write", "setup_intent_write", "charge_write", "webhook_write")


@pytest.fixture
def settings(site_only):
	"""Switches fields of Stripe Service Settings, until the end of the test."""
	doc = frappe.get_doc("Stripe Service Settings")
	before = doc.as_dict()
	changed = set()

	def switch(**values):
		changed.update(values)
		doc.reload()
		doc.update(values)
		doc.save()
		frappe.db.commit()

	yield switch
	frappe.db.rollback()
	switch(**{field: before[field] for field in changed})


def wallets_of(checklist: list[dict]) -> dict:
	return next(item for item in checklist if item["part"] == "wallets")


def test_keys_that_are_entered_register_the_domain_and_removing_them_disables_it(account, drain):
	account.connect()
	drain()
	[domain] = account.domains()
	assert (domain["domain_name"], domain["enabled"]) == (frappe.local.site, True)
	doc = account.document()
	assert (doc.wallet_domain, doc.wallet_domain_id, doc.wallet_message) == (
		frappe.local.site,
		domain["id"],
		"",
	)

	account_api.remove_account(account.name)
	assert [row["enabled"] for row in account.domains()] == [False]
	assert (account.document().wallet_domain, account.document().wallet_domain_id) == ("", "")


def test_entering_the_keys_again_enables_the_same_domain(account, drain):
	account.connect()
	drain()
	account_api.remove_account(account.name)
	doc = account.document()
	doc.update(account.keys)
	doc.save()
	frappe.db.commit()
	drain()
	assert [row["enabled"] for row in account.domains()] == [True]


def test_a_domain_that_others_had_enabled_outlives_the_account(connected):
	wallet_domain.disable(gateway_for(connected.name), connected.name)
	gateway = gateway_for(connected.name)
	[domain] = connected.domains()
	gateway.call("payment_method_domains.update", domain["id"], params={"enabled": True})
	frappe.db.set_value(
		"Stripe Account", connected.name, {"wallet_domain_id": "", "wallet_domain_enabled_here": 0}
	)
	frappe.db.commit()
	wallet_domain.register(connected.name)
	assert connected.document().wallet_domain_id == domain["id"]
	account_api.remove_account(connected.name)
	assert [row["enabled"] for row in connected.domains()] == [True]


def test_a_site_that_moves_registers_its_new_name_when_an_administrator_confirms_it(connected, monkeypatch):
	monkeypatch.setitem(frappe.local.conf, "host_name", "https://pay.example.com")
	account_api.confirm_binding(connected.name)
	assert {row["domain_name"] for row in connected.domains()} == {frappe.local.site, "pay.example.com"}
	assert connected.document().wallet_domain == "pay.example.com"


def test_the_checklist_says_what_stripe_finds_missing_and_cards_pay_meanwhile(
	account_world, connected, monkeypatch, drain
):
	assert wallets_of(account_api.checklist())["state"] == "Done"
	# A name that the emulator can't look up, on a site that is bound to it.
	frappe.db.set_value("Stripe Account", connected.name, "bound_host", "portal.example.test")
	frappe.db.commit()
	monkeypatch.setitem(frappe.local.conf, "host_name", "https://portal.example.test")
	wallet_domain.ensure_registered()
	item = wallets_of(account_api.checklist())
	assert item["state"] == "Warning"
	assert "Apple Pay, Google Pay, Link on portal.example.test" in item["message"]
	assert "does not exist in the public DNS" in item["message"] and wallet_domain.GUIDE in item["message"]
	assert connected.name in item["action"]["link"].replace("%20", " ")
	assert account_world.pay_new_invoice()["outcome"] == "paid"


def test_a_key_without_the_right_says_so_and_cards_pay_meanwhile(account, world_of, drain):
	account.connect(
		secret_key=account.restricted_key(*RIGHTS, "confirmation_token_read", "payment_method_write")
	)
	drain()
	doc = account.document()
	assert account.domains() == []
	assert "write access to Payment Method Domains" in doc.wallet_message
	assert not doc.problem, "nobody need be told of it"
	assert world_of(account).pay_new_invoice()["outcome"] == "paid"


def test_stripe_out_of_reach_keeps_nothing_from_being_connected(account, emulator, drain):
	emulator.fault("refuse", path="/v1/payment_method_domains*", count=-1)
	account.connect()
	drain()
	assert account.document().webhook_status == "Registered"
	assert account.document().wallet_message
	emulator.clear_faults()
	wallet_domain.register(account.name)
	assert not account.document().wallet_message


def test_with_all_wallets_off_nothing_is_registered(account, settings, drain):
	settings(wallet_apple_pay=0, wallet_google_pay=0, wallet_link=0)
	account.connect()
	drain()
	assert account.domains() == []
	assert wallets_of(account_api.checklist())["message"] == "Switched off in these settings."
	settings(wallet_link=1)
	drain()
	assert len(account.domains()) == 1


def test_the_form_is_told_which_wallets_may_be_shown(world, settings):
	assert world.form()["methods"]["card"]["wallets"] == ["apple_pay", "google_pay", "link"]
	settings(wallet_apple_pay=0)
	assert world.form()["methods"]["card"]["wallets"] == ["google_pay", "link"]


@pytest.mark.parametrize(
	"wallet, name", [("apple_pay", "Apple Pay"), ("google_pay", "Google Pay"), ("link", "Link")]
)
def test_what_a_wallet_pays_with_is_named(account_world, wallet, name):
	paid = account_world.pay_new_invoice(wallet=wallet)
	assert (paid["outcome"], paid["method_label"]) == ("paid", f"VISA •••• 4242 ({name})")
	frappe.db.rollback()
	assert frappe.db.get_value("Invoice Payment", paid["payment"], "method_label") == paid["method_label"]


def test_a_card_in_a_wallet_obeys_the_rule_of_brands(account_world, settings):
	with pytest.raises(CardRefused, match="UnionPay cards are not accepted here"):
		account_world.pay_new_invoice(card="unionpay", wallet="google_pay")
	settings(brand_amex=0)
	with pytest.raises(CardRefused, match="American Express"):
		account_world.pay_new_invoice(card="amex", wallet="apple_pay")


def test_a_wallet_that_is_switched_off_is_refused_whatever_the_browser_shows(account_world, settings):
	settings(wallet_google_pay=0)
	with pytest.raises(CardRefused, match="Google Pay is not accepted here"):
		account_world.pay_new_invoice(wallet="google_pay")
	assert account_world.pay_new_invoice(wallet="apple_pay")["outcome"] == "paid"
