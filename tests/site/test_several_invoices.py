"""One payment for several invoices: all or nothing at the claim, one charge, and each invoice goes its own way afterwards."""

import frappe
import pytest
from frappe.utils import now_datetime, nowdate

from stripe_service.access import permissions
from stripe_service.accounts import figures
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.api import after_payment as after_payment_api
from stripe_service.api import history as history_api
from stripe_service.api import pay as pay_api
from stripe_service.api import refund as refund_api
from stripe_service.patches import fill_references
from stripe_service.payments.limits import AmountRefused
from stripe_service.payments.refund import RefundRefused
from stripe_service.payments.together import MOST_DOCUMENTS, NotTogether
from tests.support.records import unique
from tests.support.settings import script_after_payment, server_scripts
from tests.support.several import (
	ROW,
	check_adds_up,
	documents,
	hear,
	owed,
	pay_several,
	payment_of,
	settled,
	states,
)


@pytest.fixture
def invoices(world):
	"""Ten of 10 USD."""
	return [world.make_invoice(total="10.00") for _number in range(10)]


@pytest.fixture
def three(world):
	return [world.make_invoice(total=total) for total in ("10.00", "20.00", "30.00")]


def all_of(*chosen) -> list[tuple]:
	return [(invoice, str(invoice.total)) for invoice in chosen]


def refund_of(payment, *named, **more) -> dict:
	"""`named` are (invoice, amount or None)."""
	return refund_api.refund_payment(
		payment.name, documents=documents(*named), request_id=unique("press"), **more
	)


def test_seven_of_ten_by_a_debit_that_fails_then_by_card_and_two_are_refunded(world, invoices):
	seven, rest = invoices[:7], invoices[7:]
	wanted = [*all_of(*seven[:6]), (seven[6], "4.00")]
	world.emulator.clear_requests()
	account = world.add_bank_account()
	debit = pay_several(world, *wanted, saved_method=account, method_type="us_bank_account")
	assert debit["outcome"] == "processing", debit
	payment = payment_of(debit)
	assert (payment.amount_minor, payment.document_count, len(payment.references)) == (6400, 7, 7)
	check_adds_up(payment)
	with pytest.raises(AmountRefused, match=seven[0].name):
		pay_several(world, *all_of(seven[0], rest[0]))
	assert (
		owed(*rest) == [10, 10, 10]
		and frappe.db.get_value("Portal Invoice", rest[0].name, "reserved_amount") == 0
	)

	world.emulator.fail_debit(payment.payment_intent_id, "insufficient_funds")
	payment = hear(world, debit)
	assert payment.status == "Failed"
	check_adds_up(payment)
	assert owed(*seven) == [10] * 7 and states(*seven) == ["To Be Paid"] * 7
	assert {frappe.db.get_value("Portal Invoice", one.name, "reserved_amount") for one in seven} == {0}

	paid = pay_several(world, *wanted)
	assert paid["outcome"] == "paid", paid
	world.drain()
	payment = payment_of(paid)
	assert settled(payment) == [1000] * 6 + [400]
	assert states(*seven) == ["Paid"] * 6 + ["Partly Paid"] and owed(*seven) == [0] * 6 + [6]
	assert states(*rest) == ["To Be Paid"] * 3
	(intent,) = (one for one in world.intents(seven[0]) if one["status"] == "succeeded")
	assert intent["amount_received"] == 6400
	assert all(
		one.name in intent["description"] and one.name in intent["metadata"]["documents"] for one in seven
	)

	answer = refund_of(payment, (seven[1], None), (seven[3], "2.50"))
	assert answer["refund_status"] == "Succeeded", answer
	world.drain()
	payment = payment_of(paid)
	assert settled(payment) == [1000, 0, 1000, 750, 1000, 1000, 400]
	check_adds_up(payment)
	assert owed(*seven) == [0, 10, 0, 2.5, 0, 0, 6]
	assert states(*seven)[1] == "To Be Paid" and states(*seven)[3] == "Partly Paid"


def test_it_is_one_charge_and_costs_two_calls_to_stripe(world, three):
	pay_several(world, (world.invoice, "5.00"), save=1)
	card = frappe.db.get_value("Saved Card", {"user": world.payer, "status": "Active"})
	world.emulator.clear_requests()
	assert pay_several(world, *all_of(*three), saved_method=card)["outcome"] == "paid"
	made = [(call["method"], call["path"]) for call in world.emulator.requests(path="/v1/*")]
	assert [method for method, _path in made] == ["POST", "POST"], made


