"""Refunds: each press is made once, each failure is seen, and together they never exceed what was received."""

import frappe
import pytest
from frappe.utils import add_to_date, now_datetime

from stripe_service.accounts import figures
from stripe_service.accounts.jobs import for_each_account
from stripe_service.api import refund as api
from stripe_service.payments import refund as refunds
from stripe_service.payments.refund import RefundRefused
from stripe_service.reconcile import findings
from stripe_service.reconcile import refunds as reconcile_refunds
from stripe_service.utils.notices import deliver_pending
from stripe_service.utils.stripe_errors import StripeUnavailable
from tests.support.accounts import ACCOUNT
from tests.support.jobs import in_parallel, is_locked
from tests.support.records import unique

DOCTYPE = "Stripe Refund"


@pytest.fixture
def paid(silent_world) -> str:
	"""A payment of 100 USD that has succeeded."""
	return silent_world.new_payment()


def rows(payment: str) -> list:
	frappe.db.rollback()
	return frappe.get_all(DOCTYPE, {"payment": payment}, ["*"], order_by="creation, name")


def at_stripe(silent_world, payment: str) -> list[dict]:
	"""The refunds that Stripe has, newest first."""
	intent = silent_world.payment(payment).payment_intent_id
	return silent_world.gateway.list_all("refunds.list", params={"payment_intent": intent})


def refunded(silent_world, payment: str) -> int:
	"""What Stripe counts as refunded, in minor units."""
	intent = silent_world.payment(payment).payment_intent_id
	found = silent_world.gateway.call(
		"payment_intents.retrieve", intent, params={"expand": ["latest_charge"]}
	)
	return found["latest_charge"]["amount_refunded"]


def sweep(*steps):
	(report,) = for_each_account([ACCOUNT], *steps)
	assert report.stopped is None and report.failed == [], report
	return report


def make_older(refund: str, **age) -> None:
	earlier = add_to_date(now_datetime(), **{unit: -number for unit, number in age.items()})
	frappe.db.set_value(DOCTYPE, refund, "sent_at", earlier, update_modified=False)
	frappe.db.commit()


def notices_of(user: str, refund: str) -> list[str]:
	frappe.db.rollback()
	deliver_pending()
	return frappe.get_all("Notification Log", {"for_user": user, "document_name": refund}, pluck="subject")


# one press, one refund


def test_a_refund_is_a_row_of_its_own(silent_world, paid):
	answer = api.refund_payment(paid, "20.00", "duplicate", unique("press"))
	(row,) = rows(paid)
	assert (row.name, row.status, row.source) == (answer["refund"], "Succeeded", "Here")
	assert (row.amount_minor, row.amount, row.currency, row.reason) == (2000, 20, "USD", "duplicate")
	assert (row.requested_by, row.stripe_account, row.livemode) == ("Administrator", ACCOUNT, 0)
	(told,) = at_stripe(silent_world, paid)
	assert (row.stripe_refund_id, told["amount"], told["reason"]) == (told["id"], 2000, "duplicate")
	assert told["metadata"]["refund"] == row.name
	assert (silent_world.payment(paid).status, silent_world.payment(paid).refunded_minor) == (
		"Partly Refunded",
		2000,
	)


def test_the_answer_is_about_the_refund_and_not_about_the_payment(paid):
	answer = api.refund_payment(paid, "20.00", request_id=unique("press"))
	assert answer["message"] == "$ 20.00 is being refunded to VISA •••• 4242."
	assert (answer["payment"], answer["status"], answer["refund_status"]) == (
		paid,
		"Partly Refunded",
		"Succeeded",
	)


def test_the_same_press_sent_again_answers_with_the_first(silent_world, paid):
	press = unique("press")
	first = api.refund_payment(paid, "20.00", request_id=press)
	again = api.refund_payment(paid, "20.00", request_id=press)
	assert again["refund"] == first["refund"]
	assert refunded(silent_world, paid) == 2000


@pytest.mark.parametrize("apart", [0.0, 0.05, 0.3])
def test_a_press_that_comes_many_times_refunds_once(silent_world, paid, apart):
	press = unique("press")
	answers = in_parallel(6, lambda _: api.refund_payment(paid, "20.00", request_id=press), apart=apart)
	assert [answer for answer in answers if isinstance(answer, Exception)] == []
	assert {answer["refund"] for answer in answers} == {rows(paid)[0].name}
	assert refunded(silent_world, paid) == 2000 and len(rows(paid)) == 1


