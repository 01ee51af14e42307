"""A saved method pays automatically what becomes due: agreed to, announced, paid on the day, limited, declined, stopped."""

import re
from email import message_from_string
from email.policy import default
from functools import partial
from html import unescape

import frappe
import pytest
from frappe.utils import add_days, getdate, nowdate

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.api import automatic_payments as api
from stripe_service.api import history, methods
from stripe_service.patches import lead_payers_without_a_desk_to_the_portal as patch
from stripe_service.payments.automatic import agreements, declines, paying, planning, schedule
from stripe_service.payments.settle import settle
from stripe_service.saved_methods import bank_accounts
from stripe_service.setup import notifications
from stripe_service.stripe_service.doctype.stripe_service_settings.stripe_service_settings import (
	read_retry_days,
)
from tests.support import records
from tests.support.accounts import ACCOUNT
from tests.support.jobs import in_parallel
from tests.support.records import make_outgoing_account, make_portal_user, unique
from tests.support.settings import UNITS, opened, set_settings

# Can be saved, and is declined when it is charged.
DECLINED = "pm_card_chargeCustomerFail"
ALWAYS_ASKS = "pm_card_authenticationRequired"
ASKS_ONCE = "pm_card_authenticationRequiredOnSetup"


def later(days: int):
	return getdate(add_days(nowdate(), days))


@pytest.fixture
def world(world):
	"""Automatic payments are switched on."""
	set_settings(
		automatic_payments=1, automatic_notice_days=3, automatic_retry_days="1, 3, 5", declines_per_hour=10
	)
	yield world
	frappe.db.rollback()
	frappe.set_user("Administrator")
	# No later test's invoice is anybody's here.
	for name in frappe.get_all("Automatic Payment", {"status": ("!=", "Stopped")}, pluck="name"):
		agreements.stop(name, lambda: "end of test", tell=False)
	set_settings(automatic_payments=0)


def due_invoice(world, due=3, total="100.00", **more):
	"""An invoice that is due in so many days."""
	return world.make_invoice(total=total, due_date=later(due), **more)


def run_day(world, day) -> None:
	"""The scheduler's work of one day."""
	planning.announce_all(day=day)
	schedule.queue_due(day=day)
	world.drain()


def scheduled_for(invoice):
	"""The invoice's Scheduled Payment."""
	frappe.db.rollback()
	names = frappe.get_all("Scheduled Payment", {"reference_name": invoice.name}, pluck="name")
	assert len(names) <= 1
	return frappe.get_doc("Scheduled Payment", names[0]) if names else None


def payments_of(invoice) -> list:
	frappe.db.rollback()
	fields = ["name", "status", "user", "automatic_payment", "failure_code", "decline_code"]
	return frappe.get_all("Invoice Payment", {"reference_name": invoice.name}, fields, order_by="creation")


def notices_about(world, invoice, user=None) -> list[str]:
	frappe.db.rollback()
	return frappe.get_all(
		"Stripe Notice",
		{"reference_name": invoice.name, "user": user or world.payer},
		order_by="creation",
		pluck="subject",
	)


def decline_with(world, decline_code, code="card_declined") -> None:
	world.emulator.fault(
		"error",
		operation="payment_intents.confirm",
		status=402,
		type="card_error",
		code=code,
		decline_code=decline_code,
		message="Your card was declined.",
	)


# agreeing


def test_a_card_announces_pays_on_the_day_and_says_so(world):
	started = world.start_automatic_payments()
	assert started["status"] == "Active"
	invoice = due_invoice(world, due=3)

	run_day(world, later(0))
	row = scheduled_for(invoice)
	assert (row.status, row.next_attempt_on, row.amount) == ("Announced", later(3), 100)
	assert payments_of(invoice) == []
	(notice,) = notices_about(world, invoice)
	assert "will be paid automatically" in notice and "VISA •••• 4242" in notice and "100.00" in notice
	run_day(world, later(2))
	assert payments_of(invoice) == []

	run_day(world, later(3))
	(payment,) = payments_of(invoice)
	assert (payment.status, payment.user, payment.automatic_payment) == (
		"Succeeded",
		world.payer,
		started["name"],
	)
	row = scheduled_for(invoice)
	assert (row.status, row.payment, bool(row.told_at)) == ("Paid", payment.name, True)
	assert world.reread(invoice).workflow_state == "Paid"
	assert "was paid automatically" in notices_about(world, invoice)[-1]
	(intent,) = world.intents(invoice)
	assert intent["amount_received"] == 10000
	(line,) = world.does(history.of_document, "Portal Invoice", invoice.name)["lines"]
	assert line["how"] == "VISA •••• 4242, paid automatically"


