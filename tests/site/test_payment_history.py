"""The history on a document and on a payment: each kind of line, in words that keep a payer from paying twice; who reads what;
and a number of queries that does not depend on the number of payments."""

import json

import frappe
import pytest

from stripe_service.api import history as api
from stripe_service.api import payables as payables_api
from stripe_service.api import refund as refund_api
from stripe_service.payables.payable import NotPayable
from stripe_service.payments.settle import settle, settle_intent
from stripe_service.utils.dates import date_in_words
from tests.site.support import payables
from tests.support.accounts import ACCOUNT
from tests.support.records import unique
from tests.support.site import counted_queries, fresh_request


def history(world, user=None, invoice=None) -> dict:
	with world.as_user(user or world.payer):
		return api.of_document("Portal Invoice", (invoice or world.invoice).name)


def only_line(world, user=None) -> dict:
	(line,) = history(world, user)["lines"]
	return line


def parts(answer) -> dict:
	return {part["part"]: part["amount"] for part in answer["progress"]["parts"]}


def intent_of(outcome) -> str:
	frappe.db.rollback()
	return frappe.db.get_value("Invoice Payment", outcome["payment"], "payment_intent_id")


def hear(world, outcome) -> None:
	settle_intent(ACCOUNT, intent_of(outcome))
	world.drain()


@pytest.fixture
def administrator(world, make_user):
	return make_user(roles=["Stripe Administrator"], unit=world.unit)


@pytest.fixture
def colleague(world):
	return world.make_payer()


# Each kind of line


def test_nothing_paid_yet(world):
	answer = history(world)
	assert answer["lines"] == [] and not answer["more"]
	assert answer["progress"]["text"] == "$ 0.00 of $ 100.00 paid"
	assert parts(answer) == {"paid": "$ 0.00", "outstanding": "$ 100.00"}


def test_a_card_payment(world):
	world.pay("60.00")
	answer = history(world)
	(line,) = answer["lines"]
	assert (line["state"], line["amount"], line["how"], line["mine"], line["counts"]) == (
		"Paid", "$ 60.00", "VISA •••• 4242", True, True,
	)  # fmt: skip
	assert line["who"] == frappe.utils.get_fullname(world.payer)
	assert line["receipt_url"].startswith("http")
	assert answer["progress"]["text"] == "$ 60.00 of $ 100.00 paid"
	assert parts(answer) == {"paid": "$ 60.00", "outstanding": "$ 40.00"}


def test_a_debit_under_way_says_by_when_and_not_to_pay_again(world):
	outcome = world.pay_by_ach(world.add_bank_account(), "60.00")
	answer = history(world)
	(line,) = answer["lines"]
	assert line["state"] == "On its way"
	assert line["text"].startswith("Bank debit of $ 60.00 on its way, expected by ")
	assert line["text"].endswith("Please do not pay it again.")
	# The month by its name: 02-12 is two dates.
	assert outcome["expected_by"].strftime("%b") in line["text"]
	assert answer["progress"]["text"] == "$ 0.00 of $ 100.00 paid, $ 60.00 on its way"
	assert parts(answer) == {"paid": "$ 0.00", "under_way": "$ 60.00", "outstanding": "$ 40.00"}


def test_a_debit_that_is_late_says_so(world):
	outcome = world.pay_by_ach(world.add_bank_account())
	frappe.db.set_value("Invoice Payment", outcome["payment"], "expected_by", "2020-01-02")
	assert "still on its way: the bank was expected to answer by Jan 2, 2020" in only_line(world)["text"]


def test_a_debit_that_came(world):
	outcome = world.pay_by_ach(world.add_bank_account())
	world.emulator.settle(intent_of(outcome))
	hear(world, outcome)
	line = only_line(world)
	assert (line["state"], line["text"][:12]) == ("Paid", "Received on ")


def test_a_debit_that_failed_does_not_count(world):
	outcome = world.pay_by_ach(world.add_bank_account())
	world.emulator.fail_debit(intent_of(outcome), "insufficient_funds")
	hear(world, outcome)
	answer = history(world)
	(line,) = answer["lines"]
	assert (line["state"], line["counts"]) == ("Failed", False)
	assert "Nothing was received, so it does not count as paid." in line["text"]
	assert "not enough money" in line["text"]
	assert parts(answer) == {"paid": "$ 0.00", "outstanding": "$ 100.00"}


