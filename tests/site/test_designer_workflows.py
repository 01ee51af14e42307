"""What a workflow designer does in Frappe's own screens, without code, and what holds all the same."""

import json

import frappe
import pytest
from frappe.model.workflow import apply_workflow, get_transitions

from stripe_service.access.pay import why_not_pay
from stripe_service.access.pay_actions import get_pay_transitions
from stripe_service.access.workflow_guard import NotPaidYet
from stripe_service.setup import checklist
from stripe_service.setup.workflow import make_if_missing
from tests.support.paying import pay_by_card
from tests.support.records import PAYER_ROLES
from tests.support.site import counted_queries

WORKFLOW = "Invoice Payment"
PAYERS, CLERKS = "Invoice Payers", "Stripe Administrator"
APPROVERS = "Website Manager"  # any role that has nothing to do with payment


@pytest.fixture
def designer(site_only):
	"""May change the Workflow of Portal Invoice at will; afterwards it is as it was."""
	workflow = frappe.get_doc("Workflow", WORKFLOW).as_dict()
	payable = frappe.get_doc("Payable DocType", "Portal Invoice").as_dict()
	yield Designer()
	frappe.set_user("Administrator")
	frappe.db.rollback()
	for name in frappe.get_all("Workflow", filters={"document_type": "Portal Invoice"}, pluck="name"):
		if name != WORKFLOW:
			frappe.delete_doc("Workflow", name, force=True)
	_restore("Workflow", workflow)
	_restore("Payable DocType", payable)
	frappe.clear_cache(doctype="Portal Invoice")
	frappe.db.commit()


def _restore(doctype: str, values):
	doc = frappe.get_doc(doctype, values.name)
	doc.update({key: value for key, value in values.items() if key not in ("modified", "creation")})
	doc.flags.ignore_version = True
	doc.save()


class Designer:
	def state(self, name: str):
		if not frappe.db.exists("Workflow State", name):
			frappe.get_doc(doctype="Workflow State", workflow_state_name=name).insert()
		return name

	def action(self, name: str):
		if not frappe.db.exists("Workflow Action Master", name):
			frappe.get_doc(doctype="Workflow Action Master", workflow_action_name=name).insert()
		return name

	def new_workflow(self, name: str, states, transitions):
		"""states: names; transitions: (state, action, next state, role)."""
		workflow = frappe.get_doc(
			doctype="Workflow",
			workflow_name=name,
			document_type="Portal Invoice",
			workflow_state_field="workflow_state",
			is_active=1,
			states=[{"state": self.state(state), "doc_status": "0", "allow_edit": "All"} for state in states],
			transitions=[
				{"state": state, "action": self.action(action), "next_state": following, "allowed": role}
				for state, action, following, role in transitions
			],
		).insert()
		frappe.db.commit()
		return workflow

	def shipped(self):
		return frappe.get_doc("Workflow", WORKFLOW)

	def payable(self, **values):
		row = frappe.get_doc("Payable DocType", "Portal Invoice")
		row.update(values)
		row.save()
		frappe.db.commit()


@pytest.fixture
def payer(make_payer, make_unit):
	return make_payer(unit=make_unit("/dev-v51/Branch A"))


@pytest.fixture
def new_invoice(site_only, faker, make_unit):
	"""An invoice as somebody enters it by hand, in the first state of whatever Workflow is active."""

	def make(total: str = "100.00"):
		invoice = frappe.get_doc(
			doctype="Portal Invoice",
			title=faker.catch_phrase(),
			bill_to=faker.company(),
			organisation_unit=make_unit("/dev-v51/Branch A"),
			currency="USD",
			items=[{"description": faker.bs(), "quantity": 1, "rate": total}],
		).insert()
		frappe.db.commit()
		return invoice

	return make


def open_item_state(invoice):
	return frappe.db.get_value(
		"Workflow Action", {"reference_name": invoice.name, "status": "Open"}, "workflow_state"
	)


