"""What follows once the money of a payment is committed.

Each step stands in the module that knows about it and is named here by its dotted path, as hooks are: the steps import
`settle`, so `settle` can't import them. A step can be lost (a killed worker) and is found again by a sweep, so none may
raise.
"""

from dataclasses import dataclass

import frappe
from frappe.utils import cint, flt

from stripe_service.payables import live
from stripe_service.utils.faults import log_fault

STEPS = (
	"stripe_service.payments.after_payment.enqueue_if_due",
	"stripe_service.payments.saving.save_card_if_wanted",
	"stripe_service.payments.new_card.report_other_brand",
	"stripe_service.payments.release.cancel_if_failed",
	"stripe_service.payments.refund.sync_if_refunds_changed",
	"stripe_service.payments.follow_up.publish",
	"stripe_service.payments.follow_up.run_document_events",
)


# What every reading writes, whether or not Stripe told anything new.
OF_THE_READING = {"sync_version", "last_synced_at", "modified", "modified_by"}


def values_before(payment) -> frappe._dict:
	"""The values of a payment and its rows, to compare later ones with."""
	return frappe._dict(
		payment.get_valid_dict(),
		references=[frappe._dict(row.get_valid_dict()) for row in payment.references],
	)


@dataclass
class AppliedChange:
	"""What a reading of Stripe changed on its payment: the Invoice Payment as it is now, its values before."""

	payment: object
	before: frappe._dict
	intent: dict

	def __repr__(self) -> str:
		# A PaymentIntent holds its client secret, and tracebacks print local variables.
		return f"<AppliedChange {self.payment.name}: {self.old_status} to {self.payment.status}>"

	@property
	def old_status(self) -> str:
		"""The status before."""
		return self.before.status

	@property
	def settled_changed(self) -> bool:
		"""Whether more or less is settled than before, for any of the documents."""
		before = {row.name: cint(row.settled_minor) for row in self.before.references}
		return any(cint(row.settled_minor) != before.get(row.name, 0) for row in self.payment.references)

	@property
	def fee_changed(self) -> bool:
		"""Whether Stripe's fee became known or changed."""
		return flt(self.payment.stripe_fee) != flt(self.before.stripe_fee)


def run(change: AppliedChange) -> None:
	"""Run all steps, each in a transaction of its own. Commits."""
	for path in STEPS:
		try:
			frappe.get_attr(path)(change)
			frappe.db.commit()
		except Exception:
			step = path.rpartition(".")[2]
			log_fault(f"{step} of {change.payment.name}", "Invoice Payment", change.payment.name)


def publish(change: AppliedChange) -> None:
	"""Tell open forms of the documents, and the lists of their units, that the payment has changed."""
	payment = change.payment
	for row in payment.references:
		frappe.publish_realtime(
			"stripe_payment",
			{"payment": payment.name, "status": payment.status},
			doctype=row.reference_doctype,
			docname=row.reference_name,
			after_commit=True,
		)
		live.tell_unit(row.organisation_unit)


def _told_anything_new(now: frappe._dict, before: frappe._dict) -> bool:
	if any(now[name] != before.get(name) for name in now.keys() - OF_THE_READING - {"references"}):
		return True
	return any(
		one[name] != other.get(name)
		for one, other in zip(now.references, before.references, strict=False)
		for name in one.keys() - OF_THE_READING
	)


def run_document_events(change: AppliedChange) -> None:
	"""What a save would have set off, had the money not been written past it: the version, other apps' hooks, an
	administrator's Notifications, Webhooks and Server Scripts on Invoice Payment. Nothing for a reading that told nothing
	new. The last step, since any may fail."""
	payment = frappe.get_doc("Invoice Payment", change.payment.name)
	if not _told_anything_new(values_before(payment), change.before):
		return
	payment._doc_before_save = frappe.get_doc(change.before | {"doctype": "Invoice Payment"})
	payment.flags.by_stripe_service = True
	payment.save_version()
	payment.run_method("on_update")
	payment.run_method("on_change")
	payment.notify_update()