def test_no_line_asks_for_what_was_paid_by_another_one(world, administrator):
	"""An old failure must not read as if its amount were still to be paid."""
	outcome = world.pay_by_ach(world.add_bank_account())
	world.emulator.fail_debit(intent_of(outcome), "insufficient_funds")
	hear(world, outcome)
	world.pay(card="declined")
	world.pay()
	answer = history(world)
	assert parts(answer) == {"paid": "$ 100.00", "outstanding": "$ 0.00"}
	told = json.dumps(answer["lines"], default=str)
	for words in ("still to be paid", "due again", "owed again", "pay again"):
		assert words not in told


def test_a_declined_card(world):
	world.pay(card="insufficient_funds")
	line = only_line(world)
	assert (line["state"], line["counts"]) == ("Failed", False)
	assert "was declined. Nothing was charged, so it does not count as paid." in line["text"]


def test_a_payment_to_be_confirmed_says_until_when(world, colleague):
	world.pay(card="3ds_required")
	assert only_line(world)["state"] == "To be confirmed"
	assert "Press Pay to continue or to cancel it" in only_line(world)["text"]
	assert "it can be paid again after" in only_line(world, colleague)["text"]


def test_a_refund(world):
	outcome = world.pay()
	refund_api.refund_payment(outcome["payment"], "20.00", "duplicate", unique("press"))
	line = only_line(world)
	assert line["state"] == "Partly refunded"
	assert [(step["state"], step["text"]) for step in line["steps"]] == [
		("Refunded", "$ 20.00 was refunded.")
	]
	assert parts(history(world)) == {"paid": "$ 80.00", "outstanding": "$ 20.00"}


def test_a_refund_that_did_not_go_through(world):
	outcome = world.pay()
	answer = refund_api.refund_payment(outcome["payment"], "20.00", None, unique("press"))
	frappe.db.set_value("Stripe Refund", answer["refund"], "status", "Failed")
	states = [(step["state"], step["text"]) for step in only_line(world)["steps"]]
	assert ("Refund failed", "A refund of $ 20.00 did not go through: it was not given back.") in states


def test_what_stripe_refunded_before_its_row_is_there(world):
	outcome = world.pay()
	frappe.db.set_value(
		"Invoice Payment", outcome["payment"], {"refunded_minor": 3000, "status": "Partly Refunded"}
	)
	frappe.db.set_value("Invoice Payment Reference", {"parent": outcome["payment"]}, "refunded_minor", 3000)
	assert [step["text"] for step in only_line(world)["steps"]] == ["$ 30.00 was refunded."]


def test_a_dispute_its_end_and_who_may_know(world, administrator):
	outcome = world.pay()
	dispute = world.emulator.dispute(intent_of(outcome))["dispute"]
	settle(outcome["payment"])
	line = only_line(world)
	assert line["state"] == "Disputed"
	assert "The bank holds $ 100.00 of this payment back" in line["steps"][0]["text"]
	assert "Ask before you pay it again" in line["steps"][0]["text"]
	assert "Answer it" not in line["steps"][0]["text"]
	told = only_line(world, administrator)["steps"][0]["text"]
	assert "Answer it in the Stripe Dashboard by " in told

	world.emulator.move_dispute(dispute, "lost")
	settle(outcome["payment"])
	line = only_line(world)
	assert line["state"] == "Dispute lost"
	assert "$ 100.00 was given back and does not count as paid" in line["steps"][0]["text"]


def test_a_dispute_that_was_won_is_the_administrators_affair(world, administrator, colleague):
	outcome = world.pay()
	dispute = world.emulator.dispute(intent_of(outcome))["dispute"]
	settle(outcome["payment"])
	world.emulator.move_dispute(dispute, "won")
	settle(outcome["payment"])
	assert only_line(world, administrator)["steps"][0]["state"] == "Dispute ended"
	assert only_line(world, colleague)["steps"] == []


