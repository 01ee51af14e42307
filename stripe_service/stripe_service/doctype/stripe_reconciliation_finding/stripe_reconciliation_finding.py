"""Something on which this site and Stripe differ and that a person must decide. Written by `reconcile.findings`."""

from frappe import _

from stripe_service.utils.written_by_app import WrittenByApp


class StripeReconciliationFinding(WrittenByApp):
	def written_by(self) -> str:
		return _("Findings are written by the reconciler. Use the button Settle.")
