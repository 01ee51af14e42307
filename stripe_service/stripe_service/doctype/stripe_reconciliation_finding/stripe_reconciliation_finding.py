"""Something on which this site and Stripe differ and that a person must decide. Written by `payments.reconcile`."""

import frappe
from frappe import _
from frappe.model.document import Document


class StripeReconciliationFinding(Document):
	def validate(self):
		if not self.flags.by_stripe_service:
			frappe.throw(
				_("Findings are written by the reconciler. Use the button Settle."), frappe.PermissionError
			)

	def on_trash(self):
		frappe.throw(_("A finding is kept. Settle it instead."), frappe.PermissionError)
