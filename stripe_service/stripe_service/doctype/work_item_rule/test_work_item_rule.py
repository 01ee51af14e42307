"""What a Work Item Rule refuses; whom it addresses is tried in tests/site."""

import frappe

from stripe_service.tests.base import IntegrationTestCase


def rule(**values):
	return frappe.get_doc(
		{
			"doctype": "Work Item Rule",
			"workflow": "Invoice Payment",
			"workflow_state": "To Be Paid",
			"role": "Invoice Payers",
			**values,
		}
	)


class TestWorkItemRule(IntegrationTestCase):
	def test_the_shipped_workflow_can_be_narrowed(self):
		self.assertTrue(rule().insert().name)

	def test_a_role_without_an_action_in_the_state_is_refused(self):
		self.assertRaises(frappe.ValidationError, rule(role="Website Manager").insert)

	def test_a_fixed_unit_has_to_be_named(self):
		self.assertRaises(frappe.MandatoryError, rule(unit_source="Fixed unit").insert)

	def test_the_documents_unit_has_to_be_a_unit(self):
		self.assertRaises(frappe.ValidationError, rule(unit_fieldname="title").insert)

	def test_a_unit_that_no_longer_counts_is_dropped(self):
		unit = frappe.get_doc(doctype="Organisation Unit", unit_name=frappe.generate_hash(length=8)).insert()
		self.assertIsNone(rule(organisation_unit=unit.name).insert().organisation_unit)
