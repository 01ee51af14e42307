"""Paid otherwise, and written off: by those with the right, under the document's lock, recorded, and counted like money or taken off."""

import frappe
import pytest

from stripe_service.api import payables as api
from stripe_service.payments import after_payment
from stripe_service.payments.adjustments import AdjustmentRefused
from stripe_service.payments.limits import AmountRefused
from tests.support.jobs import queue_away
from tests.support.records import PASSWORD


@pytest.fixture
def clerk(world, make_user):
	return make_user(roles=["Stripe Administrator"], unit=world.unit, password=PASSWORD)


def record(world, clerk, amount="40.00", means="Cheque", invoice=None, **more):
	with world.as_user(clerk):
		return api.record_payment("Portal Invoice", (invoice or world.invoice).name, amount, means, **more)


def write_off(world, clerk, reason="Below the least amount", invoice=None):
	with world.as_user(clerk):
		return api.write_off("Portal Invoice", (invoice or world.invoice).name, reason)


def cancel(world, clerk, adjustment, reason="It bounced"):
	with world.as_user(clerk):
		return api.cancel_adjustment(adjustment, reason)


def facts(world, invoice=None) -> tuple:
	doc = world.reread(invoice)
	items = frappe.get_all(
		"Workflow Action", {"reference_name": doc.name, "status": "Open"}, pluck="workflow_state"
	)
	return doc.workflow_state, doc.paid_amount, doc.outstanding_amount, items


def test_a_cheque_counts_like_money_and_shows_as_what_it_is(world, clerk):
	told = record(world, clerk, reference_no="4711", received_on="2026-11-20")
	world.drain()
	assert facts(world) == ("Partly Paid", 40, 60, ["Partly Paid"])
	row = frappe.get_doc("Payment Adjustment", told["adjustment"])
	assert (row.kind, row.means, row.reference_no, str(row.received_on), row.amount, row.recorded_by) == (
		"Paid Otherwise", "Cheque", "4711", "2026-11-20", 40, clerk,
	)  # fmt: skip
	assert world.form()["invoice"]["paid"] == "40.00"
	assert frappe.db.exists("Comment", {"reference_name": world.invoice.name, "content": ("like", "%40.00%")})

	with pytest.raises(AmountRefused, match="At most"):
		world.pay("60.01")
	world.pay("60.00")
	world.drain()
	assert facts(world) == ("Paid", 100, 0, [])


@pytest.mark.parametrize("amount", ["40.00", "100.00"])
def test_the_same_press_sent_again_records_once(world, clerk, amount):
	told = [record(world, clerk, amount, request_id="one-press") for _ in range(2)]
	assert told[0] == told[1]
	assert world.reread().paid_amount == float(amount)
	assert len(frappe.get_all("Payment Adjustment", {"reference_name": world.invoice.name})) == 1


def test_a_cheque_over_all_of_it_pays_the_invoice(world, clerk):
	record(world, clerk, "100.00")
	world.drain()
	assert facts(world) == ("Paid", 100, 0, [])


def test_a_cheque_that_bounced_is_cancelled_with_a_reason_and_owed_again(world, clerk):
	told = record(world, clerk, "100.00")
	world.drain()
	assert cancel(world, clerk, told["adjustment"])["status"] == "Cancelled"
	world.drain()
	assert facts(world) == ("To Be Paid", 0, 100, ["To Be Paid"])
	row = frappe.get_doc("Payment Adjustment", told["adjustment"])
	assert (row.cancel_reason, row.cancelled_by) == ("It bounced", clerk)
	with pytest.raises(AdjustmentRefused, match="cancelled already"):
		cancel(world, clerk, told["adjustment"])


@pytest.mark.parametrize(
	"amount, means, more, message",
	[
		("100.01", "Cash", {}, "At most"),
		("0", "Cash", {}, "above zero"),
		("1e3", "Cash", {}, "as a number"),
		("1.190", "Cash", {}, "1.19 or 1190"),
		("5.00", "Barter", {}, "how it was paid"),
		("5.00", "Cash", {"received_on": "2999-01-01"}, "future"),
	],
)
def test_what_can_not_be_recorded(world, clerk, amount, means, more, message):
	with pytest.raises((AdjustmentRefused, AmountRefused), match=message):
		record(world, clerk, amount, means, **more)
	assert not frappe.db.exists("Payment Adjustment", {"reference_name": world.invoice.name})


def test_what_is_under_way_can_not_be_recorded_as_well(world, clerk):
	world.pay("70.00", card="3ds_required")
	with pytest.raises(AdjustmentRefused, match="At most.*30.00"):
		record(world, clerk, "30.01")
	record(world, clerk, "30.00")
	with pytest.raises(AdjustmentRefused, match="under way"):
		write_off(world, clerk)


