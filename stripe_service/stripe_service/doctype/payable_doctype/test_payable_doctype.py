"""What the controller of Payable DocType checks; documents that are really paid are in tests/site."""

import frappe

from stripe_service.payables.registry import get_config
from stripe_service.tests.base import IntegrationTestCase

test_ignore = IGNORE_TEST_RECORD_DEPENDENCIES = ["DocType", "Stripe Account"]


class TestPayableDocType(IntegrationTestCase):
	def setUp(self):
		frappe.set_user("Administrator")

	def test_the_row_of_portal_invoice_came_with_the_app(self):
		config = get_config("Portal Invoice")
		self.assertTrue(config.unit_control)
		self.assertEqual(config.payable_statuses, ("To Be Paid", "Partly Paid"))

	def test_it_can_be_switched_off_but_not_deleted(self):
		row = frappe.get_doc("Payable DocType", {"document_type": "Portal Invoice"})
		self.assertRaisesRegex(frappe.ValidationError, "Switch off Enabled", row.delete)

	def test_each_mistake_is_named_by_its_field(self):
		for fieldname, value, complaint in (
			("total_fieldname", "no_such_field", "Total Field.*has no field"),
			("total_fieldname", "bill_to", "Total Field.*is of type Data"),
			("unit_fieldname", "currency", "Organisation Unit Field.*links to Currency"),
			("status_paid", "Payed", "State When Paid.*Payed.*is not a state"),
			("detail_fieldnames", "invoice_number\nitems", "Further Fields on the Pay Form.*items"),
		):
			with self.subTest(fieldname=fieldname, value=value):
				row = frappe.get_doc("Payable DocType", {"document_type": "Portal Invoice"})
				row.set(fieldname, value)
				self.assertRaisesRegex(frappe.ValidationError, complaint, row.save)

	def test_a_handler_is_set_by_hooks_and_by_nothing_else(self):
		row = frappe.get_doc("Payable DocType", {"document_type": "Portal Invoice"})
		row.handler = "frappe.delete_doc"
		row.save()
		self.assertIsNone(row.handler)