def test_a_debit_that_the_bank_returned(world):
	outcome = world.pay_by_ach(world.add_bank_account())
	intent = intent_of(outcome)
	world.emulator.settle(intent)
	hear(world, outcome)
	world.emulator.late_return(intent)
	hear(world, outcome)
	line = only_line(world)
	assert line["state"] == "Returned by the bank"
	assert line["steps"][0]["text"].startswith("The bank returned $ 100.00 to the payer")
	assert parts(history(world))["outstanding"] == "$ 100.00"


def test_what_was_paid_otherwise_written_off_and_taken_back(world, administrator):
	with world.as_user(administrator):
		cheque = payables_api.record_payment(
			"Portal Invoice", world.invoice.name, "40.00", "Cheque", reference_no="4711",
			received_on="2026-11-20", note="from the fair",
		)  # fmt: skip
		payables_api.write_off("Portal Invoice", world.invoice.name, "too small")
	answer = history(world)
	assert parts(answer) == {"paid": "$ 40.00", "written_off": "$ 60.00", "outstanding": "$ 0.00"}
	off, paid = answer["lines"]
	assert (off["how"], off["text"]) == ("Written off", "$ 60.00 was written off: nobody has to pay it.")
	assert (paid["how"], paid["text"]) == ("Cheque", "Received on Nov 20, 2026.")
	assert (paid["name"], paid["who"]) == (None, None)

	told = history(world, administrator)["lines"][1]
	assert told["text"] == "Received on Nov 20, 2026. · 4711 · from the fair"
	assert told["who"] == frappe.utils.get_fullname(administrator)
	assert told["name"] == cheque["adjustment"]

	with world.as_user(administrator):
		payables_api.cancel_adjustment(cheque["adjustment"], "it bounced")
	taken_back = history(world)["lines"][1]
	assert (taken_back["state"], taken_back["counts"]) == ("Taken back", False)
	assert "it does not count" in taken_back["text"]


def test_money_beyond_what_is_owed_is_said(world):
	world.pay()
	invoice = world.reread()
	invoice.items[0].rate = 80
	invoice.save()
	frappe.db.commit()
	world.drain()
	assert "$ 20.00 of it is more than is owed" in only_line(world)["text"]


def test_the_newest_stands_first_and_the_rest_is_counted(world, monkeypatch):
	from stripe_service.payments import history as module

	for amount in ("10.00", "20.00", "30.00"):
		world.pay(amount)
	assert [line["amount"] for line in history(world)["lines"]] == ["$ 30.00", "$ 20.00", "$ 10.00"]
	monkeypatch.setattr(module, "LINES_SHOWN", 2)
	answer = history(world)
	assert [line["amount"] for line in answer["lines"]] == ["$ 30.00", "$ 20.00"]
	assert answer["more"] is True


@pytest.mark.parametrize(
	"days, words, overdue", [(-1, "Overdue since ", True), (0, "Due ", False), (5, "Due ", False)]
)
def test_by_when_the_rest_is_due(world, days, words, overdue):
	day = frappe.utils.add_days(frappe.utils.nowdate(), days)
	invoice = world.make_invoice(posting_date=frappe.utils.add_days(day, -10), due_date=day)
	progress = history(world, invoice=invoice)["progress"]
	assert (progress["due"], progress["overdue"]) == (words + date_in_words(day), overdue)
	world.pay(invoice=invoice)
	assert history(world, invoice=invoice)["progress"]["due"] is None


@pytest.mark.parametrize(
	"language, words",
	[("en", "Dec 2, 2026"), ("de", "02.12.2026"), ("fr", "2 déc. 2026"), ("xx-none", "Dec 2, 2026")],
)
def test_dates_are_in_the_readers_language(site_only, monkeypatch, language, words):
	monkeypatch.setattr(frappe.local, "lang", language)
	assert date_in_words("2026-12-02") == words


# Any payable DocType


def test_a_doctype_that_somebody_made_payable(world):
	fields = [
		{"fieldname": "money", "label": "Money", "fieldtype": "Link", "options": "Currency"},
		{"fieldname": "fee", "label": "Fee", "fieldtype": "Currency", "options": "money"},
	]
	doctype = payables.make_doctype(fields, read_by="Invoice Payers")
	payables.make_payable(doctype, currency_fieldname="money", total_fieldname="fee")
	doc = frappe.get_doc(doctype=doctype, money="USD", fee=50).insert()
	frappe.db.commit()
	world.pay("20.00", invoice=doc)
	answer = world.does(api.of_document, doctype, doc.name)
	assert answer["progress"]["text"] == "$ 20.00 of $ 50.00 paid"
	assert [line["state"] for line in answer["lines"]] == ["Paid"]


