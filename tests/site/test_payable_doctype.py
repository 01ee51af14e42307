"""A designer makes a DocType in the UI, makes it payable, and it is paid, approved and scripted without code."""

import frappe
import pytest
from frappe.custom.doctype.property_setter.property_setter import make_property_setter
from frappe.model.workflow import apply_workflow

from stripe_service.payables.payable import open_payable
from stripe_service.payables.registry import get_config, get_enabled_config
from tests.site.support.payables import make_doctype, make_payable, make_workflow, why_not_payable
from tests.support.paying import pay_by_card
from tests.support.records import unique

FIELDS = [
	{"fieldname": "member", "label": "Member", "fieldtype": "Data"},
	{"fieldname": "money", "label": "Money", "fieldtype": "Link", "options": "Currency"},
	{"fieldname": "fee", "label": "Fee", "fieldtype": "Currency", "options": "money"},
	{"fieldname": "still_due", "label": "Still Due", "fieldtype": "Currency", "options": "money"},
	{"fieldname": "branch", "label": "Branch", "fieldtype": "Link", "options": "Organisation Unit"},
	{"fieldname": "until", "label": "Until", "fieldtype": "Date"},
	{"fieldname": "secret_note", "label": "Secret Note", "fieldtype": "Data", "permlevel": 1},
	{
		"fieldname": "status",
		"label": "Status",
		"fieldtype": "Select",
		"options": "New\nOpen\nPart\nPaid\nOff",
	},
]
ROW = {
	"title_fieldname": "member",
	"party_fieldname": "member",
	"currency_fieldname": "money",
	"total_fieldname": "fee",
	"outstanding_fieldname": "still_due",
	"due_date_fieldname": "until",
	"status_fieldname": "status",
	"payable_statuses": "Open\nPart",
	"void_statuses": "Off",
	"status_partly_paid": "Part",
	"status_paid": "Paid",
	"status_to_be_paid": "Open",
}


@pytest.fixture
def doctype(site_only):
	return make_doctype(FIELDS, read_by="Invoice Payers")


def a_fee(doctype, fee=100.0, status="Open", **more):
	doc = frappe.get_doc(doctype=doctype, member="Ann", money="USD", fee=fee, status=status, **more).insert()
	frappe.db.commit()
	return doc


def test_a_doctype_made_five_minutes_ago_is_paid_in_two_parts(site, doctype, make_payer, emulator_url, drain):
	make_payable(doctype, **ROW)
	doc, payer = a_fee(doctype), make_payer()
	assert doc.still_due == 100

	assert pay_by_card(doc, "30.00", payer, emulator_url)["outcome"] == "paid"
	drain()
	doc.reload()
	assert (doc.status, doc.still_due) == ("Part", 70)

	assert pay_by_card(doc, "70.00", payer, emulator_url)["outcome"] == "paid"
	drain()
	doc.reload()
	assert (doc.status, doc.still_due) == ("Paid", 0)


def test_approval_before_payment_is_a_state_more_in_the_workflow(
	site, doctype, make_payer, make_user, emulator_url, drain
):
	make_payable(doctype, **{key: value for key, value in ROW.items() if "stat" not in key})
	workflow = make_workflow(
		doctype,
		states=["To Be Approved", "To Be Paid", "Paid"],
		transitions=[
			("To Be Approved", "Approve", "To Be Paid", "System Manager"),
			("To Be Paid", "Pay", "Paid", "Invoice Payers"),
		],
	)
	row = frappe.get_doc("Payable DocType", {"document_type": doctype})
	row.update({"payable_statuses": "To Be Paid", "status_paid": "Paid"})
	row.save()
	assert row.status_fieldname == workflow.workflow_state_field, "the Workflow's own, since none was named"
	doc, payer = a_fee(doctype), make_payer()

	with pytest.raises(frappe.ValidationError, match="To Be Paid"):
		pay_by_card(doc, "100.00", payer, emulator_url)
	doc.reload()
	apply_workflow(doc, "Approve")
	frappe.db.commit()
	assert pay_by_card(doc, "100.00", payer, emulator_url)["outcome"] == "paid"
	drain()
	doc.reload()
	assert doc.get(workflow.workflow_state_field) == "Paid"
	assert not frappe.db.exists("Workflow Action", {"reference_name": doc.name, "status": "Open"})


