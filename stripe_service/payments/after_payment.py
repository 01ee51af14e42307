"""What follows once money is recorded, or what a document owes has changed otherwise (`owed`): its amounts and state, the event
for scripts, the work item.

It runs in a job of its own and can be run again at any time, because everything in it may fail for reasons that have
nothing to do with money: a designer's Workflow, an administrator's script, another app. Its steps, each in its own
transaction, so that a failing script does not take the status with it:

1. the amounts of the document, and the surplus marked on its payments;
2. the built-in update of the document (`status`, or the handler's books), done whenever it has something to do;
3. the event On Payment Authorization, once for every change of what the document has of the payment;
4. the work items;
5. open payments that are no longer owed, canceled at Stripe.

Each document of a payment goes this way by itself: one that fails stops no other, and is tried again alone.

What has run is written on the payment's row of the document in the same transaction as its effects on the database. The queue only
makes it prompt: `run_pending` finds whatever the queue lost, from the rows. A document that is saved, cancelled or amended
marks one of its payments Pending in the same transaction (`queue_for_document`).
"""

from contextlib import contextmanager

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, now_datetime

from stripe_service.payables.balance import balance_of, last_payer
from stripe_service.payables.payable import is_booked, open_payable
from stripe_service.payables.registry import get_config
from stripe_service.payments import fees, ledger, owed
from stripe_service.payments.event_facts import facts_of
from stripe_service.payments.follow_up import AppliedChange
from stripe_service.payments.ledger import PENDING
from stripe_service.payments.record import marked_pending
from stripe_service.stripe_service.doctype.invoice_payment.invoice_payment import (
	documents_of,
	lock_documents,
)
from stripe_service.utils.frappe_versions import forget_server_scripts
from stripe_service.utils.masking import mask
from stripe_service.utils.notices import notify_administrators
from stripe_service.utils.queue import enqueue_or_leave_to_scheduler
from stripe_service.utils.service_settings import service_settings
from stripe_service.utils.transaction import in_fresh_transaction, read_committed

DONE, FAILED = "Done", "Failed"
# A failure is tried again by itself this often, then waits for Run After-Payment Again.
TRIES = 4
SWEEP = 100
ROUNDS = 5


def enqueue_if_due(change: AppliedChange) -> None:
	"""A follow-up step: more or less is settled than before, or a fee became known that is booked. Settling has marked
	the payment Pending with the money."""
	if change.payment.after_payment_status == PENDING and (change.settled_changed or change.fee_changed):
		enqueue(change.payment.name)


def enqueue(payment_name: str) -> None:
	"""Run what follows the payment, soon and once this transaction is committed. Never raises: where Redis is down,
	`run_pending` finds the row, which the caller has marked Pending."""
	frappe.db.after_commit.add(
		lambda: enqueue_or_leave_to_scheduler(
			"stripe_service.payments.after_payment.run",
			job_id=f"stripe_after_payment::{payment_name}",
			deduplicate=True,
			payment_name=payment_name,
		)
	)


def run_soon(payment_name: str, rows: list[str] | None = None) -> None:
	"""Run it again because somebody asked, for these rows of the payment (None: all); in the caller's transaction, in which they
	are marked Pending."""
	_mark(payment_name, **marked_pending())
	ledger.mark_rows_pending(payment_name, rows)
	enqueue(payment_name)


def queue_for_document(doc, method: str | None = None) -> None:
	"""doc_events "*", after a document was written: if it owes something else than before, see to what follows.

	No query for a DocType that nobody made payable, nor where nothing changed that counts. A document without money, claimed
	or received, needs nothing: its state is its keeper's affair.
	"""
	# A document that is moved by this module is being seen to.
	if not get_config(doc.doctype) or doc.flags.moved_by_payment or not _owes_otherwise(doc):
		return
	names = list(filter(None, (doc.name, doc.get("amended_from"))))
	stands_for = {
		reference: (kind, name, row)
		for kind, name, row, reference in read_committed(_LEDGER, {"doctype": doc.doctype, "names": names})
	}
	# Marked by the primary key, after the document, as everybody locks.
	for reference, (kind, name, row) in stands_for.items():
		if kind == "Invoice Payment":
			run_soon(name, [row])
		else:
			frappe.db.set_value("Payment Adjustment", name, "follow_up_pending", 1)
			enqueue_document(doc.doctype, reference)


