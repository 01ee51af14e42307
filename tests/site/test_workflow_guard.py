"""Paid is reached by settled money alone, whichever door somebody tries."""

import json

import frappe
import pytest
from frappe.model.workflow import apply_workflow

from stripe_service.access.workflow_guard import NotPaidYet
from tests.site.support.importing import import_csv
from tests.support.paying import pay_by_card
from tests.support.records import PASSWORD, PAYER_ROLES

# Somebody who may do everything with invoices of the unit, and pay them: only money is missing.
MIGHTY = ("Stripe Administrator", *PAYER_ROLES)


@pytest.fixture
def invoice(make_invoice):
	return make_invoice(total="60.00")


@pytest.fixture
def mighty(make_user, invoice):
	return make_user(roles=MIGHTY, unit=invoice.organisation_unit, password=PASSWORD)


@pytest.fixture
def payer(make_payer, invoice):
	return make_payer(unit=invoice.organisation_unit)


def state_of(invoice) -> str:
	frappe.db.rollback()
	return frappe.db.get_value("Portal Invoice", invoice.name, "workflow_state")


@pytest.mark.parametrize("state", ["Paid", "Partly Paid"])
def test_a_save_does_not_reach_it(invoice, mighty, as_user, state):
	invoice.workflow_state = state
	with as_user(mighty), pytest.raises((NotPaidYet, frappe.ValidationError), match="no settled payment"):
		invoice.save()
	assert state_of(invoice) == "To Be Paid"


def test_the_action_pay_does_not_reach_it(invoice, mighty, as_user):
	with as_user(mighty), pytest.raises(NotPaidYet, match="Press <strong>Pay</strong> and pay"):
		apply_workflow(invoice, "Pay")


def test_not_even_administrator_reaches_it(invoice):
	with pytest.raises(NotPaidYet):
		apply_workflow(invoice, "Pay")


def test_who_may_only_pay_has_no_way_to_save_at_all(invoice, payer, as_user):
	with as_user(payer), pytest.raises(frappe.PermissionError):
		apply_workflow(invoice, "Pay")


def test_the_amounts_cannot_be_typed(invoice, mighty, as_user):
	invoice.update({"paid_amount": 60, "outstanding_amount": 0})
	with as_user(mighty):
		invoice.save()
	assert (invoice.paid_amount, invoice.outstanding_amount) == (0, 60)


def test_bulk_approval_does_not_reach_it(invoice, mighty, as_user):
	with as_user(mighty):
		frappe.call(
			"frappe.model.workflow.bulk_workflow_approval",
			docnames=json.dumps([invoice.name]),
			doctype="Portal Invoice",
			action="Pay",
		)
	assert state_of(invoice) == "To Be Paid"


def test_a_new_document_does_not_start_there(make_invoice):
	with pytest.raises(frappe.ValidationError):
		make_invoice(state="Draft", workflow_state="Paid")


def test_no_call_over_http_reaches_it(invoice, mighty, http):
	session = http.login(mighty, PASSWORD)
	base = f"{http.address}/api/resource/Portal Invoice/{invoice.name}"
	document = json.dumps(
		{
			**frappe.get_doc("Portal Invoice", invoice.name).as_dict(convert_dates_to_str=True),
			"workflow_state": "Paid",
		}
	)
	attempts = {
		"REST": session.session.put(base, json={"workflow_state": "Paid"}, timeout=60),
		"REST v2": session.session.put(
			f"{http.address}/api/v2/document/Portal Invoice/{invoice.name}/",
			json={"workflow_state": "Paid"},
			timeout=60,
		),
		"set_value": session.call(
			"frappe.client.set_value",
			doctype="Portal Invoice",
			name=invoice.name,
			fieldname="workflow_state",
			value="Paid",
		),
		"save": session.call("frappe.client.save", doc=document),
		"savedocs": session.call("frappe.desk.form.save.savedocs", doc=document, action="Save"),
		"apply_workflow": session.call("frappe.model.workflow.apply_workflow", doc=document, action="Pay"),
		"bulk update": session.call(
			"frappe.desk.doctype.bulk_update.bulk_update.submit_cancel_or_update_docs",
			doctype="Portal Invoice",
			docnames=json.dumps([invoice.name]),
			action="update",
			data=json.dumps({"workflow_state": "Paid"}),
		),
		"bulk_update": session.call(
			"frappe.client.bulk_update",
			docs=json.dumps(
				[{"doctype": "Portal Invoice", "docname": invoice.name, "workflow_state": "Paid"}]
			),
		),
	}
	assert state_of(invoice) == "To Be Paid", {name: answer.text[:200] for name, answer in attempts.items()}
	for name in ("REST", "set_value", "save", "savedocs"):
		assert attempts[name].status_code == 417, (name, attempts[name].text)
		assert "no settled payment" in attempts[name].text


