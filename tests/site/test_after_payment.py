"""What follows a payment: the status, the event for scripts, the work item, and what happens when one of them fails."""

import copy
import re
import threading
from contextlib import contextmanager, nullcontext
from pathlib import Path

import frappe
import pytest

from stripe_service.api.after_payment import run_again
from stripe_service.payments import after_payment
from stripe_service.payments.refund import refund
from stripe_service.setup.after_payment_script import (
	NAME,
	SCRIPT,
	make_after_payment_script,
	remove_after_payment_script,
)
from stripe_service.utils.notices import deliver_pending, stripe_administrators
from tests.site.support.payables import make_doctype, make_payable, make_workflow
from tests.support.jobs import queue_away
from tests.support.records import make_outgoing_account
from tests.support.settings import script_after_payment, server_scripts, settings

DOC = Path(__file__).resolve().parents[2] / "docs" / "after-payment.md"
NOTE = 'doc.add_comment("Info", {})'


@pytest.fixture(autouse=True)
def scripts_are_on(site_only):
	with server_scripts(enabled=True):
		yield


@contextmanager
def shipped_script_instead_of_the_built_in():
	script = frappe.get_doc("Server Script", NAME)
	script.disabled = 0
	script.save()
	with settings(built_in_after_payment=0):
		try:
			yield
		finally:
			script.reload()
			script.disabled = 1
			script.save()
			frappe.db.commit()


BOTH_WAYS = pytest.mark.parametrize("way", [nullcontext, shipped_script_instead_of_the_built_in])


def notes_on(name: str) -> list[str]:
	frappe.db.rollback()
	return frappe.get_all(
		"Comment",
		filters={"reference_name": name, "comment_type": "Info"},
		order_by="creation",
		pluck="content",
	)


def open_items(name: str) -> list[str]:
	return frappe.get_all(
		"Workflow Action", filters={"reference_name": name, "status": "Open"}, pluck="workflow_state"
	)


@BOTH_WAYS
def test_the_status_and_the_work_item_follow_what_is_left_to_pay(world, way):
	with way():
		first = world.pay("30.00")["payment"]
		world.drain()
		assert world.reread().workflow_state == "Partly Paid"
		assert open_items(world.invoice.name) == ["Partly Paid"]

		last = world.pay("70.00")["payment"]
		world.drain()
		assert world.reread().workflow_state == "Paid"
		assert open_items(world.invoice.name) == []

		refund(last, 2000)
		world.drain()
		invoice = world.reread()
		assert (invoice.workflow_state, invoice.outstanding_amount) == ("Partly Paid", 20)
		assert open_items(invoice.name) == ["Partly Paid"]

		refund(last)
		refund(first)
		world.drain()
		invoice = world.reread()
		assert (invoice.workflow_state, invoice.outstanding_amount) == ("To Be Paid", 100)
		assert open_items(invoice.name) == ["To Be Paid"]
		for payment in (first, last):
			assert frappe.db.get_value("Invoice Payment", payment, "after_payment_status") == "Done"


@BOTH_WAYS
def test_an_invoice_cancelled_meanwhile_stays_cancelled(world, way):
	from frappe.model.workflow import apply_workflow

	with way():
		payment = world.pay()["payment"]
		apply_workflow(world.reread(), "Cancel")
		frappe.db.commit()
		world.drain()
		assert world.reread().workflow_state == "Cancelled"
		assert frappe.db.get_value("Invoice Payment", payment, "after_payment_status") == "Done"


def test_whoever_paid_has_done_the_work_item_not_the_job(world):
	world.pay()
	world.drain()
	done = frappe.get_all(
		"Workflow Action",
		filters={"reference_name": world.invoice.name, "status": "Completed"},
		fields=["completed_by", "workflow_state"],
		order_by="creation desc",
	)
	assert done[0].completed_by == world.payer


