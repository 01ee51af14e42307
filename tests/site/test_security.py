"""What an attacker tried on the first version, each as a test: texts that become markup, secrets of others, card testing."""

import json

import frappe
import pytest

from stripe_service.api import pay as pay_api
from stripe_service.api import refund as refund_api
from stripe_service.payments.declines import TooManyDeclines
from stripe_service.reconcile import findings
from stripe_service.utils import notices
from stripe_service.utils.fitting import fit
from stripe_service.utils.masking import mask
from stripe_service.utils.plain_text import as_text
from stripe_service.webhooks import fetch, receive
from tests.support.records import unique
from tests.sweep import calls

MARKUP = "<img src=x onerror=alert(1)>"
SECRETS = [
	"pi_3QabcDEF123_secret_Zk9dkslA0q",
	"seti_1QabcDEF123_secret_Zk9dkslA0q",
	"sk_test_51QabcDEF123",
	"rk_test_51QabcDEF123",
	"whsec_abcDEF1234567890",
	"ctoken_1QabcDEF123",
]


def waiting_for_3ds(world) -> str:
	"""A payment of the world's payer that waits for 3-D Secure."""
	answer = world.pay(card="3ds_required")
	assert answer["outcome"] == "action_required"
	return answer["payment"]


# another's client secret


@pytest.mark.parametrize(
	"roles", [["Stripe Reader"], ["Stripe Administrator"], ["Stripe Reader", "Stripe Payer"]]
)
def test_whoever_may_read_a_payment_gets_no_client_secret_of_it(world, make_user, as_user, roles):
	payment = waiting_for_3ds(world)
	reader = make_user(roles=roles)
	frappe.db.commit()
	with as_user(reader):
		answer = pay_api.payment_status(payment=payment)
	assert answer["outcome"] == "action_required"
	assert "_secret_" not in json.dumps(answer, default=str)


def test_the_payer_gets_the_client_secret(world, as_user):
	payment = waiting_for_3ds(world)
	with as_user(world.payer):
		assert "_secret_" in pay_api.payment_status(payment=payment)["client_secret"]


def test_a_colleague_of_the_unit_learns_neither_card_nor_receipt(world, make_payer, as_user):
	payment = world.pay()["payment"]
	colleague = make_payer(unit=world.invoice.organisation_unit)
	frappe.db.commit()
	with as_user(colleague):
		answer = pay_api.payment_status(payment=payment)
	assert not {"method_label", "receipt_url", "client_secret"} & answer.keys()
	assert "4242" not in json.dumps(answer, default=str)


def test_nobody_is_told_the_reason_that_stripe_wants_kept_from_payers(world, as_user):
	answer = world.pay(card="4100000000000019")
	assert answer["outcome"] == "failed"
	assert "fraud" not in json.dumps(answer, default=str).lower()


# text that would become markup


def test_text_is_shown_as_it_was_written_and_never_as_markup():
	assert as_text(MARKUP) == "&lt;img src=x onerror=alert(1)&gt;"
	assert as_text("it can't") == "it can't"
	assert as_text("\ud83d") == "?"
	assert as_text(None) is None


def test_a_finding_shows_notes_and_reasons_as_text(world):
	from stripe_service.accounts.jobs import Report

	report = Report(frappe.db.get_value("Stripe Account", {"status": "Connected"}))
	name = findings.record_finding(report, findings.UNKNOWN_HERE, unique("pi"), MARKUP)
	findings.record_finding(
		report, findings.UNKNOWN_HERE, frappe.db.get_value(findings.DOCTYPE, name, "object_id"), MARKUP
	)
	findings.close_finding(name, MARKUP)
	row = frappe.get_doc(findings.DOCTYPE, name)
	assert "<img" not in f"{row.reason} {row.note}"


def test_what_stripe_words_is_text_in_every_field_shown_as_html(site_only):
	"""Frappe shows Small Text, Text and Long Text as HTML."""
	for doctype in ("Invoice Payment", "Stripe Account", "Stripe Event", "Stripe Notice", findings.DOCTYPE):
		for field in frappe.get_meta(doctype).fields:
			if field.fieldtype in ("Small Text", "Text", "Long Text"):
				fitted = fit(doctype, {field.fieldname: MARKUP})
				assert "<img" not in fitted.get(field.fieldname, ""), f"{doctype}.{field.fieldname}"


@pytest.mark.parametrize("named", [False, True])
def test_what_a_request_says_is_text_in_every_message(world, make_user, named):
	"""The desk shows messages as HTML, and a link can make a page send what somebody else wrote."""
	administrator = make_user(roles=["Stripe Administrator"], unit=world.unit)
	known = {"doctype": "Portal Invoice", "name": world.invoice.name} if named else {}
	frappe.db.commit()
	with calls.nothing_kept():
		for method in calls.all_methods(("stripe_service",)):
			if not method.startswith("stripe_service.api.") or method == "stripe_service.api.reconcile.run":
				continue
			for user in (world.payer, administrator):
				given = {name: known.get(name, MARKUP) for name in calls.parameters_of(method)}
				answer = calls.request(user, f"/api/method/{method}", given)
				# What was taken is data; "... not found" is Frappe's own.
				if answer.status not in (200, 404):
					assert "<img" not in answer.text, (method, user, answer.text)


