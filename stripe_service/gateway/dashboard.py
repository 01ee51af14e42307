"""Addresses of Stripe's Dashboard. Pure: no Frappe, no Stripe.

With the account's id in front, as Stripe writes them in its own answers (`request_log_url`), whoever belongs to several
accounts is led to the right one. What was made with a test key stands below /test/.
"""

from urllib.parse import quote

DASHBOARD = "https://dashboard.stripe.com"
HOME, PAYMENT, CUSTOMER, DISPUTE, PAYOUT, EVENT = (
	"home",
	"payment",
	"customer",
	"dispute",
	"payout",
	"event",
)
_PAGES = {
	HOME: "dashboard",
	PAYMENT: "payments",
	CUSTOMER: "customers",
	DISPUTE: "disputes",
	PAYOUT: "payouts",
	EVENT: "events",
}


def address(kind: str, stripe_id: str | None, account_id: str | None, livemode: bool) -> str:
	"""The page of one object. `kind` is one of the words above; `account_id` (acct_...) may be unknown, where the key may not
	read its account; then the Dashboard shows the account that was open last. `stripe_id` is left out for HOME."""
	parts = [account_id, None if livemode else "test", _PAGES[kind], stripe_id]
	return "/".join([DASHBOARD, *(quote(part, safe="") for part in parts if part)])
