"""The tables of who may do what (permissions/*.csv), each cell tried by a user who holds exactly that role.

docs/permissions.md is made of the same tables. "yes" means that the call gets past the rights: what it then says about
missing keys or a payment that is settled already is another test's affair.
"""

import csv
import importlib
import pkgutil
from pathlib import Path

import frappe
import pytest

from tests.support import records
from tests.support.records import add_reference, unique

HERE = Path(__file__).parent / "permissions"
ROLES = {
	"Guest": None,
	"Desk user": (),
	"Stripe Viewer": ("Stripe Viewer",),
	"Stripe Reader": ("Stripe Reader",),
	"Invoice Payers": ("Invoice Payers",),
	"Stripe Payer": ("Stripe Payer",),
	"Payer": ("Invoice Payers", "Stripe Payer"),
	"Stripe Administrator": ("Stripe Administrator",),
	"System Manager": ("System Manager",),
}
REQUEST_ID = "00000000-0000-4000-8000-000000000000"
RIGHTS = ("read", "write", "create", "delete")


def table(name: str) -> list[dict]:
	with open(HERE / f"{name}.csv", newline="") as file:
		return list(csv.DictReader(file))


class OneOfEverything:
	"""One of everything that a call could be about, and an account of its own that no key opens."""

	def __init__(self, faker, invoice_account):
		self.faker = faker
		self.root = records.make_unit("/" + unique("Company"))
		self.unit = records.make_unit(f"{self.root}/Branch A")
		self.positions = {
			"Own unit": self.unit,
			"Unit above": self.root,
			"Unit below": records.make_unit(f"{self.unit}/Team"),
			"Other unit": records.make_unit(f"{self.root}/Branch B"),
			"No unit": None,
		}
		self._users = {}
		self.somebody = records.make_payer(faker, unit=self.unit)
		self.invoice = records.make_invoice(faker, unit=self.unit)
		self.account = self._row("Stripe Account", account_name=unique("Matrix"), status="Not Connected")
		self.customer = self._row(
			"Stripe Customer",
			stripe_account=self.account,
			user=self.somebody,
			stripe_customer_id=unique("cus"),
			status="Active",
		)
		self.card = self._method("Saved Card")
		self.bank_account = self._method("Stripe Bank Account")
		self.event = self._row(
			"Stripe Event", event_type="charge.updated", status="Failed", stripe_account=self.account
		)
		self.finding = self._row(
			"Stripe Reconciliation Finding",
			stripe_account=self.account,
			kind="",
			status="Open",
			object_id=unique("pi"),
		)
		self.payment = self.payment_of(self.somebody)
		self.refund = self._row(
			"Stripe Refund",
			payment=self.payment,
			status="Failed",
			stripe_account=self.account,
			currency="USD",
			amount_minor=100,
			idempotency_key=unique("key"),
		)
		self.adjustment = self._row(
			"Payment Adjustment",
			kind="Written Off",
			status="Cancelled",
			reference_doctype="Portal Invoice",
			reference_name=self.invoice.name,
			currency="USD",
			amount_minor=100,
		)
		frappe.get_doc(
			doctype="File",
			file_name=f"{unique('file')}.txt",
			content="x",
			attached_to_doctype="Portal Invoice",
			attached_to_name=self.invoice.name,
			is_private=1,
		).insert()
		frappe.db.commit()

	def user(self, role: str, unit: str | None) -> str:
		if role == "Guest":
			return "Guest"
		if (role, unit) not in self._users:
			self._users[role, unit] = records.make_user(self.faker, roles=ROLES[role], unit=unit)
		return self._users[role, unit]

	def payment_of(self, user: str) -> str:
		"""A payment that failed long ago, so that nothing can happen to it any more."""
		payment = self._row(
			"Invoice Payment",
			reference_doctype="Portal Invoice",
			reference_name=self.invoice.name,
			organisation_unit=self.unit,
			user=user,
			status="Failed",
			stripe_account=self.account,
			currency="USD",
			amount=1,
			amount_minor=100,
			idempotency_key=unique("key"),
		)
		add_reference(payment)
		return payment

	def link_token(self) -> str:
		from stripe_service.payables.payable import open_payable
		from stripe_service.payments import links

		return links.token_of(links.make([open_payable(self.invoice)]))

	def automatic_payment(self) -> str:
		return self._row(
			"Automatic Payment",
			stripe_account=self.account,
			user=self.somebody,
			owner=self.somebody,
			status="Active",
			method_type="card",
			saved_card=self.card,
			currency="USD",
		)

	def _method(self, doctype: str) -> str:
		return self._row(
			doctype,
			stripe_account=self.account,
			stripe_customer=self.customer,
			user=self.somebody,
			owner=self.somebody,
			payment_method_id=unique("pm"),
			status="Active" if doctype == "Saved Card" else "Verified",
		)

	def _row(self, doctype: str, **values) -> str:
		"""As the app's own code writes it; no form could."""
		row = frappe.get_doc({"doctype": doctype, "name": unique(frappe.scrub(doctype)), **values})
		row.db_insert()
		return row.name


