"""A payer pays from a bank account: days pass, and banks change their minds."""

import frappe
import pytest

from stripe_service.api import pay as pay_api
from stripe_service.payments.limits import AmountRefused
from stripe_service.payments.settle import settle_intent
from tests.support.accounts import ACCOUNT


def payment_of(outcome):
	frappe.db.rollback()
	return frappe.get_doc("Invoice Payment", outcome["payment"])


def hear_from_stripe(world, outcome):
	"""What the webhook leads to."""
	settle_intent(ACCOUNT, payment_of(outcome).payment_intent_id)
	world.drain()
	return payment_of(outcome)


@pytest.fixture
def debit(world):
	"""A debit of the whole invoice that is under way."""
	outcome = world.pay_by_ach(world.add_bank_account())
	assert outcome["outcome"] == "processing", outcome
	return outcome


def test_a_debit_is_under_way_for_days_and_the_payer_may_leave(world, debit):
	assert "You can close this" in debit["message"]
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount, invoice.reserved_amount) == (
		"To Be Paid",
		100,
		100,
	)
	payment = payment_of(debit)
	assert (payment.status, payment.settled_minor) == ("Processing", 0)
	assert payment.expected_by > frappe.utils.getdate()
	assert payment.method_label.endswith("•••• 6789")


def test_a_colleague_sees_what_is_under_way_but_not_whose_account(world, debit):
	colleague = world.make_payer()
	form = world.form(user=colleague)
	assert [row["amount"] for row in form["under_way"]] == ["100.00"]
	assert form["under_way"][0]["payer"] == frappe.utils.get_fullname(world.payer)
	assert "method_label" not in form["under_way"][0]
	assert form["amount"]["max_minor"] == 0
	assert "under way" in form["amount"]["reason"]
	with pytest.raises(AmountRefused, match="under way"):
		world.pay("10.00", user=colleague)


def test_the_bank_pays_and_the_invoice_is_paid(world, debit):
	world.emulator.settle(payment_of(debit).payment_intent_id)
	payment = hear_from_stripe(world, debit)
	assert (payment.status, payment.settled_minor) == ("Succeeded", 10000)
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount, invoice.reserved_amount) == ("Paid", 0, 0)


@pytest.mark.parametrize(
	"code, words",
	[
		("insufficient_funds", "not enough money"),
		("account_closed", "closed"),
		("no_account", "account"),
		("debit_not_authorized", "authori"),
		("bank_account_restricted", "bank"),
	],
)
def test_the_bank_refuses_in_plain_words_and_the_amount_is_free_again(world, debit, code, words):
	world.emulator.fail_debit(payment_of(debit).payment_intent_id, code)
	payment = hear_from_stripe(world, debit)
	assert payment.status == "Failed"
	assert payment.failure_code == code
	assert words in payment.failure_message.lower()
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount, invoice.reserved_amount) == (
		"To Be Paid",
		100,
		0,
	)
	assert [intent["status"] for intent in world.intents()] == ["canceled"], "nobody can confirm it again"
	assert frappe.db.exists("Notification Log", {"for_user": world.payer, "document_name": payment.name})
	assert world.pay()["outcome"] == "paid"


def test_a_return_weeks_after_success_makes_the_invoice_due_again(world, debit):
	world.emulator.settle(payment_of(debit).payment_intent_id)
	hear_from_stripe(world, debit)
	assert world.reread().workflow_state == "Paid"

	world.emulator.late_return(payment_of(debit).payment_intent_id, "insufficient_funds")
	payment = hear_from_stripe(world, debit)
	assert (payment.status, payment.settled_minor) == ("Dispute Lost", 0)
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount) == ("To Be Paid", 100)
	open_items = frappe.get_all(
		"Workflow Action", filters={"reference_name": invoice.name, "status": "Open"}, pluck="name"
	)
	assert open_items, "a fresh work item"
	assert world.pay()["outcome"] == "paid"
	world.drain()
	assert world.reread().workflow_state == "Paid"


def test_part_by_bank_and_the_rest_by_card_meanwhile(world):
	debit = world.pay_by_ach(world.add_bank_account(), "60.00")
	assert world.pay("40.00")["outcome"] == "paid"
	world.drain()
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount, invoice.reserved_amount) == (
		"Partly Paid",
		60,
		60,
	)
	world.emulator.settle(payment_of(debit).payment_intent_id)
	hear_from_stripe(world, debit)
	assert world.reread().workflow_state == "Paid"


def test_a_debit_under_way_can_not_be_called_back(world, debit):
	with world.as_user(world.payer):
		assert pay_api.abandon(debit["payment"])["outcome"] == "processing"
	assert world.reread().reserved_amount == 100


def test_only_a_verified_account_pays(world):
	unverified = world.add_bank_account(linked=False)
	with pytest.raises(frappe.ValidationError, match="verif"):
		world.pay_by_ach(unverified)
	assert world.intents() == []


def test_nobody_pays_from_a_colleagues_account(world):
	account = world.add_bank_account()
	colleague = world.make_payer()
	with pytest.raises((frappe.PermissionError, frappe.DoesNotExistError)):
		world.pay_by_ach(account, user=colleague)
	assert world.intents() == []


def test_ach_is_not_offered_for_another_currency_and_says_why(world):
	invoice = world.make_invoice(total="100.00", currency="EUR")
	method = world.form(invoice=invoice)["methods"]["us_bank_account"]
	assert not method["allowed"]
	assert "US dollars" in method["reason"]
	with pytest.raises(frappe.ValidationError, match="US dollars"):
		world.pay_by_ach(world.add_bank_account(), "50.00", invoice=invoice)


def test_ach_is_not_offered_where_the_account_may_not_take_it(world):
	frappe.db.set_value("Stripe Account", ACCOUNT, "ach_capability", "Inactive")
	frappe.db.commit()
	try:
		method = world.form()["methods"]["us_bank_account"]
		assert not method["allowed"] and method["reason"]
	finally:
		frappe.db.set_value("Stripe Account", ACCOUNT, "ach_capability", "Active")
		frappe.db.commit()


def test_an_invoice_cancelled_while_the_debit_runs_keeps_the_money_in_sight(world, debit):
	from frappe.model.workflow import apply_workflow

	apply_workflow(world.reread(), "Cancel")
	frappe.db.commit()
	world.emulator.settle(payment_of(debit).payment_intent_id)
	payment = hear_from_stripe(world, debit)
	assert (payment.status, payment.received_minor, payment.unallocated_minor) == ("Succeeded", 10000, 10000)
	assert payment.attention
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount) == ("Cancelled", 0)