def test_an_approval_step_before_payment(
	site, designer, new_invoice, make_user, payer, emulator_url, drain, as_user
):
	workflow = designer.shipped()
	designer.state("To Be Approved")
	workflow.append("states", {"state": "To Be Approved", "doc_status": "0", "allow_edit": "All"})
	send = next(
		row for row in workflow.transitions if row.state == "Draft" and row.action == "Send for Payment"
	)
	send.next_state = "To Be Approved"
	workflow.append(
		"transitions",
		{
			"state": "To Be Approved",
			"action": designer.action("Approve"),
			"next_state": "To Be Paid",
			"allowed": APPROVERS,
		},
	)
	workflow.save()
	frappe.db.commit()

	invoice = apply_workflow(new_invoice(), "Send for Payment")
	assert invoice.workflow_state == "To Be Approved"
	assert "cannot be paid" in why_not_pay(invoice, payer)
	with as_user(payer):
		assert get_transitions(invoice) == []

	approver = make_user(roles=[APPROVERS, CLERKS], unit="/dev-v51/Branch A")
	with as_user(approver):
		invoice = apply_workflow(invoice, "Approve")
	frappe.db.commit()
	assert open_item_state(invoice) == "To Be Paid"
	assert why_not_pay(invoice, payer) is None

	pay_by_card(invoice, "100.00", payer, emulator_url)
	drain()
	assert invoice.reload().workflow_state == "Paid"


def test_a_workflow_of_the_designers_own_with_other_names(
	site, designer, new_invoice, payer, emulator_url, drain, as_user
):
	designer.new_workflow(
		"Rechnungen",
		["Entwurf", "Offen", "Bezahlt"],
		[("Entwurf", "Freigeben", "Offen", CLERKS), ("Offen", "Begleichen", "Bezahlt", PAYERS)],
	)
	designer.payable(
		payable_statuses="Offen",
		void_statuses="",
		status_paid="Bezahlt",
		status_partly_paid="",
		status_to_be_paid="Offen",
	)
	invoice = apply_workflow(new_invoice(), "Freigeben")
	frappe.db.commit()

	assert get_pay_transitions("Portal Invoice").actions("Offen") == {"Begleichen"}
	with as_user(payer):
		invoice.reload().run_method("onload")
		told = invoice.get_onload("stripe_service")
	assert (told["may_pay"], told["pay_actions"]) == (True, ["Begleichen"])
	with pytest.raises(NotPaidYet, match="Begleichen"):
		apply_workflow(invoice, "Begleichen")

	pay_by_card(invoice, "100.00", payer, emulator_url)
	drain()
	assert invoice.reload().workflow_state == "Bezahlt"


def test_a_pay_step_that_leads_to_a_review_first(designer, new_invoice):
	designer.new_workflow(
		"With Review",
		["Draft", "To Be Paid", "Under Review", "Paid"],
		[
			("Draft", "Send for Payment", "To Be Paid", CLERKS),
			("To Be Paid", "Pay", "Under Review", PAYERS),
			("Under Review", "Approve", "Paid", CLERKS),
		],
	)
	designer.payable(
		payable_statuses="To Be Paid", void_statuses="", status_partly_paid="", status_paid="Under Review"
	)
	invoice = apply_workflow(new_invoice(), "Send for Payment")
	assert get_pay_transitions("Portal Invoice").actions("To Be Paid") == {"Pay"}
	with pytest.raises(NotPaidYet):
		apply_workflow(invoice, "Pay")


def test_a_renamed_workflow(site, designer, new_invoice, payer, emulator_url, drain):
	frappe.rename_doc("Workflow", WORKFLOW, "Accounts Receivable")
	frappe.db.commit()
	try:
		invoice = apply_workflow(new_invoice(), "Send for Payment")
		frappe.db.commit()
		pay_by_card(invoice, "100.00", payer, emulator_url)
		drain()
		assert invoice.reload().workflow_state == "Paid"
		make_if_missing()
		assert not frappe.db.exists("Workflow", WORKFLOW), "ours is not made beside the designer's"
	finally:
		frappe.rename_doc("Workflow", "Accounts Receivable", WORKFLOW)
		frappe.db.commit()