# call -> arguments; `everything` and the user who calls are known only then
ARGUMENTS = {
	"pay.open_form": lambda everything, user: ("Portal Invoice", everything.invoice.name),
	"pay.pay": lambda everything, user: ("Portal Invoice", everything.invoice.name, "1.00", "card", "ctoken_missing"),
	"pay.open_form_for_several": lambda everything, user: (
		[{"doctype": "Portal Invoice", "name": everything.invoice.name}],
	),
	"pay.pay_several": lambda everything, user: (
		[{"doctype": "Portal Invoice", "name": everything.invoice.name, "amount": "1.00"}],
		"card",
		"ctoken_missing",
	),
	"pay.payment_status": lambda everything, user: (everything.payment_of(user),),
	"pay.finish": lambda everything, user: (everything.payment_of(user),),
	"pay.abandon": lambda everything, user: (everything.payment_of(user),),
	"history.of_document": lambda everything, user: ("Portal Invoice", everything.invoice.name),
	"history.of_payment": lambda everything, user: (everything.payment,),
	"work_items.why_not_pay": lambda everything, user: ("Portal Invoice", everything.invoice.name),
	"work_items.reprocess": lambda everything, user: ("Portal Invoice", everything.invoice.name),
	"home.payer_home": lambda everything, user: (),
	"home.own_payments": lambda everything, user: (),
	"home.units_to_follow": lambda everything, user: (),
	"home.work_item_facts": lambda everything, user: ([everything.payment],),
	"methods.my_methods": lambda everything, user: (everything.account,),
	"methods.start_bank_account": lambda everything, user: (everything.account,),
	"methods.bank_account_confirmed": lambda everything, user: ("seti_of_somebody_else",),
	"methods.verify_bank_account": lambda everything, user: (everything.bank_account, "[32, 45]"),
	"methods.remove_method": lambda everything, user: (everything.card,),
	"methods.set_default": lambda everything, user: (everything.card,),
	"methods.refresh_bank_account": lambda everything, user: (everything.bank_account,),
	"automatic_payments.overview": lambda everything, user: (),
	"automatic_payments.consent_text": lambda everything, user: (everything.card, "USD", "1", "1", everything.unit),
	"automatic_payments.start": lambda everything, user: (everything.card, "USD", "1", "1", "I agree", everything.unit),
	"automatic_payments.finish": lambda everything, user: (everything.automatic_payment(),),
	"automatic_payments.stop": lambda everything, user: (everything.automatic_payment(),),
	"automatic_payments.stop_all": lambda everything, user: (),
	"payables.record_payment": lambda everything, user: ("Portal Invoice", everything.invoice.name, "1.00", "Barter"),
	"payables.write_off": lambda everything, user: ("Portal Invoice", everything.invoice.name, " "),
	"payables.cancel_adjustment": lambda everything, user: (everything.adjustment, " "),
	**{
		f"payment_links.{name}": lambda everything, user: ("Portal Invoice", everything.invoice.name)
		for name in ("get_link", "make_link", "revoke_link")
	},
	"pay_by_link.open_form": lambda everything, user: (everything.link_token(),),
	"pay_by_link.pay": lambda everything, user: (everything.link_token(), "ctoken_missing", REQUEST_ID, "1.00"),
	**{
		f"pay_by_link.{name}": lambda everything, user: (everything.link_token(), REQUEST_ID)
		for name in ("payment_status", "finish", "abandon")
	},
	"units.children": lambda everything, user: ("Organisation Unit", "", True),
	"units.add": lambda everything, user: (unique("Unit"), everything.unit),
	"account.connect": lambda everything, user: (everything.account, "pk_wrong", "sk_wrong"),
	"account.delete_customer": lambda everything, user: (everything.customer,),
	"account.make_missing": lambda everything, user: ("no such part",),
	"reconcile.close_finding": lambda everything, user: (everything.finding, " "),
	"reconcile.run": lambda everything, user: (everything.account, 1),
	"reconcile.outcome": lambda everything, user: (everything.account, 1),
	"webhook.retry": lambda everything, user: (everything.event,),
	"refund.try_again": lambda everything, user: (everything.refund,),
	**{
		f"account.{name}": lambda everything, user: (everything.account,)
		for name in (
			"refresh", "register_webhook", "rotate_webhook_secret", "confirm_binding", "remove_account", "key_report",
			"payout_destinations",
		)
	},
	**{
		f"account.{name}": lambda everything, user: ()
		for name in (
			"overview", "test_mode", "checklist", "received_this_month", "under_way", "needing_attention",
			"overdue", "not_yet_due",
		)  # fmt: skip
	},
	**{
		f"{name}": lambda everything, user: (everything.payment,)
		for name in ("refund.refund_payment", "refund.read_from_stripe", "refund.cancel_payment", "after_payment.run_again")
	},
}  # fmt: skip


