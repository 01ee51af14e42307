"""Stripe Customers are made, kept and deleted by tests/site/test_account_customers.py, against the emulator."""

import frappe

from stripe_service.tests.base import IntegrationTestCase


class TestStripeCustomer(IntegrationTestCase):
	def test_any_number_of_deleted_ones_may_be_kept(self):
		account = frappe.get_doc(doctype="Stripe Account", account_name=frappe.generate_hash()).insert().name
		for _number in range(2):
			self._insert(account, status="Deleted")

	def _insert(self, account, **values):
		customer = frappe.new_doc("Stripe Customer")
		customer.update(
			{
				"stripe_account": account,
				"user": "Guest",
				"stripe_customer_id": f"cus_{frappe.generate_hash()}",
				**values,
			}
		)
		customer.flags.by_stripe_service = True
		return customer.insert()