def test_a_workflow_that_is_switched_off(site, designer, new_invoice, payer, emulator_url, drain):
	workflow = designer.shipped()
	workflow.is_active = 0
	workflow.save()
	frappe.cache.delete_value("workflow")
	frappe.db.commit()

	invoice = new_invoice()
	assert "cannot be paid" in why_not_pay(invoice, payer)
	invoice.workflow_state = "Paid"
	with pytest.raises(NotPaidYet):
		invoice.save()

	invoice.reload().workflow_state = "To Be Paid"
	invoice.save()
	frappe.db.commit()
	assert why_not_pay(invoice, payer) is None
	pay_by_card(invoice, "100.00", payer, emulator_url)
	drain()
	assert invoice.reload().workflow_state == "Paid"


def test_what_the_designer_changed_survives_migrate(designer):
	workflow = designer.shipped()
	send = workflow.transitions[0]
	send.allowed = "System Manager"
	workflow.transitions = [row for row in workflow.transitions if row.action != "Cancel"]
	workflow.save()

	make_if_missing()

	after = designer.shipped()
	assert after.transitions[0].allowed == "System Manager"
	assert "Cancel" not in {row.action for row in after.transitions}


def test_a_condition_of_the_designers(designer, new_invoice):
	workflow = designer.shipped()
	for row in workflow.transitions:
		if row.state == "Draft" and row.action == "Send for Payment":
			row.condition = "doc.total > 50"
	workflow.save()
	assert [row.action for row in get_transitions(new_invoice("10.00"))] == ["Cancel"]
	assert "Send for Payment" in [row.action for row in get_transitions(new_invoice("60.00"))]


def test_the_payers_role_is_another(site, designer, make_invoice, make_user, payer):
	workflow = designer.shipped()
	for row in workflow.transitions:
		if row.action == "Pay":
			row.allowed = "Website Manager"
	workflow.save()
	frappe.db.commit()
	invoice = make_invoice(unit="/dev-v51/Branch A")
	new_payer = make_user(roles=["Website Manager", *PAYER_ROLES], unit="/dev-v51/Branch A")
	filters = {"reference_name": invoice.name, "status": "Open"}
	for user, gets in ((new_payer, True), (payer, False)):
		frappe.set_user(user)
		assert bool(frappe.get_list("Workflow Action", filters=filters)) is gets
	frappe.set_user("Administrator")


def test_a_document_type_without_payable_row_costs_no_query(site_only):
	from stripe_service.access import onload, permissions, sharing, work_items, workflow_guard
	from stripe_service.payables import balance, registry

	registry.get_all_configs()
	note = frappe.get_doc(doctype="Note", title="Nothing to pay")
	frappe.get_meta("Note")
	with counted_queries() as queries:
		permissions.query_of_any("Administrator", "Note")
		permissions.check_any(note, "read", "Administrator")
		onload.set_payment_onload(note)
		workflow_guard.refuse_unpaid(note)
		work_items.create_item_first(note)
		work_items.sync_open_items(note)
		sharing.after_unit_changed(note)
		balance.restore_payment_amounts(note)
	assert queries == []


def test_bulk_actions_offered_to_a_clerk(new_invoice, make_user, as_user):
	invoices = [new_invoice() for _ in range(2)]
	clerk = make_user(roles=[CLERKS], unit="/dev-v51")
	docs = json.dumps([{"doctype": "Portal Invoice", "name": invoice.name} for invoice in invoices])
	with as_user(clerk):
		offered = frappe.call(
			"frappe.model.workflow.get_common_transition_actions", docs=docs, doctype="Portal Invoice"
		)
	assert set(offered) == {"Send for Payment", "Cancel"}


def test_a_renamed_state_is_noticed_on_saving_the_workflow_and_in_the_checklist(designer):
	workflow = designer.shipped()
	renamed = designer.state("Paid in Part")
	for row in (*workflow.states, *workflow.transitions):
		for field in ("state", "next_state"):
			if row.get(field) == "Partly Paid":
				row.set(field, renamed)
	frappe.clear_messages()
	workflow.save()
	assert "Partly Paid" in str(frappe.get_message_log())
	(part,) = (part for part in checklist.checklist() if part["part"] == "workflow")
	assert part["state"] == "Warning" and "Partly Paid" in part["message"]
