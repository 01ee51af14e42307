"""What the desk may do with Stripe accounts and customers; docs/api.md lists these calls."""

import frappe
from frappe import _

from stripe_service.accounts import (
	cards,
	customers,
	figures,
	key_permissions,
	latest_payouts,
	registration,
	webhook_endpoint,
)
from stripe_service.accounts import overview as overviews
from stripe_service.accounts import stripe_account as connections
from stripe_service.gateway import errors
from stripe_service.install import PARTS, make_what_is_missing
from stripe_service.setup import checklist as checklists

ACCOUNT = "Stripe Account"
CUSTOMER = "Stripe Customer"
PAYMENT = "Invoice Payment"
INVOICE = "Portal Invoice"
SETTINGS = "Stripe Service Settings"


@frappe.whitelist(methods=["POST"])
def connect(account: str, publishable_key: str, secret_key: str) -> dict:
	"""Register API keys with a Stripe Account, which is made if missing, and its webhook endpoint."""
	_check_account(account, "write" if frappe.db.exists(ACCOUNT, account) else "create")
	name = registration.connect_account(account, publishable_key, secret_key)
	return _state(name)


@frappe.whitelist(methods=["POST"])
def refresh(account: str) -> dict:
	"""Ask Stripe again for the account's details."""
	_check_account(account)
	_ask_stripe(lambda name: registration.refresh(name, by_hand=True), account)
	return _state(account)


@frappe.whitelist(methods=["POST"])
def register_webhook(account: str) -> dict:
	"""Register the webhook endpoint at Stripe, or bring it up to date."""
	_check_account(account)
	webhook_endpoint.register(account)
	return _state(account)


@frappe.whitelist(methods=["POST"])
def rotate_webhook_secret(account: str) -> dict:
	"""Give the webhook a new secret; the old one is taken for another 24 hours."""
	_check_account(account)
	registration.rotate_webhook_secret(account)
	return _state(account)


@frappe.whitelist(methods=["POST"])
def confirm_binding(account: str) -> dict:
	"""Let this site act at Stripe with the account's keys, although another site or host registered them."""
	_check_account(account)
	message = registration.confirm_binding(account)
	return {**_state(account), "message": message}


@frappe.whitelist(methods=["POST"])
def remove_account(account: str) -> dict:
	"""Forget the account's keys and delete its webhook endpoint; `message` is what remains to be done at Stripe."""
	_check_account(account)
	message = registration.remove_account(account)
	return {**_state(account), "message": message}


@frappe.whitelist(methods=["POST"])
def delete_customer(customer: str) -> dict:
	"""Delete a customer at Stripe; its payments stay."""
	# Nobody may write or delete the row itself; who may edit the account may delete its customers.
	_check_document(CUSTOMER, customer, "read")
	_check_account(frappe.db.get_value(CUSTOMER, customer, "stripe_account"))
	_ask_stripe(customers.delete_customer, customer)
	return {"customer": customer, "status": frappe.db.get_value(CUSTOMER, customer, "status")}


@frappe.whitelist(methods=["POST"])
def key_report(account: str) -> list[dict]:
	"""Which of the permissions that the app needs the account's restricted key has, as far as reading tells."""
	_check_account(account)
	return _ask_stripe(key_permissions.report, account)


@frappe.whitelist()
def payout_destinations(account: str) -> dict:
	"""Where the latest payouts went; read from Stripe, kept nowhere."""
	_check_account(account, "read")
	return _ask_stripe(latest_payouts.destinations, account)


@frappe.whitelist()
def overview() -> dict:
	"""The accounts that the user may read, for the workspace."""
	frappe.has_permission(ACCOUNT, "read", throw=True)
	return overviews.overview()


@frappe.whitelist()
def test_mode() -> bool:
	"""Whether test payments are taken here; no more than the pay form shows everyone who pays."""
	return overviews.test_mode()


@frappe.whitelist()
def checklist() -> list[dict]:
	"""What is set up and what is missing."""
	frappe.has_permission(SETTINGS, "read", throw=True)
	return checklists.checklist()


@frappe.whitelist(methods=["POST"])
def make_missing(part: str) -> list[dict]:
	"""Make a missing part of the set-up; returns the checklist as it then is."""
	frappe.has_permission(SETTINGS, "write", throw=True)
	if part not in PARTS:
		frappe.throw(_("There is no part {0} that can be made.").format(frappe.utils.escape_html(part)))
	make_what_is_missing(part)
	return checklists.checklist()


@frappe.whitelist()
def received_this_month(filters: str | list | dict | None = None) -> str:
	"""Number Card: what was received since the first of the month, net of refunds and disputes; HTML, a line per currency."""
	frappe.has_permission(PAYMENT, "read", throw=True)
	return cards.received_this_month()


@frappe.whitelist()
def under_way(filters: str | list | dict | None = None) -> str:
	"""Number Card: what is claimed and not settled yet; HTML, a line per currency."""
	frappe.has_permission(PAYMENT, "read", throw=True)
	return cards.under_way()


@frappe.whitelist()
def overdue(filters: str | list | dict | None = None) -> str:
	"""Number Card: what is outstanding on Portal Invoices whose due date has passed; HTML, a line per currency."""
	frappe.has_permission(INVOICE, "read", throw=True)
	return cards.overdue()


@frappe.whitelist()
def not_yet_due(filters: str | list | dict | None = None) -> str:
	"""Number Card: what is outstanding on the other Portal Invoices that wait for money; HTML, a line per currency."""
	frappe.has_permission(INVOICE, "read", throw=True)
	return cards.not_yet_due()


@frappe.whitelist()
def needing_attention(filters: str | list | dict | None = None) -> dict:
	"""Number Card: how many payments somebody has to look at (up to 1,000), and the list of the latest of them."""
	frappe.has_permission(PAYMENT, "read", throw=True)
	count, names = figures.needing_attention()
	return {
		"value": count,
		"fieldtype": "Int",
		"route": ["List", PAYMENT],
		"route_options": {"name": ["in", names or [""]]},
	}


def _check_account(account: str, permission: str = "write") -> None:
	if permission == "create":
		frappe.has_permission(ACCOUNT, "create", throw=True)
	else:
		_check_document(ACCOUNT, account, permission)


def _check_document(doctype: str, name: str, permission: str) -> None:
	"""Raises frappe.PermissionError and frappe.DoesNotExistError. An empty name would ask for the right to no document at all."""
	frappe.has_permission(doctype, permission, throw=True)
	frappe.get_doc(doctype, name).check_permission(permission)


def _ask_stripe(action, name: str):
	"""Stripe's refusals as messages that say what to do."""
	try:
		return action(name)
	except errors.AuthenticationFailed:
		frappe.throw(_("Stripe no longer accepts the secret key of this account. Enter a new one."))
	except errors.PermissionMissing:
		frappe.throw(
			_("The restricted key of this account lacks a permission for this. Check the key's permissions.")
		)
	except (errors.Unreachable, errors.RateLimited):
		frappe.throw(_("Stripe could not be reached, so nothing was changed. Try again in a moment."))
	except errors.GatewayError as error:
		frappe.throw(_("Stripe refused: {0}").format(frappe.utils.escape_html(error.message)))


def _state(account: str) -> dict:
	fields = ["name", "status", "mode", "stripe_account_id", "webhook_status", "webhook_message"]
	return frappe.db.get_value(ACCOUNT, account, fields, as_dict=True) or {
		"status": connections.NOT_CONNECTED
	}