def test_a_doctype_that_nobody_made_payable_has_none(world):
	with world.as_user(world.payer), pytest.raises(NotPayable):
		api.of_document("ToDo", "x")


# Who reads what


def test_a_colleague_reads_who_paid_how_much_and_no_more(world, colleague):
	world.pay("60.00")
	world.pay("10.00", card="lost_card")
	declined, paid = history(world, colleague)["lines"]
	assert (paid["who"], paid["amount"], paid["how"], paid["state"]) == (
		frappe.utils.get_fullname(world.payer), "$ 60.00", "Card", "Paid",
	)  # fmt: skip
	assert paid["receipt_url"] is None and not paid["mine"]
	assert declined["state"] == "Failed"
	told = json.dumps(history(world, colleague), default=str)
	for secret in ("4242", "VISA", "lost", "issued the card", "pi_", "ch_", "receipts/", world.payer):
		assert secret not in told, secret


@pytest.mark.parametrize("role", ["Stripe Reader", "Stripe Administrator"])
def test_who_holds_level_1_reads_card_receipt_and_reason(world, make_user, role):
	world.pay("60.00")
	world.pay("10.00", card="insufficient_funds")
	user = make_user(roles=[role, "Invoice Payers"], unit=world.unit)
	declined, paid = history(world, user)["lines"]
	assert paid["how"] == "VISA •••• 4242" and paid["receipt_url"]
	assert "not enough money" in declined["text"]
	assert "insufficient_funds" not in json.dumps(history(world, user), default=str)


def test_who_may_not_read_payments_learns_amounts_and_states_but_no_names(world, make_user):
	"""Invoice Payers alone read the invoice, which shows what is paid and under way, and no Invoice Payment."""
	world.pay("60.00")
	user = make_user(roles=["Invoice Payers"], unit=world.unit)
	line = only_line(world, user)
	assert (line["amount"], line["state"], line["how"]) == ("$ 60.00", "Paid", "Card")
	assert (line["who"], line["name"]) == (None, None)


def test_nobody_reads_of_another_units_document(world, make_payer, make_unit, make_user):
	outcome = world.pay("60.00")
	strangers = [
		make_payer(unit=make_unit()),
		make_payer(),
		make_user(roles=["Stripe Viewer"], unit=world.unit),
		"Guest",
	]
	for user in strangers:
		with pytest.raises(frappe.PermissionError):
			history(world, user)
		with world.as_user(user), pytest.raises(frappe.PermissionError):
			api.of_payment(outcome["payment"])


def test_a_payment_of_a_unit_that_the_reader_does_not_see_is_told_without_its_payer(
	world, make_unit, colleague
):
	"""The document was moved to this unit after it was paid for in another one."""
	outcome = world.pay("60.00")
	frappe.db.set_value("Invoice Payment", outcome["payment"], "organisation_unit", make_unit())
	line = only_line(world, colleague)
	assert (line["amount"], line["who"], line["name"]) == ("$ 60.00", None, None)


# One payment's own history


def test_the_history_of_a_payment(world, colleague):
	outcome = world.pay()
	refund_api.refund_payment(outcome["payment"], "20.00", "duplicate", unique("press"))
	with world.as_user(world.payer):
		answer = api.of_payment(outcome["payment"])
	(line,) = answer["lines"]
	assert answer["progress"] is None
	assert [step["state"] for step in line["steps"]] == ["Started", "Received", "Refunded"]
	assert line["how"] == "VISA •••• 4242"
	with world.as_user(colleague):
		assert api.of_payment(outcome["payment"])["lines"][0]["how"] == "Card"


