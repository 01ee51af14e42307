"""payment_method.*: a saved card was renewed by its bank, a bank account blocked, or either removed elsewhere."""

import frappe

from stripe_service.webhooks.event import Event, Ignore


def changed(event: Event) -> str:
	found = {"payment_method_id": event.object_id, "stripe_account": event.account}
	if card := frappe.db.get_value("Saved Card", found):
		from stripe_service.methods import cards

		cards.refresh(card)
		return f"{card}: {frappe.db.get_value('Saved Card', card, 'status')}"
	if bank_account := frappe.db.get_value("Stripe Bank Account", found):
		from stripe_service.methods import bank_accounts

		bank_accounts.sync(bank_account)
		return f"{bank_account}: {frappe.db.get_value('Stripe Bank Account', bank_account, 'status')}"
	raise Ignore("Not saved here.")
