"""setup_intent.*: a bank account that a payer is adding was verified, failed, or waits for micro-deposits."""

import frappe

from stripe_service.webhooks.event import Event, Ignore


def changed(event: Event) -> str:
	from stripe_service.methods import bank_accounts

	name = frappe.db.get_value(
		"Stripe Bank Account", {"setup_intent_id": event.object_id, "stripe_account": event.account}
	)
	if not name:
		raise Ignore("Not one of this site's bank accounts.")
	bank_accounts.sync(name)
	return f"{name}: {frappe.db.get_value('Stripe Bank Account', name, 'status')}"
