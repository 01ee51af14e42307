"""mandate.updated: a payer's agreement to debits ended, usually because the bank returned one as not authorised."""

import frappe

from stripe_service.webhooks.event import Event, Ignore


def changed(event: Event) -> str:
	from stripe_service.methods import bank_accounts

	name = _bank_account(event)
	if not name:
		raise Ignore("Not the mandate of one of this site's bank accounts.")
	bank_accounts.sync(name)
	return f"{name}: {frappe.db.get_value('Stripe Bank Account', name, 'status')}"


def _bank_account(event: Event) -> str | None:
	own = {"stripe_account": event.account}
	method = event.related("payment_method")
	return frappe.db.get_value("Stripe Bank Account", {"mandate_id": event.object_id, **own}) or (
		method and frappe.db.get_value("Stripe Bank Account", {"payment_method_id": method, **own})
	)
