"""Fills the demo's site: units, users, invoices in every state, the emulator as Stripe account.

Run inside the site by scripts/demo, any number of times: it makes only what is missing, and pays through the app what
is to be Paid. Usage: demo_data.py SITE-URL EMULATOR-URL ANSWER.txt
"""

import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.support import records, site
from tests.support.accounts import connect_emulator, is_connected
from tests.support.paying import pay_by_card

ROOT_UNIT, BRANCH_A, BRANCH_B = "/dev-v51", "/dev-v51/Branch A", "/dev-v51/Branch B"
PAYER = ("Invoice Payers", "Stripe Payer")
CUSTOMER = "customer@demo.example"
PASSWORD = "demo"

# States that only a payment leads to, and where that starts.
WAY_TO = {"Paid": "To Be Paid", "Partly Paid": "To Be Paid"}
PART = "200.00"
SECONDS_FOR_WORKER = 60
# Days from today on which the invoices are due, in turn: some are overdue.
DUE_IN = (30, 14, -3, 21, 7)

# user, roles, unit, what to say about it
USERS = [
	("admin@demo.example", ("System Manager", "Script Manager", "Stripe Administrator"), None, "administrator: may do everything with Stripe"),
	("roles@demo.example", ("System Manager",), None, "role administrator: Role Permission Manager, User Permissions, workflow"),
	("viewer@demo.example", ("Stripe Viewer", "Stripe Reader"), None, "viewer: the Stripe workspace, read only"),
	("payer.a@demo.example", PAYER, BRANCH_A, "payer of Branch A"),
	("second.a@demo.example", PAYER, BRANCH_A, "another payer of Branch A"),
	("payer.b@demo.example", PAYER, BRANCH_B, "payer of Branch B"),
	("no.unit@demo.example", PAYER, None, "may pay, but belongs to no unit: sees no invoice"),
	("may.not.pay@demo.example", ("Invoice Payers",), BRANCH_A, "of Branch A, gets work items, but has no right to pay"),
	(CUSTOMER, ("Portal Payer",), None, "customer without a desk: pays what is billed to this address, at /payments"),
]  # fmt: skip

# unit, currency, total, state: To Be Paid is what there is most of, Paid ones are really paid
INVOICES = [
	(BRANCH_A, "USD", "1250.00", "Draft"),
	(BRANCH_A, "USD", "480.50", "To Be Paid"),
	(BRANCH_A, "USD", "99.99", "To Be Paid"),
	(BRANCH_A, "EUR", "310.00", "To Be Paid"),
	(BRANCH_A, "JPY", "45000", "To Be Paid"),
	(BRANCH_A, "KWD", "75.250", "To Be Paid"),
	(BRANCH_A, "USD", "640.00", "Partly Paid"),
	(BRANCH_A, "USD", "220.00", "Paid"),
	(BRANCH_A, "EUR", "87.40", "Paid"),
	(BRANCH_A, "USD", "15.00", "Cancelled"),
	(BRANCH_B, "USD", "2100.00", "Draft"),
	(BRANCH_B, "USD", "350.00", "To Be Paid"),
	(BRANCH_B, "EUR", "1999.95", "To Be Paid"),
	(BRANCH_B, "USD", "58.25", "Paid"),
	(ROOT_UNIT, "USD", "730.00", "To Be Paid"),
]  # fmt: skip


def main(url: str, emulator_url: str, answer: Path):
	"""Fill the site that SITE names, once, and write for scripts/demo who can log in and what to click."""
	with site.connected() as frappe:
		frappe.flags.in_test = False  # the demo is a site like any other
		# As Frappe's setup wizard leaves a site.
		frappe.db.set_single_value("System Settings", "enable_onboarding", 1)
		for unit in (ROOT_UNIT, BRANCH_A, BRANCH_B):
			records.make_unit(unit)
		faker = records.make_faker()
		for row in USERS:
			_make_user(faker, *row)
		if not is_connected(emulator_url):
			connect_emulator(emulator_url)
		_make_invoices(faker, emulator_url)
		_open_portal()
		frappe.db.commit()
	answer.write_text(_tell(url, emulator_url))


