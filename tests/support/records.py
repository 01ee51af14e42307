"""Makes what a scenario needs: units, users, invoices. Each call commits, so that jobs and HTTP requests see it.

Nothing is cleaned up: names are unique, so that one scenario never meets another's records, and a failed one can be
looked at afterwards on the test site.
"""

import itertools
import os
import random
import re
from string import ascii_uppercase

from faker import Faker

WORKFLOW = "Invoice Payment"
PASSWORD = "Scenario-2024!"
PAYER_ROLES = ("Invoice Payers", "Stripe Payer")
BILLED = (
	"Roof repair", "Window cleaning", "Office cleaning", "Heating oil", "Garden care", "Lift inspection", "Printer paper",
	"Fire alarm check", "Carpet cleaning", "Waste collection", "Boiler service", "Snow clearing", "Parking spaces",
)  # fmt: skip

_serial = itertools.count(1)


def make_faker(seed: int = 20240229) -> Faker:
	"""Names and addresses that are the same in every run."""
	faker = Faker("en_US")
	faker.seed_instance(seed)
	return faker


def unique(word: str) -> str:
	"""A name that no other record of this site bears, of this run or an earlier one."""
	return f"{word}-{os.getpid()}-{next(_serial)}-{os.urandom(3).hex()}"


def make_unit(path: str | None = None) -> str:
	"""The Organisation Unit with this path, its parents made along with it; without a path a new one of its own."""
	import frappe

	path = path or f"/dev-v51/{unique('Branch')}"
	parent = None
	parts = path.strip("/").split("/")
	for depth, unit_name in enumerate(parts, 1):
		so_far = "/" + "/".join(parts[:depth])
		if not frappe.db.exists("Organisation Unit", so_far):
			frappe.get_doc(
				doctype="Organisation Unit",
				unit_name=unit_name,
				path=so_far,
				parent_organisation_unit=parent,
				is_group=1,
			).insert(ignore_permissions=True)
		parent = so_far
	frappe.db.commit()
	return path


def make_branch() -> str:
	"""A new unit, named as people name theirs: the first that is free of /dev-v51/Branch A, Branch B … Branch AA …"""
	letters = (
		"".join(name)
		for length in itertools.count(1)
		for name in itertools.product(ascii_uppercase, repeat=length)
	)
	return make_unit(first_free("Organisation Unit", (f"/dev-v51/Branch {letter}" for letter in letters)))


def first_free(doctype: str, names) -> str:
	"""The first of `names` that no row of the site bears."""
	import frappe

	return next(name for name in names if not frappe.db.exists(doctype, name))


def make_user(
	faker: Faker, roles=(), unit: str | None = None, password: str | None = None, email: str | None = None
) -> str:
	"""A desk user with these roles, and with a User Permission for the unit when one is given."""
	import frappe
	from frappe.utils.password import update_password

	first, last = faker.first_name(), faker.last_name()
	named = f"{first}.{last}".lower()
	more = (f"{named}{number}@example.com" for number in itertools.count(2))
	email = email or first_free("User", itertools.chain([f"{named}@example.com"], more))
	user = frappe.get_doc(
		doctype="User",
		email=email,
		first_name=first,
		last_name=last,
		send_welcome_email=0,
		user_type="System User",
		roles=[{"role": role} for role in roles],
	)
	user.flags.no_welcome_mail = True
	user.insert(ignore_permissions=True)
	if password:
		update_password(email, password)
	if unit:
		allow_unit(email, make_unit(unit))
	frappe.db.commit()
	return email


def allow_unit(user: str, unit: str):
	"""What a role administrator does in User Permissions: this user belongs to this unit, and the units below it."""
	allow(user, "Organisation Unit", unit)


def allow(user: str, doctype: str, name: str):
	"""A User Permission, as a role administrator makes it."""
	import frappe

	frappe.get_doc(
		doctype="User Permission",
		user=user,
		allow=doctype,
		for_value=name,
		apply_to_all_doctypes=1,
	).insert(ignore_permissions=True)
	frappe.db.commit()


def make_payer(faker: Faker, unit: str | None = None, roles=PAYER_ROLES, password: str = PASSWORD) -> str:
	"""A user who may pay in this unit. `unit=None` leaves out the User Permission, `roles` may leave out a role."""
	return make_user(faker, roles=roles, unit=unit, password=password)


