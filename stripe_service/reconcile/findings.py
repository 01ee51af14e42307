"""What the reconciler can't decide: a row for each thing, with its reason, told to administrators once.

Once means: when it is found, and together with what was found beside it. Keys of another account, entered by mistake,
make a finding of every payment, and must not make a message of each.
"""

import hashlib

import frappe
from frappe import _
from frappe.utils import now_datetime

from stripe_service.accounts.jobs import Report
from stripe_service.gateway import money
from stripe_service.utils.notices import notify_administrators
from stripe_service.utils.plain_text import as_text
from stripe_service.utils.transaction import in_fresh_transaction

DOCTYPE = "Stripe Reconciliation Finding"
UNKNOWN_HERE = "Charge Without a Payment Here"
MISSING_AT_STRIPE = "Payment Without a Charge at Stripe"
OPEN = "Open"
SETTLED = "Settled"


def record_finding(
	report: Report,
	kind: str,
	object_id: str,
	reason: str,
	payment: str | None = None,
	amount_minor: int = 0,
	currency: str | None = None,
) -> str:
	"""Record a finding, or that it is still so; returns its name. `amount_minor` in minor units of `currency`. Commits.

	What an administrator has settled by hand stays settled.
	"""
	report.findings.append(reason)
	name = _name(kind, report.account, object_id)

	def record() -> None:
		if frappe.db.exists(DOCTYPE, name):
			frappe.db.set_value(DOCTYPE, name, {"last_seen_at": now_datetime(), "reason": as_text(reason)})
			return
		values = {
			"kind": kind,
			"object_id": object_id,
			"reason": as_text(reason),
			"invoice_payment": payment,
		}
		_insert(name, report.account, values, amount_minor, currency)

	in_fresh_transaction(record)
	return name


def _insert(name: str, account: str, values: dict, amount_minor: int, currency: str | None) -> None:
	finding = frappe.new_doc(DOCTYPE, **values)
	finding.name = name
	finding.update({"stripe_account": account, "status": OPEN, "found_at": now_datetime()})
	finding.last_seen_at = finding.found_at
	if currency and frappe.db.exists("Currency", currency):
		finding.update({"currency": currency, "amount": money.from_minor(amount_minor, currency)})
	finding.flags.by_stripe_service = True
	finding.insert(ignore_permissions=True, set_name=name)


def notify_new(account: str) -> None:
	"""Tell administrators of the account's findings that they were not told of, in one notice however many they are.
	Commits."""

	def notify() -> None:
		filters = {"stripe_account": account, "status": OPEN, "notified": 0}
		new = frappe.get_all(DOCTYPE, filters, ["name", "reason"], order_by="creation")
		if new:
			notify_administrators(DOCTYPE, new[0].name, _in_one(account, new))
		for finding in new:
			frappe.db.set_value(DOCTYPE, finding.name, "notified", 1, update_modified=False)

	in_fresh_transaction(notify)


def _in_one(account: str, new: list[frappe._dict]) -> str:
	if len(new) == 1:
		return new[0].reason
	return _(
		"This site and the Stripe account {1} differ on {0} things, which you have to decide. The first: {2}"
	).format(len(new), account, new[0].reason)


def _name(kind: str, account: str, object_id: str) -> str:
	"""One row for one thing, however often it is found."""
	return hashlib.sha256(f"{kind}\n{account}\n{object_id}".encode()).hexdigest()[:16]


def missing_at_stripe(report: Report, payment_name: str) -> str:
	"""Stripe does not know a payment's PaymentIntent. Commits."""
	payment = frappe.db.get_value(
		"Invoice Payment",
		payment_name,
		["payment_intent_id", "status", "amount_minor", "currency"],
		as_dict=True,
	)
	reason = _(
		"The payment {0} is {1} here, but the Stripe account {2} has no PaymentIntent {3}. Were the keys of another account entered, or test data deleted?"
	).format(payment_name, payment.status, report.account, payment.payment_intent_id)
	return record_finding(
		report,
		MISSING_AT_STRIPE,
		payment.payment_intent_id,
		reason,
		payment=payment_name,
		amount_minor=payment.amount_minor,
		currency=payment.currency,
	)


def close_if_over(account: str, is_over) -> list[str]:
	"""Settle the account's open findings of which `is_over(finding)` says that they are; returns what they were about.
	Commits."""
	closed = []
	for finding in frappe.get_all(
		DOCTYPE, filters={"stripe_account": account, "status": OPEN}, fields=["name", "kind", "object_id"]
	):
		if is_over(finding):
			close_finding(finding.name, _("No longer the case."))
			closed.append(f"{finding.kind}: {finding.object_id}")
	return closed


def close_finding(name: str, note: str) -> None:
	"""Close a finding. The caller checks permission. Commits."""
	values = {
		"status": SETTLED,
		"settled_at": now_datetime(),
		"settled_by": frappe.session.user,
		"note": as_text(note),
	}
	in_fresh_transaction(lambda: frappe.db.set_value(DOCTYPE, name, values))
