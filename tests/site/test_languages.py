"""People read the app in their own language: what answers them, and what is written for them while others are at work."""

import csv
import json
from pathlib import Path

import frappe
import pytest
from frappe.translate import get_translations_from_csv
from frappe.utils import now_datetime

from stripe_service.accounts import cards
from stripe_service.payments.receipt import stripe_amount, stripe_receipt
from stripe_service.payments.settle import settle_intent
from stripe_service.utils import notices
from stripe_service.utils.language import page_messages
from tests.support.accounts import ACCOUNT
from tests.support.records import PASSWORD

FILES = sorted(Path(frappe.get_app_path("stripe_service", "translations")).glob("*.csv"))


@pytest.fixture
def speaks(site_only):
	def set_language(user: str, language: str) -> str:
		frappe.db.set_value("User", user, "language", language)
		frappe.db.commit()
		frappe.clear_cache(user=user)
		return user

	return set_language


@pytest.fixture
def german_site(site_only):
	"""The site's own language is German; a user may have another one."""
	before = frappe.db.get_single_value("System Settings", "language")
	_set_site_language("de")
	yield
	_set_site_language(before)


def _set_site_language(language: str) -> None:
	frappe.db.rollback()
	frappe.db.set_single_value("System Settings", "language", language)
	frappe.db.set_default("lang", language)
	frappe.db.commit()
	frappe.clear_document_cache("System Settings", "System Settings")


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_frappe_reads_every_row_of_a_file(site_only, path):
	with open(path, encoding="utf-8", newline="") as file:
		rows = list(csv.reader(file))
	read = get_translations_from_csv(path.stem, "stripe_service")
	assert len(read) == len(rows) > 1000
	assert not [source for source, words in read.items() if not words]


def test_german_french_and_spanish_are_there():
	assert {"de", "fr", "es"} <= {path.stem for path in FILES}


@pytest.mark.parametrize(
	"language, words",
	[
		("de", "Bitte geben Sie einen Betrag über null ein."),
		("fr", "Veuillez saisir un montant supérieur à zéro."),
		("es", "Introduzca un importe mayor que cero."),
		("en", "Please enter an amount above zero."),
	],
)
def test_the_answer_is_in_the_users_language(http, world, speaks, make_payer, language, words):
	payer = speaks(make_payer(unit=world.unit, password=PASSWORD), language)
	answer = http.login(payer, PASSWORD).call(
		"stripe_service.api.pay.pay",
		doctype="Portal Invoice",
		name=world.invoice.name,
		amount="0",
		method_type="card",
		confirmation_token="ctoken_none",
	)
	assert answer.status_code == 417
	said = [json.loads(message)["message"] for message in json.loads(answer.json()["_server_messages"])]
	assert said == [words]


def test_why_a_payment_failed_is_told_in_the_readers_language(http, world, speaks, make_payer):
	payer = speaks(make_payer(unit=world.unit, password=PASSWORD), "de")
	outcome = world.pay(card="insufficient_funds", user=payer)
	assert "not enough money" in frappe.db.get_value("Invoice Payment", outcome["payment"], "failure_message")
	answer = http.login(payer, PASSWORD).call(
		"stripe_service.api.pay.payment_status", payment=outcome["payment"]
	)
	assert "nicht genug Guthaben" in answer.json()["message"]["message"]


def test_a_notice_is_in_the_language_of_whoever_it_is_for(world, speaks):
	speaks(world.payer, "de")
	outcome = world.pay_by_ach(world.add_bank_account())
	intent = frappe.db.get_value("Invoice Payment", outcome["payment"], "payment_intent_id")
	world.emulator.fail_debit(intent, "insufficient_funds")
	frappe.db.rollback()
	settle_intent(ACCOUNT, intent)
	world.drain()
	subject = frappe.db.get_value("Notification Log", {"for_user": world.payer}, "subject")
	assert subject.startswith(f"Ihre Zahlung von {world.invoice.name} ist fehlgeschlagen: Das Bankkonto")


