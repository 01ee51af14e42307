"""What follows once the money of a payment is committed.

Each step stands in the module that knows about it and is named here by its dotted path, as hooks are: the steps import
`settle`, so `settle` can't import them. A step can be lost (a killed worker) and is found again by a sweep, so none may
raise.
"""

from dataclasses import dataclass

import frappe
from frappe.utils import cint

STEPS = (
	"stripe_service.payments.after_payment.enqueue_if_settled",
	"stripe_service.payments.saving.save_card_if_wanted",
	"stripe_service.payments.release.cancel_if_failed",
	"stripe_service.payments.notices.notify_about",
	"stripe_service.payments.refund.sync_if_refunds_changed",
	"stripe_service.payments.follow_up.publish",
)


@dataclass(frozen=True)
class AppliedChange:
	"""What a snapshot of a PaymentIntent changed on its payment."""

	payment: object
	old_status: str
	old_settled_minor: int
	intent: dict

	def __repr__(self) -> str:
		# A PaymentIntent holds its client secret, and tracebacks print local variables.
		return f"<AppliedChange {self.payment.name}: {self.old_status} to {self.payment.status}>"

	@property
	def settled_changed(self) -> bool:
		return cint(self.payment.settled_minor) != self.old_settled_minor


def run(change: AppliedChange) -> None:
	"""Run all steps, each in a transaction of its own. Commits."""
	for path in STEPS:
		try:
			frappe.get_attr(path)(change)
			frappe.db.commit()
		except Exception:
			frappe.db.rollback()
			frappe.log_error(
				title=f"Stripe Service: {path.rpartition('.')[2]} of {change.payment.name}",
				reference_doctype="Invoice Payment",
				reference_name=change.payment.name,
			)


def publish(change: AppliedChange) -> None:
	"""Tell open forms of the document that the payment has changed."""
	payment = change.payment
	frappe.publish_realtime(
		"stripe_payment",
		{"payment": payment.name, "status": payment.status},
		doctype=payment.reference_doctype,
		docname=payment.reference_name,
		after_commit=True,
	)