def test_the_same_press_pays_once(world, three):
	press = unique("press")
	first = pay_several(world, *all_of(*three), request_id=press)
	assert pay_several(world, *all_of(*three), request_id=press)["payment"] == first["payment"]
	with world.as_user(world.payer):
		found = pay_api.payment_status(doctype="Portal Invoice", name=three[0].name, request_id=press)
	assert found["payment"] == first["payment"]
	assert frappe.db.count(ROW, {"reference_name": three[0].name}) == 1


# all or nothing


def refused(world, three, *wanted, error=frappe.ValidationError, match=None):
	with pytest.raises(error, match=match):
		pay_several(world, *wanted)
	frappe.db.rollback()
	assert not frappe.db.exists(ROW, {"reference_name": ("in", [one.name for one in three])})
	assert owed(*three) == [one.total for one in three]


@pytest.mark.parametrize("amount", ["30.01", "0", "-1", "1e3", "", None, "12.345"])
def test_one_amount_that_can_not_be_claimed_refuses_all(world, three, amount):
	wanted = [*all_of(*three[:2]), (three[2], amount)]
	refused(world, three, *wanted, error=AmountRefused)


def test_one_document_of_another_unit_refuses_all(world, three, make_unit, make_invoice):
	foreign = make_invoice(unit=make_unit(), total="10.00")
	refused(world, three, *all_of(*three, foreign), error=frappe.PermissionError)


def test_one_document_that_is_paid_meanwhile_refuses_all_and_is_named(world, three):
	world.pay("30.00", invoice=three[2])
	world.drain()
	with pytest.raises(frappe.ValidationError, match=three[2].name):
		pay_several(world, *all_of(*three))
	assert owed(*three) == [10, 20, 0]


def test_currencies_can_not_be_mixed_and_the_form_says_so(world, three):
	euro = world.make_invoice(total="10.00", currency="EUR")
	refused(world, three, *all_of(*three, euro), error=NotTogether, match="EUR, USD")
	with world.as_user(world.payer):
		form = pay_api.open_form_for_several(documents(*all_of(*three, euro)))
	assert [part["name"] for part in form["documents"]] == [one.name for one in three]
	((left_out),) = form["left_out"]
	assert left_out["name"] == euro.name and "EUR" in left_out["reason"]
	assert (form["amount"]["max_minor"], form["invoice"]["outstanding"]) == (6000, "60.00")


def test_a_document_can_be_chosen_once_and_not_too_many(world, three):
	refused(world, three, (three[0], "1.00"), (three[0], "2.00"), error=NotTogether)
	too_many = [(three[0], "0.10")] * (MOST_DOCUMENTS + 1)
	refused(world, three, *too_many, error=NotTogether)


@pytest.mark.parametrize(
	"sent", ["[]", "{}", "x", "[1]", '[{"doctype": "Portal Invoice"}]', '[{"doctype": 1, "name": 2}]']
)
def test_what_is_no_list_of_documents_is_refused(world, sent):
	with world.as_user(world.payer), pytest.raises(frappe.ValidationError):
		pay_api.pay_several(sent, "card", confirmation_token="ctoken_x")


def test_small_amounts_can_be_paid_together_that_could_not_be_paid_alone(world):
	small = [world.make_invoice(total="0.30") for _number in range(2)]
	with pytest.raises(AmountRefused):
		world.pay("0.30", invoice=small[0])
	assert pay_several(world, *all_of(*small))["outcome"] == "paid"
	world.drain()
	assert states(*small) == ["Paid", "Paid"]


# what comes back


@pytest.fixture
def paid(world, three):
	"""60 USD for three invoices, paid by card."""
	world.emulator.hold_webhooks()
	outcome = pay_several(world, *all_of(*three))
	world.drain()
	yield payment_of(outcome)
	world.emulator.clear_webhook_rules()
	world.emulator.forget_webhooks()


def refund_in_dashboard(payment, minor: int) -> None:
	gateway_for(payment.stripe_account).call(
		"refunds.create",
		params={"payment_intent": payment.payment_intent_id, "amount": minor},
		idempotency_key=unique("dashboard"),
	)


def read(world, payment):
	return hear(world, {"payment": payment.name})


def test_a_refund_in_the_dashboard_takes_from_the_last_upwards(world, three, paid):
	refund_in_dashboard(paid, 3500)
	payment = read(world, paid)
	assert settled(payment) == [1000, 1500, 0]
	check_adds_up(payment)
	assert states(*three) == ["Paid", "Partly Paid", "To Be Paid"]


