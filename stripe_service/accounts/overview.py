"""What the Stripe workspace shows above its figures: the account, in the eyes of the one who looks."""

import frappe

from stripe_service.accounts import binding, keys, stripe_account
from stripe_service.accounts.stripe_account import ach_available

_SHOWN = (
	"name", "status", "mode", "stripe_account_id", "business_name", "email", "country", "default_currency",
	"charges_enabled", "payouts_enabled", "details_source", "ach_capability", "ach_enabled_by_hand",
	"webhook_status", "webhook_message", "last_event_at", "bound_site", "bound_host", "bound_installation",
	"problem", "problems",
)  # fmt: skip


def overview() -> dict:
	"""{"accounts": [...], "test_mode", "may_edit", "loading_error"}; only accounts that the user may read."""
	shown = {"status": ("!=", stripe_account.REMOVED)}
	rows = frappe.get_list("Stripe Account", filters=shown, fields=list(_SHOWN), order_by="creation")
	default = stripe_account.default_account()
	rows.sort(key=lambda row: row.name != default)
	for row in rows:
		row.bound_here = row.status != stripe_account.CONNECTED or binding.is_here(row)
		row.ach_available, row.ach_reason = ach_available(row)
		del row["bound_installation"], row["problems"]
	return {
		"accounts": rows,
		"test_mode": any(row.mode == keys.TEST and row.status == stripe_account.CONNECTED for row in rows),
		"may_edit": stripe_account.can_edit_account(),
		"loading_error": stripe_account.loading_error(default),
	}


def test_mode() -> bool:
	"""Whether any connected account takes test payments only: wherever money is shown, a banner says so."""
	return bool(frappe.db.exists("Stripe Account", {"mode": keys.TEST, "status": stripe_account.CONNECTED}))