def test_the_consent_is_recorded_as_it_was_shown(world):
	method = world.save_card()
	wish = world.automatic_wish(method)
	text = world.does(api.consent_text, **wish)["text"]
	for part in (
		"Emulated Goods Inc.",
		"VISA •••• 4242",
		world.unit,
		"$ 500.00",
		"$ 1,000.00",
		"3 days",
		"1, 3, 5",
		"stop this at any time",
	):
		assert part in text
	for other in ("", "yes", text + " "):
		with pytest.raises(agreements.ConsentChanged):
			world.does(api.start, agreed_text=other, **wish)
	assert not frappe.db.exists("Automatic Payment", {"user": world.payer})
	frappe.local.request_ip = "203.0.113.7"
	name = world.does(api.start, agreed_text=text, **wish)["name"]
	row = frappe.get_doc("Automatic Payment", name)
	assert (row.consent_text, row.consent_ip, row.user, row.owner) == (
		text,
		"203.0.113.7",
		world.payer,
		world.payer,
	)
	assert row.consent_at


REFUSED_WISHES = [
	({"organisation_unit": None}, "Choose whose invoices"),
	({"organisation_unit": "/no/such/unit"}, "Choose whose invoices"),
	({"document_type": "User", "party": "x", "organisation_unit": None}, "Choose whose invoices"),
	({"document_type": "Portal Invoice", "party": " ", "organisation_unit": None}, "Choose whose invoices"),
	({"maximum_per_month": "499.99"}, "must not be below"),
	({"maximum_per_document": "0"}, "above zero"),
	({"maximum_per_document": "many"}, "as a number"),
	({"currency": "XXY"}, "currency"),
]


def test_what_can_not_be_agreed_to(world, make_unit):
	card, account = world.save_card(), world.add_bank_account()
	for changes, says in [*REFUSED_WISHES, ({"organisation_unit": make_unit()}, "Choose whose invoices")]:
		with pytest.raises(frappe.ValidationError, match=says):
			world.does(api.consent_text, **world.automatic_wish(card, **changes))
	with pytest.raises(frappe.ValidationError, match="US dollars"):
		world.does(api.consent_text, **world.automatic_wish(account, currency="EUR"))
	others = world.save_card(user=world.make_payer())
	for call in (api.consent_text, partial(api.start, agreed_text="x")):
		with pytest.raises(frappe.PermissionError):
			world.does(call, **world.automatic_wish(others))


def test_switched_off_nothing_is_begun_announced_or_paid(world):
	world.start_automatic_payments()
	announced = due_invoice(world, due=1)
	run_day(world, later(0))
	set_settings(automatic_payments=0)
	with pytest.raises(frappe.ValidationError, match="switched off"):
		world.does(api.consent_text, **world.automatic_wish(world.save_card("pm_card_mastercard")))
	new = due_invoice(world, due=1)
	run_day(world, later(4))
	assert scheduled_for(new) is None
	assert payments_of(announced) == []


def test_the_settings_are_validated(site):
	for text in ("x", "0", "31", "3, 1", "1, 1", "1.5", "-1", "1,2,3,4,5,6,7,8,9"):
		with pytest.raises(frappe.ValidationError, match="whole numbers from 1 to 30"):
			read_retry_days(text)
	for text, days in (("", []), (None, []), (" 1,3 ,5", [1, 3, 5]), ("30", [30])):
		assert read_retry_days(text) == days
	for days in (0, 31):
		with pytest.raises(frappe.ValidationError, match="1 to 30 days"):
			set_settings(automatic_payments=1, automatic_notice_days=days)


