"""Workflow Transition Tasks (Frappe 16): what a designer lets a transition do, and that none of it is done inside it."""

import frappe
import pytest
from frappe.model.workflow import apply_workflow

from stripe_service.utils.notices import deliver_pending
from tests.support.records import unique

PAY, REPROCESS = "Stripe: Pay with the Default Card", "Stripe: Reprocess"

WORKFLOW = "Invoice Payment"


@pytest.fixture
def on_sending(site_only):
	"""`on_sending(task, asynchronous)`: the transition Send for Payment of the shipped Workflow runs this task."""
	if not frappe.db.exists("DocType", "Workflow Transition Tasks"):
		pytest.skip("this Frappe has no Workflow Transition Tasks (new in 16)")
	set_on = {"parent": WORKFLOW, "state": "Draft", "action": "Send for Payment"}

	def set_tasks(task: str, asynchronous: int):
		tasks = frappe.new_doc("Workflow Transition Tasks")
		tasks.update(
			{"name": unique("Tasks"), "tasks": [{"task": task, "enabled": 1, "asynchronous": asynchronous}]}
		)
		tasks.insert(set_name=tasks.name)
		write(tasks.name)

	def write(name):
		frappe.db.set_value("Workflow Transition", set_on, "transition_tasks", name)
		frappe.clear_document_cache("Workflow", WORKFLOW)
		frappe.cache.delete_value("workflow_Portal Invoice")
		frappe.db.commit()

	yield set_tasks
	frappe.db.rollback()
	write(None)


@pytest.fixture
def clerk(world, make_user):
	"""Sends invoices for payment, and pays them: has paid with a card before and saved it."""
	user = make_user(roles=["Stripe Administrator", "Stripe Payer", "Invoice Payers"], unit=world.unit)
	assert world.pay(user=user, save=1)["outcome"] == "paid"
	world.drain()
	return user


def send(world, invoice, user):
	with world.as_user(user):
		apply_workflow(invoice, "Send for Payment")
		frappe.db.commit()


@pytest.mark.parametrize("asynchronous", [0, 1])
def test_sending_an_invoice_pays_it_with_the_default_card_afterwards(world, clerk, on_sending, asynchronous):
	on_sending(PAY, asynchronous)
	draft = world.make_invoice(total="35.00", state="Draft")
	before = world.emulator.count_requests(path="/v1/payment_intents*", method="POST")

	send(world, draft, clerk)

	assert world.emulator.count_requests(path="/v1/payment_intents*", method="POST") == before
	world.drain()
	paid = world.reread(draft)
	assert (paid.workflow_state, paid.paid_amount) == ("Paid", 35)
	assert world.received_minor(draft) == 3500


def test_a_transition_that_is_undone_charges_nothing(world, clerk, on_sending):
	on_sending(PAY, 0)
	draft = world.make_invoice(total="35.00", state="Draft")

	with world.as_user(clerk):
		apply_workflow(draft, "Send for Payment")
		frappe.db.rollback()
	world.drain()

	assert world.reread(draft).workflow_state == "Draft"
	assert world.intents(draft) == []


def test_who_has_no_saved_card_is_told_so(world, make_user, on_sending):
	on_sending(PAY, 0)
	clerk = make_user(roles=["Stripe Administrator", "Stripe Payer"], unit=world.unit)
	draft = world.make_invoice(total="35.00", state="Draft")

	send(world, draft, clerk)
	world.drain()

	assert world.reread(draft).workflow_state == "To Be Paid"
	deliver_pending()
	told = frappe.get_all(
		"Notification Log", filters={"for_user": clerk, "document_name": draft.name}, pluck="subject"
	)
	assert len(told) == 1 and "no saved card" in told[0]


def test_who_may_not_pay_pays_nothing_by_a_transition(world, clerk, make_user, on_sending):
	on_sending(PAY, 0)
	frappe.get_doc("User", clerk).remove_roles("Stripe Payer", "Stripe Administrator")
	frappe.get_doc("User", clerk).add_roles("System Manager")
	draft = world.make_invoice(total="35.00", state="To Be Paid")

	from stripe_service.api.workflow_tasks import pay_with_default_card

	with world.as_user(clerk):
		pay_with_default_card(draft)
		frappe.db.commit()
	world.drain()

	assert world.intents(draft) == []


def test_reprocess_makes_a_fresh_work_item(world, clerk, on_sending):
	on_sending(REPROCESS, 1)
	draft = world.make_invoice(total="35.00", state="Draft")

	send(world, draft, clerk)
	world.drain()

	frappe.db.rollback()
	items = frappe.get_all("Workflow Action", filters={"reference_name": draft.name}, pluck="status")
	assert sorted(items) == ["Completed", "Open"]


def test_every_task_that_is_offered_exists(site_only):
	for task in frappe.get_hooks("workflow_methods"):
		assert callable(frappe.get_attr(task["method"])), task["name"]
