"""Discard, which Frappe 16 offers for every draft and which no hook of a save sees."""

import frappe
import pytest
from frappe.model.document import Document

from tests.support.paying import pay_by_card
from tests.support.records import PASSWORD

DISCARD = "frappe.desk.form.save.discard"


@pytest.fixture(autouse=True)
def _frappe_that_can_discard(site_only):
	if not hasattr(Document, "discard"):
		pytest.skip("this Frappe has no Discard (new in 16)")


@pytest.fixture
def invoice(make_invoice):
	return make_invoice(total="200.00")


@pytest.fixture
def administrator(make_user, invoice, http):
	user = make_user(roles=["Stripe Administrator"], unit=invoice.organisation_unit, password=PASSWORD)
	return http.login(user, PASSWORD)


def open_items(invoice) -> int:
	frappe.db.rollback()
	return frappe.db.count(
		"Workflow Action",
		{"reference_doctype": invoice.doctype, "reference_name": invoice.name, "status": "Open"},
	)


def test_an_invoice_that_was_paid_in_part_stays(
	site, invoice, administrator, make_payer, emulator_url, drain
):
	payer = make_payer(unit=invoice.organisation_unit)
	pay_by_card(invoice, "50.00", payer, emulator_url)
	drain()

	answer = administrator.call(DISCARD, doctype=invoice.doctype, name=invoice.name)

	assert answer.status_code == 417, answer.text
	assert "can't be discarded" in answer.text
	invoice.reload()
	assert (invoice.docstatus, invoice.workflow_state, invoice.paid_amount) == (0, "Partly Paid", 50)
	assert open_items(invoice) == 1


def test_an_invoice_with_a_payment_under_way_stays(world, http):
	world.pay("40.00", card="3ds_required")  # waits for the payer's bank
	frappe.db.rollback()

	answer = http.login("Administrator", "admin").call(
		DISCARD, doctype=world.invoice.doctype, name=world.invoice.name
	)

	assert answer.status_code == 417, answer.text
	world.invoice.reload()
	assert (world.invoice.docstatus, world.invoice.reserved_amount) == (0, 40)


def test_the_work_items_of_a_discarded_invoice_are_done(invoice, administrator):
	assert open_items(invoice) == 1

	answer = administrator.call(DISCARD, doctype=invoice.doctype, name=invoice.name)

	assert answer.status_code == 200, answer.text
	assert open_items(invoice) == 0
	invoice.reload()
	assert (invoice.docstatus, invoice.outstanding_amount) == (2, 0)


def test_a_discarded_invoice_is_not_paid(site, invoice, administrator, make_payer, emulator_url):
	administrator.call(DISCARD, doctype=invoice.doctype, name=invoice.name)
	frappe.db.rollback()
	payer = make_payer(unit=invoice.organisation_unit)

	with pytest.raises(frappe.ValidationError, match="nothing to pay"):
		pay_by_card(invoice, "50.00", payer, emulator_url)


@pytest.mark.parametrize(
	"doctype", ["Stripe Account", "Invoice Payment", "Organisation Unit", "Payable DocType"]
)
def test_the_apps_own_records_cannot_be_discarded(
	site, invoice, http, make_payer, emulator_url, drain, doctype
):
	pay_by_card(invoice, "50.00", make_payer(unit=invoice.organisation_unit), emulator_url)
	drain()
	frappe.db.rollback()
	name = frappe.get_all(doctype, pluck="name", limit=1, order_by="creation desc")[0]

	answer = http.login("Administrator", "admin").call(DISCARD, doctype=doctype, name=name)

	assert answer.status_code == 417, answer.text
	frappe.db.rollback()
	assert frappe.db.get_value(doctype, name, "docstatus") == 0