# 3-D Secure


def test_a_card_whose_bank_asks_once_is_asked_when_it_is_set_up(world):
	started = world.start_automatic_payments(world.save_card(ASKS_ONCE))
	assert started["status"] == "Confirmation Required"
	assert started["client_secret"] and started["stripe"]["publishable_key"]
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	assert scheduled_for(invoice) is None
	world.emulator.complete_3ds(started["client_secret"].split("_secret")[0])
	assert world.does(api.finish, started["name"])["status"] == "Active"
	run_day(world, later(0))
	run_day(world, later(3))
	assert scheduled_for(invoice).status == "Paid"


def test_a_card_that_the_bank_does_not_confirm_pays_nothing(world):
	started = world.start_automatic_payments(world.save_card(ASKS_ONCE))
	world.emulator.fail_3ds(started["client_secret"].split("_secret")[0])
	answer = world.does(api.finish, started["name"])
	assert answer["status"] == "Stopped" and "did not confirm" in answer["reason"]


def test_a_bank_that_asks_each_time_is_left_to_the_payer_with_a_link(world, mailed):
	started = world.start_automatic_payments(world.save_card(ALWAYS_ASKS))
	world.emulator.complete_3ds(started["client_secret"].split("_secret")[0])
	world.does(api.finish, started["name"])
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	run_day(world, later(3))
	assert scheduled_for(invoice).status == "Authentication Required"
	assert "your bank wants to be sure that it is you" in notices_about(world, invoice)[-1]
	announced, asked = mailed(world.payer)
	assert "/payment-link/" not in announced
	assert "/payment-link/" in asked
	(payment,) = payments_of(invoice)
	# Stripe was told that nobody is there. It holds nothing: the payer can pay it.
	assert (payment.status, payment.failure_code) == ("Failed", "authentication_required")
	run_day(world, later(4))
	assert len(payments_of(invoice)) == 1
	# It is no decline of the card: it goes on for others.
	assert frappe.db.get_value("Automatic Payment", started["name"], "status") == "Active"


@pytest.fixture
def mailed(site):
	"""With the Notifications switched on: the mails that were queued to a user, the oldest first."""

	def switch(on):
		for name in (notifications.AUTOMATIC, notifications.STOPPED):
			frappe.get_doc("Notification", name).update({"enabled": on}).save()
		frappe.db.commit()

	def mails(user):
		frappe.db.rollback()
		queued = frappe.get_all(
			"Email Queue Recipient", {"recipient": user}, pluck="parent", order_by="creation"
		)
		return [
			text_of(frappe.db.get_value("Email Queue", name, "message")) for name in dict.fromkeys(queued)
		]

	def text_of(message):
		return message_from_string(message, policy=default).get_body(("html",)).get_content()

	make_outgoing_account()
	switch(1)
	yield mails
	frappe.db.rollback()
	switch(0)


# bank accounts


def test_a_bank_account_pays_by_its_mandate_and_takes_days(world):
	account = world.add_bank_account()
	world.start_automatic_payments(account)
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	run_day(world, later(3))
	row = scheduled_for(invoice)
	assert row.status == "Under Way"
	(intent,) = world.intents(invoice)
	world.emulator.settle(intent["id"])
	settle(row.payment)
	frappe.db.sql("update `tabScheduled Payment` set modified = '2020-01-01' where name = %s", row.name)
	frappe.db.commit()
	schedule.find_unfinished()
	world.drain()
	assert scheduled_for(invoice).status == "Paid"


def test_a_debit_that_comes_back_for_want_of_money_is_tried_twice_more_at_most(world):
	account = world.add_bank_account(number="no_funds")
	world.start_automatic_payments(account)
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	for attempt, day in enumerate((3, 4, 6), 1):
		run_day(world, later(day))
		row = scheduled_for(invoice)
		assert (row.status, row.attempts) == ("Under Way", attempt)
		world.emulator.fail_debit(
			frappe.db.get_value("Invoice Payment", row.payment, "payment_intent_id"), "insufficient_funds"
		)
		settle(row.payment)
		paying.pay(row.name, later(day))
	row = scheduled_for(invoice)
	assert (row.status, row.attempts) == ("Failed", 3)