# The last row of a document stands for it: its newest payment, or its newest adjustment if it has no payment.
_LEDGER = """
	select kind, name, row_name, reference_name from (
		select 'Payment Adjustment' as kind, name, null as row_name, reference_name, creation from `tabPayment Adjustment`
		where reference_doctype = %(doctype)s and reference_name in %(names)s
		union all
		select 'Invoice Payment', payment.name, reference.name, reference.reference_name, payment.creation
		from `tabInvoice Payment Reference` reference join `tabInvoice Payment` payment on payment.name = reference.parent
		where reference.reference_doctype = %(doctype)s and reference.reference_name in %(names)s
			and payment.status not in ('Failed', 'Cancelled')
	) rows_of_ledger
	order by kind = 'Invoice Payment', creation
"""


def _owes_otherwise(doc) -> bool:
	before = doc.get_doc_before_save()
	if not before:
		return bool(doc.get("amended_from"))
	was, now = open_payable(before), open_payable(doc)
	return doc.docstatus != before.docstatus or any(
		getattr(was, fact) != getattr(now, fact)
		for fact in ("status", "currency", "total_minor", "outstanding_minor")
	)


def enqueue_document(doctype: str, name: str) -> None:
	"""Run what concerns a document that has no payments, soon and once this transaction is committed. Never raises."""
	frappe.db.after_commit.add(
		lambda: enqueue_or_leave_to_scheduler(
			"stripe_service.payments.after_payment.run_for_document", doctype=doctype, name=name
		)
	)


def run_pending() -> None:
	"""Scheduled: run what is pending, and what failed and is due for another try. What follows an adjustment is tried for a
	day; each failure is in the Error Log."""
	for name in _due():
		run(name)
	adjusted = frappe.get_all(
		"Payment Adjustment",
		filters={"follow_up_pending": 1, "modified": (">", add_to_date(now_datetime(), days=-1))},
		fields=["reference_doctype", "reference_name"],
		distinct=True,
		limit=SWEEP,
	)
	for row in adjusted:
		run_for_document(row.reference_doctype, row.reference_name)


def _due() -> list[str]:
	pending = frappe.get_all(
		"Invoice Payment",
		filters={"after_payment_status": PENDING},
		order_by="modified asc",
		limit=SWEEP,
		pluck="name",
	)
	failed = frappe.get_all(
		"Invoice Payment",
		filters={"after_payment_status": FAILED, "after_payment_attempts": ("<", TRIES)},
		fields=["name", "after_payment_attempts", "modified"],
		order_by="modified asc",
		limit=SWEEP,
	)
	return pending + [row.name for row in failed if _waited_enough(row)]


def _waited_enough(row) -> bool:
	minutes = 5 * 4 ** cint(row.after_payment_attempts)
	return row.modified < add_to_date(now_datetime(), minutes=-minutes)


def run(payment_name: str) -> bool:
	"""Do what is still to be done after the payment; True if all of it is done. Commits.

	For jobs only, since it acts as the user named in Stripe Service Settings (Administrator if none). Failures are
	recorded on the payment and told, never raised.
	"""
	if getattr(frappe.local, "request", None):
		raise RuntimeError("what follows a payment runs in a job; in a request, call enqueue")
	if built_in() and fees.should_wait_for_fee(payment_name):
		return False  # Pending still: run again when the fee is told, or by the sweep
	with _acting_user():
		for _round in range(ROUNDS):
			references, mark = _read(payment_name)
			faults = {reference.row: _run_for(reference) for reference in references}
			if _record(payment_name, mark, faults):
				return not any(faults.values())
	return False  # marked again and again meanwhile: it is Pending, and the sweep goes on


def _run_for(reference) -> list[str]:
	"""What follows for one document of a payment; what went wrong, in words."""
	if amendment := _hand_over(reference):
		enqueue_document(reference.reference_doctype, reference.reference_name)
		reference.reference_name = amendment
	return _run_steps(reference)