def test_a_rest_that_nobody_can_pay_online_is_written_off_in_one_call(world, clerk):
	world.pay("60.00")
	invoice = world.reread()
	invoice.items[0].rate = 60.30
	invoice.save()
	frappe.db.commit()
	world.drain()
	assert facts(world) == ("Partly Paid", 60, 0.3, ["Partly Paid"])
	assert "smallest amount" in world.form()["amount"]["reason"]

	told = write_off(world, clerk)
	world.drain()
	assert told["amount_minor"] == 30
	assert facts(world) == ("Paid", 60, 0, [])
	assert frappe.db.get_value("Payment Adjustment", told["adjustment"], "reason") == "Below the least amount"

	cancel(world, clerk, told["adjustment"])
	world.drain()
	assert facts(world) == ("Partly Paid", 60, 0.3, ["Partly Paid"])


def test_a_write_off_is_no_money_and_makes_no_surplus(world, clerk):
	payment = world.pay("60.00")["payment"]
	write_off(world, clerk)
	world.drain()
	assert facts(world) == ("Paid", 60, 0, [])
	invoice = world.reread()
	invoice.items[0].rate = 70
	invoice.save()
	frappe.db.commit()
	world.drain()
	assert facts(world) == ("Paid", 60, 0, [])
	assert frappe.db.get_value("Invoice Payment", payment, "unallocated_minor") == 0


def test_a_write_off_needs_a_reason_and_something_to_write_off(world, clerk):
	with pytest.raises(AdjustmentRefused, match="reason"):
		write_off(world, clerk, "  ")
	world.pay()
	world.drain()
	with pytest.raises(AdjustmentRefused, match="paid already"):
		write_off(world, clerk)


def test_nobody_else_records_writes_off_or_cancels(world, clerk, make_user, make_unit):
	told = record(world, clerk)
	strangers = [
		world.payer,
		make_user(roles=["Stripe Reader"], unit=world.unit),
		make_user(roles=["System Manager"]),
	]
	of_another_unit = make_user(roles=["Stripe Administrator"], unit=make_unit())
	for user in [*strangers, of_another_unit]:
		for call in (record, write_off, lambda world, user: cancel(world, user, told["adjustment"])):
			with pytest.raises(frappe.PermissionError):
				call(world, user)
	assert facts(world)[1] == 40
	with world.as_user(of_another_unit):
		assert frappe.get_list("Payment Adjustment") == []
		assert not frappe.has_permission("Payment Adjustment", "read", doc=told["adjustment"])


def test_an_adjustment_is_not_made_edited_or_deleted_by_hand(world, clerk):
	told = record(world, clerk)
	row = frappe.get_doc("Payment Adjustment", told["adjustment"])
	for attempt in (
		lambda: row.update({"amount_minor": 1}).save(),
		lambda: frappe.copy_doc(row).insert(),
		lambda: frappe.delete_doc("Payment Adjustment", row.name),
		lambda: frappe.rename_doc("Payment Adjustment", row.name, "ADJ-X"),
	):
		with pytest.raises(frappe.PermissionError):
			attempt()
		frappe.db.rollback()


def test_with_the_queue_away_the_sweep_does_what_follows(world, clerk):
	with queue_away():
		record(world, clerk, "100.00")
	assert facts(world)[0] == "To Be Paid"
	after_payment.run_pending()
	assert facts(world) == ("Paid", 100, 0, [])
	assert not frappe.db.exists(
		"Payment Adjustment", {"reference_name": world.invoice.name, "follow_up_pending": 1}
	)


def test_two_clerks_at_once_record_no_more_than_is_due(world, clerk, http):
	from concurrent.futures import ThreadPoolExecutor

	sessions = [http.login(clerk, PASSWORD) for _ in range(4)]
	with ThreadPoolExecutor(4) as pool:
		answers = list(
			pool.map(
				lambda session: session.call(
					"stripe_service.api.payables.record_payment",
					doctype="Portal Invoice", name=world.invoice.name, amount="60", means="Cash",
				),
				sessions,
			)
		)  # fmt: skip
	assert sorted(answer.status_code for answer in answers) == [200, 417, 417, 417]
	assert world.reread().outstanding_amount == 40


def test_a_surplus_is_marked_on_the_payment_that_can_be_refunded(world, clerk):
	record(world, clerk, "40.00")
	payment = world.pay("60.00")["payment"]
	invoice = world.reread()
	invoice.items[0].rate = 80
	invoice.save()
	frappe.db.commit()
	world.drain()
	assert frappe.db.get_value("Invoice Payment", payment, "unallocated_minor") == 2000