# what is covered


def test_what_becomes_due_is_announced_in_time(world):
	overdue = due_invoice(world, due=-1)
	world.start_automatic_payments()
	today, soon, other_currency = (
		due_invoice(world, due=0),
		due_invoice(world, due=4),
		due_invoice(world, due=1, currency="EUR"),
	)
	team = records.make_unit(f"{world.unit}/Team")
	below = records.make_invoice(records.make_faker(), unit=team, total="10.00", due_date=later(1))
	run_day(world, later(0))
	# What was overdue when the payer agreed is left to them.
	assert [scheduled_for(invoice) for invoice in (overdue, other_currency, soon)] == [None] * 3
	assert scheduled_for(today).next_attempt_on == later(3)
	assert scheduled_for(below).status == "Announced"
	run_day(world, later(1))
	assert scheduled_for(soon).next_attempt_on == later(4)


def test_the_invoices_of_one_party_alone(world):
	name = unique("Party")
	mine, other = due_invoice(world, due=1, bill_to=name), due_invoice(world, due=1)
	choices = world.does(api.overview)["choices"]
	assert name in [choice["party"] for choice in choices]
	world.start_automatic_payments(organisation_unit=None, document_type="Portal Invoice", party=name)
	run_day(world, later(0))
	assert scheduled_for(mine).status == "Announced"
	assert scheduled_for(other) is None


def test_two_payers_of_one_unit_pay_it_once(world):
	first = world.start_automatic_payments()["name"]
	other = world.make_payer()
	world.start_automatic_payments(user=other)
	invoice = due_invoice(world, due=1)
	run_day(world, later(0))
	assert scheduled_for(invoice).automatic_payment == first
	run_day(world, later(3))
	assert [payment.status for payment in payments_of(invoice)] == ["Succeeded"]


# limits


def test_more_than_is_allowed_for_each_is_skipped_and_told_once(world):
	world.start_automatic_payments(maximum_per_document="99.99")
	invoice = due_invoice(world, due=3, total="100.00")
	for day in (0, 1, 3, 4):  # on the first, while there is time to pay it otherwise
		run_day(world, later(day))
		row = scheduled_for(invoice)
		assert row.status == "Skipped" and "more than you allow for each" in row.reason
	assert len(notices_about(world, invoice)) == 1
	assert payments_of(invoice) == []


def test_a_month_is_limited_by_what_was_paid_by_itself(world):
	world.start_automatic_payments(maximum_per_document="100", maximum_per_month="150")
	first, second = due_invoice(world, due=3), due_invoice(world, due=3)
	run_day(world, later(0))
	day = later(3)
	run_day(world, day)
	rows = {scheduled_for(invoice).status: scheduled_for(invoice) for invoice in (first, second)}
	assert set(rows) == {"Paid", "Skipped"}
	assert "more than you allow in a month" in rows["Skipped"].reason
	# What a person pays is not limited by it.
	skipped = frappe.get_doc("Portal Invoice", rows["Skipped"].reference_name)
	assert world.pay("100.00", invoice=skipped)["outcome"] == "paid"
	# Another month is another limit.
	next_month = getdate(add_days(frappe.utils.get_last_day(day), 1))
	third = world.make_invoice(total="100.00", due_date=next_month)
	run_day(world, add_days(next_month, -3))
	run_day(world, next_month)
	assert scheduled_for(third).status == "Paid"


def test_two_workers_can_not_both_have_the_rest_of_a_month(world):
	world.start_automatic_payments(maximum_per_document="100", maximum_per_month="100")
	invoices = [due_invoice(world, due=3) for _ in range(3)]
	planning.announce_all(day=later(0))
	names = [scheduled_for(invoice).name for invoice in invoices]
	frappe.db.commit()
	in_parallel(len(names), lambda index: paying.pay(names[index], later(3)))
	statuses = sorted(scheduled_for(invoice).status for invoice in invoices)
	assert statuses == ["Paid", "Skipped", "Skipped"]


