"""What a Portal Invoice computes and refuses by itself; scenarios with payments are in tests/site."""

import frappe
from frappe.utils import random_string

from stripe_service.tests.base import IntegrationTestCase


def make_unit() -> str:
	return frappe.get_doc(doctype="Organisation Unit", unit_name=random_string(10)).insert().name


def make_invoice(lines, currency="USD", **fields):
	frappe.db.set_value("Currency", currency, "enabled", 1)
	return frappe.get_doc(
		{
			"doctype": "Portal Invoice",
			"title": "Hosting",
			"bill_to": "Example Ltd",
			"organisation_unit": make_unit(),
			"currency": currency,
			"items": [
				{"description": "Server", "quantity": quantity, "rate": rate} for quantity, rate in lines
			],
			**fields,
		}
	)


class TestPortalInvoice(IntegrationTestCase):
	def test_lines_are_rounded_one_by_one_and_add_up(self):
		invoice = make_invoice([(3, 0.335), (3, 0.335)]).insert()
		self.assertEqual([item.amount for item in invoice.items], [1.01, 1.01])
		self.assertEqual(invoice.total, 2.02)

	def test_a_currency_without_decimals_has_whole_amounts(self):
		self.assertEqual(make_invoice([(1.5, 333)], currency="JPY").insert().total, 500)

	def test_it_starts_as_a_draft_that_owes_everything(self):
		invoice = make_invoice([(1, 10)], paid_amount=4).insert()
		self.assertEqual(
			(invoice.workflow_state, invoice.paid_amount, invoice.outstanding_amount), ("Draft", 0, 10)
		)

	def test_a_negative_total_is_refused(self):
		self.assertRaises(frappe.NonNegativeError, make_invoice([(-1, 10)]).insert)

	def test_an_invoice_needs_a_line_and_a_unit(self):
		self.assertRaises(frappe.MandatoryError, make_invoice([]).insert)
		self.assertRaises(frappe.MandatoryError, make_invoice([(1, 1)], organisation_unit=None).insert)
