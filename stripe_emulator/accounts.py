"""Test accounts and their keys.

Objects live in a *space*: one account in one mode. A test key opens the account's test space, a live key its live
space; live spaces exist only when a test makes one. The known keys are built so that no secret scanner takes them
for real ones: Stripe's have a long run of letters and digits after the prefix, these are broken by underscores.
"""

import secrets

from . import errors, testdata

ALL_CAPABILITIES = {
	"card_payments": "active",
	"transfers": "active",
	"us_bank_account_ach_payments": "active",
}

# Businesses have such names; a field that is too short for them must show in the tests.
LONG_NAME = "Purveyors of Fine Goods and Services to Schools, Offices and Households throughout North America"

DEMO_ACCOUNTS = [
	{
		"id": "acct_emulator_us",
		"name": "us",
		"business_name": "Emulated Goods Inc., Wholesale and Retail Trade in Office, School and Household Supplies of North America",
		"email": "owner@emulated-goods.example",
		"url": "https://emulated-goods.example",
		"country": "US",
		"default_currency": "usd",
		"capabilities": ALL_CAPABILITIES,
	},
	{
		"id": "acct_emulator_us_two",
		"name": "us_two",
		"business_name": "Second Emulated Goods LLC, a Subsidiary of Emulated Goods Inc. for Online Sales and Returns",
		"email": "second@emulated-goods.example",
		"url": "https://second.emulated-goods.example",
		"country": "US",
		"default_currency": "usd",
		"capabilities": ALL_CAPABILITIES,
	},
	{
		"id": "acct_emulator_de",
		"name": "de",
		"business_name": "Emulierte Waren Groß- und Einzelhandelsgesellschaft mit beschränkter Haftung und Co. Kommanditgesellschaft",
		"email": "konto@emulierte-waren.example",
		"url": "https://emulierte-waren.example",
		"country": "DE",
		"default_currency": "eur",
		"capabilities": {"card_payments": "active", "transfers": "active"},
	},
]

# What a restricted key needs for this app, and no more: facts of Stripe's own permission names.
APP_PERMISSIONS = [
	"customer_write", "payment_intent_write", "setup_intent_write", "payment_method_write", "charge_write",
	"confirmation_token_read", "event_read", "balance_transaction_source_read", "balance_read", "dispute_read",
	"payout_read", "mandate_read", "customer_session_write", "webhook_write", "payment_method_domain_write",
]  # fmt: skip


def space_of(account_id: str, livemode: bool) -> str:
	"""The key of an account's test or live mode, which share no object."""
	return f"{account_id}:{'live' if livemode else 'test'}"


def create(store, now: int, **given) -> dict:
	"""A new account (or the live side of an existing one) with its keys. Returns what the control API shows of it."""
	livemode = bool(given.get("livemode"))
	name = given.get("name") or secrets.token_hex(3)
	account_id = given.get("id") or f"acct_emulator_{name}"
	space = space_of(account_id, livemode)
	capabilities = ALL_CAPABILITIES if given.get("capabilities") is None else given["capabilities"]
	record = {
		"space": space,
		"id": account_id,
		"name": name,
		"livemode": livemode,
		"business_name": given.get("business_name") or f"Emulated account {name}, {LONG_NAME}",
		"email": given.get("email") or f"{name}@emulator.example",
		"url": given.get("url") or "https://emulator.example",
		"country": given.get("country") or "US",
		"default_currency": given.get("default_currency") or "usd",
		# Further currencies that are paid out without conversion; all others settle in the default one.
		"settlement_currencies": given.get("settlement_currencies") or [],
		# What becomes of the next refunds (see refunding.OUTCOMES), first come first served.
		"next_refunds": [],
		"capabilities": dict(capabilities),
		# Methods that the Dashboard's settings switch off although the account is able to.
		"methods_switched_off": [],
		"charges_enabled": given.get("charges_enabled", True),
		"created": now,
		"payout_bank": given.get("payout_bank") or {"bank_name": testdata.BANK_NAME, "last4": "6789"},
		# Stripe is reported to refuse GET /v1/account to restricted keys even with the right.
		"keys": {},
	}
	store.spaces.put(space, record)
	mode = "live" if livemode else "test"
	add_key(store, space, "publishable", given.get("publishable_key") or f"pk_{mode}_emulator_{name}")
	add_key(store, space, "secret", given.get("secret_key") or f"sk_{mode}_emulator_{name}")
	return record


def create_demo_accounts(store, now: int) -> None:
	"""The accounts that are always there, with a restricted key each; `now` in seconds since the epoch."""
	for account in DEMO_ACCOUNTS:
		record = create(store, now, **account)
		add_key(store, record["space"], "restricted", f"rk_test_emulator_{account['name']}", APP_PERMISSIONS)


def add_key(store, space: str, kind: str, value: str, permissions: list[str] | None = None) -> dict:
	"""`kind` is publishable, secret or restricted; `permissions` as Stripe names them without `rak_`."""
	key = {"key": value, "space": space, "kind": kind, "permissions": permissions or [], "revoked": False}
	store.keys.put(value, key)
	record = store.spaces[space]
	record["keys"].setdefault(kind, []).append(value)
	store.spaces.put(space, record)
	return key


def authenticate(store, value: str | None) -> dict:
	"""The API key's record; raises StripeError (HTTP 401) for one that is missing, unknown or revoked."""
	if not value:
		raise errors.no_key()
	key = store.keys.get(value)
	if key is None:
		raise errors.invalid_key(value)
	if key["revoked"]:
		raise errors.expired_key(value)
	return key


def require_permission(key: dict, permission: str | None, account_id: str) -> None:
	"""A write permission includes reading. Secret keys may do everything."""
	if key["kind"] != "restricted" or permission is None:
		return
	resource, _, mode = permission.rpartition("_")
	accepted = {permission, f"{resource}_write"} if mode == "read" else {permission}
	if not accepted & set(key["permissions"]):
		raise errors.missing_permission(key["key"], permission, account_id)