# never twice


def test_two_workers_announce_and_pay_once(world):
	world.start_automatic_payments()
	invoice = due_invoice(world, due=3)
	frappe.db.commit()
	in_parallel(3, lambda index: planning.announce_all(later(0)))
	assert len(notices_about(world, invoice)) == 1
	name = scheduled_for(invoice).name
	in_parallel(4, lambda index: paying.pay(name, later(3)))
	run_day(world, later(3))
	assert [payment.status for payment in payments_of(invoice)] == ["Succeeded"]
	assert world.received_minor(invoice) == 10000


def test_a_run_after_the_answer_was_lost_finds_the_payment(world):
	world.start_automatic_payments()
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	world.emulator.fault("drop_response", operation="payment_intents.confirm", count=3)
	run_day(world, later(3))
	world.emulator.clear_faults()
	paying.pay(scheduled_for(invoice).name, later(3))
	assert scheduled_for(invoice).status == "Paid"
	assert world.received_minor(invoice) == 10000


def test_more_than_was_announced_is_announced_again(world):
	world.start_automatic_payments()
	invoice = due_invoice(world, due=3, total="100.00")
	run_day(world, later(0))
	changed = frappe.get_doc("Portal Invoice", invoice.name)
	changed.items[0].rate = 120
	changed.save()
	frappe.db.commit()
	run_day(world, later(3))
	row = scheduled_for(invoice)
	assert (row.status, row.amount, row.next_attempt_on) == ("Announced", 120, later(6))
	run_day(world, later(6))
	assert scheduled_for(invoice).status == "Paid"


def test_what_is_paid_by_a_person_is_not_paid_again(world):
	world.start_automatic_payments()
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	world.pay("100.00", invoice=invoice)
	run_day(world, later(3))
	assert scheduled_for(invoice).status == "Cancelled"
	assert len(payments_of(invoice)) == 1


def test_a_payment_under_way_is_not_doubled(world):
	world.start_automatic_payments()
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	world.pay_by_ach(world.add_bank_account(), invoice=invoice)
	run_day(world, later(3))
	row = scheduled_for(invoice)
	assert row.status == "Skipped" and "under way" in row.reason


# rights at the time of the payment


def test_a_lost_role_skips(world):
	world.start_automatic_payments()
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	user = frappe.get_doc("User", world.payer)
	user.remove_roles("Stripe Payer")
	frappe.db.commit()
	run_day(world, later(3))
	row = scheduled_for(invoice)
	assert row.status == "Skipped" and "right to pay" in row.reason
	assert payments_of(invoice) == []


def test_a_lost_unit_skips_and_announces_nothing_new(world):
	world.start_automatic_payments()
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	for name in frappe.get_all("User Permission", {"user": world.payer}, pluck="name"):
		frappe.delete_doc("User Permission", name)
	frappe.db.commit()
	new = due_invoice(world, due=3)
	run_day(world, later(3))
	row = scheduled_for(invoice)
	assert row.status == "Skipped"
	assert frappe.db.exists("Notification Log", {"for_user": world.payer, "document_name": row.name})
	assert scheduled_for(new) is None


def test_a_disabled_user_pays_nothing_and_administrators_are_told(world):
	name = world.start_automatic_payments()["name"]
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	frappe.db.set_value("User", world.payer, "enabled", 0)
	frappe.db.commit()
	run_day(world, later(3))
	assert payments_of(invoice) == []
	assert scheduled_for(invoice).status == "Cancelled"
	assert frappe.db.get_value("Automatic Payment", name, "status") == "Stopped"
	assert frappe.db.exists("Stripe Notice", {"audience": "Stripe Administrators", "reference_name": name})


# declines


