"""CustomerSessions: what lets the Payment Element show a customer's saved methods."""

from ..clock import MINUTE
from ..ids import new_id
from ..registry import route

PLAIN = ("active_entitlements", "buy_button", "customer_portal", "pricing_table")


@route("POST", "/v1/customer_sessions", "CustomerSessionCreateParams", permission="customer_session_write")
def create(ctx, params):
	customer = ctx.existing("customer", params.get("customer") or "", "customer")
	given = params.get("components") or {}
	element = given.get("payment_element") or {}
	features = None
	if element.get("enabled"):
		features = {
			"payment_method_allow_redisplay_filters": ["always"],
			"payment_method_redisplay": "disabled",
			"payment_method_redisplay_limit": 3,
			"payment_method_remove": "disabled",
			"payment_method_save": "disabled",
			"payment_method_save_usage": None,
			**(element.get("features") or {}),
		}
	secret = new_id("cuss_secret", 32)
	session = {
		"id": new_id("cuss"),
		"object": "customer_session",
		"client_secret": secret,
		"components": {
			**{name: {"enabled": bool((given.get(name) or {}).get("enabled"))} for name in PLAIN},
			"customer_sheet": {"enabled": False, "features": None},
			"mobile_payment_element": {"enabled": False, "features": None},
			"payment_element": {"enabled": bool(element.get("enabled")), "features": features},
		},
		"created": ctx.now,
		"customer": customer["id"],
		"customer_account": None,
		"expires_at": ctx.now + 30 * MINUTE,
		"livemode": ctx.livemode,
	}
	ctx.put(session)
	return {name: value for name, value in session.items() if name != "id"}