def test_a_script_enabled_just_now_runs_although_the_cache_has_the_former_list(world):
	"""Another process may write the list of enabled scripts back to the cache which it read before the change."""
	from frappe.core.doctype.server_script.server_script_utils import get_server_script_map

	with script_after_payment(NOTE.format('"ran"')):
		former = copy.deepcopy(get_server_script_map())
		del former["Portal Invoice"]["On Payment Authorization"]
		keep = getattr(frappe, "client_cache", None) or frappe.cache
		keep.set_value("server_script_map", former)
		world.pay()
		world.drain()
	assert notes_on(world.invoice.name) == ["ran"]


def test_the_event_runs_once_for_each_change_of_what_is_settled(world):
	script = NOTE.format('doc.flags.stripe_payment.outcome + " " + str(doc.flags.stripe_payment.change)')
	with script_after_payment(script):
		first = world.pay("30.00")["payment"]
		world.drain()
		last = world.pay("70.00")["payment"]
		world.drain()
		refund(last, 2000)
		world.drain()
		expected = ["partly_paid 30.0", "paid 70.0", "refunded -20.0"]
		assert notes_on(world.invoice.name) == expected

		for payment in (first, last):
			assert after_payment.run(payment)
			run_again(payment)
			world.drain()
		assert notes_on(world.invoice.name) == expected


def test_a_failed_payment_runs_nothing(world):
	with script_after_payment(NOTE.format('"ran"')):
		payment = world.pay(card="declined")["payment"]
		world.drain()
	assert notes_on(world.invoice.name) == []
	assert not frappe.db.get_value("Invoice Payment", payment, "after_payment_status")


def test_workers_that_run_at_once_fire_the_event_once(world):
	with script_after_payment(NOTE.format('"ran"')):
		payment = world.pay()["payment"]
		frappe.db.commit()
		here = (frappe.local.site, frappe.local.sites_path)
		workers = [threading.Thread(target=run_as_another_worker, args=(payment, *here)) for _ in range(5)]
		for worker in workers:
			worker.start()
		for worker in workers:
			worker.join()
		assert notes_on(world.invoice.name) == ["ran"]
	assert world.reread().workflow_state == "Paid"


def run_as_another_worker(payment: str, site: str, sites_path: str):
	frappe.init(site, sites_path=".")
	frappe.connect()
	frappe.local.sites_path = sites_path
	try:
		after_payment.run(payment)
	finally:
		frappe.destroy()


def test_a_script_sees_the_new_status_and_the_facts_which_it_cannot_change(world):
	script = """
payment = doc.flags.stripe_payment
doc.add_comment("Info", "|".join([
	doc.workflow_state, payment.outcome, payment["currency"], payment.method_label, str(payment.amount),
	str(payment.settled_minor), str(payment.outstanding), payment.payer, payment.state, payment.event_status,
]))
payment["outcome"] = "refunded"
"""
	with script_after_payment(script):
		payment = world.pay()["payment"]
		world.drain()
	error = frappe.db.get_value("Invoice Payment", payment, "after_payment_error")
	assert "can only be read" in error
	assert notes_on(world.invoice.name) == [], "what it wrote before the error is undone"

	with script_after_payment(script.replace('payment["outcome"] = "refunded"', "")):
		run_again(payment)
		world.drain()
	assert notes_on(world.invoice.name) == [
		f"Paid|paid|USD|VISA •••• 4242|100.0|10000|0.0|{world.payer}|Paid|Completed"
	]


def test_a_script_that_fails_loses_nothing_and_runs_again_when_it_is_put_right(world):
	fault = 'doc.db_set("remarks", "half done")\nfrappe.throw("The key sk_test_4eC39HqLyjWDarjtT1zdp7dc is wrong")'
	with script_after_payment(fault) as script:
		payment = world.pay()["payment"]
		world.drain()
		invoice = world.reread()
		assert (invoice.workflow_state, invoice.outstanding_amount, invoice.remarks) == ("Paid", 0, None)
		assert open_items(invoice.name) == []
		row = frappe.get_doc("Invoice Payment", payment)
		assert (row.status, row.settled_minor, row.after_payment_status) == ("Succeeded", 10000, "Failed")
		assert "The event On Payment Authorization: The key" in row.after_payment_error
		assert "4eC39" not in row.after_payment_error
		assert told(payment) == sorted(stripe_administrators())

		after_payment.run(payment)
		assert frappe.db.get_value("Invoice Payment", payment, "after_payment_attempts") == 2
		assert told(payment) == sorted(stripe_administrators()), "told once, however often it is tried"

		script.script = NOTE.format('"put right"')
		script.save()
		run_again(payment)
		world.drain()
		row.reload()
		assert (row.after_payment_status, row.after_payment_error, row.after_payment_attempts) == (
			"Done",
			None,
			0,
		)
	assert notes_on(world.invoice.name) == ["put right"]