def test_a_decline_is_tried_again_on_the_set_days_and_then_told(world):
	world.start_automatic_payments(world.save_card(DECLINED))
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	for attempt, (day, again) in enumerate(((3, 4), (4, 6), (6, 8)), 1):
		run_day(world, later(day))
		row = scheduled_for(invoice)
		assert (row.status, row.attempts, row.next_attempt_on) == ("To Be Tried Again", attempt, later(again))
	run_day(world, later(7))
	assert len(payments_of(invoice)) == 3
	run_day(world, later(8))
	row = scheduled_for(invoice)
	assert (row.status, row.attempts) == ("Failed", 4)
	assert "not tried again" in notices_about(world, invoice)[-1]
	run_day(world, later(20))
	assert len(payments_of(invoice)) == 4
	assert not world.reread(invoice).reserved_amount


def test_a_hard_decline_stops_it_and_is_told(world):
	name = world.start_automatic_payments()["name"]
	invoice, next_one = due_invoice(world, due=3), due_invoice(world, due=5)
	run_day(world, later(0))
	run_day(world, later(2))
	decline_with(world, "lost_card")
	run_day(world, later(3))
	assert scheduled_for(invoice).status == "Failed"
	assert frappe.db.get_value("Automatic Payment", name, "status") == "Stopped"
	assert scheduled_for(next_one).status == "Cancelled"
	notice = frappe.db.get_value("Stripe Notice", {"reference_name": name, "user": world.payer}, "subject")
	assert "Nothing is paid automatically any more" in notice
	run_day(world, later(10))
	assert len(payments_of(invoice)) == 1 and payments_of(next_one) == []


def test_what_pays_by_itself_uses_up_nobodys_tries(world):
	set_settings(declines_per_hour=2)
	world.start_automatic_payments(world.save_card(DECLINED))
	invoices = [due_invoice(world, due=3) for _ in range(3)]
	run_day(world, later(0))
	run_day(world, later(3))
	assert [scheduled_for(invoice).status for invoice in invoices] == ["To Be Tried Again"] * 3
	assert world.pay("100.00", invoice=invoices[0])["outcome"] == "paid"


def test_the_limit_on_declines_is_not_walked_round(world):
	set_settings(declines_per_hour=2)
	world.start_automatic_payments()
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	for _ in range(2):
		world.pay("100.00", card="declined")
	run_day(world, later(3))
	row = scheduled_for(invoice)
	assert (row.status, row.attempts, row.next_attempt_on) == ("To Be Tried Again", 0, later(4))
	assert payments_of(invoice) == []


@pytest.mark.parametrize(
	("codes", "follows"),
	[
		(("card_declined", "insufficient_funds"), declines.RETRY),
		(("card_declined", "generic_decline"), declines.RETRY),
		(("card_declined", "a_code_of_tomorrow"), declines.RETRY),
		((None, None), declines.RETRY),
		(("processing_error", None), declines.RETRY),
		(("authentication_required", None), declines.AUTHENTICATE),
		(("card_declined", "authentication_required"), declines.AUTHENTICATE),
		(("expired_card", None), declines.STOP),
		(("card_declined", "pickup_card"), declines.STOP),
		(("account_closed", None), declines.STOP),
		(("payment_intent_mandate_invalid", None), declines.STOP),
		(("resource_missing", None), declines.STOP),
	],
)
def test_what_follows_a_decline(codes, follows):
	assert declines.what_follows(*codes) == follows


# stopping


def test_removing_the_card_stops_it_and_tells(world):
	card = world.save_card()
	name = world.start_automatic_payments(card)["name"]
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	world.does(methods.remove_method, card)
	row = frappe.get_doc("Automatic Payment", name)
	assert row.status == "Stopped" and "removed" in row.stopped_reason
	assert frappe.db.exists("Stripe Notice", {"reference_name": name, "user": world.payer})
	run_day(world, later(3))
	assert payments_of(invoice) == []


def test_a_card_that_is_gone_at_stripe_pays_nothing(world):
	card = world.save_card()
	world.start_automatic_payments(card)
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	gateway_for(ACCOUNT).call("payment_methods.detach", card)
	run_day(world, later(3))
	assert scheduled_for(invoice).status in ("Failed", "Cancelled")
	assert world.does(api.overview)["automatic"][0]["status"] == "Stopped"


