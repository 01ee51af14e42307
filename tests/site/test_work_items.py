"""Work items: who gets them, when they come, go and come again."""

import frappe
import pytest
from frappe.model.workflow import apply_workflow

from stripe_service.access import work_items
from stripe_service.access.pay import why_not_pay
from stripe_service.api.work_items import reprocess
from stripe_service.utils import pdf
from tests.support import records
from tests.support.paying import pay_by_card
from tests.support.records import unique
from tests.support.site import as_user


@pytest.fixture(scope="module")
def company(frappe_site, faker):
	"""A company with two branches, and somebody with the payers' roles in every position to them."""
	frappe_site.set_user("Administrator")
	return Company(faker)


class Company:
	def __init__(self, faker):
		self.root = records.make_unit("/" + unique("Company"))
		self.a = records.make_unit(f"{self.root}/Branch A")
		self.b = records.make_unit(f"{self.root}/Branch B")
		self.payer_a = records.make_payer(faker, unit=self.a)
		self.second_a = records.make_payer(faker, unit=self.a)
		self.payer_b = records.make_payer(faker, unit=self.b)
		self.payer_root = records.make_payer(faker, unit=self.root)
		self.without_unit = records.make_payer(faker)
		self.without_role = records.make_payer(faker, unit=self.a, roles=["Stripe Payer"])
		self.everybody = {
			"payer_a": self.payer_a,
			"second_a": self.second_a,
			"payer_b": self.payer_b,
			"payer_root": self.payer_root,
			"without_unit": self.without_unit,
			"without_role": self.without_role,
		}

	def addressed(self, invoice) -> set[str]:
		"""Who finds the open work item of the invoice in their list, by position."""
		return {who for who, user in self.everybody.items() if self._sees_item(user, invoice)}

	def _sees_item(self, user: str, invoice) -> bool:
		filters = {"reference_name": invoice.name, "status": "Open"}
		with as_user(user):
			listed = frappe.get_list("Workflow Action", filters=filters, pluck="name")
		items = frappe.get_all("Workflow Action", filters=filters)
		for item in items:
			allowed = frappe.has_permission(
				"Workflow Action", "read", doc=frappe.get_doc("Workflow Action", item.name), user=user
			)
			assert allowed == (item.name in listed), "the list and the document must agree"
		return bool(listed)


def open_items(invoice) -> list:
	return frappe.get_all(
		"Workflow Action", filters={"reference_name": invoice.name, "status": "Open"}, pluck="name"
	)


def items(invoice) -> list:
	return frappe.get_all(
		"Workflow Action",
		filters={"reference_name": invoice.name},
		fields=["name", "status", "workflow_state", "completed_by", "completed_by_role"],
		order_by="creation",
	)


def make_rule(**values):
	rule = frappe.get_doc(
		{
			"doctype": "Work Item Rule",
			"workflow": "Invoice Payment",
			"workflow_state": "To Be Paid",
			"role": "Invoice Payers",
			**values,
		}
	).insert()
	return rule


@pytest.fixture
def rule(site_only):
	"""Makes Work Item Rules that are gone after the test, as they hold for every invoice of the site."""
	made = []

	def make(**values):
		made.append(make_rule(**values))
		frappe.db.commit()
		return made[-1]

	yield make
	frappe.set_user("Administrator")
	frappe.db.rollback()
	for one in made:
		frappe.delete_doc("Work Item Rule", one.name)
	frappe.db.commit()


def test_an_invoice_sent_for_payment_makes_a_work_item_for_the_payers_of_its_unit(company, make_invoice):
	invoice = make_invoice(unit=company.a)
	assert len(open_items(invoice)) == 1
	assert company.addressed(invoice) == {"payer_a", "second_a", "payer_root"}


def test_a_draft_makes_none(company, make_invoice):
	assert open_items(make_invoice(unit=company.a, state="Draft")) == []


def test_a_member_above_who_hides_descendants_gets_none(company, make_invoice, make_payer):
	above = make_payer()
	frappe.get_doc(
		doctype="User Permission",
		user=above,
		allow="Organisation Unit",
		for_value=company.root,
		hide_descendants=1,
	).insert()
	invoice = make_invoice(unit=company.a)
	assert not frappe.has_permission("Portal Invoice", "read", doc=invoice, user=above)
	assert frappe.has_permission("Portal Invoice", "read", doc=make_invoice(unit=company.root), user=above)


def test_a_membership_for_another_doctype_opens_no_invoice(company, make_invoice, make_payer):
	elsewhere = make_payer()
	frappe.get_doc(
		doctype="User Permission",
		user=elsewhere,
		allow="Organisation Unit",
		for_value=company.a,
		apply_to_all_doctypes=0,
		applicable_for="Work Item Rule",
	).insert()
	assert not frappe.has_permission(
		"Portal Invoice", "read", doc=make_invoice(unit=company.a), user=elsewhere
	)