def test_a_press_whose_answer_is_still_awaited_does_not_refund_again(silent_world, paid, emulator):
	emulator.fault("slow", operation="refunds.create", seconds=2)
	press = unique("press")
	answers = in_parallel(3, lambda _: api.refund_payment(paid, "20.00", request_id=press), apart=0.5)
	assert len({answer["refund"] for answer in answers}) == 1
	assert refunded(silent_world, paid) == 2000


def test_what_is_left_is_looked_at_behind_the_payments_lock(silent_world, paid, monkeypatch):
	held, left = [], refunds.refundable_minor

	def look(payment):
		held.append(is_locked("Invoice Payment", paid))
		return left(payment)

	monkeypatch.setattr(refunds, "refundable_minor", look)
	api.refund_payment(paid, "20.00", request_id=unique("press"))
	assert held == [True]


def test_twenty_refunds_at_once_share_what_is_left_and_each_is_answered(silent_world, paid):
	answers = in_parallel(20, lambda index: api.refund_payment(paid, "30.00", request_id=unique("press")))
	made = [answer for answer in answers if not isinstance(answer, Exception)]
	refused = [answer for answer in answers if isinstance(answer, Exception)]
	assert len(made) == 3 and refunded(silent_world, paid) == 9000, answers
	assert {type(error) for error in refused} == {RefundRefused}, refused
	assert all("At most $ 10.00" in str(error) for error in refused), refused
	assert len(rows(paid)) == 3
	assert silent_world.payment(paid).refunded_minor == 9000


def test_two_presses_of_the_same_amount_are_two_refunds(silent_world, paid):
	for _ in range(2):
		api.refund_payment(paid, "20.00", request_id=unique("press"))
	assert refunded(silent_world, paid) == 4000 and len(rows(paid)) == 2


def test_two_refunds_without_a_request_id_are_two(silent_world, paid):
	for _ in range(2):
		api.refund_payment(paid, "20.00")
	assert refunded(silent_world, paid) == 4000


def test_without_an_amount_all_that_is_left_is_refunded(silent_world, paid):
	api.refund_payment(paid, "20.00")
	answer = api.refund_payment(paid)
	assert frappe.db.get_value(DOCTYPE, answer["refund"], "amount_minor") == 8000
	assert (silent_world.payment(paid).status, refunded(silent_world, paid)) == ("Refunded", 10000)
	with pytest.raises(RefundRefused, match="Nothing of this payment can be refunded"):
		api.refund_payment(paid)


@pytest.mark.parametrize("amount", ["100.01", "0", "0.00"])
def test_more_than_is_left_or_nothing_is_refused_before_anything_is_written(silent_world, paid, amount):
	with pytest.raises(frappe.ValidationError):
		api.refund_payment(paid, amount, request_id=unique("press"))
	assert rows(paid) == [] and refunded(silent_world, paid) == 0


def test_a_refund_in_the_dashboard_that_nobody_told_of_counts(silent_world, paid):
	intent = silent_world.payment(paid).payment_intent_id
	silent_world.gateway.call("refunds.create", params={"payment_intent": intent, "amount": 9500})
	with pytest.raises(RefundRefused, match="At most"):
		api.refund_payment(paid, "20.00")
	(row,) = rows(paid)
	assert (row.source, row.amount_minor, row.requested_by) == ("Stripe Dashboard", 9500, None)


def test_a_key_belongs_to_one_attempt_and_is_sent(silent_world, paid, emulator):
	emulator.clear_requests()
	for _ in range(3):
		api.refund_payment(paid, "20.00", request_id=unique("press"))
	sent = [call["idempotency_key"] for call in emulator.requests(path="/v1/refunds", method="POST")]
	assert sent == [row.idempotency_key for row in rows(paid)]
	assert len(set(sent)) == 3


# what goes wrong


def test_after_a_refund_that_failed_the_same_one_can_be_made(silent_world, paid, emulator):
	"""A key made of amounts and states came back, and the second refund was never made."""
	first = api.refund_payment(paid, "20.00")
	emulator.fail_refund(rows(paid)[0].stripe_refund_id)
	second = api.refund_payment(paid, "20.00")
	assert second["refund"] != first["refund"]
	assert [row.status for row in rows(paid)] == ["Failed", "Succeeded"]
	assert refunded(silent_world, paid) == 2000