def test_a_mandate_that_ended_stops_it(world):
	account = world.add_bank_account()
	name = world.start_automatic_payments(account)["name"]
	world.emulator.end_mandate(frappe.db.get_value("Stripe Bank Account", account, "mandate_id"))
	world.drain()
	bank_accounts.sync(account)
	frappe.db.commit()
	assert frappe.db.get_value("Automatic Payment", name, "status") == "Stopped"


def test_the_payer_stops_one_or_all(world):
	one, two = (
		world.start_automatic_payments()["name"],
		world.start_automatic_payments(world.save_card("pm_card_mastercard"))["name"],
	)
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	assert world.does(api.stop, one)["status"] == "Stopped"
	assert scheduled_for(invoice).status == "Cancelled"
	assert world.does(api.stop_all) == {"stopped": 1}
	assert frappe.db.get_value("Automatic Payment", two, "status") == "Stopped"
	run_day(world, later(3))
	assert payments_of(invoice) == []


def test_an_administrator_stops_but_does_not_start(world, make_user):
	admin = make_user(roles=("Stripe Administrator",), unit=world.unit)
	name = world.start_automatic_payments()["name"]
	world.does(api.stop, name, user=admin)
	assert frappe.db.get_value("Automatic Payment", name, ["status", "stopped_by"]) == ("Stopped", admin)
	assert frappe.db.exists("Stripe Notice", {"reference_name": name, "user": world.payer})
	with pytest.raises(frappe.PermissionError):
		world.does(
			api.start, user=admin, agreed_text="x", **world.automatic_wish(world.save_card("pm_card_amex"))
		)


def test_nobody_else_sees_or_stops_it(world):
	name = world.start_automatic_payments()["name"]
	other = world.make_payer()
	for call in (api.stop, api.finish):
		with pytest.raises(frappe.PermissionError):
			world.does(call, name, user=other)
	assert world.does(frappe.get_list, "Automatic Payment", user=other) == []
	assert world.does(frappe.get_list, "Automatic Payment", pluck="name") == [name]
	assert world.does(api.overview, user=other)["automatic"] == []


def test_no_form_writes_it(world):
	name = world.start_automatic_payments()["name"]
	for change in ({"status": "Active"}, {"maximum_per_month": 1}, {"consent_text": "x"}):
		doc = frappe.get_doc("Automatic Payment", name).update(change)
		with pytest.raises(frappe.PermissionError):
			doc.save()
	with pytest.raises(frappe.PermissionError):
		frappe.get_doc("Automatic Payment", name).delete()


# told


def test_a_payer_without_a_desk_is_mailed_the_way_to_the_portal(world, mailed, make_user):
	"""By the unit, on the portal; a colleague at the desk is led to the desk, and so is who holds both roles."""
	both = (*records.PAYER_ROLES, "Portal Payer")
	with opened(UNITS, None):
		customer = make_portal_user(make_user, unit=world.unit)
		payers = [world.make_payer(), world.make_payer(roles=both), customer]
		for payer in payers:
			invoice = due_invoice(world, due=3)
			name = world.start_automatic_payments(user=payer)["name"]
			run_day(world, later(0))
			assert scheduled_for(invoice).user == payer
			agreements.stop(name, lambda: "The bank no longer allows it.")
			world.drain()
			mails = mailed(payer)
			about = f"({invoice.name}) will be paid automatically"  # besides those of the payers before
			[announced] = [mail for mail in mails if about in mail]
			[stopped] = [mail for mail in mails if "Nothing is paid automatically any more" in mail]
			desk = payer != customer
			form = re.compile(rf"/(app|desk)/portal-invoice/{invoice.name}")
			assert bool(form.search(announced)) is desk
			assert (f"/payments?doctype=Portal+Invoice&amp;name={invoice.name}" in announced) is not desk
			assert re.search(r"/(app|desk)/", stopped) if desk else not re.search(r"/(app|desk)/", stopped)
			assert "/my-payment-methods" in stopped and "/payments" in stopped
			assert "The bank no longer allows it." in stopped and invoice.title in stopped


