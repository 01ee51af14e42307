"""customer.deleted: someone deleted a payer's Customer at Stripe, and its payment methods with it."""

import frappe

from stripe_service.webhooks.event import Event, Ignore


def deleted(event: Event) -> str:
	from stripe_service.accounts import customers

	if not frappe.db.exists("Stripe Customer", {"name": event.object_id, "stripe_account": event.account}):
		raise Ignore("Not one of this site's customers.")
	customers.mark_deleted(event.object_id)
	return f"{event.object_id}: {frappe.db.get_value('Stripe Customer', event.object_id, 'status')}"
