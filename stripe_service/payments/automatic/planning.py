"""What becomes due, and who is told before it pays itself.

A document gets its row and its notice in one transaction; the row's key is made of the Automatic Payment, the document and its
due date, so that a second run, or a second worker, announces nothing twice. It is paid on its due date, or so many days after
the notice if that is later.
"""

import hashlib

import frappe
from frappe import _
from frappe.utils import add_days, getdate, nowdate

from stripe_service.accounts.jobs import Report
from stripe_service.gateway import money
from stripe_service.payables import registry
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import load_payable
from stripe_service.payments.automatic import agreements, settings, telling
from stripe_service.payments.automatic.scope import owing
from stripe_service.stripe_service.doctype.automatic_payment.automatic_payment import ACTIVE
from stripe_service.stripe_service.doctype.scheduled_payment.scheduled_payment import ANNOUNCED, OPEN
from stripe_service.utils.dates import date_in_words
from stripe_service.utils.labels import money_in_words
from stripe_service.utils.language import language_of
from stripe_service.utils.transaction import in_fresh_transaction

DOCTYPE = "Scheduled Payment"
# Of one Automatic Payment and DocType in one run.
BATCH = 500


def announce_all(day=None) -> None:
	"""Announce what becomes due within the days of notice; `day` stands for today. Commits. A fault of one Automatic Payment stops
	no other."""
	if not settings.switched_on():
		return
	day = getdate(day or nowdate())
	report = Report("automatic payments")
	# The first that was agreed to pays a document that several would.
	active = frappe.get_all(
		agreements.DOCTYPE, filters={"status": ACTIVE}, order_by="creation asc", pluck="name"
	)
	for name in active:
		report.each(name, lambda name=name: announce(name, day))


def announce(name: str, day) -> list[str]:
	"""Announce what one Automatic Payment will pay; returns the names of the new rows. Commits."""
	agreement = frappe.get_doc(agreements.DOCTYPE, name)
	if agreement.status != ACTIVE:
		return []
	if not frappe.db.get_value("User", agreement.user, "enabled"):
		agreements.stop_for_disabled(agreement)
		return []
	if agreements.why_method_unusable(agreement):
		agreements.stop(name, lambda: agreements.why_method_unusable(agreement))
		return []
	found = [
		(config.document_type, row.name)
		for config in registry.get_all_configs().values()
		if config.enabled
		for row in _becoming_due(agreement, config, day)
	]
	made = [in_fresh_transaction(lambda one=one: _announce(agreement, *one, day)) for one in found]
	made = [row for row in made if row]
	for row in made:
		telling.mark_told(row)
	return made


def _becoming_due(agreement, config, day) -> list:
	"""Those of `owing` that become due by then and have no row yet."""
	by = frappe.db.escape(str(add_days(day, agreement.notice_days)), percent=False)
	due = f"date(`tab{config.document_type}`.`{config.due_date_fieldname}`)"
	documents = owing(agreement, config, f"{due} <= {by}", _without_row(agreement, config, due))
	return documents.first_due(BATCH) if documents else []


def _without_row(agreement, config, due: str) -> str:
	doctype = frappe.db.escape(config.document_type, percent=False)
	name = frappe.db.escape(agreement.name, percent=False)
	still_open = ", ".join(frappe.db.escape(status, percent=False) for status in OPEN)
	return f"""not exists (
		select 1 from `tabScheduled Payment` scheduled
		where scheduled.reference_doctype = {doctype}
			and scheduled.reference_name = `tab{config.document_type}`.`name`
			and (scheduled.status in ({still_open})
				or (scheduled.automatic_payment = {name} and scheduled.due_on = {due}))
	)"""


def _announce(agreement, doctype: str, name: str, day) -> str | None:
	payable = load_payable(doctype, name)
	due_on = getdate(payable.due_date)
	key = key_of(agreement.name, doctype, name, due_on)
	# Another worker was faster; of those that are at it in this instant, the second is refused by the key.
	if frappe.db.exists(DOCTYPE, key):
		return None
	row = frappe.new_doc(DOCTYPE)
	row.update(
		{
			"schedule_key": key,
			"automatic_payment": agreement.name,
			"user": agreement.user,
			"reference_doctype": doctype,
			"reference_name": name,
			"reference_title": payable.title,
			"currency": payable.currency,
			"due_on": due_on,
			"attempts": 0,
		}
	)
	try:
		announce_row(row, agreement, payable, day)
	except frappe.DuplicateEntryError:
		frappe.clear_messages()
		return None
	return key


def announce_row(row, agreement, payable, day) -> None:
	"""Write on `row` what will be paid and when, and tell its payer; for a new row, and for one whose amount has grown or whose
	day has passed while nothing ran. Does not commit."""
	balance = outstanding_of(payable)
	owed = {"amount_minor": balance, "amount": float(money.from_minor(balance, payable.currency))}
	with language_of(row.user):
		above = agreements.why_above_each(agreement, balance)
	if above:  # said now, while there is time to pay it otherwise
		telling.skip(row, above, **owed)
		return
	pay_on = max(row.due_on, getdate(add_days(day, agreement.notice_days)))
	telling.record(
		row,
		lambda: _(
			"{0} ({1}) will be paid automatically on {2} with {3}: {4}. Stop it on the page My Payment Methods."
		).format(
			row.reference_title,
			payable.name,
			date_in_words(pay_on),
			agreement.method_label,
			money_in_words(balance, payable.currency),
		),
		status=ANNOUNCED,
		**owed,
		next_attempt_on=pay_on,
		reason=None,
	)


def outstanding_of(payable) -> int:
	"""What is neither paid nor under way, in minor units."""
	return balance_of(payable, lock=False).available_minor


def key_of(agreement: str, doctype: str, name: str, due_on) -> str:
	"""Names one document that becomes due on one day, for one Automatic Payment."""
	return hashlib.sha256(f"{agreement}\n{doctype}\n{name}\n{due_on}".encode()).hexdigest()[:32]
