"""Something fails after a claim that nobody foresaw: the amount is freed at once or within minutes, and the payer reads
what is true. The database itself refuses here, at one step after the other."""

import frappe
import pytest
from frappe.utils import add_to_date, now_datetime

from stripe_service.accounts.jobs import for_each_account
from stripe_service.api import pay as pay_api
from stripe_service.reconcile import comparison, schedule
from tests.support.accounts import ACCOUNT
from tests.support.records import unique

REFUSE = "signal sqlstate '45000' set message_text = 'not today'"
BEFORE_UPDATE = "before update on `tabInvoice Payment`"


def refuse_change_of(field: str) -> str:
	return f"if not (new.{field} <=> old.{field}) then {REFUSE}; end if"


def payment_of(world):
	frappe.db.rollback()
	return frappe.get_last_doc("Invoice Payment", {"reference_name": world.invoice.name})


def make_older(payment, minutes: int) -> None:
	earlier = add_to_date(now_datetime(), minutes=-minutes)
	frappe.db.set_value("Invoice Payment", payment.name, "creation", earlier, update_modified=False)
	frappe.db.commit()


@pytest.mark.parametrize(
	"when, body",
	[
		("before insert on `tabStripe Customer`", REFUSE),
		(BEFORE_UPDATE, refuse_change_of("stripe_customer")),
		(BEFORE_UPDATE, refuse_change_of("payment_intent_id")),
		(BEFORE_UPDATE, refuse_change_of("confirm_sent_at")),
	],
	ids=["customer", "customer on the payment", "PaymentIntent", "about to confirm"],
)
def test_before_the_charge_the_amount_is_free_again_when_the_payer_reads_of_it(world, trigger, when, body):
	trigger(when, body)
	outcome = world.pay()
	assert outcome["outcome"] in ("failed", "cancelled"), outcome
	assert "Nothing was charged" in outcome["message"]
	assert "not today" not in outcome["message"], "the database's complaint is for the Error Log"
	assert world.reread().reserved_amount == 0
	assert world.received_minor() == 0
	assert frappe.get_all("Error Log", {"reference_name": outcome["payment"]})


def test_a_payment_intent_that_could_not_be_stored_is_canceled_at_stripe(world, trigger):
	drop = trigger(BEFORE_UPDATE, refuse_change_of("payment_intent_id"))
	world.pay()
	drop()
	for_each_account([ACCOUNT], comparison.compare_days(1))
	assert [intent["status"] for intent in world.intents()] == ["canceled"]
	assert world.pay()["outcome"] == "paid"
	assert world.received_minor() == 10000


def test_what_a_script_throws_is_what_the_payer_reads(world):
	script = frappe.get_doc(
		doctype="Server Script",
		name=unique("script"),
		script_type="DocType Event",
		reference_doctype="Stripe Customer",
		doctype_event="Before Insert",
		script="frappe.throw('Customers are <b>frozen</b> this week.')",
	).insert()
	frappe.db.commit()
	try:
		outcome = world.pay()
	finally:
		script.delete()
		frappe.db.commit()
	assert (outcome["outcome"], outcome["status"]) == ("failed", "Failed")
	assert outcome["message"] == "Nothing was charged. Customers are frozen this week."
	assert world.reread().reserved_amount == 0


def test_a_charge_that_can_not_be_recorded_is_unknown_and_recorded_within_minutes(world, trigger):
	drop = trigger(BEFORE_UPDATE, refuse_change_of("received_minor"))
	outcome = world.pay()
	assert outcome["outcome"] == "unknown", outcome
	assert "do not pay again" in outcome["message"]
	with world.as_user(world.payer):
		assert pay_api.payment_status(outcome["payment"])["outcome"] == "unknown"
		assert pay_api.finish(outcome["payment"])["outcome"] == "unknown"
	assert world.reread().reserved_amount == 100
	drop()
	make_older(payment_of(world), minutes=11)
	schedule.poll()
	assert payment_of(world).status == "Succeeded"
	assert world.received_minor() == 10000
	assert world.reread().outstanding_amount == 0


def test_when_nothing_can_be_written_any_more_minutes_later_the_claim_is_ended(world, trigger):
	drop = trigger(BEFORE_UPDATE, REFUSE)
	outcome = world.pay()
	assert outcome["outcome"] == "unknown"
	assert "Nothing was charged" in outcome["message"]
	drop()
	make_older(payment_of(world), minutes=11)
	schedule.poll()
	assert payment_of(world).status == "Cancelled"
	assert world.reread().reserved_amount == 0
	assert world.received_minor() == 0


def test_the_job_of_every_few_minutes_reads_only_what_was_left_behind(world):
	for _payment in range(3):
		world.pay("10.00")
	world.pay("10.00", card="3ds_required")
	intents = [intent["id"] for intent in world.intents()]
	world.emulator.clear_requests()
	schedule.poll()
	asked = [call["path"] for call in world.emulator.requests()]
	assert not [path for path in asked if any(intent in path for intent in intents)]