def test_a_dispute_takes_from_the_last_upwards_and_gives_back(world, three, paid):
	dispute = world.emulator.dispute(paid.payment_intent_id, amount=3500)["dispute"]
	payment = read(world, paid)
	assert (payment.status, settled(payment)) == ("Disputed", [1000, 1500, 0])
	check_adds_up(payment)
	assert owed(*three) == [0, 5, 30]
	world.emulator.move_dispute(dispute, "won")
	assert settled(read(world, paid)) == [1000, 2000, 3000]
	assert states(*three) == ["Paid"] * 3


def test_a_refund_of_one_and_then_one_that_names_none(world, three, paid):
	refund_of(paid, (three[0], None))
	refund_in_dashboard(paid, 1000)
	payment = read(world, paid)
	assert settled(payment) == [0, 2000, 2000]
	check_adds_up(payment)
	refund_api.refund_payment(paid.name, request_id=unique("press"))
	payment = read(world, paid)
	assert (payment.status, settled(payment)) == ("Refunded", [0, 0, 0])


def test_more_than_a_document_has_can_not_be_refunded_for_it(world, three, paid):
	with pytest.raises(RefundRefused, match=three[0].name):
		refund_of(paid, (three[0], "10.01"))
	with pytest.raises(RefundRefused, match=world.invoice.name):
		refund_of(paid, (world.invoice, "1.00"))
	refund_of(paid, (three[0], "6.00"))
	with pytest.raises(RefundRefused, match=three[0].name):
		refund_of(paid, (three[0], "4.01"))
	assert settled(read(world, paid)) == [400, 2000, 3000]


def test_a_named_refund_that_fails_is_given_back_to_the_documents_it_named(world, three, paid):
	answer = refund_of(paid, (three[0], "6.00"))
	assert settled(read(world, paid)) == [400, 2000, 3000]
	refund = frappe.db.get_value("Stripe Refund", answer["refund"], "stripe_refund_id")
	world.emulator.fail_refund(refund)
	payment = read(world, paid)
	assert settled(payment) == [1000, 2000, 3000], "Stripe has the money again, and so has the document"
	assert states(*three) == ["Paid"] * 3


def test_a_site_that_lost_a_refund_reads_at_stripe_which_documents_it_named(world, three, paid):
	answer = refund_of(paid, (three[0], "6.00"), (three[1], "1.00"))
	frappe.db.delete("Stripe Refund Reference", {"parent": answer["refund"]})
	frappe.db.delete("Stripe Refund", {"name": answer["refund"]})
	frappe.db.commit()
	assert settled(read(world, paid)) == [400, 1900, 3000]


# what follows, for each by itself


def test_one_document_that_fails_afterwards_stops_no_other_and_is_run_again_alone(world, three):
	broken = three[1]
	script = f"""
if doc.name == {broken.name!r}:
	frappe.throw("not this one")
"""
	with server_scripts(True), script_after_payment(script):
		outcome = pay_several(world, *all_of(*three))
		world.drain()
	payment = payment_of(outcome)
	assert [row.after_payment_status for row in payment.references] == ["Done", "Failed", "Done"]
	assert payment.after_payment_status == "Failed"
	assert broken.name in payment.after_payment_error and "not this one" in payment.after_payment_error
	assert states(*three) == ["Paid"] * 3
	assert [row.event_minor for row in payment.references] == [1000, 0, 3000]

	after_payment_api.run_again(payment.name)
	world.drain()
	payment = payment_of(outcome)
	assert payment.after_payment_status == "Done"
	assert [row.event_minor for row in payment.references] == [1000, 2000, 3000]


def test_one_document_cancelled_in_mid_payment_keeps_its_money_visible(world, three):
	account = world.add_bank_account()
	debit = pay_several(world, *all_of(*three), saved_method=account, method_type="us_bank_account")
	frappe.db.set_value("Portal Invoice", three[1].name, "workflow_state", "Cancelled")
	frappe.db.commit()
	world.emulator.settle(payment_of(debit).payment_intent_id)
	payment = hear(world, debit)
	assert [row.unallocated_minor for row in payment.references] == [0, 2000, 0]
	check_adds_up(payment)
	assert three[1].name in payment.attention
	assert states(*three) == ["Paid", "Cancelled", "Paid"]