def test_with_its_workflow_deactivated_the_status_is_set_directly(
	site, doctype, make_payer, emulator_url, drain
):
	workflow = make_workflow(
		doctype,
		states=["To Be Paid", "Paid"],
		transitions=[("To Be Paid", "Pay", "Paid", "Invoice Payers")],
	)
	make_payable(
		doctype,
		**ROW
		| {"status_fieldname": None, "payable_statuses": "To Be Paid", "status_paid": "Paid"}
		| dict.fromkeys(("void_statuses", "status_partly_paid", "status_to_be_paid")),
	)
	doc, payer = a_fee(doctype), make_payer()
	workflow.is_active = 0
	workflow.save()
	frappe.db.commit()

	pay_by_card(doc, "100.00", payer, emulator_url)
	drain()
	doc.reload()
	assert doc.get(workflow.workflow_state_field) == "Paid"


def test_a_document_put_on_hold_while_its_payment_is_settled_stays_where_it_was_put(
	site, doctype, make_payer, emulator_url, drain
):
	make_payable(doctype, **ROW)
	doc, payer = a_fee(doctype), make_payer()
	pay_by_card(doc, "100.00", payer, emulator_url)
	doc.reload()
	doc.status = "New"
	doc.save()
	frappe.db.commit()
	drain()
	doc.reload()
	assert (doc.status, doc.still_due) == ("New", 0)


def test_nobody_writes_the_amounts_but_the_payments(site, doctype, make_payer, emulator_url, drain):
	row = make_payable(doctype, **ROW)
	assert row.add_amount_fields() == ["paid_fieldname", "reserved_fieldname"]
	frappe.db.commit()
	doc, payer = a_fee(doctype), make_payer()
	open_since_before = frappe.get_doc(doctype, doc.name)
	pay_by_card(doc, "30.00", payer, emulator_url)
	frappe.db.rollback()

	open_since_before.update({"member": "Berta", "still_due": 1, "stripe_paid_amount": 99})
	open_since_before.save()  # no TimestampMismatchError: the payment did not get in the editor's way
	frappe.db.commit()
	doc.reload()
	assert (doc.member, doc.stripe_paid_amount, doc.still_due) == ("Berta", 30, 70)

	doc.fee = 120
	doc.save()
	assert doc.still_due == 90
	copy = frappe.copy_doc(doc).insert()
	assert (copy.stripe_paid_amount, copy.still_due) == (0, 120)


def test_the_pay_form_shows_the_named_fields_and_none_that_the_payer_may_not_read(
	site_only, doctype, make_payer, as_user
):
	make_payable(doctype, **ROW, detail_fieldnames="status\nsecret_note")
	doc = a_fee(doctype, until="2030-05-31", secret_note="hush")
	with as_user(make_payer()):
		shown = open_payable(frappe.get_doc(doctype, doc.name)).details()
	assert [entry["label"] for entry in shown] == ["Member", "Status", "Until"]
	assert "hush" not in str(shown)


@pytest.mark.parametrize("row", [ROW, {**ROW, "title_fieldname": None}])
def test_a_title_of_a_higher_level_is_shown_to_no_payer(site_only, row):
	"""The level may be given to it after the row was made, and Frappe's own title is any field."""
	doctype = make_doctype(FIELDS, read_by="Invoice Payers")
	for_doctype = {"for_doctype": True, "validate_fields_for_doctype": False}
	make_property_setter(doctype, None, "title_field", "member", "Data", **for_doctype)
	make_payable(doctype, **row)
	doc = a_fee(doctype)
	assert open_payable(frappe.get_doc(doctype, doc.name)).title == "Ann"
	make_property_setter(doctype, "member", "permlevel", 1, "Int")
	assert open_payable(frappe.get_doc(doctype, doc.name)).title == doc.name


@pytest.mark.parametrize(
	"change, reason",
	[
		({"status": "Paid"}, "paid already"),
		({"status": "New"}, "It cannot be paid while it is <strong>New</strong>"),
		({"status": "Off"}, "cancelled"),
		({"money": None}, "No currency"),
		({"fee": 0}, "not above zero"),
		({"fee": -5}, "not above zero"),
	],
)
def test_why_a_document_cannot_be_paid(site_only, doctype, change, reason):
	make_payable(doctype, **ROW)
	doc = a_fee(doctype)
	assert why_not_payable(doc) is None
	doc.update(change)
	assert reason in why_not_payable(doc)


def test_amounts_are_exact_in_each_currency(site_only, doctype):
	make_payable(doctype, **ROW)
	for currency, fee, minor in (
		("USD", 0.1 + 0.2, 30),
		("JPY", 100, 100),
		("KWD", 1.235, 1235),
		("EUR", 19.99, 1999),
	):
		payable = open_payable(frappe.get_doc(doctype=doctype, money=currency, fee=fee))
		assert (payable.total_minor, payable.currency) == (minor, currency)