def told(payment: str) -> list[str]:
	"""Who was told of it, each as often as they were."""
	deliver_pending()
	return sorted(frappe.get_all("Notification Log", {"document_name": payment}, pluck="for_user"))


def test_what_failed_is_tried_again_by_itself_a_few_times_and_then_waits(world):
	with script_after_payment('frappe.throw("no")'):
		payment = world.pay()["payment"]
		world.drain()
		attempts = []
		for _sweep in range(8):
			age(payment, days=1)
			after_payment.run_pending()
			attempts.append(frappe.db.get_value("Invoice Payment", payment, "after_payment_attempts"))
	assert attempts[:3] == [2, 3, 4]
	assert attempts[-1] == after_payment.TRIES


def age(payment: str, days: int):
	"""As if the row had last been written so many days ago."""
	long_ago = frappe.utils.add_days(frappe.utils.now_datetime(), -days)
	frappe.db.set_value("Invoice Payment", payment, "modified", long_ago, update_modified=False)
	frappe.db.commit()


def test_what_is_asked_for_while_it_runs_is_run_as_well(world, monkeypatch):
	"""Somebody edits the invoice after the last step and before the run is recorded as done."""
	payment = world.pay("60.00")["payment"]
	edits = [60]

	def edit(reference):
		if edits:
			invoice = world.reread()
			invoice.items[0].rate = edits.pop()
			invoice.save()

	monkeypatch.setattr(after_payment, "STEPS", (*after_payment.STEPS, edit))
	assert after_payment.run(payment)
	assert frappe.db.get_value("Invoice Payment", payment, "after_payment_status") == "Done"
	assert (world.reread().workflow_state, edits) == ("Paid", [])


def test_with_redis_gone_the_money_is_settled_and_the_sweep_does_the_rest(world):
	with queue_away():
		payment = world.pay()["payment"]
	invoice = world.reread()
	assert (invoice.outstanding_amount, invoice.workflow_state) == (0, "To Be Paid")
	assert frappe.db.get_value("Invoice Payment", payment, "after_payment_status") == "Pending"
	after_payment.run_pending()
	assert world.reread().workflow_state == "Paid"


def test_a_guests_webhook_leads_to_paid_and_the_job_acts_as_the_user_of_the_settings(world, make_user):
	clerk = make_user(roles=["System Manager", "Invoice Payers"])
	payment = world.pay()["payment"]
	with settings(after_payment_user=clerk), world.as_user("Guest"):
		assert after_payment.run(payment)
		assert frappe.session.user == "Guest"
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.modified_by) == ("Paid", clerk)


def test_it_never_runs_in_a_web_request(world):
	payment = world.pay()["payment"]
	frappe.local.request = object()
	try:
		with pytest.raises(RuntimeError, match="in a job"):
			after_payment.run(payment)
	finally:
		del frappe.local.request


def test_with_server_scripts_off_the_status_is_set_and_the_payment_says_what_to_do(world):
	with script_after_payment(NOTE.format('"ran"')):
		with server_scripts(enabled=False):
			payment = world.pay()["payment"]
			world.drain()
		assert world.reread().workflow_state == "Paid"
		row = frappe.get_doc("Invoice Payment", payment)
		assert row.after_payment_status == "Failed"
		assert "server_script_enabled" in row.after_payment_error
		run_again(payment)
		world.drain()
	assert notes_on(world.invoice.name) == ["ran"]