def _make_user(faker, email: str, roles: tuple, unit: str | None, _who: str):
	import frappe

	if not frappe.db.exists("User", email):
		records.make_user(faker, roles=roles, unit=unit, password=PASSWORD, email=email)


def _make_invoices(faker, emulator_url: str):
	import frappe

	for number, (unit, currency, total, state) in enumerate(INVOICES, 1):
		invoice_number = f"DEMO-{number:03d}"
		if not frappe.db.exists("Portal Invoice", {"invoice_number": invoice_number}):
			way = WAY_TO.get(state, state)
			due = frappe.utils.add_days(frappe.utils.nowdate(), DUE_IN[number % len(DUE_IN)])
			given = {"invoice_number": invoice_number, "due_date": due}
			records.make_invoice(faker, unit, total, currency, way, **given)
		if state in WAY_TO:
			_pay(frappe.get_doc("Portal Invoice", {"invoice_number": invoice_number}), state, emulator_url)


def _open_portal():
	"""For whoever is billed by e-mail, with an invoice each in USD, EUR and JPY for the customer."""
	import frappe

	row = frappe.get_doc("Payable DocType", "Portal Invoice")
	row.update({"portal_access": "Documents of Their Contacts", "portal_party_fieldname": "bill_to_email"})
	row.save()
	for number in ("DEMO-002", "DEMO-004", "DEMO-005"):
		frappe.db.set_value("Portal Invoice", {"invoice_number": number}, "bill_to_email", CUSTOMER)


def _pay(invoice, state: str, emulator_url: str):
	"""Through the app, as its payer would; not again if an earlier run did."""

	if invoice.paid_amount or invoice.reserved_amount:
		return
	payer = "payer.b@demo.example" if invoice.organisation_unit == BRANCH_B else "payer.a@demo.example"
	amount = str(invoice.total) if state == "Paid" else PART
	pay_by_card(invoice, amount, payer, emulator_url)
	_wait_for(invoice.name, state)


def _wait_for(invoice: str, state: str):
	"""The demo's worker does what follows a payment; here it is only waited for."""
	import frappe

	deadline = time.monotonic() + SECONDS_FOR_WORKER
	while time.monotonic() < deadline:
		frappe.db.rollback()
		reached = frappe.db.get_value("Portal Invoice", invoice, "workflow_state")
		if reached == state:
			return
		time.sleep(0.2)
	raise RuntimeError(f"{invoice} should be {state} by now and is {reached}: see demo.log and the Error Log")


def _tell(url: str, emulator_url: str) -> str:
	width = max(len(email) for email, *_ in USERS)
	tour = [
		"Log in as payer.a@demo.example: Payments shows what waits. Press Pay in a row (or open its work item, under Workflow Action).",
		"Card 4242 4242 4242 4242 succeeds, 4000 0000 0000 9995 is declined, 4000 0027 6000 3184 asks for 3-D Secure.",
		"Log in as second.a@demo.example: the work item of what payer.a paid is gone. As payer.b: Branch A is not there at all.",
		"Log in as viewer@demo.example and open the workspace Stripe: account, customers, payments.",
		"Log in as admin@demo.example: Stripe Account, Stripe Service Settings (with the checklist), refunds on a payment.",
	]
	lines = [
		f"\nThe demo runs: {url}",
		f"  (if your browser does not find it: echo '127.0.0.1 {urlsplit(url).hostname}' | sudo tee -a /etc/hosts)",
		f"The Stripe emulator's control page: {emulator_url}/emulator/\n",
		*(f"  {email:<{width}}  {PASSWORD}  {who}" for email, *_, who in USERS),
		"\nWhat to click:",
		*(f"  {number}. {line}" for number, line in enumerate(tour, 1)),
		"\nEnd it with: scripts/demo --stop",
	]
	return "\n".join(lines)


if __name__ == "__main__":
	main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
