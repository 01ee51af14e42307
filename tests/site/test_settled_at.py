"""When a payment was settled is Stripe's to say, however late the site learnt of it: reports and books go by it."""

import time

import frappe
import pytest

from stripe_service.gateway.times import from_stripe
from stripe_service.payments.settle import settle

DAY = 24 * 3600


@pytest.fixture
def quiet(world):
	"""Nothing of Stripe's arrives by itself, and its clock may be turned back."""
	world.emulator.hold_webhooks()
	yield world
	world.emulator.set_clock(time.time())
	world.emulator.clear_webhook_rules()
	world.emulator.forget_webhooks()


def read(name: str):
	frappe.db.rollback()
	return settle(name)


def test_a_card_payment_is_settled_when_its_charge_was_made(quiet):
	quiet.emulator.set_clock(time.time() - 3 * DAY)
	outcome = quiet.pay(card="3ds_required")
	quiet.emulator.complete_3ds(quiet.intents()[0]["id"])
	quiet.emulator.set_clock(time.time())
	payment = read(outcome["payment"])
	charge = quiet.emulator.objects("charge")
	made = next(each["created"] for each in charge if each["id"] == payment.charge_id)
	assert payment.settled_at == from_stripe(made)
	assert abs(time.time() - 3 * DAY - made) < 600
	assert read(outcome["payment"]).settled_at == payment.settled_at, "read again, it stays"


def test_a_debit_is_settled_when_it_succeeded_and_not_when_it_was_begun(quiet):
	account = quiet.add_bank_account()
	quiet.emulator.set_clock(time.time() - 9 * DAY)
	name = quiet.pay_by_ach(account)["payment"]
	assert read(name).settled_at is None
	quiet.emulator.set_clock(time.time() - 4 * DAY)
	quiet.emulator.settle(read(name).payment_intent_id)
	quiet.emulator.set_clock(time.time())
	payment = read(name)
	booked = next(
		each["created"]
		for each in quiet.emulator.objects("balance_transaction")
		if each["source"] == payment.charge_id
	)
	assert (payment.status, payment.settled_at) == ("Succeeded", from_stripe(booked))
	assert abs(time.time() - 4 * DAY - booked) < 600


def test_until_stripe_has_booked_a_debit_the_time_of_the_reading_stands_in(quiet):
	account = quiet.add_bank_account()
	quiet.emulator.settings(async_capture_seconds=3600)
	try:
		name = quiet.pay_by_ach(account)["payment"]
		quiet.emulator.settle(read(name).payment_intent_id)
		before = read(name)
		assert abs((frappe.utils.now_datetime() - before.settled_at).total_seconds()) < 600
		quiet.emulator.advance(hours=2)
		after = read(name)
		assert after.balance_transaction_id
		assert after.settled_at != before.settled_at
	finally:
		quiet.emulator.settings(async_capture_seconds=2)