# who sees it


def test_it_is_seen_by_who_may_read_every_document_of_it(
	world, three, make_payer, make_unit, make_invoice, as_user
):
	other_unit = make_unit()
	foreign = make_invoice(unit=other_unit, total="10.00")
	both = make_payer(unit=world.unit)
	frappe.get_doc(
		doctype="User Permission", user=both, allow="Organisation Unit", for_value=other_unit
	).insert()
	frappe.db.commit()
	outcome = pay_several(world, *all_of(three[0], foreign, three[1]), user=both)
	assert outcome["outcome"] == "paid", outcome
	world.drain()
	payment, colleague = payment_of(outcome), world.payer
	# Wherever the emulator's clock is.
	frappe.db.set_value("Invoice Payment", payment.name, "settled_at", now_datetime())
	by_unit = {figure.group: figure.net_minor for figure in figures.received(nowdate(), by=figures.UNIT)}
	assert (by_unit[world.unit], by_unit[other_unit]) == (3000, 1000), "each unit counts its own part"

	def may_see(user):
		with as_user(user):
			listed = bool(frappe.get_list("Invoice Payment", {"name": payment.name}))
			rows = frappe.get_list(ROW, {"parent": payment.name}, parent_doctype="Invoice Payment")
			opened = bool(frappe.has_permission("Invoice Payment", "read", doc=payment.name))
			assert listed == opened == bool(rows)
			return listed

	assert may_see(both) and not may_see(colleague)
	foreign_colleague = make_payer(unit=other_unit)
	assert not may_see(foreign_colleague)

	with as_user(colleague):
		(line,) = history_api.of_document("Portal Invoice", three[0].name)["lines"]
	assert (line["amount_minor"], line["name"]) == (1000, None)
	assert three[1].name in line["text"] and foreign.name not in line["text"]
	assert "1 more" in line["text"]
	with as_user(foreign_colleague):
		(line,) = history_api.of_document("Portal Invoice", foreign.name)["lines"]
	assert three[0].name not in line["text"] and "2 other" in line["text"]


def test_one_documents_history_shows_its_own_part_alone(world, three, paid):
	refund_of(paid, (three[0], "6.00"))
	read(world, paid)
	with world.as_user(world.payer):
		(first,) = history_api.of_document("Portal Invoice", three[0].name)["lines"]
		(last,) = history_api.of_document("Portal Invoice", three[2].name)["lines"]
	assert (first["amount_minor"], first["status"], len(first["steps"])) == (1000, "Partly Refunded", 1)
	assert "6.00" in first["steps"][0]["text"]
	assert (last["amount_minor"], last["status"], last["steps"]) == (3000, "Succeeded", [])


def test_rows_can_be_written_by_nobody(world, three, paid):
	row = paid.references[0]
	doc = frappe.get_doc(ROW, row.name)
	doc.settled_minor = 1
	for attempt in (doc.save, doc.delete, frappe.copy_doc(doc).insert):
		with pytest.raises(frappe.PermissionError):
			attempt()
		frappe.db.rollback()


def forget_columns() -> None:
	"""Frappe keeps the names of a table's columns; what a test adds by SQL it does not hear of. 16 keeps them in the process, too,
	and forgets there only what it still finds in Redis."""
	cache = getattr(frappe, "client_cache", frappe.cache)
	cache.delete_keys("table_columns")


def test_payments_of_before_get_their_row_once(world):
	outcome = world.pay("40.00")
	world.drain()
	before = payment_of(outcome)
	frappe.db.delete(ROW, {"parent": before.name})
	frappe.db.commit()
	if not frappe.db.has_column("Invoice Payment", "booked_minor"):
		frappe.db.sql_ddl(
			"alter table `tabInvoice Payment` add column booked_minor int default 0, add column event_minor int default 0"
		)
		forget_columns()
	frappe.db.sql(
		"update `tabInvoice Payment` set booked_minor = 4000, event_minor = 4000 where name = %s", before.name
	)
	for _time in range(2):
		fill_references.execute()
	payment = payment_of(outcome)
	(row,), (was,) = payment.references, before.references
	facts = (
		"reference_name",
		"amount_minor",
		"settled_minor",
		"received_minor",
		"booked_minor",
		"event_minor",
		"reserved_minor",
	)
	assert [row.get(name) for name in facts] == [was.get(name) for name in facts]
	check_adds_up(payment)
	assert permissions.may_read("Invoice Payment", payment.name)