def test_paying_completes_the_item_in_the_payers_name_and_it_is_gone_for_the_others(
	site, company, make_invoice, emulator_url, drain
):
	invoice = make_invoice(unit=company.a, total="80.00")
	pay_by_card(invoice, "80.00", company.payer_a, emulator_url)
	drain()

	assert invoice.reload().workflow_state == "Paid"
	assert company.addressed(invoice) == set()
	(item,) = items(invoice)
	assert (item.status, item.completed_by, item.completed_by_role) == (
		"Completed",
		company.payer_a,
		"Invoice Payers",
	)


def test_a_part_paid_leaves_an_item_open_for_the_rest(site, company, make_invoice, emulator_url, drain):
	invoice = make_invoice(unit=company.a, total="80.00")
	pay_by_card(invoice, "30.00", company.payer_a, emulator_url)
	drain()

	assert invoice.reload().workflow_state == "Partly Paid"
	assert company.addressed(invoice) == {"payer_a", "second_a", "payer_root"}
	assert len(open_items(invoice)) == 1

	pay_by_card(invoice, "50.00", company.second_a, emulator_url)
	drain()
	assert invoice.reload().workflow_state == "Paid"
	assert [item.completed_by for item in items(invoice)] == [company.payer_a, company.second_a]


def test_cancelling_closes_the_item(company, make_invoice):
	invoice = apply_workflow(make_invoice(unit=company.a), "Cancel")
	assert open_items(invoice) == []


def test_a_state_entered_again_makes_a_fresh_item(company, make_invoice):
	invoice = make_invoice(unit=company.a)
	for action in ("Cancel", "Reopen", "Send for Payment"):
		invoice = apply_workflow(invoice, action)
	assert len(open_items(invoice)) == 1
	assert company.addressed(invoice) == {"payer_a", "second_a", "payer_root"}


def test_reprocess_makes_a_fresh_item_and_closes_the_old_one(company, make_invoice):
	invoice = make_invoice(unit=company.a)
	before = open_items(invoice)

	assert reprocess("Portal Invoice", invoice.name) == {"made": True}

	assert len(open_items(invoice)) == 1
	assert open_items(invoice) != before


def test_reprocess_brings_back_an_item_that_was_completed_without_payment(company, make_invoice):
	invoice = make_invoice(unit=company.a)
	work_items.close_for(invoice, company.payer_a)
	assert company.addressed(invoice) == set()

	reprocess("Portal Invoice", invoice.name)
	assert company.addressed(invoice) == {"payer_a", "second_a", "payer_root"}


def test_reprocess_says_so_where_no_action_leads_on(company, make_invoice):
	invoice = apply_workflow(make_invoice(unit=company.a), "Cancel")
	assert reprocess("Portal Invoice", invoice.name) == {"made": False}


def test_reprocess_needs_write_on_the_invoice(company, make_invoice, as_user, make_user):
	invoice = make_invoice(unit=company.a)
	with as_user(company.payer_a), pytest.raises(frappe.PermissionError):
		reprocess("Portal Invoice", invoice.name)
	with (
		as_user(make_user(roles=["Stripe Administrator"], unit=company.b)),
		pytest.raises(frappe.PermissionError),
	):
		reprocess("Portal Invoice", invoice.name)
	with as_user(make_user(roles=["Stripe Administrator"], unit=company.a)):
		assert reprocess("Portal Invoice", invoice.name)["made"]


def test_a_fixed_unit_keeps_the_item_to_its_members(company, make_invoice, rule):
	rule(unit_source="Fixed unit", organisation_unit=company.root)
	invoice = make_invoice(unit=company.a)

	assert company.addressed(invoice) == {"payer_root"}
	assert frappe.has_permission(
		"Portal Invoice", "read", doc=invoice, user=company.payer_a
	), "reading is another matter"


def test_who_is_not_addressed_may_not_pay(company, make_invoice, make_user, rule):
	rule(unit_source="Fixed unit", organisation_unit=company.root)
	invoice = make_invoice(unit=company.a)

	assert why_not_pay(invoice, company.payer_root) is None
	assert "assigned to others" in why_not_pay(invoice, company.payer_a)
	administrator = make_user(roles=["Stripe Administrator"], unit=company.a)
	assert "assigned to others" in why_not_pay(invoice, administrator)


def test_a_rule_never_widens(company, make_invoice, rule):
	rule(unit_source="Fixed unit", organisation_unit=company.b)
	invoice = make_invoice(unit=company.a)
	assert company.addressed(invoice) == {
		"payer_root"
	}, "Branch B may not read it, and only the root is above both"