@pytest.fixture(scope="module")
def everything(frappe_site, stripe_account, faker):
	frappe_site.set_user("Administrator")
	return OneOfEverything(faker, stripe_account)


@pytest.fixture(autouse=True)
def _on_the_stage(site):
	"""A fresh transaction, and Administrator, around each cell."""


def function(call: str):
	module, name = call.split(".")
	return getattr(importlib.import_module(f"stripe_service.api.{module}"), name)


def is_allowed(everything, user: str, call: str) -> bool:
	name, _space, whose = call.partition(" ")
	if "." not in name:
		return _is_shown(everything, user, name, whose)
	arguments = ARGUMENTS[name](everything, everything.somebody if whose == "other" else user)
	frappe.db.commit()
	frappe.set_user(user)
	try:
		frappe.is_whitelisted(function(name))
		function(name)(*arguments)
	except frappe.PermissionError:
		return False
	except Exception:
		return True
	finally:
		frappe.db.rollback()
		frappe.set_user("Administrator")
	return True


def _is_shown(everything, user: str, what: str, doctype: str) -> bool:
	where = {
		"Portal Invoice": {"name": everything.invoice.name},
		"Portal Invoice Item": {"parent": everything.invoice.name},
		"File": {"attached_to_name": everything.invoice.name},
		"Workflow Action": {"reference_name": everything.invoice.name},
		"Invoice Payment": {"name": everything.payment},
		"Invoice Payment Reference": {"parent": everything.payment},
		"Organisation Unit": {"name": everything.unit},
	}[doctype]
	frappe.set_user(user)
	try:
		if what != "list":
			return bool(frappe.has_permission(doctype, what, doc=where["name"]))
		parents = {
			"Portal Invoice Item": "Portal Invoice",
			"Invoice Payment Reference": "Invoice Payment",
		}
		parent = parents.get(doctype)
		return bool(frappe.get_list(doctype, filters=where, parent_doctype=parent))
	except frappe.PermissionError:
		return False
	finally:
		frappe.set_user("Administrator")


@pytest.mark.parametrize("row", table("calls"), ids=lambda row: row["Call"])
def test_who_may_call_what(everything, row):
	found = {
		role: is_allowed(everything, everything.user(role, everything.unit), row["Call"]) for role in ROLES
	}
	assert {role: "yes" if allowed else "no" for role, allowed in found.items()} == {
		role: row[role] for role in ROLES
	}


@pytest.mark.parametrize("row", table("positions"), ids=lambda row: f"{row['Who']}-{row['Call']}")
def test_who_may_do_what_from_which_unit(everything, row):
	found = {
		position: is_allowed(everything, everything.user(row["Who"], unit), row["Call"])
		for position, unit in everything.positions.items()
	}
	expected = {position: row[position] for position in everything.positions}
	assert {position: "yes" if allowed else "no" for position, allowed in found.items()} == expected


@pytest.mark.parametrize("row", table("doctypes"), ids=lambda row: row["DocType"])
def test_who_holds_which_right(everything, row):
	for role in list(row)[1:]:
		user = everything.user(role, everything.unit)
		rights = frappe.permissions.get_role_permissions(row["DocType"], user=user)
		own = "read" in rights.get("if_owner", {})
		held = [
			right + (" (own)" if own and right == "read" else "") for right in RIGHTS if rights.get(right)
		]
		assert (" ".join(held) or "-") == row[role], f"{role} on {row['DocType']}"


@pytest.mark.parametrize("row", table("levels"), ids=lambda row: row["DocType"])
def test_who_holds_permission_level_1(site, row):
	meta = frappe.get_meta(row["DocType"])
	assert {field.fieldname for field in meta.get_high_permlevel_fields()} == set(row["Fields"].split(", "))
	if meta.istable:  # the rows go by the rights on their document
		meta = frappe.get_meta(row["DocType"].removesuffix(" Reference"))
	for right, column in (("read", "Read by"), ("write", "Written by")):
		held = {rule.role for rule in meta.permissions if rule.permlevel == 1 and rule.get(right)}
		assert (", ".join(sorted(held)) or "-") == row[column]


