"""Making PaymentMethods of cards, bank accounts and Stripe's published test tokens, and saving them for customers."""

import hashlib

from . import emails, errors, testdata
from .ids import new_id
from .shapes import billing_details

# A browser may send card numbers; a server may not, as at any Stripe account without a special permission.
BROWSER_CARD = {"card": object}

USED_BEFORE = (
	"The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a "
	"connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use "
	"a PaymentMethod multiple times, you must attach it to a Customer first."
)
RAW_CARD = (
	"Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test tokens that "
	"map to the test card you are using, see https://stripe.com/docs/testing. To enable testing raw card data APIs, "
	"see https://support.stripe.com/questions/enabling-access-to-raw-card-data-apis."
)
SUPPORTED = ("card", "us_bank_account")
WALLETS = ("apple_pay", "google_pay", "link")


def make(ctx, data: dict, path: str = "") -> dict:
	"""A new PaymentMethod of `data` (a PaymentMethodCreateParams or payment_method_data hash), stored.

	:raises StripeError: card_error for a number, date or code that cannot be right
	"""
	kind = data.get("type") or ("card" if data.get("card") else None)
	if kind is None:
		raise errors.invalid("Missing required param: type.", "parameter_missing", _in(path, "type"))
	if kind not in SUPPORTED:
		raise errors.invalid(
			f"The payment method type provided: {kind} is invalid. Please ensure the provided type is activated in "
			"your dashboard (https://dashboard.stripe.com/account/payments/settings) and your account is enabled for "
			"any preview features that you are trying to use.",
			None,
			_in(path, "type"),
		)
	emails.check(ctx, (data.get("billing_details") or {}).get("email"), _in(path, "billing_details[email]"))
	build = _new_card if kind == "card" else _new_bank
	return ctx.put(build(ctx, data, path))


def from_token(ctx, token: str) -> dict | None:
	"""A fresh PaymentMethod of a published test token such as pm_card_visa; banks come verified."""
	if ctx.livemode:
		return None
	if token in testdata.CARD_TOKENS:
		card = testdata.CARDS[testdata.CARD_TOKENS[token]]
		return ctx.put(_card(ctx, card, {}, {"exp_month": 8, "exp_year": _year(ctx) + 1}, cvc=None))
	if token in testdata.BANK_TOKENS:
		data = {
			"billing_details": {"name": "Jenny Rosen", "email": "jenny@example.com"},
			"us_bank_account": {"account_number": testdata.BANK_TOKENS[token], "routing_number": "110000000"},
		}
		method = _new_bank(
			ctx,
			{**data, "us_bank_account": {**data["us_bank_account"], "account_holder_type": "individual"}},
			"",
		)
		return ctx.put({**method, "_verified": True})
	return None


def resolve(ctx, given: str, param: str | None = "payment_method") -> dict:
	"""The PaymentMethod of an id or a test token."""
	return (
		ctx.find("payment_method", given) or from_token(ctx, given) or ctx.get("payment_method", given, param)
	)


def _new_card(ctx, data: dict, path: str) -> dict:
	given = data.get("card") or {}
	if isinstance(given, dict) and given.get("token"):
		return from_token(ctx, "pm_card_" + given["token"].removeprefix("tok_")) or _missing_token(
			given["token"]
		)
	if not ctx.publishable:
		raise errors.StripeError(RAW_CARD, status=402, stored=True)
	number = "".join(str(given.get("number", "")).split())
	_check_card(ctx, number, given)
	card = testdata.card_for(number)
	return _card(
		ctx,
		card,
		data,
		{"exp_month": int(given["exp_month"]), "exp_year": _full_year(given["exp_year"])},
		given.get("cvc"),
	)


def _missing_token(token: str):
	raise errors.invalid(f"No such token: '{token}'", "resource_missing", "card[token]")


def _check_card(ctx, number: str, given: dict) -> None:
	if not number.isdigit() or not 12 <= len(number) <= 19:
		raise errors.card_error("Your card number is invalid.", "invalid_number", param="number")
	if not testdata.passes_luhn(number) or testdata.card_for(number) is None:
		raise errors.card_error("Your card number is incorrect.", "incorrect_number", param="number")
	month, year = str(given.get("exp_month", "")), str(given.get("exp_year", ""))
	if not month.isdigit() or not 1 <= int(month) <= 12:
		raise errors.card_error(
			"Your card's expiration month is invalid.", "invalid_expiry_month", param="exp_month"
		)
	if not year.isdigit() or not _year(ctx) <= _full_year(year) <= _year(ctx) + 50:
		raise errors.card_error(
			"Your card's expiration year is invalid.", "invalid_expiry_year", param="exp_year"
		)
	cvc = given.get("cvc")
	if cvc is not None and (not str(cvc).isdigit() or len(str(cvc)) not in (3, 4)):
		raise errors.card_error("Your card's security code is invalid.", "invalid_cvc", param="cvc")


def _card(ctx, card: testdata.Card, data: dict, expiry: dict, cvc: str | None) -> dict:
	details = billing_details(data.get("billing_details"))
	checks = {
		"address_line1_check": "pass" if details["address"]["line1"] else None,
		"address_postal_code_check": "pass" if details["address"]["postal_code"] else None,
		"cvc_check": "pass" if cvc else None,
	}
	return {
		**_common(ctx, "card", data, details),
		"card": {
			"brand": card.brand,
			"checks": {**checks, **card.checks},
			"country": card.country,
			"display_brand": {"amex": "american_express", "diners": "diners_club"}.get(
				card.brand, card.brand
			),
			**expiry,
			"fingerprint": _fingerprint(ctx, card.number),
			"funding": card.funding,
			"generated_from": None,
			"last4": card.last4,
			"networks": {"available": [card.brand], "preferred": None},
			"regulated_status": "unregulated",
			"three_d_secure_usage": {
				"supported": card.brand in ("visa", "mastercard", "amex", "discover", "jcb")
			},
			"wallet": _wallet(data, card),
		},
		"_number": card.number,
		"_verified": True,
		"_set_up": None,
	}