def make_invoice(
	faker: Faker,
	unit: str | None = None,
	total: str | float = "100.00",
	currency: str = "USD",
	state: str = "To Be Paid",
	**fields,
):
	"""A Portal Invoice over `total` (major units) that the shipped Workflow's own actions brought to `state`.

	Paid and Partly Paid cannot be asked for: only a settled payment leads there.
	"""
	import frappe

	unit = make_unit(unit)
	enable_currency(currency)
	billed, company = faker.random_element(BILLED), fields.get("bill_to") or faker.company()
	values = {
		"doctype": "Portal Invoice",
		"title": f"{billed}, {faker.last_name()} Street",
		"bill_to": company,
		"bill_to_email": f"accounts@{re.sub('[^a-z]+', '-', company.lower()).strip('-') or 'company'}.example",
		"organisation_unit": unit,
		"invoice_number": f"{frappe.utils.nowdate()[:4]}-{random.randrange(10**6):06d}",
		"currency": currency,
		"due_date": frappe.utils.add_days(frappe.utils.today(), 30),
		"items": [{"description": fields.get("title") or billed, "quantity": 1, "rate": total}],
	} | fields
	invoice = frappe.get_doc(values).insert(ignore_permissions=True)
	move_to(invoice, state)
	frappe.db.commit()
	return frappe.get_doc("Portal Invoice", invoice.name)


def enable_currency(currency: str):
	import frappe

	if not frappe.db.get_value("Currency", currency, "enabled"):
		frappe.db.set_value("Currency", currency, "enabled", 1)


def move_to(doc, state: str, workflow: str = WORKFLOW):
	"""Apply the Workflow's actions, by the shortest way, until the document is in this state."""
	from frappe.model.workflow import apply_workflow

	for action in _actions_between(workflow, doc.workflow_state, state):
		doc = apply_workflow(doc, action)
	return doc


def _actions_between(workflow: str, start: str, goal: str) -> list[str]:
	import frappe

	if start == goal:
		return []
	transitions = frappe.get_doc("Workflow", workflow).transitions
	ways = {start: []}
	frontier = [start]
	for state in frontier:
		for transition in transitions:
			if transition.state == state and transition.next_state not in ways:
				ways[transition.next_state] = [*ways[state], transition.action]
				frontier.append(transition.next_state)
	if goal not in ways:
		raise ValueError(f"The workflow {workflow} has no way from {start} to {goal}.")
	return ways[goal]


def make_outgoing_account():
	"""The site's default outgoing account, without which Frappe can't even write a mail. Nothing is sent."""
	import frappe

	if frappe.db.exists("Email Account", {"default_outgoing": 1, "enable_outgoing": 1}):
		return
	frappe.db.delete("Email Account", {"name": "Scenarios"})  # that a test left switched off
	frappe.get_doc(
		doctype="Email Account", email_account_name="Scenarios", email_id="scenarios@example.com",
		enable_outgoing=1, default_outgoing=1, smtp_server="127.0.0.1", no_smtp_authentication=1,
	).db_insert()  # fmt: skip  # a save would try to reach the server
	frappe.db.commit()


def add_reference(payment: str) -> str:
	"""The row of a payment that was written as a row alone: its one document, as the payment itself names it."""
	import frappe

	facts = (
		"reference_doctype",
		"reference_name",
		"reference_title",
		"organisation_unit",
		"amount",
		"amount_minor",
	)
	row = frappe.get_doc(
		{
			**frappe.db.get_value("Invoice Payment", payment, facts, as_dict=True),
			"doctype": "Invoice Payment Reference",
			"parent": payment,
			"parenttype": "Invoice Payment",
			"parentfield": "references",
			"idx": 1,
		}
	)
	row.set_new_name()
	row.db_insert()
	return row.name


def make_portal_user(make_user, roles=("Portal Payer",), **given) -> str:
	return make_user(roles=roles, password=PASSWORD, **given)


def make_contact(user: str, links=(), made_by: str = "Administrator") -> str:
	"""A Contact that names the user and links to these (DocType, name), made by that user as anybody may make one."""
	import frappe

	from tests.support.site import as_user

	with as_user(made_by):
		contact = frappe.get_doc(
			doctype="Contact",
			first_name="Portal",
			user=user,
			links=[{"link_doctype": doctype, "link_name": name} for doctype, name in links],
		).insert()
		frappe.db.commit()
	return contact.name
