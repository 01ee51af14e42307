"""A payer pays from a bank account: days pass, and banks change their minds."""

import frappe
import pytest

from stripe_service.api import pay as pay_api
from stripe_service.payments.limits import AmountRefused
from stripe_service.payments.settle import settle_intent
from tests.support.account import ACCOUNT


def payment_of(outcome):
	frappe.db.rollback()
	return frappe.get_doc("Invoice Payment", outcome["payment"])


def hear_from_stripe(scene, outcome):
	"""What the webhook leads to."""
	settle_intent(ACCOUNT, payment_of(outcome).payment_intent_id)
	scene.drain()
	return payment_of(outcome)


@pytest.fixture
def debit(scene):
	"""A debit of the whole invoice that is under way."""
	outcome = scene.pay_by_ach(scene.add_bank_account())
	assert outcome["outcome"] == "processing", outcome
	return outcome


def test_a_debit_is_under_way_for_days_and_the_payer_may_leave(scene, debit):
	assert "You can close this" in debit["message"]
	invoice = scene.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount, invoice.reserved_amount) == (
		"To Be Paid",
		100,
		100,
	)
	payment = payment_of(debit)
	assert (payment.status, payment.settled_minor) == ("Processing", 0)
	assert payment.expected_by > frappe.utils.getdate()
	assert payment.method_label.endswith("•••• 6789")


def test_a_colleague_sees_what_is_under_way_but_not_whose_account(scene, debit):
	colleague = scene.make_payer()
	form = scene.form(user=colleague)
	assert [row["amount"] for row in form["under_way"]] == ["100.00"]
	assert form["under_way"][0]["payer"] == frappe.utils.get_fullname(scene.payer)
	assert "method_label" not in form["under_way"][0]
	assert form["amount"]["max_minor"] == 0
	assert "under way" in form["amount"]["reason"]
	with pytest.raises(AmountRefused, match="under way"):
		scene.pay("10.00", user=colleague)


def test_the_bank_pays_and_the_invoice_is_paid(scene, debit):
	scene.emulator.settle(payment_of(debit).payment_intent_id)
	payment = hear_from_stripe(scene, debit)
	assert (payment.status, payment.settled_minor) == ("Succeeded", 10000)
	invoice = scene.reread()
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
def test_the_bank_refuses_in_plain_words_and_the_amount_is_free_again(scene, debit, code, words):
	scene.emulator.fail_debit(payment_of(debit).payment_intent_id, code)
	payment = hear_from_stripe(scene, debit)
	assert payment.status == "Failed"
	assert payment.failure_code == code
	assert words in payment.failure_message.lower()
	invoice = scene.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount, invoice.reserved_amount) == (
		"To Be Paid",
		100,
		0,
	)
	assert [intent["status"] for intent in scene.intents()] == ["canceled"], "nobody can confirm it again"
	assert frappe.db.exists("Notification Log", {"for_user": scene.payer, "document_name": payment.name})
	assert scene.pay()["outcome"] == "paid"


def test_a_return_weeks_after_success_makes_the_invoice_due_again(scene, debit):
	scene.emulator.settle(payment_of(debit).payment_intent_id)
	hear_from_stripe(scene, debit)
	assert scene.reread().workflow_state == "Paid"

	scene.emulator.late_return(payment_of(debit).payment_intent_id, "insufficient_funds")
	payment = hear_from_stripe(scene, debit)
	assert (payment.status, payment.settled_minor) == ("Dispute Lost", 0)
	invoice = scene.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount) == ("To Be Paid", 100)
	open_items = frappe.get_all(
		"Workflow Action", filters={"reference_name": invoice.name, "status": "Open"}, pluck="name"
	)
	assert open_items, "a fresh work item"
	assert scene.pay()["outcome"] == "paid"
	scene.drain()
	assert scene.reread().workflow_state == "Paid"


def test_part_by_bank_and_the_rest_by_card_meanwhile(scene):
	debit = scene.pay_by_ach(scene.add_bank_account(), "60.00")
	assert scene.pay("40.00")["outcome"] == "paid"
	scene.drain()
	invoice = scene.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount, invoice.reserved_amount) == (
		"Partly Paid",
		60,
		60,
	)
	scene.emulator.settle(payment_of(debit).payment_intent_id)
	hear_from_stripe(scene, debit)
	assert scene.reread().workflow_state == "Paid"


def test_a_debit_under_way_can_not_be_called_back(scene, debit):
	with scene.as_user(scene.payer):
		assert pay_api.abandon(debit["payment"])["outcome"] == "processing"
	assert scene.reread().reserved_amount == 100


def test_only_a_verified_account_pays(scene):
	unverified = scene.add_bank_account(linked=False)
	with pytest.raises(frappe.ValidationError, match="verif"):
		scene.pay_by_ach(unverified)
	assert scene.intents() == []


def test_nobody_pays_from_a_colleagues_account(scene):
	account = scene.add_bank_account()
	colleague = scene.make_payer()
	with pytest.raises((frappe.PermissionError, frappe.DoesNotExistError)):
		scene.pay_by_ach(account, user=colleague)
	assert scene.intents() == []


def test_ach_is_not_offered_for_another_currency_and_says_why(scene):
	invoice = scene.make_invoice(total="100.00", currency="EUR")
	method = scene.form(invoice=invoice)["methods"]["us_bank_account"]
	assert not method["allowed"]
	assert "US dollars" in method["reason"]
	with pytest.raises(frappe.ValidationError, match="US dollars"):
		scene.pay_by_ach(scene.add_bank_account(), "50.00", invoice=invoice)


def test_ach_is_not_offered_where_the_account_may_not_take_it(scene):
	frappe.db.set_value("Stripe Account", ACCOUNT, "ach_capability", "Inactive")
	frappe.db.commit()
	try:
		method = scene.form()["methods"]["us_bank_account"]
		assert not method["allowed"] and method["reason"]
	finally:
		frappe.db.set_value("Stripe Account", ACCOUNT, "ach_capability", "Active")
		frappe.db.commit()


def test_an_invoice_cancelled_while_the_debit_runs_keeps_the_money_in_sight(scene, debit):
	from frappe.model.workflow import apply_workflow

	apply_workflow(scene.reread(), "Cancel")
	frappe.db.commit()
	scene.emulator.settle(payment_of(debit).payment_intent_id)
	payment = hear_from_stripe(scene, debit)
	assert (payment.status, payment.received_minor, payment.unallocated_minor) == ("Succeeded", 10000, 10000)
	assert payment.attention
	invoice = scene.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount) == ("Cancelled", 0)