def test_a_refusal_is_not_remembered_for_the_next_press(silent_world, paid, emulator):
	emulator.next_refund("insufficient_funds")
	with pytest.raises(RefundRefused, match="Insufficient funds"):
		api.refund_payment(paid, "20.00")
	(row,) = rows(paid)
	assert row.status == "Failed" and "Insufficient funds" in row.failure_message
	api.refund_payment(paid, "20.00")
	assert refunded(silent_world, paid) == 2000


@pytest.mark.parametrize("done", [False, True])
def test_a_remembered_500_ends_in_the_truth_at_once(silent_world, paid, emulator, done):
	emulator.server_error("refunds.create", done=done, remembered=True)
	answer = api.refund_payment(paid, "20.00", request_id=unique("press"))
	(row,) = rows(paid)
	if done:
		assert (row.status, refunded(silent_world, paid)) == ("Succeeded", 2000)
		assert answer["message"] == "$ 20.00 is being refunded to VISA •••• 4242."
	else:
		assert (row.status, refunded(silent_world, paid)) == ("Failed", 0)
		assert "was not refunded" in answer["message"] and "Thank you" not in answer["message"]
		assert api.try_again(row.name)["refund"] == row.name
		assert (rows(paid)[0].status, refunded(silent_world, paid)) == ("Succeeded", 2000)
		assert rows(paid)[0].idempotency_key != row.idempotency_key


def test_a_remembered_500_does_not_stop_the_next_press(silent_world, paid, emulator):
	emulator.server_error("refunds.create", remembered=True)
	api.refund_payment(paid, "20.00", request_id=unique("press"))
	api.refund_payment(paid, "20.00", request_id=unique("press"))
	assert refunded(silent_world, paid) == 2000


def test_a_lost_answer_stays_pending_holds_its_amount_and_is_found(silent_world, paid, emulator):
	emulator.fault("drop_response", operation="refunds.create", count=3)
	answer = api.refund_payment(paid, "60.00", request_id=unique("press"))
	emulator.clear_faults()
	assert answer["refund_status"] == "Pending" and "not known" in answer["message"]
	assert len(rows(paid)) == 1
	with pytest.raises(RefundRefused, match="At most"):
		api.refund_payment(paid, "60.00")
	assert refunded(silent_world, paid) == 6000 and rows(paid)[0].status == "Succeeded"


def test_a_lost_answer_is_looked_up_by_the_reconciler(silent_world, paid, emulator):
	emulator.fault("drop_response", operation="refunds.create", count=3)
	refund = api.refund_payment(paid, "60.00", request_id=unique("press"))["refund"]
	emulator.clear_faults()
	sweep(reconcile_refunds.look_up_unanswered)
	assert rows(paid)[0].status == "Pending", "its request may still be under way"
	make_older(refund, minutes=3)
	sweep(reconcile_refunds.look_up_unanswered)
	(row,) = rows(paid)
	assert row.status == "Succeeded" and row.stripe_refund_id
	assert silent_world.payment(paid).refunded_minor == 6000


def test_a_request_that_never_arrived_frees_its_amount_in_minutes(silent_world, paid, emulator, make_user):
	administrator = make_user(roles=["Stripe Administrator"])
	emulator.fault("refuse", operation="refunds.create", count=3)
	refund = api.refund_payment(paid, "60.00", request_id=unique("press"))["refund"]
	emulator.clear_faults()
	with pytest.raises(RefundRefused, match="At most"):
		api.refund_payment(paid, "60.00")
	make_older(refund, minutes=3)
	sweep(reconcile_refunds.look_up_unanswered)
	assert rows(paid)[0].status == "Pending", "it may still arrive"
	make_older(refund, minutes=11)
	sweep(reconcile_refunds.look_up_unanswered)
	assert rows(paid)[0].status == "Failed"
	assert len(notices_of(administrator, refund)) == 1
	assert "nothing was refunded" in silent_world.payment(paid).attention
	api.try_again(refund)
	assert (rows(paid)[0].status, refunded(silent_world, paid)) == ("Succeeded", 6000)
	assert not silent_world.payment(paid).attention


def test_a_late_refund_of_an_attempt_that_was_given_up_is_adopted(silent_world, paid, emulator):
	emulator.fault("refuse", operation="refunds.create", count=3)
	refund = api.refund_payment(paid, "60.00", request_id=unique("press"))["refund"]
	emulator.clear_faults()
	make_older(refund, minutes=11)
	sweep(reconcile_refunds.look_up_unanswered)
	intent = silent_world.payment(paid).payment_intent_id
	params = {"payment_intent": intent, "amount": 6000, "metadata": {"refund": refund}}
	silent_world.gateway.call("refunds.create", params=params)
	refunds.sync_refunds(paid)
	assert [(row.name, row.status) for row in rows(paid)] == [(refund, "Succeeded")]


