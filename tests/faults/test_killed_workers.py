"""A worker is killed with SIGKILL at each step between claim and settle, and after it.

After one reconciliation the site and Stripe agree, nothing is held that can't be paid, and the payer pays what is left,
once. The killed worker is a process of its own (killed_worker.py); the reconciliation is this one's.
"""

import json
import os
import subprocess
import sys

import frappe
import pytest
from frappe.utils import add_days, add_to_date, now_datetime, today

from stripe_service.payments import after_payment, refund
from stripe_service.payments.automatic import paying, planning
from stripe_service.reconcile import schedule
from tests.faults.killed_worker import REACHED_THE_END
from tests.support.accounts import ACCOUNT
from tests.support.paying import confirmation_token
from tests.support.records import unique
from tests.support.servers import REPO
from tests.support.settings import set_settings
from tests.support.several import (
	ROW,
	check_adds_up,
	documents,
	owed,
	pay_several,
	payment_of,
	states,
)
from tests.support.webhooks import new_id

KILLED = -9
PAYMENTS = "stripe_service.payments"

CLAIM_TO_SETTLE = [
	f"before {PAYMENTS}.claim._insert",
	f"after {PAYMENTS}.claim._insert",
	f"after {PAYMENTS}.claim.claim",
	"before call customers.create",
	"after call customers.create",
	"before call payment_intents.create",
	"after call payment_intents.create",
	f"after {PAYMENTS}.charge.create_intent",
	"before call payment_intents.confirm",
	"after call payment_intents.confirm",
	f"before {PAYMENTS}.settle._apply",
	f"after {PAYMENTS}.settle._apply",
	f"before {PAYMENTS}.settle._write_shown",
	f"before {PAYMENTS}.follow_up.run",
	f"before {PAYMENTS}.after_payment.enqueue_if_due",
	f"after {PAYMENTS}.after_payment.enqueue_if_due",
	f"after {PAYMENTS}.follow_up.run",
]


def kill(do: str, point: str, **arguments) -> None:
	"""Let a worker of its own do this and die at that point."""
	task = json.dumps({"do": do, "kill": point, "arguments": arguments})
	worker = subprocess.run(
		[sys.executable, "-m", "tests.faults.killed_worker", task],
		cwd=REPO,
		env={**os.environ, "PYTHONPATH": str(REPO)},
		capture_output=True,
		text=True,
		timeout=120,
	)
	assert worker.returncode != REACHED_THE_END, f"never came to: {point}"
	assert worker.returncode == KILLED, worker.stderr[-3000:]


def kill_while_paying(world, point: str, card: str = "visa", amount: str = "60.00") -> None:
	kill(
		"pay",
		point,
		user=world.payer,
		doctype="Portal Invoice",
		name=world.invoice.name,
		amount=amount,
		method_type="card",
		confirmation_token=confirmation_token(world.url, card),
		request_id=unique("press"),
	)


def reconcile_once(world, hours: float = 0.25) -> None:
	"""The scheduler's work, after a time in which every request that was alive has ended."""
	frappe.db.rollback()
	earlier = add_to_date(now_datetime(), hours=-hours)
	for payment in payments(world):
		frappe.db.set_value("Invoice Payment", payment.name, "creation", earlier, update_modified=False)
	frappe.db.commit()
	(report,) = schedule.now([ACCOUNT])
	assert (report.stopped, report.failed) == (None, [])
	world.drain()
	after_payment.run_pending()


def payments(world) -> list:
	frappe.db.rollback()
	return frappe.get_all("Invoice Payment", {"reference_name": world.invoice.name}, ["*"])


