"""The Customer at Stripe that stands for one user of the site, one per account.

Two payments of a user may be the first at the same instant: one makes the Customer while the other waits for a file lock, and
the User's row is locked while the new row is inserted. A Customer is looked up at Stripe before it is made, because an
earlier answer may have been lost, or the site restored from a backup. So its idempotency key guards no more than one call, and is
drawn at random: nothing that it could be made of is sure to stay, for users are renamed, and their old address may be taken
by somebody else.

A Customer that was deleted leaves its row, which its payments go on pointing at.
"""

import frappe
from frappe import _
from frappe.utils import cint, now_datetime
from frappe.utils.file_lock import LockTimeoutError

from stripe_service.accounts.registration import open_payments
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors
from stripe_service.utils.locks import one_at_a_time
from stripe_service.utils.transaction import begin_fresh, in_fresh_transaction

DOCTYPE = "Stripe Customer"
ACTIVE = "Active"
DELETED = "Deleted"
REMOVED = "Removed"
SAVED_METHODS = ("Saved Card", "Stripe Bank Account")
# As long as one call may take, its retries included.
LOCK_SECONDS = 70


def customer_for(account: str, user: str) -> str:
	"""Name of the user's Stripe Customer (its id at Stripe), created there if missing, its name and e-mail kept in
	step with the User.

	Commits, and calls Stripe; so never inside a row lock. Raises gateway.errors and what gateway_for raises.
	"""
	known = _active(account, user)
	email, full_name = frappe.db.get_value("User", user, ["email", "full_name"])
	person = {"email": email or "", "name": full_name or user}
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


def mark_if_deleted(customer: str) -> None:
	"""Ask Stripe whether the Customer is gone, and mark it if it is. Commits. Raises gateway.errors."""
	account = frappe.db.get_value(DOCTYPE, customer, "stripe_account")
	try:
		gone = bool(gateway_for(account).call("customers.retrieve", customer).get("deleted"))
	except errors.NotFound:
		gone = True
	if gone:
		mark_deleted(customer)


def mark_deleted(customer: str, by: str | None = None) -> None:
	"""The Customer is gone at Stripe (by `by`, or there): mark the row, and with it go its saved cards and
	bank accounts. Commits. Does nothing for a row that is unknown or marked already."""
	in_fresh_transaction(lambda: _mark_deleted(customer, by))


def _mark_deleted(customer: str, by: str | None) -> None:
	row = frappe.db.get_value(DOCTYPE, customer, ["name", "status"], as_dict=True, for_update=True)
	if not row or row.status == DELETED:
		return
	doc = frappe.get_doc(DOCTYPE, customer)
	doc.write(status=DELETED, deleted_at=now_datetime(), deleted_by=by)
	gone = {"status": REMOVED, "removed_at": now_datetime(), "is_default": 0}
	for doctype in SAVED_METHODS:
		frappe.db.set_value(doctype, {"stripe_customer": customer, "status": ("!=", REMOVED)}, gone)


def _create(account: str, user: str, person: dict) -> str:
	try:
		with one_at_a_time("customer", account, user, timeout=LOCK_SECONDS):
			known = _active(account, user)
			if known:
				return known.name
			made = _find_or_make(gateway_for(account), user, person)
			return in_fresh_transaction(lambda: _insert(account, user, person, made))
	except LockTimeoutError:
		raise errors.Unreachable("Another request is making this Customer, and takes long.") from None


def _find_or_make(gateway, user: str, person: dict) -> dict:
	params = {**_given(person), "metadata": {"site": frappe.local.site, "user": user}}
	found = _find(gateway, user, person)
	if found:
		return found
	try:
		return _make(gateway, params)
	except errors.InvalidRequest as error:
		if not (error.is_about_email and "email" in params):
			raise
		# Stripe refuses addresses that others take. Its receipts are a courtesy, the payment is not.
		return _make(gateway, {name: value for name, value in params.items() if name != "email"})
	except errors.Unreachable as error:
		if not error.answered:
			raise
		# The request is over, and its key would be answered with the same fault for a day.
		return _find(gateway, user, person) or _make(gateway, params)


def _make(gateway, params: dict) -> dict:
	key = f"customer_{frappe.generate_hash(length=40)}"
	return gateway.call("customers.create", params=params, idempotency_key=key)


def _find(gateway, user: str, person: dict) -> dict | None:
	"""A Customer that was made for this user and is in no row: its answer was lost. One with a row is somebody's, who may
	have had this name before."""
	if not person["email"]:
		return None
	try:
		listed = gateway.list_all("customers.list", params={"email": person["email"]})
	except errors.PermissionMissing:
		return None  # a Customer too many does no harm
	for customer in listed:
		ours = customer.get("metadata") or {}
		if ours.get("site") == frappe.local.site and ours.get("user") == user:
			if not frappe.db.exists(DOCTYPE, customer["id"]):
				return customer
	return None


def _insert(account: str, user: str, person: dict, made: dict) -> str:
	# One after the other, whatever machine they run on; what was committed before is seen by the reads that follow.
	frappe.db.get_value("User", user, "name", for_update=True)
	known = _active(account, user)
	if known:
		return known.name
	doc = frappe.new_doc(DOCTYPE)
	return doc.write(
		stripe_account=account,
		user=user,
		full_name=person["name"],
		email=person["email"],
		stripe_customer_id=made["id"],
		status=ACTIVE,
		livemode=cint(made["livemode"]),
	).name


def _update(account: str, user: str, customer: str, person: dict) -> str:
	gateway = gateway_for(account)
	try:
		try:
			gateway.call("customers.update", customer, params=_given(person))
		except errors.InvalidRequest as error:
			if not error.is_about_email:
				raise
			gateway.call("customers.update", customer, params=_given({**person, "email": ""}))
	except errors.NotFound:
		# Deleted in the Stripe Dashboard, and the event has not come yet.
		mark_deleted(customer)
		return _create(account, user, person)
	except errors.GatewayError as error:
		# Name and address are for people to read: no reason not to pay. The next payment tries again.
		frappe.logger("stripe_service").warning(f"{customer}: not updated: {error}")
		return customer
	values = {"email": person["email"], "full_name": person["name"]}
	in_fresh_transaction(lambda: frappe.db.set_value(DOCTYPE, customer, values))
	return customer


def _active(account: str, user: str):
	filters = {"stripe_account": account, "user": user, "status": ACTIVE}
	return frappe.db.get_value(DOCTYPE, filters, ["name", "email", "full_name"], as_dict=True)


def _given(person: dict) -> dict:
	# Stripe takes an empty value for an order to unset, and refuses it where there is nothing to unset.
	return {field: value for field, value in person.items() if value}