def test_a_notice_is_text(site_only, drain):
	notices.notify_user("Administrator", "User", "Administrator", MARKUP + unique("mark"))
	frappe.db.commit()
	drain()
	subject = frappe.get_last_doc(
		"Notification Log", {"for_user": "Administrator", "document_name": "Administrator"}
	).subject
	assert "<img" not in subject and "&lt;img" in subject


# secrets


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_masked_wherever_it_stands(secret):
	for text in (
		secret,
		f"'{secret}'",
		f"https://hooks.stripe.com/x?client_secret={secret}&y=1",
		json.dumps({"a": secret}),
	):
		assert secret not in mask(text)
		assert secret not in receive.without_client_secrets(text)


@pytest.mark.parametrize("secret", SECRETS)
def test_error_log_holds_no_secret(site_only, secret):
	log = frappe.log_error(title="x", message=f"client_secret={secret}")
	assert secret not in log.error


def test_a_fault_of_a_scheduled_job_leaves_no_secret_in_its_log(site_only, monkeypatch):
	"""Frappe writes the local variables of every frame into it."""

	def fail():
		intents = [{"id": "pi_3QabcDEF123", "client_secret": SECRETS[0]}]
		raise RuntimeError(f"{len(intents)} can't be read: {SECRETS[2]}")

	monkeypatch.setattr(fetch, "fetch_all", fail)
	job = frappe.get_doc("Scheduled Job Type", {"method": "stripe_service.webhooks.fetch.fetch_all"})
	job.execute()
	log = frappe.get_last_doc("Scheduled Job Log", {"scheduled_job_type": job.name, "status": "Failed"})
	assert "RuntimeError" in log.details and "intents" in log.details
	assert not [secret for secret in SECRETS if secret in log.details]


# the merchant's side


def test_a_payer_learns_nothing_of_the_merchants_side_of_a_refund(world, make_payer):
	payment = world.pay()["payment"]
	colleague = make_payer(unit=world.invoice.organisation_unit)
	refund = refund_api.refund_payment(payment, "10.00", "fraudulent", unique("press"))["refund"]
	told = {
		"failure_reason": "lost_or_stolen_card",
		"failure_message": "lost",
		"last_error": "Stripe's own words",
	}
	frappe.db.set_value("Stripe Refund", refund, dict(told))
	frappe.db.commit()
	row = frappe.get_doc("Stripe Refund", refund)
	for user in (world.payer, colleague):
		for method, given in (
			("frappe.client.get", {"name": refund}),
			("frappe.desk.form.load.getdoc", {"name": refund}),
			("frappe.client.get_list", {"fields": '["*"]', "filters": json.dumps({"name": refund})}),
		):
			answer = calls.request(user, f"/api/method/{method}", {"doctype": "Stripe Refund", **given})
			assert answer.status == 200 and refund in answer.text, answer.problem
			for secret in (*told.values(), "fraudulent", row.idempotency_key, row.stripe_refund_id):
				assert secret not in answer.text, (method, secret)
		found = {"doctype": "Stripe Refund", "filters": json.dumps({"failure_reason": ["like", "lost%"]})}
		assert calls.request(user, "/api/method/frappe.client.get_list", found).status == 403


# webhooks


@pytest.mark.parametrize(
	"event_id", ["evt_\ud800", "evt_", "evt_<b>", "evt_ä", "EVT_1", "evt_" + "a" * 200, 5, None]
)
def test_an_event_whose_id_stripe_would_never_give_is_refused(event_id):
	assert not receive._is_id(event_id)


# card testing


def test_a_payer_whose_cards_are_declined_again_and_again_has_to_wait(world, make_user):
	administrator = make_user(roles=["Stripe Administrator"])
	with limit_of(3):
		for _ in range(3):
			assert world.pay(card="declined")["outcome"] == "failed"
		before = frappe.db.count("Invoice Payment", {"user": world.payer})
		for _ in range(2):
			with pytest.raises(TooManyDeclines, match="Nothing was charged"):
				world.pay(card="visa")
		assert frappe.db.count("Invoice Payment", {"user": world.payer}) == before
		world.drain()
	told = {"document_type": "User", "document_name": world.payer, "for_user": administrator}
	assert frappe.db.count("Notification Log", told) == 1


def test_a_document_on_which_several_payers_are_declined_has_to_wait(world, make_payer):
	second = make_payer(unit=world.invoice.organisation_unit)
	with limit_of(2):
		for _ in range(2):
			assert world.pay(card="declined")["outcome"] == "failed"
		with pytest.raises(TooManyDeclines):
			world.pay("10.00", user=second, request_id=unique("press"))


class limit_of:
	"""So many declined cards within an hour, for the block."""

	def __init__(self, number: int):
		self.number = number

	def __enter__(self):
		self._set(self.number)

	def __exit__(self, *_):
		frappe.db.rollback()
		self._set(10)

	def _set(self, number: int):
		frappe.db.set_single_value("Stripe Service Settings", "declines_per_hour", number)
		frappe.db.commit()