def check_agrees(world) -> None:
	"""What Stripe received is what the site says, and what is reserved is what Stripe may still take."""
	at_stripe = {intent["id"]: intent for intent in world.intents()}
	for payment in payments(world):
		intent = at_stripe.pop(payment.payment_intent_id, None)
		if not intent:
			assert payment.status in ("Failed", "Cancelled"), (payment.name, payment.status)
			assert payment.received_minor == 0
			continue
		assert payment.stripe_status == intent["status"]
		assert payment.received_minor == (intent["amount_received"] if intent["status"] == "succeeded" else 0)
	strays = {intent["status"] for intent in at_stripe.values()}
	assert strays <= {"canceled"}, "a PaymentIntent that no payment points to must not be chargeable"
	invoice = world.reread()
	assert invoice.paid_amount * 100 == pytest.approx(world.received_minor())
	open_minor = sum(
		p.amount_minor for p in payments(world) if p.status in ("Started", "Action Required", "Processing")
	)
	assert invoice.reserved_amount * 100 == pytest.approx(open_minor)


@pytest.mark.parametrize("point", CLAIM_TO_SETTLE)
def test_killed_while_a_card_is_charged(world, point):
	kill_while_paying(world, point)
	reconcile_once(world)
	check_agrees(world)
	assert world.reread().reserved_amount == 0

	rest = world.reread().outstanding_amount
	assert rest in (40, 100)
	assert world.pay(str(rest))["outcome"] == "paid"
	world.drain()
	assert world.received_minor() == 10000
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.paid_amount, invoice.outstanding_amount) == ("Paid", 100, 0)
	check_agrees(world)


@pytest.mark.parametrize(
	"point",
	[
		"after call payment_intents.confirm",
		f"after {PAYMENTS}.settle._apply",
		f"before {PAYMENTS}.follow_up.run",
	],
)
def test_killed_while_3d_secure_begins(world, point):
	kill_while_paying(world, point, card="3ds_required")
	reconcile_once(world)
	(payment,) = payments(world)
	assert payment.status == "Action Required"
	check_agrees(world)
	assert world.reread().reserved_amount == 60

	reconcile_once(world, hours=25)
	check_agrees(world)
	assert world.reread().reserved_amount == 0
	assert world.pay("100.00")["outcome"] == "paid"
	assert world.received_minor() == 10000


@pytest.mark.parametrize(
	"point",
	[
		"before call payment_intents.retrieve",
		"after call payment_intents.retrieve",
		f"after {PAYMENTS}.settle._apply",
		f"before {PAYMENTS}.follow_up.run",
	],
)
def test_killed_when_the_payer_returns_from_3d_secure(world, point):
	outcome = world.pay("60.00", card="3ds_required")
	world.emulator.complete_3ds(world.intents()[0]["id"])
	kill("finish", point, user=world.payer, payment=outcome["payment"])
	reconcile_once(world)
	check_agrees(world)
	assert world.received_minor() == 6000
	assert world.reread().workflow_state == "Partly Paid"


@pytest.mark.parametrize(
	"point",
	[
		"before call payment_intents.create",
		"after call payment_intents.create",
		"after call payment_intents.confirm",
		f"after {PAYMENTS}.settle._apply",
	],
)
def test_killed_while_a_bank_account_is_debited(world, point):
	account = world.add_bank_account()
	kill(
		"pay",
		point,
		user=world.payer,
		doctype="Portal Invoice",
		name=world.invoice.name,
		amount="60.00",
		method_type="us_bank_account",
		saved_method=account,
		request_id=unique("press"),
	)
	reconcile_once(world)
	check_agrees(world)
	for intent in world.intents():
		if intent["status"] == "processing":
			assert world.reread().reserved_amount == 60
			world.emulator.settle(intent["id"])
	reconcile_once(world)
	check_agrees(world)
	assert world.reread().reserved_amount == 0