def test_administrators_read_in_the_sites_language_whoever_caused_it(german_site, world, speaks):
	speaks(world.payer, "fr")
	world.emulator.hold_webhooks()
	outcome = world.pay()
	world.drain()
	intent = frappe.db.get_value("Invoice Payment", outcome["payment"], "payment_intent_id")
	world.emulator.dispute(intent)
	frappe.db.rollback()
	frappe.local.lang = "fr"
	settle_intent(ACCOUNT, intent)
	frappe.local.lang = "en"
	world.emulator.clear_webhook_rules()
	world.emulator.forget_webhooks()
	told = frappe.get_all("Stripe Notice", {"reference_name": outcome["payment"]}, pluck="subject")
	assert [subject for subject in told if "ist angefochten" in subject], told


def test_a_job_writes_in_the_sites_language(german_site, drain):
	notices.notify_user("Administrator", "User", "Administrator", "Hello")
	seen = []
	frappe.db.commit()
	original = notices.is_notifications_enabled
	with pytest.MonkeyPatch.context() as patched:
		patched.setattr(
			notices,
			"is_notifications_enabled",
			lambda user: (seen.append(frappe.local.lang), original(user))[1],
		)
		drain()
	assert seen and set(seen) == {"de"}
	frappe.local.lang = "en"


def test_the_portal_page_brings_its_messages(http, world, speaks, make_payer):
	payer = speaks(make_payer(unit=world.unit, password=PASSWORD), "de")
	client = http.login(payer, PASSWORD)
	page = client.session.get(
		f"{client.server.address}/my-payment-methods", headers={"Accept": "text/html"}
	).text
	assert "Meine Zahlungsmethoden" in page
	assert '"Savings account": "Sparkonto"' in page


def test_the_portal_page_runs_from_right_to_left(http, world, speaks, make_payer):
	payer = speaks(make_payer(unit=world.unit, password=PASSWORD), "ar")
	client = http.login(payer, PASSWORD)
	page = client.session.get(
		f"{client.server.address}/my-payment-methods", headers={"Accept": "text/html"}
	).text
	assert '<div class="stripe-portal" dir="rtl">' in page


def test_an_administrators_own_translation_goes_before_the_files(site_only):
	own = frappe.get_doc(
		doctype="Translation", language="de", source_text="Savings account", translated_text="Tagesgeldkonto"
	).insert()
	try:
		frappe.local.lang = "de"
		assert page_messages()["Savings account"] == "Tagesgeldkonto"
	finally:
		frappe.local.lang = "en"
		own.delete()
		frappe.db.commit()


@pytest.mark.parametrize("currency, total, sign", [("KWD", "20.240", "د.ك"), ("USD", "20.24", "")])
def test_an_amount_whose_sign_runs_from_right_to_left_stays_in_one_piece(world, currency, total, sign):
	"""Else sign, number and the words round them change places in an English sentence."""
	invoice = world.make_invoice(total=total, currency=currency)
	amount = f"\u2066{sign} {total}\u2069" if sign else f"$ {total}"
	with pytest.raises(frappe.ValidationError) as refused:
		world.pay("99", invoice=invoice)
	assert amount in str(refused.value)
	payment = world.payment(world.pay(total, invoice=invoice)["payment"])
	# Other tests may have moved the emulator's clock into the days to come, which no figure sums yet.
	frappe.db.set_value("Invoice Payment", payment.name, "settled_at", now_datetime())
	frappe.db.commit()
	for told in (stripe_receipt(payment).amount, stripe_amount(total, currency), card_text(currency)):
		assert ("\u2066" in told) == bool(sign), told
	assert amount in stripe_receipt(payment).amount


def card_text(currency: str) -> str:
	return next(line for line in cards.received_this_month().split("<br>") if f"currency={currency}" in line)