def test_what_is_payable_is_known_without_a_query_and_at_once_after_a_change(site_only, doctype):
	assert get_enabled_config(doctype) is None
	row = make_payable(doctype, **ROW)
	assert get_enabled_config(doctype).total_fieldname == "fee"

	queries = []
	original = frappe.db.sql
	frappe.db.sql = lambda *args, **kwargs: queries.append(args) or original(*args, **kwargs)
	try:
		assert get_enabled_config("ToDo") is None
		assert get_enabled_config(doctype)
	finally:
		frappe.db.sql = original
	assert queries == []

	row.enabled = 0
	row.save()
	assert get_enabled_config(doctype) is None
	assert "switched off" in why_not_payable(a_fee(doctype))
	row.delete()
	assert get_config(doctype) is None


def test_a_doctype_that_is_renamed_stays_payable(site_only, doctype):
	make_payable(doctype, **ROW)
	renamed = unique("Renamed")
	frappe.rename_doc("DocType", doctype, renamed, force=True)
	frappe.db.commit()
	assert get_enabled_config(renamed).total_fieldname == "fee"
	assert get_enabled_config(doctype) is None


def test_a_row_whose_documents_were_paid_is_switched_off_and_not_deleted(
	site, doctype, make_payer, emulator_url, drain
):
	row = make_payable(doctype, **ROW)
	pay_by_card(a_fee(doctype), "100.00", make_payer(), emulator_url)
	drain()
	with pytest.raises(frappe.ValidationError, match="Switch off Enabled"):
		row.delete()


@pytest.mark.parametrize(
	"change, complaint",
	[
		({"total_fieldname": "nonsense"}, "Total Field.*has no field.*nonsense"),
		({"total_fieldname": "member"}, "Total Field.*is of type Data"),
		({"total_fieldname": None}, "total_fieldname"),
		({"currency_fieldname": "branch"}, "Currency Field.*links to Organisation Unit"),
		({"outstanding_fieldname": "fee"}, "Outstanding Field.*used for something else"),
		({"outstanding_fieldname": None, "outstanding_kept_by": "The document"}, "Outstanding Field"),
		({"unit_control": 1}, "Organisation Unit Field.*needed"),
		({"unit_fieldname": "money"}, "Organisation Unit Field.*links to Currency"),
		({"due_date_fieldname": "member"}, "Due Date Field.*is of type Data"),
		({"detail_fieldnames": "until\nnope"}, "Further Fields.*nope"),
		({"status_paid": "Payed"}, "State When Paid.*Payed.*is not a state"),
		({"payable_statuses": "Open\nOpne"}, "Payable in These States.*Opne"),
		({"status_fieldname": None}, "Status Field.*needed"),
		(
			{"document_type": "Stripe Customer"},
			"cannot be made payable: it is one of the payments' own records",
		),
		({"document_type": "Portal Invoice Item"}, "cannot be made payable"),
		({"document_type": "System Settings"}, "has a single document only"),
		({"document_type": "Has Role"}, "is a table inside other documents"),
		({"document_type": "RQ Job"}, "is virtual"),
		({"document_type": "User"}, "belongs to Frappe itself"),
	],
)
def test_a_row_that_cannot_work_is_refused_and_the_message_names_the_field(
	site_only, doctype, change, complaint
):
	with pytest.raises(frappe.ValidationError, match=complaint):
		make_payable(doctype, **ROW | change)


def test_the_form_offers_what_fits(site_only, doctype):
	choices = frappe.new_doc("Payable DocType", document_type=doctype).choices()
	offered = {name: [choice["value"] for choice in found] for name, found in choices["fields"].items()}
	assert offered["total_fieldname"] == ["fee", "still_due"]
	assert offered["unit_fieldname"] == ["branch"]
	assert "branch" not in offered["currency_fieldname"] and "money" in offered["currency_fieldname"]
	assert choices["suggested"]["currency_fieldname"] == "money"
	assert choices["suggested"]["status_fieldname"] == "status"


def test_only_who_may_write_the_row_sees_choices_or_adds_fields(site_only, doctype, make_payer, as_user):
	row = make_payable(doctype, **ROW)
	with as_user(make_payer()):
		for method in (row.choices, row.add_amount_fields):
			with pytest.raises(frappe.PermissionError):
				method()