@pytest.mark.parametrize(
	"point",
	[
		"before stripe_service.webhooks.process._handle",
		"after call payment_intents.retrieve",
		f"after {PAYMENTS}.settle._apply",
		f"before {PAYMENTS}.follow_up.run",
		"before stripe_service.webhooks.process._finish",
		"after stripe_service.webhooks.process._finish",
	],
)
def test_killed_while_an_event_is_worked_on(world, point):
	from stripe_service.webhooks import receive
	from tests.support.webhooks import event

	outcome = world.pay("60.00", card="3ds_required")
	(intent,) = world.intents()
	world.emulator.complete_3ds(intent["id"])
	world.drain()
	told = event("payment_intent.succeeded", intent, id=new_id("evt"))
	receive.store(frappe._dict(name=ACCOUNT, mode="Test"), told)
	frappe.db.commit()
	kill("drain", point)
	frappe.db.rollback()
	row = frappe.db.get_value("Stripe Event", told["id"], ["status", "next_attempt_at"], as_dict=True)
	if row.status == "Working":  # its lease ends by itself
		frappe.db.set_value("Stripe Event", told["id"], "next_attempt_at", now_datetime())
		frappe.db.commit()
	world.drain()
	after_payment.run_pending()
	frappe.db.rollback()
	assert frappe.db.get_value("Stripe Event", told["id"], "status") == "Done"
	assert frappe.db.get_value("Invoice Payment", outcome["payment"], "status") == "Succeeded"
	check_agrees(world)
	assert world.reread().workflow_state == "Partly Paid"


@pytest.mark.parametrize(
	"point",
	[
		"before call payment_intents.cancel",
		"after call payment_intents.cancel",
		f"after {PAYMENTS}.settle._apply",
	],
)
def test_the_reconciler_itself_is_killed(world, point):
	world.pay("60.00", card="3ds_required")
	(payment,) = payments(world)
	long_ago = add_to_date(now_datetime(), hours=-25)
	frappe.db.set_value("Invoice Payment", payment.name, "creation", long_ago, update_modified=False)
	frappe.db.commit()
	kill("reconcile", point, account=ACCOUNT)
	reconcile_once(world, hours=25)
	check_agrees(world)
	assert world.reread().reserved_amount == 0
	assert world.pay("100.00")["outcome"] == "paid"
	assert world.received_minor() == 10000


@pytest.mark.parametrize(
	"point",
	[
		"before stripe_service.payments.owed.open_payable",
		"after stripe_service.payments.owed.open_payable",
		"before stripe_service.payments.owed.set_status",
		"after stripe_service.payments.owed.set_status",
	],
)
def test_killed_in_what_follows_a_payment(world, point):
	outcome = world.pay("60.00")
	frappe.db.rollback()
	assert frappe.db.get_value("Invoice Payment", outcome["payment"], "after_payment_status") == "Pending"
	kill("after_payment", point, payment=outcome["payment"])
	world.drain()
	after_payment.run_pending()
	assert world.reread().workflow_state == "Partly Paid"
	frappe.db.rollback()
	row = {"parent": outcome["payment"]}
	done = frappe.db.get_value("Invoice Payment Reference", row, ["after_payment_status", "booked_minor"])
	assert done == ("Done", 6000)


@pytest.fixture
def three(world):
	"""Three invoices of 150 USD in all, the first of them the world's."""
	return [world.invoice, world.make_invoice(total="20.00"), world.make_invoice(total="30.00")]


def check_rows(three) -> None:
	"""Each payment's rows are what Stripe says of it, and each invoice shows the sum of its rows."""
	names = [invoice.name for invoice in three]
	for payment in set(frappe.get_all(ROW, {"reference_name": ("in", names)}, pluck="parent")):
		check_adds_up(frappe.get_doc("Invoice Payment", payment))
	for name in names:
		shown = frappe.db.get_value("Portal Invoice", name, ["paid_amount", "reserved_amount"])
		rows = frappe.get_all(ROW, {"reference_name": name}, ["settled_minor", "reserved_minor"])
		summed = [sum(row.get(kind) for row in rows) for kind in ("settled_minor", "reserved_minor")]
		assert [round(amount * 100) for amount in shown] == summed, name


