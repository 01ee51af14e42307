"""Financial Connections, as far as linking a bank account needs it: sessions, and the accounts that were linked.

At Stripe the dialog makes the accounts itself, by calls that no SDK knows; here the page that the stand-in for Stripe.js
shows as the dialog makes them by `POST /v1/financial_connections/accounts`.
"""

from .. import errors, testdata
from ..ids import new_id
from ..registry import route
from ..render import public

FIELDS = {"institution": str, "account_number": str}


@route("POST", "/v1/financial_connections/accounts", publishable=True, browser=FIELDS)
def create(ctx, params):
	"""The emulator's own: the holder chose an institution and shared one of its test accounts."""
	if not ctx.publishable:
		raise errors.unknown_url("POST", "/v1/financial_connections/accounts")
	number = params.get("account_number")
	if number not in testdata.BANKS:
		raise errors.invalid("No such test account.", "account_number_invalid", "account_number")
	account = ctx.put(_account(ctx, params.get("institution") or "Test Institution", number))
	ctx.emit("financial_connections.account.created", account)
	return account


@route(
	"GET",
	"/v1/financial_connections/accounts/<id>",
	"financial_connections.AccountRetrieveParams",
	permission="financial_connections_account_read",
)
def retrieve(ctx, params, id):
	return ctx.get("financial_connections.account", id)


@route(
	"POST",
	"/v1/financial_connections/sessions",
	"financial_connections.SessionCreateParams",
	permission="financial_connections_session_write",
)
def create_session(ctx, params):
	holder = params["account_holder"]
	if holder.get("customer"):
		ctx.get("customer", holder["customer"], "account_holder[customer]")
	session = {
		"id": new_id("fcsess"),
		"object": "financial_connections.session",
		"account_holder": holder,
		"client_secret": new_id("fcsess_client_secret"),
		"filters": {"account_subcategories": ["checking", "savings"], "countries": ["US"]},
		"livemode": ctx.livemode,
		"permissions": params["permissions"],
		"prefetch": params.get("prefetch") or [],
		"return_url": params.get("return_url"),
	}
	return _with_accounts(ctx.put(session))


@route(
	"GET",
	"/v1/financial_connections/sessions/<id>",
	"financial_connections.SessionRetrieveParams",
	permission="financial_connections_session_read",
)
def retrieve_session(ctx, params, id):
	return _with_accounts(ctx.get("financial_connections.session", id))


def _account(ctx, institution: str, number: str) -> dict:
	return {
		"id": new_id("fca"),
		"object": "financial_connections.account",
		"account_holder": None,
		"account_numbers": None,
		"balance": None,
		"balance_refresh": None,
		"category": "cash",
		"created": ctx.now,
		"display_name": "Test account",
		"institution_name": institution,
		"last4": number[-4:],
		"livemode": ctx.livemode,
		"ownership": None,
		"ownership_refresh": None,
		"permissions": ["payment_method"],
		"status": "active",
		"subcategory": "checking",
		"subscriptions": None,
		"supported_payment_method_types": ["us_bank_account"],
		"transaction_refresh": None,
		"_number": number,
	}


def _with_accounts(session: dict) -> dict:
	"""A session made by a server is never shown by the stand-in, so no account is linked in it."""
	accounts = {"object": "list", "data": [], "has_more": False, "url": "/v1/financial_connections/accounts"}
	return {**public(session), "accounts": accounts}