def _hard_decline(world, invoice, method):
	run_day(world, later(0))
	decline_with(world, "stolen_card")
	run_day(world, later(3))


def _removed(world, invoice, method):
	world.does(methods.remove_method, method)


def _gone_at_stripe(world, invoice, method):
	run_day(world, later(0))
	gateway_for(ACCOUNT).call("payment_methods.detach", method)
	run_day(world, later(3))


@pytest.mark.parametrize("ending", [_hard_decline, _removed, _gone_at_stripe])
def test_that_it_was_stopped_is_mailed_once_with_the_reason(world, mailed, ending):
	method = world.save_card()
	name = world.start_automatic_payments(method)["name"]
	ending(world, due_invoice(world, due=3), method)
	world.drain()
	schedule.find_unfinished()
	row = frappe.get_doc("Automatic Payment", name)
	assert row.status == "Stopped" and row.told_at
	stopped = [mail for mail in mailed(world.payer) if "Nothing is paid automatically any more" in mail]
	assert len(stopped) == 1
	assert row.stopped_reason in unescape(stopped[0])


def test_a_mandate_that_ended_is_mailed_and_a_stop_of_ones_own_is_not(world, mailed):
	account = world.add_bank_account()
	world.start_automatic_payments(account)
	own = world.start_automatic_payments()["name"]
	world.does(api.stop, own)
	world.emulator.end_mandate(frappe.db.get_value("Stripe Bank Account", account, "mandate_id"))
	world.drain()
	bank_accounts.sync(account)
	frappe.db.commit()
	world.drain()
	[mail] = mailed(world.payer)
	assert "Nothing is paid automatically any more with" in mail and "6789" in mail
	assert not frappe.db.get_value("Automatic Payment", own, "told_at")


def test_the_mail_of_a_stop_is_in_the_payers_language_and_never_stops_the_stop(world, mailed):
	frappe.db.set_value("User", world.payer, "language", "de")
	frappe.db.commit()
	name = world.start_automatic_payments()["name"]
	notification = frappe.get_doc("Notification", notifications.STOPPED)
	message = notification.message
	try:
		notification.update({"message": "{{ doc.idx / 0 }}"}).save()
		frappe.db.commit()
		agreements.stop(name, lambda: "Ende.")
		world.drain()
		assert frappe.db.get_value("Automatic Payment", name, "status") == "Stopped"
	finally:
		frappe.db.rollback()
		frappe.get_doc("Notification", notifications.STOPPED).update({"message": message}).save()
		frappe.db.commit()
	frappe.db.set_value("Automatic Payment", name, "told_at", None)
	frappe.db.commit()
	schedule.find_unfinished()
	mail = mailed(world.payer)[-1]
	assert "wird nichts mehr automatisch bezahlt" in mail and "Ansehen und bezahlen" in mail


def test_the_notification_of_an_earlier_version_is_led_to_the_portal_too(site):
	notification = frappe.get_doc("Notification", notifications.AUTOMATIC)
	message = notification.message
	before = message.replace(patch.NOW, patch.BEFORE) + "<p>Ours.</p>"
	frappe.db.set_value("Notification", notifications.AUTOMATIC, "message", before)
	patch.execute()
	assert frappe.db.get_value("Notification", notifications.AUTOMATIC, "message") == message + "<p>Ours.</p>"
	frappe.db.rollback()


def test_a_message_whose_worker_was_ended_is_mailed_by_the_next_run(world):
	world.start_automatic_payments()
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	frappe.db.set_value("Scheduled Payment", scheduled_for(invoice).name, "told_at", None)
	frappe.db.commit()
	schedule.find_unfinished()
	assert scheduled_for(invoice).told_at


def test_the_words_are_in_the_payers_language(world):
	frappe.db.set_value("User", world.payer, "language", "de")
	frappe.db.commit()
	world.start_automatic_payments()
	invoice = due_invoice(world, due=3)
	run_day(world, later(0))
	assert "automatisch mit VISA" in notices_about(world, invoice)[0]
