"""A reading of Stripe that is older than what was written meanwhile changes nothing, however the two meet."""

import threading

import frappe
import pytest
from frappe.utils import cint

from stripe_service.payments import settle
from stripe_service.payments.record import IntentSnapshot
from stripe_service.utils.transaction import begin_fresh
from tests.support import site as site_support
from tests.support.accounts import ACCOUNT


@pytest.fixture
def readings(world):
	"""(payment, reading before a refund of 25, reading after it), both begun from the same version of the row."""
	world.emulator.hold_webhooks()
	payment = frappe.get_doc("Invoice Payment", world.pay()["payment"])
	older = take(payment)
	gateway = settle.gateway_for(ACCOUNT)
	gateway.call("refunds.create", params={"payment_intent": payment.payment_intent_id, "amount": 2500})
	newer = take(payment)
	assert older.version == newer.version
	yield payment, older, newer
	world.emulator.clear_webhook_rules()
	world.emulator.forget_webhooks()


def take(payment) -> IntentSnapshot:
	gateway = settle.gateway_for(ACCOUNT)
	intent = gateway.call(
		"payment_intents.retrieve", payment.payment_intent_id, params={"expand": settle.EXPAND}
	)
	frappe.db.rollback()
	version = cint(frappe.db.get_value("Invoice Payment", payment.name, "sync_version"))
	return IntentSnapshot(intent, version, settle.disputes_of(gateway, intent))


def state(payment):
	frappe.db.rollback()
	fields = ["status", "refunded_minor", "settled_minor", "attention"]
	return tuple(frappe.db.get_value("Invoice Payment", payment.name, fields))


def test_an_older_reading_that_comes_later_is_not_written(readings):
	payment, older, newer = readings
	assert settle.apply(payment.name, newer)
	assert not settle.apply(payment.name, older)
	assert state(payment) == ("Partly Refunded", 2500, 7500, None)


def test_the_same_reading_is_not_written_twice(readings):
	payment, _older, newer = readings
	assert settle.apply(payment.name, newer)
	assert not settle.apply(payment.name, newer)


def test_settle_reads_again_where_others_were_faster(readings):
	payment, _older, _newer = readings
	assert settle.settle(payment.name).refunded_minor == 2500
	assert settle.settle(payment.name).refunded_minor == 2500


def test_what_is_shown_of_an_older_reading_is_not_written_over_a_newer_one(readings):
	payment, older, newer = readings
	older.intent["latest_charge"]["receipt_url"] = "https://stripe.example/older"
	newer.intent["latest_charge"]["receipt_url"] = "https://stripe.example/newer"
	assert settle.apply(payment.name, older)
	again = IntentSnapshot(newer.intent, newer.version + 1, newer.disputes)
	assert settle.apply(payment.name, again)
	settle._write_shown_unless_older(payment.name, older)
	frappe.db.commit()
	frappe.db.rollback()
	assert (
		frappe.db.get_value("Invoice Payment", payment.name, "receipt_url") == "https://stripe.example/newer"
	)


def test_two_workers_with_an_older_and_a_newer_reading_at_the_same_instant(readings):
	"""The newer one is being written, and not committed, when the older one begins. The document is gone, so that the
	payment's own row is all that makes them wait."""
	payment, older, newer = readings
	frappe.db.delete("Portal Invoice", {"name": payment.reference_name})
	begin_fresh()
	settle._apply(payment.name, settle.documents_of(payment.name), newer)

	answers = []
	worker = threading.Thread(target=_apply_on_a_connection_of_its_own, args=(payment.name, older, answers))
	worker.start()
	_wait_until_somebody_waits_for_a_lock()
	frappe.db.commit()
	worker.join(60)
	assert answers == [False]
	assert state(payment)[:3] == ("Partly Refunded", 2500, 7500)


def _apply_on_a_connection_of_its_own(payment_name, snapshot, answers):
	with site_support.connected():
		answers.append(settle.apply(payment_name, snapshot))


def _wait_until_somebody_waits_for_a_lock(looks_in_a_row=5):
	"""Another connection of the site's is at the same statement on payments, look after look."""
	query = """
		select id, info from information_schema.processlist
		where db = database() and id != connection_id() and info like '%%tabInvoice Payment%%'
	"""
	pause, seen, times = threading.Event(), None, 0
	for _look in range(600):
		now = frappe.db.sql(query)
		times = times + 1 if now and now == seen else 0
		seen = now
		if times >= looks_in_a_row:
			return
		pause.wait(0.1)
	raise AssertionError("nobody waits for the row that is being written")