def test_stripe_is_down_before_anything_is_asked_and_nothing_is_written(paid, emulator):
	emulator.fault("refuse", count=-1)
	with pytest.raises(StripeUnavailable, match="Nothing was refunded"):
		api.refund_payment(paid, "20.00")
	with pytest.raises(StripeUnavailable):
		api.read_from_stripe(paid)
	emulator.clear_faults()
	assert rows(paid) == []


def test_a_refund_that_fails_later_is_seen_told_once_and_made_again(silent_world, paid, emulator, make_user):
	administrator = make_user(roles=["Stripe Administrator"])
	emulator.next_refund("succeeds_then_fails", reason="expired_or_canceled_card")
	refund = api.refund_payment(paid)["refund"]
	assert silent_world.payment(paid).status == "Refunded"
	emulator.fail_refund(rows(paid)[0].stripe_refund_id, "expired_or_canceled_card")
	for _ in range(2):
		silent_world.arrive(
			*silent_world.events_of(paid, "refund.failed", "refund.updated", "charge.updated")
		)
		silent_world.drain()
	(row,) = rows(paid)
	assert (row.status, row.failure_reason) == ("Failed", "expired_or_canceled_card")
	assert "expired" in row.failure_message
	payment = silent_world.payment(paid)
	assert (payment.status, payment.refunded_minor) == ("Succeeded", 0)
	assert row.failure_message in payment.attention
	assert paid in figures.needing_attention()[1]
	assert len(notices_of(administrator, refund)) == 1

	again = api.try_again(refund)
	assert again["refund"] != refund
	assert api.try_again(refund)["refund"] == again["refund"], "a second press makes no third"
	assert [row.status for row in rows(paid)] == ["Failed", "Succeeded"]
	assert (refunded(silent_world, paid), silent_world.payment(paid).status) == (10000, "Refunded")
	assert not silent_world.payment(paid).attention
	assert paid not in figures.needing_attention()[1]


def test_a_retry_pressed_many_times_at_once_is_one_refund(silent_world, paid, emulator):
	refund = api.refund_payment(paid, "20.00")["refund"]
	emulator.fail_refund(rows(paid)[0].stripe_refund_id)
	refunds.sync_refunds(paid)
	answers = in_parallel(6, lambda _: api.try_again(refund))
	assert [answer for answer in answers if isinstance(answer, Exception)] == []
	assert len({answer["refund"] for answer in answers}) == 1
	assert refunded(silent_world, paid) == 2000


@pytest.mark.parametrize(
	"outcome, status",
	[("stays_pending", "Pending"), ("waits_for_funds", "Pending"), ("requires_action", "Requires Action")],
)
def test_a_refund_under_way_holds_its_amount_and_is_followed(silent_world, paid, emulator, outcome, status):
	emulator.next_refund(outcome)
	api.refund_payment(paid, "60.00")
	(row,) = rows(paid)
	assert row.status == status
	with pytest.raises(RefundRefused, match="At most"):
		api.refund_payment(paid, "60.00")
	emulator.settle_refund(row.stripe_refund_id)
	sweep(reconcile_refunds.read_unfinished)
	assert rows(paid)[0].status == "Succeeded"


def test_a_refund_that_was_cancelled_frees_its_amount(silent_world, paid, emulator):
	emulator.next_refund("requires_action")
	api.refund_payment(paid, "60.00")
	emulator.cancel_refund(rows(paid)[0].stripe_refund_id)
	sweep(reconcile_refunds.read_unfinished)
	assert rows(paid)[0].status == "Cancelled"
	api.refund_payment(paid, "60.00")
	assert refunded(silent_world, paid) == 6000