def _wallet(data: dict, card: testdata.Card) -> dict | None:
	"""Which wallet Stripe.js took the card from; only a browser can say so."""
	kind = data.get("_wallet")
	return {"type": kind, "dynamic_last4": card.number[-4:], kind: {}} if kind in WALLETS else None


def _new_bank(ctx, data: dict, path: str) -> dict:
	given = data.get("us_bank_account") or {}
	details = billing_details(data.get("billing_details"))
	if not details["name"]:
		param = _in(path, "billing_details[name]")
		raise errors.invalid(f"Missing required param: {param}.", "parameter_missing", param)
	linked = given.get("financial_connections_account")
	verified = False
	if linked:
		account = ctx.get(
			"financial_connections.account",
			linked,
			_in(path, "us_bank_account[financial_connections_account]"),
		)
		number, routing, verified = account["_number"], "110000000", True
	else:
		number, routing = given.get("account_number"), given.get("routing_number")
	_check_bank(number, routing, path)
	return {
		**_common(ctx, "us_bank_account", data, details),
		"us_bank_account": {
			"account_holder_type": given.get("account_holder_type") or "individual",
			"account_type": given.get("account_type") or "checking",
			"bank_name": testdata.TEST_ROUTING_NUMBERS[routing],
			"financial_connections_account": linked,
			"fingerprint": _fingerprint(ctx, number),
			"last4": number[-4:],
			"networks": {"preferred": "ach", "supported": ["ach"]},
			"routing_number": routing,
			"status_details": {},
		},
		"_number": number,
		"_verified": verified,
	}


def _check_bank(number: str | None, routing: str | None, path: str) -> None:
	for value, name in ((number, "account_number"), (routing, "routing_number")):
		if not value:
			param = _in(path, f"us_bank_account[{name}]")
			raise errors.invalid(f"Missing required param: {param}.", "parameter_missing", param)
	if routing not in testdata.TEST_ROUTING_NUMBERS:
		raise errors.invalid(
			"You must use a test routing number in test mode. Try 110000000.",
			"routing_number_invalid",
			_in(path, "us_bank_account[routing_number]"),
		)
	if number not in testdata.BANKS:
		raise errors.invalid(
			"You must use a test bank account number in test mode. Try 000123456789 or see more options at "
			"https://stripe.com/docs/connect/testing#account-numbers.",
			"account_number_invalid",
			_in(path, "us_bank_account[account_number]"),
		)


def _common(ctx, kind: str, data: dict, details: dict) -> dict:
	return {
		"id": new_id("pm"),
		"object": "payment_method",
		"allow_redisplay": data.get("allow_redisplay") or "unspecified",
		"billing_details": details,
		"created": ctx.now,
		"customer": None,
		"customer_account": None,
		"livemode": ctx.livemode,
		"metadata": data.get("metadata") or {},
		"type": kind,
		"_used": False,
	}


# Attaching


def attach_to(ctx, method: dict, customer: dict) -> dict:
	"""Save `method` for `customer`; a card is checked with its bank first.

	:raises StripeError: card_error where the bank refuses the card
	"""
	if method["customer"] and method["customer"] != customer["id"]:
		raise errors.unexpected_state(
			"The payment method you provided has already been attached to a customer.",
			"payment_method_unexpected_state",
		)
	if method["_used"]:
		raise errors.unexpected_state(
			"This PaymentMethod was previously used without being attached to a Customer or was detached from a "
			"Customer, and may not be used again.",
			"payment_method_unexpected_state",
		)
	card = testdata.CARDS.get(method["_number"]) if method["type"] == "card" else None
	if card and card.decline and card.declines_on_attach:
		raise errors.card_error(
			card.decline.message,
			card.decline.code,
			**({"decline_code": card.decline.decline_code} if card.decline.decline_code else {}),
			**({"param": card.decline.param} if card.decline.param else {}),
		)
	return save_for(ctx, method, customer["id"])


def save_for(ctx, method: dict, customer_id: str) -> dict:
	"""Attach without asking the bank: an intent has just been confirmed with it."""
	if method["customer"] != customer_id:
		method["customer"] = customer_id
		ctx.put(method)
		ctx.emit("payment_method.attached", method)
	return method


def detach_from(ctx, method: dict) -> dict:
	"""Take the method from its customer, for good: Stripe lets nobody attach it again."""
	customer = ctx.find("customer", method["customer"])
	if customer and customer["invoice_settings"]["default_payment_method"] == method["id"]:
		customer["invoice_settings"]["default_payment_method"] = None
		ctx.put(customer)
	previous = {"customer": method["customer"]}
	method["customer"] = None
	method["_used"] = True
	ctx.put(method)
	ctx.emit("payment_method.detached", method, previous)
	return method


# Details


def _fingerprint(ctx, number: str) -> str:
	return hashlib.sha256(f"{ctx.space}/{number}".encode()).hexdigest()[:16]


def _year(ctx) -> int:
	return 1970 + int(ctx.now // 31_556_952)


def _full_year(year) -> int:
	year = int(year)
	return year + 2000 if year < 100 else year


def _in(path: str, name: str) -> str:
	if not path:
		return name
	head, _, rest = name.partition("[")
	return f"{path}[{head}]" + (f"[{rest}" if rest else "")
