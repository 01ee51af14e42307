"""Fills a site with payments in every state, and tells what it holds and who may do what: for the move from 15 to 16.

A program of its own, because each bench has its own Python: python -m tests.install.every_state DO EMULATOR-URL ANSWER
(with BENCH and SITE). DO is `make`, `facts` or `go_on`; ANSWER is a JSON file, which `go_on` reads and writes.
"""

import json
import sys
from pathlib import Path

from tests.support import records, site
from tests.support.accounts import connect_emulator
from tests.support.jobs import drain
from tests.support.servers import control_client

UNIT, OTHER_UNIT = "/dev-v51/Branch A", "/dev-v51/Branch B"
OWN_ROLE = "Treasurers"
# Rights change their form on 16, sessions and defaults are Frappe's own.
TABLES = (
	"Portal Invoice", "Portal Invoice Item", "Invoice Payment", "Stripe Account", "Stripe Customer", "Saved Card",
	"Stripe Bank Account", "Stripe Event", "Organisation Unit", "Payable DocType", "Work Item Rule", "Workflow Action",
	"Workflow Action Permitted Role", "User Permission", "Has Role", "Workflow Document State", "Workflow Transition",
)  # fmt: skip
NOT_COMPARED = ("modified", "modified_by", "_seen", "_liked_by", "_comments", "_assign", "_user_tags")
# Rows that belong to Frappe and differ between its versions.
OURS = {
	"Has Role": {"parenttype": "User", "parent": ("like", "%@example.com")},
	"Workflow Document State": {"parent": "Invoice Payment"},
	"Workflow Transition": {"parent": "Invoice Payment"},
}


def make(url: str) -> dict:
	import frappe

	from tests.support.world import World  # it imports the app, which is possible once Frappe is connected

	connect_emulator(url)
	faker, emulator = records.make_faker(), control_client(url)
	for unit in (UNIT, OTHER_UNIT):
		records.make_unit(unit)
	world = World(emulator, url, faker, unit=UNIT)
	_make_treasurer(faker)
	records.make_payer(faker, unit=OTHER_UNIT)
	payments = {state: _pay_until(world, state) for state in STATES}
	drain()
	for state, payment in payments.items():
		assert frappe.db.get_value("Invoice Payment", payment, "status") == state, (state, payment)
	return payments


def _make_treasurer(faker) -> None:
	"""An administrator gave the right to pay to a role of the site's own, in Role Permission Manager."""
	import frappe
	from frappe.core.page.permission_manager import permission_manager

	frappe.get_doc(doctype="Role", role_name=OWN_ROLE, desk_access=1).insert(ignore_if_duplicate=True)
	for doctype, right in (("Invoice Payment", "create"), ("Portal Invoice", "read")):
		permission_manager.add(doctype, OWN_ROLE, 0)
		permission_manager.update(doctype, OWN_ROLE, 0, right, 1)
	frappe.db.commit()
	frappe.clear_cache()
	records.make_user(faker, roles=[OWN_ROLE], unit=UNIT)


def _paid(world, **how) -> str:
	invoice = world.make_invoice(total="100.00")
	payment = world.pay(invoice=invoice, **how)["payment"]
	drain()
	return payment


def _settled(payment: str) -> str:
	from stripe_service.payments.settle import settle

	settle(payment)
	drain()
	return payment


def _started(world) -> str:
	"""A claim whose worker got no further."""
	from stripe_service.payments.claim import PayRequest, claim

	invoice = world.make_invoice(total="100.00")
	with site.as_user(world.payer):
		return claim(
			PayRequest("Portal Invoice", invoice.name, "60.00", "card", world.payer, request_id="press")
		)[0]


def _processing(world) -> str:
	invoice = world.make_invoice(total="100.00")
	return world.pay_by_ach(world.add_bank_account(), invoice=invoice)["payment"]