def test_every_permission_level_is_in_the_table(site):
	ours = frappe.get_all("DocType", filters={"module": "Stripe Service"}, pluck="name")
	with_levels = {doctype for doctype in ours if frappe.get_meta(doctype).get_high_permlevel_fields()}
	assert with_levels == {row["DocType"] for row in table("levels")}


def test_every_call_of_the_app_is_in_the_table():
	from stripe_service import api

	listed = {row["Call"].split(" ")[0] for row in table("calls")} | {"webhook.receive"}
	there = set()
	for module in pkgutil.iter_modules(api.__path__):
		loaded = importlib.import_module(f"stripe_service.api.{module.name}")
		there |= {
			f"{module.name}.{name}"
			for name, value in vars(loaded).items()
			if getattr(value, "__module__", None) == loaded.__name__ and value in frappe.whitelisted
		}
	assert there == listed


def test_every_doctype_of_the_app_is_in_the_table(site):
	ours = frappe.get_all("DocType", filters={"module": "Stripe Service", "istable": 0}, pluck="name")
	assert {row["DocType"] for row in table("doctypes")} == set(ours)


def test_the_right_to_pay_is_given_and_taken_in_role_permission_manager(everything):
	from frappe.core.page.permission_manager import permission_manager

	from stripe_service.access.pay import why_not_pay

	payer = everything.user("Payer", everything.unit)
	assert why_not_pay(everything.invoice, payer) is None
	try:
		permission_manager.update("Invoice Payment", "Stripe Payer", 0, "create", 0)
		frappe.local.role_permissions = {}
		assert "right to pay" in why_not_pay(everything.invoice, payer)
		permission_manager.update("Invoice Payment", "Stripe Payer", 0, "create", 1)
		frappe.local.role_permissions = {}
		assert why_not_pay(everything.invoice, payer) is None
	finally:
		permission_manager.reset("Invoice Payment")
		frappe.db.commit()


def test_the_right_to_pay_is_given_to_a_role_of_ones_own(everything):
	from frappe.core.page.permission_manager import permission_manager

	from stripe_service.access.pay import has_right_to_pay, why_not_pay

	role = frappe.get_doc(doctype="Role", role_name=unique("Treasurers"), desk_access=1).insert().name
	treasurer = records.make_user(everything.faker, roles=[role], unit=everything.unit)
	assert "right to pay" in why_not_pay(everything.invoice, treasurer)
	try:
		for doctype, right in (("Invoice Payment", "create"), ("Portal Invoice", "read")):
			permission_manager.add(doctype, role, 0)
			permission_manager.update(doctype, role, 0, right, 1)
		frappe.local.role_permissions = {}
		if has_right_to_pay("Portal Invoice"):  # Frappe 16: a box of its own, and the message names it
			assert "tick Pay" in why_not_pay(everything.invoice, treasurer)
			permission_manager.update("Portal Invoice", role, 0, "pay", 1)
			frappe.local.role_permissions = {}
		assert why_not_pay(everything.invoice, treasurer) is None
	finally:
		for doctype in ("Invoice Payment", "Portal Invoice"):
			permission_manager.reset(doctype)
		frappe.db.commit()


def test_who_loses_the_box_pay_pays_no_more(everything):
	"""Frappe 16. Unticking the last one must close, not open: what counts is the box, not whether anybody has it."""
	from frappe.core.page.permission_manager import permission_manager

	from stripe_service.access.pay import has_right_to_pay, why_not_pay

	if not has_right_to_pay("Portal Invoice"):
		pytest.skip("this Frappe has no permission types (new in 16)")
	payer = everything.user("Payer", everything.unit)
	assert why_not_pay(everything.invoice, payer) is None
	try:
		for role in ("Stripe Payer", "Stripe Administrator"):
			permission_manager.update("Portal Invoice", role, 0, "pay", 0)
		frappe.local.role_permissions = {}
		assert "right to pay" in why_not_pay(everything.invoice, payer)
	finally:
		permission_manager.reset("Portal Invoice")
		frappe.db.commit()


def test_another_role_may_be_the_one_that_sees_all_units(everything):
	settings = frappe.get_doc("Stripe Service Settings")
	manager = everything.user("System Manager", None)
	assert frappe.has_permission("Portal Invoice", "read", doc=everything.invoice, user=manager)
	settings.db_set("unit_bypass_role", None)
	settings.clear_cache()
	try:
		assert not frappe.has_permission("Portal Invoice", "read", doc=everything.invoice, user=manager)
	finally:
		settings.db_set("unit_bypass_role", "System Manager")
		settings.clear_cache()
		frappe.db.commit()
