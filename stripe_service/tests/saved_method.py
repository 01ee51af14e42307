"""What the controllers of Saved Card and Stripe Bank Account allow, without Stripe: each DocType's own test is this one."""

import frappe


class SavedMethodTests:
	"""`doctype`, and `another_status` than that of a new row."""

	doctype: str
	another_status: str

	def setUp(self):
		frappe.set_user("Administrator")

	def test_a_row_that_this_app_did_not_make_is_refused(self):
		self.assertRaises(
			frappe.PermissionError, self.row().insert, ignore_permissions=True, ignore_links=True
		)

	def test_a_row_belongs_to_its_payer_whoever_runs_the_job(self):
		self.assertEqual(self.inserted().owner, "Guest")

	def test_a_row_is_not_changed_renamed_or_deleted_by_hand(self):
		row = frappe.get_doc(self.doctype, self.inserted().name)
		row.status = self.another_status
		row.flags.ignore_links = True
		self.assertRaises(frappe.PermissionError, row.save, ignore_permissions=True)
		self.assertRaises(frappe.PermissionError, row.delete, ignore_permissions=True, force=True)
		self.assertRaises(frappe.PermissionError, row.rename, frappe.generate_hash(), force=True)

	def inserted(self):
		row = self.row()
		row.flags.by_stripe_service = True
		return row.insert(ignore_permissions=True, ignore_links=True)

	def row(self):
		return frappe.get_doc(
			{
				"doctype": self.doctype,
				"payment_method_id": f"pm_{frappe.generate_hash(length=12)}",
				"stripe_account": "None",
				"stripe_customer": "cus_none",
				"user": "Guest",
			}
		)