def test_a_card_dragged_on_a_kanban_board_does_not_reach_it(invoice, mighty, as_user):
	board = frappe.get_doc(
		doctype="Kanban Board",
		kanban_board_name=f"Board of {invoice.name}",
		reference_doctype="Portal Invoice",
		field_name="workflow_state",
		columns=[{"column_name": "To Be Paid"}, {"column_name": "Paid"}],
	).insert()
	with as_user(mighty), pytest.raises(NotPaidYet):
		frappe.call(
			"frappe.desk.doctype.kanban_board.kanban_board.update_order_for_single_card",
			board_name=board.name,
			docname=invoice.name,
			from_colname="To Be Paid",
			to_colname="Paid",
			old_index=0,
			new_index=0,
		)
	assert state_of(invoice) == "To Be Paid"


def test_the_link_in_the_mail_leads_to_the_form(invoice, payer, http):
	from urllib.parse import urlsplit

	from frappe.workflow.doctype.workflow_action.workflow_action import get_workflow_action_url

	link = urlsplit(get_workflow_action_url("Pay", invoice, payer))
	session = http.guest()
	answer = session.session.get(f"{http.address}{link.path}?{link.query}", allow_redirects=False, timeout=60)

	assert answer.status_code in (301, 302), answer.text
	leads_to, form = urlsplit(answer.headers["Location"]), urlsplit(invoice.get_url())
	assert (leads_to.path, leads_to.query) == (form.path, "pay=1")


def test_a_link_that_was_tampered_with_leads_nowhere(invoice, http):
	answer = http.guest().get(
		"/api/method/frappe.workflow.doctype.workflow_action.workflow_action.apply_action",
		action="Pay",
		doctype="Portal Invoice",
		docname=invoice.name,
		current_state="To Be Paid",
		_signature="0" * 64,
	)
	assert "Location" not in answer.headers


def test_the_signed_confirmation_itself_is_refused(invoice, mighty, http):
	"""Frappe acts as the user named in the link, without a login."""
	from urllib.parse import urlsplit

	from frappe.workflow.doctype.workflow_action.workflow_action import get_confirm_workflow_action_url

	link = urlsplit(get_confirm_workflow_action_url(invoice, "Pay", mighty))
	http.guest().session.get(f"{http.address}{link.path}?{link.query}", timeout=60)
	assert state_of(invoice) == "To Be Paid"


def test_data_import_does_not_reach_it(invoice, mighty, as_user):
	with as_user(mighty):
		done = import_csv("Portal Invoice", f"ID,Status\n{invoice.name},Paid\n", "Update Existing Records")
	assert done.status in ("Error", "Partial Success")
	assert state_of(invoice) == "To Be Paid"


def test_money_opens_the_way(site, invoice, payer, emulator_url, drain):
	pay_by_card(invoice, "60.00", payer, emulator_url)
	drain()
	assert state_of(invoice) == "Paid"


def test_money_for_a_part_opens_the_way_to_partly_paid_only(
	site, invoice, payer, emulator_url, drain, mighty, as_user
):
	pay_by_card(invoice, "20.00", payer, emulator_url)
	drain()
	assert state_of(invoice) == "Partly Paid"

	invoice.reload().workflow_state = "Paid"
	with as_user(mighty), pytest.raises(frappe.ValidationError):
		invoice.save()


def test_other_saves_are_not_hindered(invoice, mighty, as_user):
	invoice.title = "A clearer title"
	with as_user(mighty):
		invoice.save()
	assert invoice.title == "A clearer title"