def test_developers_hooks_are_told_of_success_and_of_reversal(world, monkeypatch):
	told = []
	probe = type("probe", (), {})
	probe.succeeded = lambda doc, facts: told.append(
		("succeeded", doc.name, facts.outcome, facts.change_minor)
	)
	probe.reversed = lambda doc, facts: told.append(("reversed", doc.name, facts.outcome, facts.change_minor))
	monkeypatch.setitem(__import__("sys").modules, "stripe_service.hook_probe", probe)
	hooks = {
		"stripe_payment_succeeded": ["stripe_service.hook_probe.succeeded"],
		"stripe_payment_reversed": ["stripe_service.hook_probe.reversed"],
	}
	original = frappe.get_hooks
	monkeypatch.setattr(
		frappe, "get_hooks", lambda name=None, *more, **kw: hooks.get(name) or original(name, *more, **kw)
	)

	payment = world.pay()["payment"]
	world.drain()
	refund(payment, 100)
	world.drain()
	name = world.invoice.name
	assert told == [("succeeded", name, "paid", 10000), ("reversed", name, "refunded", -100)]


def test_only_who_may_write_payments_runs_it_again(world, make_user, as_user):
	payment = world.pay()["payment"]
	world.drain()
	with as_user(world.payer), pytest.raises(frappe.PermissionError):
		run_again(payment)
	with as_user(make_user(roles=["Stripe Administrator", "System Manager"])):
		assert "run again" in run_again(payment)["message"]
	world.drain()
	declined = world.pay(card="declined", invoice=world.make_invoice())["payment"]
	with pytest.raises(frappe.ValidationError, match="nothing to run yet"):
		run_again(declined)


# A designer's own Workflow, on a DocType made in the UI.

FIELDS = [
	{"fieldname": "currency", "label": "Currency", "fieldtype": "Link", "options": "Currency"},
	{"fieldname": "fee", "label": "Fee", "fieldtype": "Currency", "options": "currency"},
	{"fieldname": "cleared", "label": "Cleared", "fieldtype": "Data", "allow_on_submit": 1},
]


def designed(states: list, transitions: list, is_submittable: int = 0, **row):
	"""A document of 100 USD, of a DocType with this Workflow."""
	doctype = make_doctype(FIELDS, read_by="Invoice Payers", is_submittable=is_submittable)
	workflow = make_workflow(doctype, states, transitions)
	make_payable(
		doctype, currency_fieldname="currency", total_fieldname="fee", status_paid="Paid", payable_statuses="Due",
		status_fieldname=workflow.workflow_state_field, **row,
	)  # fmt: skip
	doc = frappe.get_doc(doctype=doctype, currency="USD", fee=100).insert()
	frappe.db.commit()
	return doc


def test_a_transition_to_paid_is_gone_with_all_that_hangs_on_it(world):
	paid = {"state": "Paid", "doc_status": "1", "update_field": "cleared", "update_value": "yes"}
	doc = designed(["Due", paid], [("Due", "Pay", "Paid", "Invoice Payers")], is_submittable=1)
	world.pay(invoice=doc)
	world.drain()
	doc.reload()
	assert (doc.workflow_state, doc.docstatus, doc.cleared) == ("Paid", 1, "yes")


def test_where_the_workflow_has_no_way_the_state_is_written_and_noted(world):
	doc = designed(
		["Due", {"state": "Paid", "update_field": "cleared", "update_value": "yes"}, "Archived"],
		[("Paid", "Archive", "Archived", "System Manager")],
	)
	world.pay(invoice=doc)
	world.drain()
	doc.reload()
	assert (doc.workflow_state, doc.cleared) == ("Paid", "yes")
	assert frappe.db.exists("Comment", {"reference_name": doc.name, "comment_type": "Workflow"})
	assert not open_items(doc.name), "nothing is left to pay"