def run_for_document(doctype: str, name: str) -> bool:
	"""What follows where a document has no payment that stands for it; True if all is done. For jobs: see `run`. Commits."""
	reference = frappe._dict(name=None, row=None, reference_doctype=doctype, reference_name=name)
	if not frappe.db.exists(doctype, name):
		return True
	with _acting_user():
		amendment = _hand_over(reference)
		faults = _run_steps(reference)
	if amendment:
		enqueue_document(doctype, amendment)
	for fault in faults:
		frappe.log_error(
			title=f"Stripe Service: what follows a change of {name}",
			message=fault,
			reference_doctype=doctype,
			reference_name=name,
		)
	if not faults:
		in_fresh_transaction(lambda: _forget_adjustments(doctype, name))
	return not faults


def _forget_adjustments(doctype: str, name: str) -> None:
	filters = {"reference_doctype": doctype, "reference_name": name, "follow_up_pending": 1}
	for adjustment in frappe.get_all("Payment Adjustment", filters=filters, pluck="name"):
		frappe.db.set_value("Payment Adjustment", adjustment, "follow_up_pending", 0, update_modified=False)


def _hand_over(reference) -> str | None:
	"""The amendment to which the payments of a replaced document were handed over; a failure leaves them where they are."""
	try:
		return in_fresh_transaction(lambda: owed.hand_over_to_amendment(reference))
	except Exception:
		frappe.clear_messages()
		frappe.log_error(title=f"Stripe Service: amendment of {reference.reference_name}")
		return None


def _run_steps(reference) -> list[str]:
	faults = [fault for step in STEPS if (fault := _attempt(step, reference))]
	try:
		owed.cancel_what_is_not_owed(reference)
	except Exception as fault:
		frappe.clear_messages()
		faults.append(_in_words(owed.cancel_what_is_not_owed, fault))
	return faults


@contextmanager
def _acting_user():
	user = service_settings().after_payment_user or "Administrator"
	before = frappe.session.user
	frappe.set_user(user)
	try:
		yield
	finally:
		frappe.set_user(before)


def _read(payment_name: str):
	"""([which document, row and payment], the mark of what is asked for now): the rows for which something is still to be done."""
	payment = frappe.get_doc("Invoice Payment", payment_name)
	# Whoever marks the payment alone means all of it.
	due = [row for row in payment.references if row.after_payment_status in (PENDING, FAILED)]
	references = [
		frappe._dict(
			name=payment_name,
			row=row.name,
			reference_doctype=row.reference_doctype,
			reference_name=row.reference_name,
		)
		for row in due or payment.references
	]
	return references, payment.after_payment_mark


def _attempt(step, reference) -> str | None:
	"""Run one step in a transaction of its own; what went wrong, fit to be shown, or None."""
	try:
		in_fresh_transaction(lambda: step(reference))
	except Exception as fault:
		frappe.clear_messages()
		return _in_words(step, fault)
	return None


def _lock(reference):
	"""(payment, its row of the document, payable), the document locked before the payment, as claim and settle do it."""
	payable = owed.lock_payable(reference)
	payment = frappe.get_doc("Invoice Payment", reference.name, for_update=True)
	return payment, payment.row(reference.row), payable


def apply_built_in_update(reference) -> None:
	"""The built-in update, which a switch in Stripe Service Settings turns off: the books, and the state."""
	if not built_in():
		return
	if reference.name:
		if is_booked(reference.reference_doctype):
			# Those that are booked together, in the order in which everybody locks.
			lock_documents(documents_of(reference.name))
		payment, row, payable = _lock(reference)
		for booked in payable.post_to_ledger(payment, row):
			ledger.write_row(booked, booked_minor=cint(booked.settled_minor))
	owed.move_state(reference)


