"""Links to Stripe's Dashboard for the desk's forms: for whoever may read the Stripe Account, and for nobody else."""

import frappe
from frappe import _

from stripe_service.gateway import dashboard

_LABELS = {
	dashboard.HOME: "Stripe Dashboard",
	dashboard.PAYMENT: "Payment",
	dashboard.CUSTOMER: "Customer",
	dashboard.DISPUTE: "Dispute",
	dashboard.PAYOUT: "Payout",
	dashboard.EVENT: "Event",
}


def set_dashboard_links(doc, account: str | None, livemode: bool, ids: dict[str, str | None]) -> None:
	"""Set `__onload.open_in_stripe` of `doc`: a list of {label, url}, one for each id that there is, and for HOME. `ids`: kind (a word of
	gateway.dashboard) -> Stripe's id. Nothing for a user who may not read `account`, and no query for them."""
	if not account or not may_read_account(account):
		return
	account_id = frappe.db.get_value("Stripe Account", account, "stripe_account_id")
	links = [
		{"label": _(_LABELS[kind]), "url": dashboard.address(kind, stripe_id, account_id, livemode)}
		for kind, stripe_id in ids.items()
		if stripe_id or kind == dashboard.HOME
	]
	if links:
		doc.set_onload("open_in_stripe", links)


def may_read_account(account: str) -> bool:
	"""Whether the session user may read the Stripe Account. False as well for one that is gone."""
	if not frappe.has_permission("Stripe Account", "read"):
		return False
	return bool(frappe.db.exists("Stripe Account", account)) and bool(
		frappe.has_permission("Stripe Account", "read", doc=account)
	)