def test_a_field_that_became_mandatory_does_not_keep_an_invoice_from_being_paid(world):
	doc = designed(["Due", "Paid"], [("Due", "Pay", "Paid", "Invoice Payers")])
	field = frappe.get_doc("DocType", doc.doctype)
	field.append(
		"fields", {"fieldname": "cost_centre", "label": "Cost Centre", "fieldtype": "Data", "reqd": 1}
	)
	field.save()
	frappe.db.commit()
	world.pay(invoice=doc)
	world.drain()
	doc.reload()
	assert doc.workflow_state == "Paid"


def test_a_workflow_that_leaves_no_way_at_all_is_recorded_and_the_money_stands(world):
	doc = designed(
		["Due", {"state": "Paid", "doc_status": "1"}],
		[("Due", "Wait", "Due", "System Manager")],
		is_submittable=1,
	)
	payment = world.pay(invoice=doc)["payment"]
	world.drain()
	row = frappe.get_doc("Invoice Payment", payment)
	assert (row.status, row.settled_minor, row.after_payment_status) == ("Succeeded", 10000, "Failed")
	assert "has no transition from Due to Paid" in row.after_payment_error

	workflow = frappe.get_doc("Workflow", {"document_type": doc.doctype})
	workflow.append(
		"transitions", {"state": "Due", "action": "Pay", "next_state": "Paid", "allowed": "Invoice Payers"}
	)
	workflow.save()
	run_again(payment)
	world.drain()
	doc.reload()
	assert (doc.workflow_state, doc.docstatus) == ("Paid", 1)


# The script that is shipped, and the examples of the documentation.


def example(name: str) -> str:
	found = re.search(rf"<!-- example: {name} -->\n```python\n(.*?)```", DOC.read_text(), re.S)
	assert found, f"docs/after-payment.md has no example {name}"
	return found[1]


def test_the_shipped_script_is_there_disabled_and_is_the_first_example():
	script = frappe.get_doc("Server Script", NAME)
	assert NAME == "WF_Update_Invoice_After_Payment"
	assert script.disabled == 1
	assert (script.reference_doctype, script.doctype_event) == ("Portal Invoice", "On Payment Authorization")
	assert example("status") == SCRIPT


def test_what_an_administrator_made_of_the_shipped_script_is_never_overwritten_or_removed():
	script = frappe.get_doc("Server Script", NAME)
	try:
		script.script = "# mine"
		script.save()
		make_after_payment_script()
		remove_after_payment_script()
		assert frappe.db.get_value("Server Script", NAME, "script") == "# mine"
		frappe.db.set_value("Server Script", NAME, "script", SCRIPT)
		remove_after_payment_script()
		assert not frappe.db.exists("Server Script", NAME)
		make_after_payment_script()
		assert frappe.db.get_value("Server Script", NAME, ["script", "disabled"]) == (SCRIPT, 1)
	finally:
		frappe.db.rollback()


def test_the_example_that_says_thank_you_does_so_once_and_only_when_all_is_paid(world):
	make_outgoing_account()
	with script_after_payment(example("thanks")):
		world.pay("30.00")
		world.drain()
		assert mails(world.invoice) == []
		payment = world.pay("70.00")["payment"]
		world.drain()
		refund(payment, 100)
		world.drain()
	(mail,) = mails(world.invoice)
	assert "100.00" in mail.message and "4242" in mail.message
	assert mail.recipients[0].recipient == world.invoice.bill_to_email


def mails(invoice):
	names = frappe.get_all("Email Queue", {"reference_name": invoice.name}, pluck="name")
	found = [frappe.get_doc("Email Queue", name) for name in names]
	return [mail for mail in found if mail.recipients[0].recipient == invoice.bill_to_email]


def test_the_example_that_makes_somebody_look_does_when_money_goes_back(world):
	with script_after_payment(example("look")):
		payment = world.pay()["payment"]
		world.drain()
		assert not todos(world.invoice)
		refund(payment, 2500)
		world.drain()
	(todo,) = todos(world.invoice)
	assert (todo.allocated_to, todo.priority) == (world.invoice.owner, "Medium")
	assert "25.00" in todo.description and payment in todo.description


def todos(invoice):
	return frappe.get_all(
		"ToDo", {"reference_name": invoice.name}, ["allocated_to", "priority", "description"]
	)