def fire_event(reference) -> None:
	"""The event, once for each change of what is settled."""
	if not reference.name:
		return
	payment, row, payable = _lock(reference)
	if cint(row.settled_minor) == cint(row.event_minor):
		return
	# Frappe forgets its list of enabled scripts before the script's change is committed, so that another process can write
	# the former list back; and the event comes only once.
	forget_server_scripts()
	doc = payable.doc
	doc.flags.stripe_payment = facts = facts_of(payment, row, payable, balance_of(payable, lock=True))
	doc.run_method("on_payment_authorized", facts.event_status)
	hook = "stripe_payment_succeeded" if facts.change_minor > 0 else "stripe_payment_reversed"
	for path in frappe.get_hooks(hook):
		frappe.get_attr(path)(doc, facts)
	marks = {"event_minor": cint(row.settled_minor)}
	if not built_in() or not payable.books:
		# From here on the document's own outstanding, where it keeps one, is the scripts' doing.
		marks["booked_minor"] = cint(row.settled_minor)
	ledger.write_row(row, **marks)


def update_work_items(reference) -> None:
	"""The work items, done by whoever paid."""
	owed.update_work_items(reference, last_payer(reference.reference_doctype, reference.reference_name))


STEPS = (owed.show_amounts, apply_built_in_update, fire_event, update_work_items)


def built_in() -> bool:
	"""Whether the built-in update of the document is switched on."""
	return bool(service_settings().built_in_after_payment)


def _mark(payment_name: str, **values) -> None:
	frappe.db.set_value("Invoice Payment", payment_name, values)


def _record(payment_name: str, mark: str | None, faults: dict[str, list[str]]) -> bool:
	"""Write how it went with each row; False if it was asked for anew meanwhile, so that it has to run once more."""
	return in_fresh_transaction(lambda: _write_outcome(payment_name, mark, faults))


def _write_outcome(payment_name: str, mark: str | None, faults: dict[str, list[str]]) -> bool:
	payment = frappe.get_doc("Invoice Payment", payment_name, for_update=True)
	if payment.after_payment_mark != mark:
		return False
	for row in payment.references:
		if row.name in faults:
			words = "\n\n".join(faults[row.name])
			ledger.write_row(
				row, after_payment_status=FAILED if words else DONE, after_payment_error=words or None
			)
	failed = [row for row in payment.references if row.after_payment_status == FAILED]
	_mark(
		payment_name,
		after_payment_status=FAILED if failed else DONE,
		after_payment_error=_errors_of(payment, failed) or None,
		after_payment_attempts=cint(payment.after_payment_attempts) + 1 if failed else 0,
	)
	if failed and not cint(payment.after_payment_attempts):
		_notify_administrators(payment)
	payment.reload()
	payment.notify_update()
	return True


def _errors_of(payment, failed: list) -> str:
	"""Of several documents, each error says which it is about."""
	several = len(payment.references) > 1
	return "\n\n".join(
		f"{row.reference_name}: {row.after_payment_error}" if several else row.after_payment_error
		for row in failed
	)


def _notify_administrators(payment) -> None:
	"""Once for a failure, however often it is tried: the payment itself says the rest."""
	notify_administrators(
		"Invoice Payment",
		payment.name,
		lambda: _(
			"The money of {0} is recorded, but what follows the payment failed. See After Payment Error, put it right"
			" and press Run After-Payment Again."
		).format(payment.name),
	)


def _in_words(step, fault: Exception) -> str:
	"""The step, the error and the lines of code it came from, without values of variables and without secrets."""
	names = {
		owed.show_amounts: _("The amounts of the document"),
		apply_built_in_update: _("Updating the document"),
		fire_event: _("The event On Payment Authorization"),
		update_work_items: _("The work items"),
		owed.cancel_what_is_not_owed: _("Cancelling what is no longer owed"),
	}
	text = f"{names[step]}: {_way_out(fault)}\n\n{frappe.get_traceback()}"
	return mask(text)[:20000]


def _way_out(fault: Exception) -> str:
	if type(fault).__name__ == "ServerScriptNotEnabled":
		return _(
			"a Server Script for this event is enabled, but Server Scripts are switched off on this bench. Disable the"
			" script, or have server_script_enabled set to 1 in common_site_config.json; then press Run After-Payment Again."
		)
	return str(fault) or type(fault).__name__
