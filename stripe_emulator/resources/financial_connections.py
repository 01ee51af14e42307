"""Accounts linked through Financial Connections: the result of the dialog that the stand-in for Stripe.js shows.

At Stripe the dialog makes them itself, by calls that no SDK knows; here the dialog's page makes them by this one.
"""

from .. import errors, testdata
from ..context import new_id
from ..registry import route

FIELDS = {"institution": str, "account_number": str}
ROUTING = "110000000"


@route("POST", "/v1/financial_connections/accounts", publishable=True, browser=FIELDS)
def create(ctx, params):
	if not ctx.publishable:
		raise errors.unknown_url("POST", "/v1/financial_connections/accounts")
	number = params.get("account_number")
	if number not in testdata.BANKS:
		raise errors.invalid("No such test account.", "account_number_invalid", "account_number")
	account = {
		"id": new_id("fca"),
		"object": "financial_connections.account",
		"account_holder": None,
		"account_numbers": None,
		"balance": None,
		"balance_refresh": None,
		"category": "cash",
		"created": ctx.now,
		"display_name": "Test account",
		"institution_name": params.get("institution") or "Test Institution",
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
	return ctx.put(account)


@route("GET", "/v1/financial_connections/accounts/<id>", "financial_connections.AccountRetrieveParams")
def retrieve(ctx, params, id):
	return ctx.get("financial_connections.account", id)