def test_a_payment_that_is_not_there_is_refused_like_anothers(world, make_payer, make_unit):
	outcome, stranger = world.pay(), make_payer(unit=make_unit())
	refusals = []
	for name in (outcome["payment"], "PAY-2026-99999"):
		with world.as_user(stranger), pytest.raises(frappe.PermissionError) as refused:
			api.of_payment(name)
		refusals.append(str(refused.value))
	assert refusals[0] == refusals[1]


# Open in Stripe


def test_open_in_stripe_for_who_may_read_the_account(world, administrator, colleague):
	outcome = world.pay()
	world.emulator.dispute(intent_of(outcome))
	settle(outcome["payment"])
	frappe.db.set_value("Invoice Payment", outcome["payment"], "payout_id", "po_1")
	payment = frappe.get_doc("Invoice Payment", outcome["payment"])
	account_id = frappe.db.get_value("Stripe Account", ACCOUNT, "stripe_account_id")
	start = "https://dashboard.stripe.com/" + (f"{account_id}/" if account_id else "") + "test/"
	assert links(world, administrator, payment) == {
		"Payment": f"{start}payments/{payment.payment_intent_id}",
		"Customer": f"{start}customers/{payment.stripe_customer}",
		"Dispute": f"{start}disputes/{payment.dispute_id}",
		"Payout": f"{start}payouts/po_1",
	}
	for user in (world.payer, colleague):
		assert links(world, user, payment) == {}


def test_open_in_stripe_on_customers_refunds_events_and_accounts(world, administrator):
	outcome = world.pay()
	answer = refund_api.refund_payment(outcome["payment"], "20.00", None, unique("press"))
	payment = frappe.get_doc("Invoice Payment", outcome["payment"])
	refund = frappe.get_doc("Stripe Refund", answer["refund"])
	assert list(links(world, administrator, refund)) == ["Payment"]
	customer = frappe.get_doc("Stripe Customer", payment.stripe_customer)
	assert links(world, administrator, customer)["Customer"].endswith(f"/customers/{customer.name}")
	assert list(links(world, administrator, frappe.get_doc("Stripe Account", ACCOUNT))) == [
		"Stripe Dashboard"
	]
	event = frappe.get_doc(
		doctype="Stripe Event", object_type="payment_intent", object_id="pi_1", stripe_account=ACCOUNT
	)
	event.name = "evt_1"
	told = links(world, administrator, event)
	assert told["Event"].endswith("/events/evt_1") and told["Payment"].endswith("/payments/pi_1")


def links(world, user, doc) -> dict:
	doc.set("__onload", None)
	with world.as_user(user):
		doc.run_method("onload")
	return {link["label"]: link["url"] for link in (doc.get("__onload") or {}).get("open_in_stripe") or []}


# What it costs


def test_the_history_costs_the_same_for_two_and_for_forty_payments(world, colleague):
	world.pay("1.00")
	world.pay("1.00", user=colleague)

	def queries(user) -> int:
		with world.as_user(user):
			api.of_document("Portal Invoice", world.invoice.name)
			fresh_request()
			with counted_queries() as seen:
				answer = api.of_document("Portal Invoice", world.invoice.name)
		return len(seen), len(answer["lines"])

	users = (world.payer, "Administrator")
	before = {user: queries(user) for user in users}
	assert {count for _queries, count in before.values()} == {2}
	copy_payments(world, 38)
	after = {user: queries(user) for user in users}
	assert {count for _queries, count in after.values()} == {40}
	assert {user: found[0] for user, found in after.items()} == {
		user: found[0] for user, found in before.items()
	}


def copy_payments(world, number: int) -> None:
	"""More payments by other payers, each with a refund, as rows alone: this counts reading."""
	row = frappe.get_doc("Invoice Payment", {"reference_name": world.invoice.name})
	for _ in range(number):
		copy = frappe.copy_doc(row)
		copy.update({"user": world.make_payer(), "payment_intent_id": None, "idempotency_key": unique("key")})
		copy.set_new_name()
		copy.db_insert()
		for part in copy.references:
			part.parent = copy.name
			part.set_new_name(force=True)
			part.db_insert()
		refund = frappe.get_doc(
			doctype="Stripe Refund", payment=copy.name, status="Succeeded", amount_minor=10, currency="USD",
			source="Here",
		)  # fmt: skip
		refund.set_new_name()
		refund.db_insert()
	frappe.db.commit()