@pytest.mark.parametrize(
	"point",
	[
		f"after {PAYMENTS}.claim._insert",
		f"after {PAYMENTS}.claim.claim",
		"before call payment_intents.create",
		"after call payment_intents.create",
		"after call payment_intents.confirm",
		f"after {PAYMENTS}.settle._apply",
		f"before {PAYMENTS}.follow_up.run",
		f"after {PAYMENTS}.follow_up.run",
	],
)
def test_killed_while_several_are_paid_by_one_payment(world, three, point):
	kill(
		"pay_several",
		point,
		user=world.payer,
		documents=documents((three[0], "60.00"), (three[1], "20.00"), (three[2], "30.00")),
		method_type="card",
		confirmation_token=confirmation_token(world.url, "visa"),
		request_id=unique("press"),
	)
	reconcile_once(world)
	check_rows(three)
	left = owed(*three)
	assert left in ([100, 20, 30], [40, 0, 0]), "all or nothing"
	rest = [(invoice, str(amount)) for invoice, amount in zip(three, left, strict=True) if amount]
	assert pay_several(world, *rest)["outcome"] == "paid"
	world.drain()
	check_rows(three)
	assert world.received_minor() == 15000, "every cent once"
	assert states(*three) == ["Paid"] * 3


@pytest.mark.parametrize(
	"point",
	[
		f"after {PAYMENTS}.after_payment._run_for",  # the first row is done, the second not begun
		"before stripe_service.payments.owed.set_status",
		f"before {PAYMENTS}.after_payment._record",
	],
)
def test_killed_in_what_follows_a_payment_of_several(world, three, point):
	outcome = pay_several(world, *((invoice, str(invoice.total)) for invoice in three))
	kill("after_payment", point, payment=outcome["payment"])
	world.drain()
	after_payment.run_pending()
	check_rows(three)
	assert states(*three) == ["Paid"] * 3
	done = frappe.get_all(
		ROW, {"parent": outcome["payment"]}, ["after_payment_status", "event_minor"], order_by="idx"
	)
	assert [(row.after_payment_status, row.event_minor) for row in done] == [
		("Done", 10000),
		("Done", 2000),
		("Done", 3000),
	]


@pytest.mark.parametrize(
	"point",
	["before call refunds.create", "after call refunds.create", f"after {PAYMENTS}.refund._apply_list"],
)
def test_killed_while_two_of_several_are_refunded(world, three, point):
	"""One that Stripe never heard of fails in words, and is tried again for the rows that it named."""
	outcome = pay_several(world, *((invoice, str(invoice.total)) for invoice in three))
	world.drain()
	kill("refund", point, payment=outcome["payment"], minor={three[0].name: 1500, three[1].name: 2000})
	frappe.db.rollback()
	name = frappe.db.get_value("Stripe Refund", {"payment": outcome["payment"]})
	long_ago = now_datetime() - 2 * refund.REQUEST_IS_OVER
	frappe.db.set_value("Stripe Refund", name, "sent_at", long_ago, update_modified=False)
	frappe.db.commit()
	reconcile_once(world)
	unsent = point.startswith("before")
	assert frappe.db.get_value("Stripe Refund", name, "status") == ("Failed" if unsent else "Succeeded")
	if unsent:
		assert owed(*three) == [0, 0, 0]
		refund.try_again(name)
		world.drain()
	check_rows(three)
	assert owed(*three) == [15, 20, 0]
	assert payment_of(outcome).refunded_minor == 3500


@pytest.mark.parametrize(
	"point",
	[
		f"after {PAYMENTS}.automatic.paying._begin",
		f"after {PAYMENTS}.claim.claim",
		"after call payment_intents.confirm",
	],
)
def test_killed_while_a_card_pays_automatically(world, point):
	"""Whatever was begun is found, and nothing is paid twice."""
	set_settings(automatic_payments=1)
	world.start_automatic_payments()
	frappe.db.set_value("Portal Invoice", world.invoice.name, "due_date", today())
	frappe.db.commit()
	planning.announce_all()
	name = frappe.db.get_value("Scheduled Payment", {"reference_name": world.invoice.name})
	kill("pay_automatically", point, name=name, day=add_days(today(), 3))

	reconcile_once(world)
	for days in (3, 4):
		paying.pay(name, add_days(today(), days))
	assert world.received_minor() == 10000
	assert frappe.db.get_value("Scheduled Payment", name, "status") == "Paid"
	check_agrees(world)
	set_settings(automatic_payments=0)