def _cancelled(world) -> str:
	from stripe_service.api.pay import abandon

	payment = _paid(world, card="3ds_required")
	with site.as_user(world.payer):
		abandon(payment)
	return payment


def _refunded(world, amount: str | None) -> str:
	from stripe_service.api.refund import refund_payment

	payment = _paid(world)
	refund_payment(payment, amount)
	return _settled(payment)


def _disputed(world, lost: bool) -> str:
	import frappe

	payment = _paid(world)
	intent = frappe.db.get_value("Invoice Payment", payment, "payment_intent_id")
	dispute = world.emulator.dispute(intent)
	if lost:
		world.emulator.close_dispute(dispute.get("id") or dispute["dispute"], "lost")
	return _settled(payment)


STATES = {
	"Succeeded": lambda world: _paid(world, save=1),
	"Started": _started,
	"Action Required": lambda world: _paid(world, card="3ds_required", amount="40.00"),
	"Processing": _processing,
	"Failed": lambda world: _paid(world, card="declined"),
	"Cancelled": _cancelled,
	"Partly Refunded": lambda world: _refunded(world, "30.00"),
	"Refunded": lambda world: _refunded(world, None),
	"Disputed": lambda world: _disputed(world, lost=False),
	"Dispute Lost": lambda world: _disputed(world, lost=True),
}


def _pay_until(world, state: str) -> str:
	return STATES[state](world)


def facts(url: str) -> dict:
	"""Every row of the app's, and for each user which invoices and work items are seen and what may be paid."""
	import frappe

	rows = {doctype: _rows(doctype) for doctype in TABLES}
	users = frappe.get_all("User", filters={"name": ("like", "%@example.com")}, pluck="name", order_by="name")
	return {"rows": rows, "may": {user: _may(user) for user in users}}


def _rows(doctype: str) -> dict:
	import frappe

	rows = frappe.get_all(doctype, fields=["*"], filters=OURS.get(doctype), limit=0)
	return {row.name: {key: value for key, value in row.items() if key not in NOT_COMPARED} for row in rows}


def _may(user: str) -> dict:
	import frappe

	from stripe_service.access.pay import why_not_pay

	with site.as_user(user):
		seen = (
			sorted(frappe.get_list("Portal Invoice", pluck="name", limit=0))
			if _reads("Portal Invoice")
			else []
		)
		return {
			"invoices": seen,
			"work items": sorted(
				frappe.get_list("Workflow Action", filters={"status": "Open"}, pluck="name", limit=0)
			),
			"pays": [name for name in seen if not why_not_pay(frappe.get_doc("Portal Invoice", name))],
			"refunds": bool(frappe.has_permission("Invoice Payment", "write")),
		}


def _reads(doctype: str) -> bool:
	import frappe

	return bool(frappe.has_permission(doctype, "read"))


def go_on(url: str, payments: dict) -> dict:
	"""After the move: money that was under way arrives, and what was paid is refunded."""
	import frappe

	emulator = control_client(url)
	emulator.advance(days=6)
	_settled(payments["Processing"])
	from stripe_service.api.refund import refund_payment

	refund_payment(payments["Succeeded"], "10.00")
	_settled(payments["Succeeded"])
	fields = ["status", "settled_minor", "reference_name"]
	answer = {}
	for state in ("Processing", "Succeeded"):
		row = frappe.db.get_value("Invoice Payment", payments[state], fields, as_dict=True)
		invoice = frappe.db.get_value("Portal Invoice", row.reference_name, "workflow_state")
		answer[state] = [row.status, row.settled_minor, invoice]
	return answer


def main(what: str, url: str, path: Path) -> None:
	with site.connected() as frappe, site.not_in_test_mode():
		given = json.loads(path.read_text()) if what == "go_on" else None
		answer = go_on(url, given) if given else {"make": make, "facts": facts}[what](url)
		frappe.db.commit()
	path.write_text(json.dumps(answer, default=str, sort_keys=True))


if __name__ == "__main__":
	main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
