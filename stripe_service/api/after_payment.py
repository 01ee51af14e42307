"""Run again what follows a payment."""

import frappe
from frappe import _

from stripe_service.payments import after_payment


@frappe.whitelist(methods=["POST"])
def run_again(payment: str) -> dict:
	"""Queue what follows `payment` (an Invoice Payment) once more; answers {"message"}.

	What has been done is not done twice: the event runs only if it has not run for what is settled now. Needs write
	on the payment, as a refund does. Raises PermissionError, and ValidationError if nothing has been settled yet.
	"""
	doc = frappe.get_doc("Invoice Payment", payment)
	doc.check_permission("write")
	if not doc.after_payment_status:
		frappe.throw(_("There is nothing to run yet: none of this payment's money has been settled."))
	after_payment.run_soon(payment)
	return {
		"message": _(
			"The steps after the payment are being run again. This page shows the result in a moment."
		)
	}
