"""The Customer at Stripe that stands for one user of the site, one per account.

Two payments of a user may be the first at the same instant. Both then ask Stripe under the same idempotency key, and so
are answered with the same Customer, and the unique `active_key` lets one row of it be inserted. A Customer that was
deleted leaves its row, which its payments go on pointing at, and frees the key for the next.
"""

import hashlib
import json

import frappe
from frappe import _
from frappe.utils import cint, now_datetime

from stripe_service.accounts.registration import open_payments
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors
from stripe_service.utils.transaction import begin_fresh, in_fresh_transaction

DOCTYPE = "Stripe Customer"
ACTIVE = "Active"
DELETED = "Deleted"
REMOVED = "Removed"
SAVED_METHODS = ("Saved Card", "Stripe Bank Account")


def customer_for(account: str, user: str) -> str:
	"""Name of the user's Stripe Customer (its id at Stripe), created there if missing, its name and e-mail kept in
	step with the User.

	Commits, and calls Stripe; so never inside a row lock. Raises gateway.errors and what gateway_for raises.
	"""
	known = _active(account, user)
	person = _person(user)
	if not known:
		return _create(account, user, person)
	if known.email == person["email"] and known.full_name == person["name"]:
		return known.name
	return _update(account, user, known.name, person)


def delete_customer(customer: str) -> None:
	"""Delete the Customer at Stripe, and mark the row and its saved methods; the payments stay. Commits.

	Refused (frappe.ValidationError) while a payment of the customer is open. Where Stripe can't be reached nothing is
	changed (gateway.errors). A Customer that is gone at Stripe already is only marked. No permission is checked here.
	"""
	account, status = frappe.db.get_value(DOCTYPE, customer, ["stripe_account", "status"])
	if status == DELETED:
		return
	still_open = open_payments(stripe_customer=customer)
	begin_fresh()  # lets go of the locks of that count
	if still_open:
		frappe.throw(
			_(
				"{0} payments of this customer are still open. Wait until they are settled, or cancel them."
			).format(still_open),
			title=_("Customer not deleted"),
		)
	try:
		gateway_for(account).call("customers.delete", customer)
	except errors.NotFound:
		pass
	mark_deleted(customer, by=frappe.session.user)


def mark_deleted(customer: str, by: str | None = None) -> None:
	"""The Customer is gone at Stripe (by `by`, or there): mark the row, free its key, and with it go its saved cards
	and bank accounts. Commits. Does nothing for a row that is unknown or marked already."""
	in_fresh_transaction(lambda: _mark_deleted(customer, by))


def _mark_deleted(customer: str, by: str | None) -> None:
	row = frappe.db.get_value(DOCTYPE, customer, ["name", "status"], as_dict=True, for_update=True)
	if not row or row.status == DELETED:
		return
	doc = frappe.get_doc(DOCTYPE, customer)
	doc.write(status=DELETED, deleted_at=now_datetime(), deleted_by=by, active_key=None)
	gone = {"status": REMOVED, "removed_at": now_datetime(), "is_default": 0}
	for doctype in SAVED_METHODS:
		frappe.db.set_value(doctype, {"stripe_customer": customer, "status": ("!=", REMOVED)}, gone)


def _create(account: str, user: str, person: dict) -> str:
	params = {**_told(person), "metadata": {"site": frappe.local.site, "user": user}}
	key = _idempotency_key(account, user, params)
	made = gateway_for(account).call("customers.create", params=params, idempotency_key=key)
	return in_fresh_transaction(lambda: _insert(account, user, person, made))


def _insert(account: str, user: str, person: dict, made: dict) -> str:
	doc = frappe.new_doc(DOCTYPE)
	doc.update(
		{
			"stripe_account": account,
			"user": user,
			"full_name": person["name"],
			"email": person["email"],
			"stripe_customer_id": made["id"],
			"status": ACTIVE,
			"livemode": cint(made["livemode"]),
			"active_key": _active_key(account, user),
		}
	)
	try:
		frappe.db.savepoint("stripe_customer")
		doc.write()
	except (frappe.DuplicateEntryError, frappe.UniqueValidationError):
		frappe.db.rollback(save_point="stripe_customer")
		frappe.clear_last_message()
		# A locking read: a plain one may still be blind to the row that was in the way.
		return _active(account, user, for_update=True).name
	return doc.name


def _update(account: str, user: str, customer: str, person: dict) -> str:
	try:
		gateway_for(account).call("customers.update", customer, params=_told(person))
	except errors.NotFound:
		# Deleted in the Stripe Dashboard, and the event has not come yet.
		mark_deleted(customer)
		return _create(account, user, person)
	values = {"email": person["email"], "full_name": person["name"], "active_key": _active_key(account, user)}
	in_fresh_transaction(lambda: frappe.db.set_value(DOCTYPE, customer, values))
	return customer


def _active(account: str, user: str, for_update: bool = False):
	filters = {"stripe_account": account, "user": user, "status": ACTIVE}
	return frappe.db.get_value(
		DOCTYPE, filters, ["name", "email", "full_name"], as_dict=True, for_update=for_update
	)


def _person(user: str) -> dict:
	email, full_name = frappe.db.get_value("User", user, ["email", "full_name"])
	return {"email": email or "", "name": full_name or user}


def _told(person: dict) -> dict:
	# Stripe takes an empty value for an order to unset, and refuses it where there is nothing to unset.
	return {field: value for field, value in person.items() if value}


def _active_key(account: str, user: str) -> str:
	"""One per account and user; a hash, because the two together may be longer than a column."""
	return hashlib.sha256(json.dumps([account, user]).encode()).hexdigest()[:40]


def _idempotency_key(account: str, user: str, params: dict) -> str:
	"""The same for two calls that want the same Customer: the same installation's account, user and details, and as
	many deleted ones before it."""
	deleted = frappe.db.count(DOCTYPE, {"stripe_account": account, "user": user, "status": DELETED})
	wanted = json.dumps([frappe.local.site, account, user, deleted, params], sort_keys=True)
	return "customer_" + hashlib.sha256(wanted.encode()).hexdigest()[:40]