@pytest.mark.parametrize("answered", [True, False])
def test_a_refund_whose_payment_stripe_does_not_have_is_shown_and_keeps_no_other_waiting(
	silent_world, emulator, answered
):
	lost, found = silent_world.new_payment(), silent_world.new_payment()
	for payment in (lost, found):
		emulator.next_refund("stays_pending")
		make_older(api.refund_payment(payment, "60.00")["refund"], minutes=3)
	refund = rows(lost)[0].name
	frappe.db.set_value("Invoice Payment", lost, "payment_intent_id", f"pi_{unique('gone')}")
	if not answered:
		frappe.db.set_value(DOCTYPE, refund, "stripe_refund_id", None)
	frappe.db.commit()
	emulator.settle_refund(rows(found)[0].stripe_refund_id)
	sweep(reconcile_refunds.look_up_unanswered, reconcile_refunds.read_unfinished)
	finding = {"invoice_payment": lost, "kind": findings.MISSING_AT_STRIPE}
	assert frappe.db.count("Stripe Reconciliation Finding", finding) == 1
	assert rows(found)[0].status == "Succeeded"


def test_a_refund_of_the_dashboard_becomes_a_row_and_its_failure_is_told(
	silent_world, paid, emulator, make_user
):
	administrator = make_user(roles=["Stripe Administrator"])
	intent = silent_world.payment(paid).payment_intent_id
	made = silent_world.gateway.call("refunds.create", params={"payment_intent": intent, "amount": 1500})
	silent_world.arrive(*silent_world.events_of(paid, "charge.refunded"))
	silent_world.drain()
	(row,) = rows(paid)
	assert (row.source, row.stripe_refund_id, row.amount_minor) == ("Stripe Dashboard", made["id"], 1500)
	emulator.fail_refund(made["id"], "declined")
	silent_world.arrive(*silent_world.events_of(paid, "refund.failed"))
	silent_world.drain()
	assert rows(paid)[0].status == "Failed"
	assert len(notices_of(administrator, row.name)) == 1


def test_an_old_reading_does_not_undo_a_newer_one(silent_world, paid, emulator):
	api.refund_payment(paid, "20.00")
	versions, old = refunds._versions(paid), at_stripe(silent_world, paid)
	emulator.fail_refund(rows(paid)[0].stripe_refund_id)
	refunds.sync_refunds(paid)
	assert refunds._apply_list(paid, old, versions) is False
	frappe.db.commit()
	assert rows(paid)[0].status == "Failed"


def test_an_inquiry_can_be_refunded(silent_world, paid, emulator):
	emulator.dispute(silent_world.payment(paid).payment_intent_id, inquiry=True)
	api.read_from_stripe(paid)
	assert silent_world.payment(paid).status == "Disputed"
	api.refund_payment(paid)
	assert refunded(silent_world, paid) == 10000


def test_a_dispute_holds_the_money(silent_world, paid, emulator):
	emulator.dispute(silent_world.payment(paid).payment_intent_id)
	with pytest.raises(RefundRefused, match="Disputed"):
		api.refund_payment(paid)
	assert rows(paid) == []


# who may see and do it


def test_a_refund_is_read_by_whoever_reads_the_payment(paid, silent_world, make_user, make_payer, make_unit):
	api.refund_payment(paid, "20.00")
	(row,) = rows(paid)
	for user, may in (
		(silent_world.payer, True),
		(make_user(roles=["Stripe Reader"]), True),
		(make_payer(unit=make_unit()), False),
		(make_user(roles=[]), False),
	):
		assert bool(frappe.has_permission(DOCTYPE, "read", doc=row.name, user=user)) is may, user
		frappe.set_user(user)
		try:
			listed = frappe.get_list(DOCTYPE, {"name": row.name}, pluck="name")
		except frappe.PermissionError:
			listed = []
		finally:
			frappe.set_user("Administrator")
		assert bool(listed) is may, user


def test_nobody_makes_changes_or_deletes_a_refund_by_hand(paid):
	api.refund_payment(paid, "20.00")
	row = frappe.get_doc(DOCTYPE, rows(paid)[0].name)
	row.status = "Failed"
	with pytest.raises(frappe.PermissionError):
		row.save()
	with pytest.raises(frappe.PermissionError):
		frappe.delete_doc(DOCTYPE, row.name)
	with pytest.raises(frappe.PermissionError):
		frappe.copy_doc(row).insert()
	frappe.db.rollback()


def test_only_who_may_write_the_payment_tries_again(paid, silent_world, as_user, emulator):
	refund = api.refund_payment(paid, "20.00")["refund"]
	emulator.fail_refund(rows(paid)[0].stripe_refund_id)
	with as_user(silent_world.payer), pytest.raises(frappe.PermissionError):
		api.try_again(refund)
	with as_user(silent_world.payer), pytest.raises(frappe.PermissionError):
		api.try_again("RFD-none")
	assert refunded(silent_world, paid) == 0
