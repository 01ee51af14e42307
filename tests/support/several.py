"""A payer who pays several invoices by one payment, and what becomes of each."""

import json

import frappe

from stripe_service.api import pay as pay_api
from stripe_service.payments.settle import settle_intent
from tests.support.accounts import ACCOUNT
from tests.support.paying import confirmation_token

ROW = "Invoice Payment Reference"


def documents(*wanted) -> str:
	"""`wanted` are (invoice, amount)."""
	return json.dumps(
		[{"doctype": invoice.doctype, "name": invoice.name, "amount": amount} for invoice, amount in wanted]
	)


def pay_several(
	world, *wanted, saved_method=None, method_type="card", card="visa", user=None, **more
) -> dict:
	"""Pay these (invoice, amount) by one payment: by a new card, or by what is saved."""
	with world.as_user(user or world.payer):
		token = None if saved_method else confirmation_token(world.url, card)
		return pay_api.pay_several(
			documents(*wanted), method_type, confirmation_token=token, saved_method=saved_method, **more
		)


def payment_of(outcome):
	frappe.db.rollback()
	return frappe.get_doc("Invoice Payment", outcome["payment"])


def hear(world, outcome):
	"""What a webhook about the payment leads to; returns the Invoice Payment."""
	settle_intent(ACCOUNT, payment_of(outcome).payment_intent_id)
	world.drain()
	return payment_of(outcome)


def settled(payment) -> list[int]:
	return [row.settled_minor for row in payment.references]


def owed(*invoices) -> list[float]:
	frappe.db.rollback()
	return [frappe.db.get_value("Portal Invoice", one.name, "outstanding_amount") for one in invoices]


def states(*invoices) -> list[str]:
	frappe.db.rollback()
	return [frappe.db.get_value("Portal Invoice", one.name, "workflow_state") for one in invoices]


def check_adds_up(payment) -> None:
	"""The rows are the payment, to the minor unit."""
	for field in ("amount_minor", "received_minor", "refunded_minor", "settled_minor", "unallocated_minor"):
		assert sum(row.get(field) for row in payment.references) == payment.get(field), field
	reserved = sum(row.reserved_minor for row in payment.references)
	assert reserved == (payment.amount_minor if payment.is_open else 0)
