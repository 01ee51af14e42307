"""What a restricted key may do, found out by reading.

Stripe has no call that lists a key's permissions. So each resource that the app needs is read once: with a list of one,
or, where there is nothing to list, under an id that cannot exist (not found means that looking was allowed). Whether a
key may also write can't be told without writing, and is not tried.
"""

from dataclasses import dataclass

from frappe import _lt

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors
from stripe_service.gateway.client import Gateway

READABLE = "Readable"
MISSING = "Missing"
UNKNOWN = "Unknown"
# Shown by stripe_account.js, which translates them.
_SHOWN = (_lt("Readable"), _lt("Missing"), _lt("Unknown"), _lt("Read"), _lt("Write"))


@dataclass(frozen=True)
class Needed:
	"""One permission as the Stripe Dashboard names it; `unknown_id` where the resource can't be listed."""

	resource: str
	access: str
	purpose: str
	operation: str
	unknown_id: str = ""


NEEDED = (
	Needed("Customers", "Write", _lt("one customer per payer"), "customers.list"),
	Needed("PaymentIntents", "Write", _lt("paying"), "payment_intents.list"),
	Needed("SetupIntents", "Write", _lt("adding bank accounts, checking the keys"), "setup_intents.list"),
	Needed(
		"PaymentMethods", "Write", _lt("saved cards and bank accounts"), "payment_methods.retrieve", "pm_none"
	),
	Needed(
		"Confirmation Tokens",
		"Read",
		_lt("checking the card's brand"),
		"confirmation_tokens.retrieve",
		"ctoken_none",
	),
	Needed("Charges and Refunds", "Write", _lt("receipts and refunds"), "charges.list"),
	Needed("Balance transaction sources", "Read", _lt("fees"), "balance_transactions.list"),
	Needed("Disputes", "Read", _lt("disputes and late bank returns"), "disputes.list"),
	Needed("Payouts", "Read", _lt("where payouts went"), "payouts.list"),
	Needed("Mandates", "Read", _lt("bank debits"), "mandates.retrieve", "mandate_none"),
	Needed("Events", "Read", _lt("finding events that did not arrive"), "events.list"),
	Needed("Webhook Endpoints", "Write", _lt("registering the webhook"), "webhook_endpoints.list"),
	Needed(
		"Payment Method Domains",
		"Write",
		_lt("showing Apple Pay, Google Pay and Link"),
		"payment_method_domains.list",
	),
	Needed("Accounts", "Read", _lt("name, country and currency of the account"), "accounts.retrieve_current"),
)


def report(account: str) -> list[dict]:
	"""Per needed permission: {resource, access, purpose, state}, `state` being Readable, Missing or Unknown.

	Calls Stripe, reading only. Raises what gateway_for raises, and gateway.errors.AuthenticationFailed.
	"""
	gateway = gateway_for(account, watch=False)
	return [
		{
			"resource": need.resource,
			"access": need.access,
			"purpose": str(need.purpose),
			"state": _probe(gateway, need),
		}
		for need in NEEDED
	]


def _probe(gateway: Gateway, need: Needed) -> str:
	try:
		if need.operation.endswith(".list"):
			gateway.call(need.operation, params={"limit": 1})
		elif need.unknown_id:
			gateway.call(need.operation, need.unknown_id)
		else:
			gateway.call(need.operation)
	except errors.PermissionMissing:
		return MISSING
	except errors.InvalidRequest:
		return READABLE  # it was looked for
	except errors.AuthenticationFailed:
		raise
	except errors.GatewayError:
		return UNKNOWN
	return READABLE