def test_the_documents_own_unit_without_those_above(company, make_invoice, rule):
	rule(unit_source="From the document", include_parent_units=0)
	invoice = make_invoice(unit=company.a)
	assert company.addressed(invoice) == {"payer_a", "second_a"}


def test_rules_for_one_role_add_up(company, make_invoice, rule):
	rule(unit_source="Fixed unit", organisation_unit=company.root, include_parent_units=0)
	rule(unit_source="From the document", include_parent_units=0)
	invoice = make_invoice(unit=company.a)
	assert company.addressed(invoice) == {"payer_root", "payer_a", "second_a"}


def test_a_rule_that_is_switched_off_narrows_nothing(company, make_invoice, rule):
	rule(unit_source="Fixed unit", organisation_unit=company.root, enabled=0)
	assert company.addressed(make_invoice(unit=company.a)) == {"payer_a", "second_a", "payer_root"}


def test_a_rule_takes_effect_on_items_that_are_open_already(company, make_invoice, rule):
	invoice = make_invoice(unit=company.a)
	rule(unit_source="Fixed unit", organisation_unit=company.root)
	assert company.addressed(invoice) == {"payer_root"}


def test_a_rule_follows_its_unit_when_that_is_renamed(company, make_invoice, rule):
	rule(unit_source="Fixed unit", organisation_unit=company.root)
	invoice = make_invoice(unit=company.a)
	new = frappe.rename_doc("Organisation Unit", company.root, unique("Renamed"))
	try:
		assert company.addressed(invoice) == {"payer_root"}
	finally:
		frappe.rename_doc("Organisation Unit", new, company.root.strip("/"))
		frappe.db.commit()


@pytest.mark.parametrize(
	("values", "message"),
	[
		({"workflow_state": "Draft", "role": "Invoice Payers"}, "no action in the state"),
		({"unit_source": "Fixed unit"}, "name the unit"),
		({"unit_fieldname": "bill_to"}, "links to Organisation Unit"),
		({"unit_fieldname": "nowhere"}, "links to Organisation Unit"),
	],
)
def test_a_rule_that_could_not_work_is_refused(site_only, values, message):
	with pytest.raises(frappe.ValidationError, match=message):
		make_rule(**values)


@pytest.fixture
def mailed(outgoing_account):
	"""The shipped Workflow with its e-mails on."""
	_set_mailing(1)
	frappe.db.commit()
	yield
	frappe.db.rollback()
	_set_mailing(0)
	frappe.db.commit()


def _set_mailing(on: int):
	workflow = frappe.get_doc("Workflow", "Invoice Payment")
	workflow.send_email_alert = on
	workflow.save()
	# a PDF needs a program that not every machine has
	frappe.db.set_single_value("Print Settings", "send_print_as_pdf", 1 - on)


def mailed_to(invoice) -> set[str]:
	queued = frappe.get_all("Email Queue", filters={"reference_name": invoice.name}, pluck="name")
	return set(
		frappe.get_all("Email Queue Recipient", filters={"parent": ("in", queued or [""])}, pluck="recipient")
	)


def test_the_mail_goes_to_those_who_may_read_the_invoice(mailed, company, make_invoice):
	to = mailed_to(make_invoice(unit=company.a))
	assert {company.payer_a, company.second_a, company.payer_root} <= to
	assert not {company.payer_b, company.without_unit, company.without_role} & to


def test_the_mail_goes_to_those_whom_the_rule_addresses(mailed, company, make_invoice, rule):
	rule(unit_source="Fixed unit", organisation_unit=company.root)
	to = mailed_to(make_invoice(unit=company.a))
	assert to & set(company.everybody.values()) == {company.payer_root}


def test_reprocessing_mails_again(mailed, company, make_invoice):
	invoice = make_invoice(unit=company.a)
	frappe.db.delete("Email Queue", {"reference_name": invoice.name})
	assert mailed_to(invoice) == set()
	reprocess("Portal Invoice", invoice.name)
	assert company.payer_a in mailed_to(invoice)


def test_without_a_pdf_program_it_mails_without_the_print_and_logs_nothing(
	mailed, company, make_invoice, monkeypatch
):
	monkeypatch.setattr(pdf.shutil, "which", lambda program: None)
	frappe.db.set_single_value("Print Settings", "send_print_as_pdf", 1)
	moment = frappe.utils.now()
	invoice = make_invoice(unit=company.a)
	assert company.payer_a in mailed_to(invoice)
	(message, *_more) = frappe.get_all("Email Queue", {"reference_name": invoice.name}, pluck="message")
	assert "application/pdf" not in message
	assert frappe.get_all("Error Log", {"creation": (">", moment)}, pluck="error") == []
