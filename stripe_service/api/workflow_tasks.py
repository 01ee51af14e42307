"""What a Workflow's transition can do besides changing the state: Frappe 16's Workflow Transition Tasks.

The hook `workflow_methods` offers these to the designer. Frappe runs a task inside the transition's transaction, unless
the designer ticks *Asynchronous*. Here none of them works there, ticked or not: each queues a job that runs when the
transition is committed. So no lock is held while Stripe is asked, and nothing is charged for a transition that was undone.
The job runs as the user who made the transition, with that user's rights. Frappe 15 never calls them.
"""

from collections.abc import Callable

import frappe
from frappe import _

from stripe_service.access import work_items
from stripe_service.api.pay import pay
from stripe_service.gateway import money
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.payments import after_payment
from stripe_service.saved_methods.cards import saved_cards
from stripe_service.utils.language import language_of
from stripe_service.utils.notices import notify_user


def pay_with_default_card(doc) -> None:
	"""Pay what the document owes with the default saved card of the user who made the transition."""
	# The same press of the workflow button, tried again by the queue, must not pay twice.
	_queue(charge_default_card, doc, request_id=frappe.generate_hash(length=20))


def reprocess(doc) -> None:
	"""A fresh work item for the state that the document enters, although it was there before."""
	_queue(renew_work_item, doc)


def run_after_payment_again(doc) -> None:
	"""What follows the document's payments, once more; what has been done is not done twice."""
	_queue(run_after_payments, doc)


def charge_default_card(doctype: str, name: str, request_id: str) -> None:
	"""Job. What can't be paid, and what waits for the payer's bank, is told to the user, who finishes it in the form."""
	try:
		with language_of(frappe.session.user):
			outcome = _charge(frappe.get_doc(doctype, name), request_id)
	except (frappe.ValidationError, frappe.PermissionError) as error:
		frappe.db.rollback()
		reason = frappe.utils.strip_html(str(error))
		_notify(doctype, name, lambda: _("Not paid: {0}").format(reason))
		return
	if outcome["outcome"] not in ("paid", "processing"):
		_notify(
			doctype,
			name,
			lambda: _("Not paid yet: {0}").format(outcome.get("message") or _("open it and press Pay.")),
		)


def renew_work_item(doctype: str, name: str) -> None:
	"""Job."""
	doc = frappe.get_doc(doctype, name)
	if work_items.renew(doc, frappe.session.user):
		doc.add_comment("Workflow", _("Reprocessed: a new work item was created."))


def run_after_payments(doctype: str, name: str) -> None:
	"""Job."""
	filters = {"reference_doctype": doctype, "reference_name": name, "after_payment_status": ("is", "set")}
	for row in frappe.get_all("Invoice Payment Reference", filters=filters, fields=["name", "parent"]):
		after_payment.run_soon(row.parent, [row.name])


def _queue(job, doc, **arguments) -> None:
	frappe.enqueue(job, doctype=doc.doctype, name=doc.name, enqueue_after_commit=True, **arguments)


def _charge(doc, request_id: str) -> dict:
	payable = open_payable(doc)
	cards = saved_cards(frappe.session.user, payable.account) if payable.account else []
	if not cards:
		frappe.throw(_("you have no saved card. Press Pay and enter one."))
	left = balance_of(payable, lock=False).available_minor
	amount = str(money.from_minor(left, payable.currency))
	return pay(doc.doctype, doc.name, amount, "card", saved_method=cards[0]["name"], request_id=request_id)


def _notify(doctype: str, name: str, subject: Callable[[], str]) -> None:
	notify_user(frappe.session.user, doctype, name, subject)
