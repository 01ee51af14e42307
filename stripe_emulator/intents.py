"""What PaymentIntents and SetupIntents have in common: how they are made and changed, client secrets, payment methods, and
what a browser may see.
"""

from . import errors, methods
from .ids import new_id
from .params import params_class
from .render import public
from .shapes import merge_metadata

# What Stripe answers to a publishable key; everything else of an intent is the server's alone.
PUBLIC_FIELDS = {
	"payment_intent": (
		"id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at", "cancellation_reason",
		"capture_method", "client_secret", "confirmation_method", "created", "currency", "description",
		"last_payment_error", "livemode", "next_action", "payment_method", "payment_method_configuration_details",
		"payment_method_types", "processing", "receipt_email", "setup_future_usage", "shipping", "source", "status",
	),
	"setup_intent": (
		"id", "object", "automatic_payment_methods", "cancellation_reason", "client_secret", "created", "description",
		"last_setup_error", "livemode", "next_action", "payment_method", "payment_method_configuration_details",
		"payment_method_types", "status", "usage",
	),
}  # fmt: skip
TITLE = {"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}

# What Stripe.js may send with a confirmation besides the SDK's parameters: card numbers among them.
BROWSER_CONFIRM = {
	"payment_method_data": params_class("PaymentMethodCreateParams"),
	"mandate_data": object,
	"receipt_email": str,
	"return_url": str,
}

NEEDS_RETURN_URL = (
	"This {title} is configured to accept payment methods enabled in your Dashboard. Because some of these payment "
	"methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept "
	"redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
	"`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)
TOKEN_LIFE_HOURS = 12
EDITABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
PAST = {"confirm": "confirmed", "cancel": "canceled", "update": "updated"}


def blank(ctx, intent_id: str, kind: str, params: dict, automatic: dict | None, types: list[str]) -> dict:
	"""The fields that both kinds have; `automatic` and `types` are those of `chosen_types`."""
	configuration = {"id": f"pmc_{ctx.account['name']}", "parent": None} if automatic else None
	return {
		"id": intent_id,
		"object": kind,
		"allowed_payment_method_types": params.get("allowed_payment_method_types"),
		"application": None,
		"automatic_payment_methods": automatic,
		"cancellation_reason": None,
		"client_secret": new_id(f"{intent_id}_secret"),
		"created": ctx.now,
		"customer": None,
		"customer_account": None,
		"description": params.get("description"),
		"excluded_payment_method_types": params.get("excluded_payment_method_types"),
		"livemode": ctx.livemode,
		"metadata": params.get("metadata") or {},
		"next_action": None,
		"on_behalf_of": None,
		"payment_method": None,
		"payment_method_configuration_details": configuration,
		"payment_method_options": method_options(kind, types, params.get("payment_method_options")),
		"payment_method_types": types,
		"status": "requires_payment_method",
		"_confirm": {},
		"_microdeposits": None,
	}


def create(ctx, intent: dict, params: dict, prepare, attempt) -> dict:
	"""Keep a new intent, and confirm it at once where that is asked for.

	:param prepare: `(ctx, intent, params) -> method`, which refuses what can't be confirmed before anything is kept
	:param attempt: `(ctx, intent, method, params) -> intent`, which confirms it
	"""
	_set_customer(ctx, intent, params)
	set_method(ctx, intent, params)
	method = prepare(ctx, intent, params) if params.get("confirm") else None
	ctx.put(intent)
	ctx.emit(f"{intent['object']}.created", intent)
	return attempt(ctx, intent, method, params) if method else intent


def update(ctx, intent: dict, params: dict, currency: str | None) -> dict:
	"""Change what both kinds have; the caller has checked that the intent may be changed."""
	_set_customer(ctx, intent, params)
	if params.keys() & {"allowed_payment_method_types", "excluded_payment_method_types"}:
		_, intent["payment_method_types"] = chosen_types(ctx, params, currency)
	if "description" in params:
		intent["description"] = params["description"] or None
	set_options(intent, params)
	merge_metadata(intent, params)
	set_method(ctx, intent, params)
	return ctx.put(intent)


def set_options(intent: dict, params: dict) -> None:
	"""Take over `payment_method_options` of the request, where it has them."""
	if params.get("payment_method_options"):
		intent["payment_method_options"] = method_options(
			intent["object"], intent["payment_method_types"], params["payment_method_options"]
		)


def method_options(kind: str, types: list[str], given: dict | None) -> dict:
	"""`payment_method_options` as Stripe shows them, with its defaults for each type."""
	card = {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
	if kind == "payment_intent":
		card["installments"] = None
	defaults = {
		"card": card,
		"us_bank_account": {"mandate_options": {}, "verification_method": "automatic"},
	}
	return {name: {**defaults[name], **((given or {}).get(name) or {})} for name in types}


def set_method(ctx, intent: dict, params: dict) -> None:
	"""A payment method that is given without a confirmation waits for one."""
	if params.get("confirm") or not (params.get("payment_method") or params.get("payment_method_data")):
		return
	if params.get("payment_method_data"):
		method = methods.make(ctx, params["payment_method_data"], "payment_method_data")
	else:
		method = methods.resolve(ctx, params["payment_method"])
	check_method(ctx, intent, method)
	intent.update(payment_method=method["id"], status="requires_confirmation", next_action=None)


def wrong_status(intent: dict, verb: str, allowed: tuple) -> errors.StripeError:
	"""`verb` is confirm, cancel or update."""
	title = TITLE[intent["object"]]
	return errors.unexpected_state(
		f"You cannot {verb} this {title} because it has a status of {intent['status']}. Only a {title} with one of the "
		f"following statuses may be {PAST[verb]}: {', '.join(allowed)}.",
		f"{intent['object']}_unexpected_state",
		**{intent["object"]: public(intent)},
	)


def refuse_unsupported(params: dict, names: tuple) -> None:
	"""Better refused than done wrong: what this emulator does not do."""
	for name in names:
		if params.get(name):
			raise errors.invalid(f"The Stripe emulator does not support {name}.", None, name)


def check_verification(intent: dict, method: dict) -> None:
	"""Raises StripeError where the intent takes only a bank account that was linked in Financial Connections, and this one's
	numbers were typed in."""
	wanted = intent["payment_method_options"].get("us_bank_account") or {}
	if not method["_verified"] and wanted.get("verification_method") == "instant":
		raise errors.invalid(
			f"This {TITLE[intent['object']]} requires the bank account to be verified instantly with Financial Connections.",
			"intent_verification_method_missing",
		)


def _set_customer(ctx, intent: dict, params: dict) -> None:
	if params.get("customer"):
		intent["customer"] = ctx.existing("customer", params["customer"], "customer")["id"]


def find(ctx, kind: str, intent_id: str, params: dict) -> dict:
	"""The intent; a browser must also know its client secret."""
	intent = ctx.get(kind, intent_id)
	if ctx.publishable:
		_check_client_secret(intent, params)
	return intent


def seen(ctx, intent: dict) -> dict:
	"""The intent as this key may see it."""
	if not ctx.publishable:
		return intent
	return {name: intent[name] for name in PUBLIC_FIELDS[intent["object"]] if name in intent}


def _check_client_secret(intent: dict, params: dict) -> None:
	given = params.get("client_secret")
	if not given:
		raise errors.invalid("Missing required param: client_secret.", "parameter_missing", "client_secret")
	if given != intent["client_secret"]:
		title = TITLE[intent["object"]]
		raise errors.invalid(
			f"The client_secret provided does not match the client_secret associated with the {title}.",
			f"{intent['object']}_invalid_parameter",
			"client_secret",
		)


def method_types(ctx, currency: str | None) -> list[str]:
	"""What automatic payment methods offer here: cards, and ACH where the account may and the currency is USD."""
	types = []
	if ctx.account["capabilities"].get("card_payments") == "active":
		types.append("card")
	if ach_allowed(ctx) and currency in (None, "usd"):
		types.append("us_bank_account")
	switched_off = ctx.account.get("methods_switched_off") or ()
	return [kind for kind in types if kind not in switched_off]


def ach_allowed(ctx) -> bool:
	"""Whether the account's capability for ACH debits is active."""
	return ctx.account["capabilities"].get("us_bank_account_ach_payments") == "active"


def check_account(ctx) -> None:
	"""Raises StripeError unless the Stripe account may charge (`charges_enabled`)."""
	if not ctx.account["charges_enabled"]:
		raise errors.may_not_charge()


def check_ach(ctx, currency: str | None) -> None:
	"""Raises StripeError unless the Stripe account and the currency allow bank debits now."""
	if "us_bank_account" not in method_types(ctx, currency):
		raise errors.invalid(
			'The payment method type "us_bank_account" is invalid. Please ensure the provided type is activated in your '
			"dashboard (https://dashboard.stripe.com/account/payments/settings), that your account is enabled for it, and that "
			"the currency is `usd`.",
			"payment_intent_invalid_parameter",
			"payment_method",
		)


def chosen_types(ctx, params: dict, currency: str | None) -> tuple[dict | None, list[str]]:
	"""`automatic_payment_methods` and `payment_method_types` of a new intent.

	Since 2026-09-30.endive types can't be demanded, only allowed or excluded; what does not fit is silently left out.
	https://docs.stripe.com/changelog/endive/2026-09-30/removes-the-payment-method-types-parameter-from-payment-intents-and-setup-intents
	"""
	allowed = params.get("allowed_payment_method_types")
	excluded = params.get("excluded_payment_method_types") or []
	given = params.get("automatic_payment_methods")
	_refuse_both("allowed_payment_method_types", allowed, "automatic_payment_methods", given)
	_refuse_both("allowed_payment_method_types", allowed, "excluded_payment_method_types", excluded)
	types = [
		kind for kind in method_types(ctx, currency) if kind not in excluded and kind in (allowed or [kind])
	]
	if given and not given["enabled"]:
		types = [kind for kind in types if kind == "card"]
	if not types:
		raise errors.invalid(
			"No valid payment method types for this Payment Intent. Please ensure that you have activated payment methods "
			"compatible with your chosen currency in your dashboard "
			"(https://dashboard.stripe.com/settings/payment_methods) or allow some with `allowed_payment_method_types`.",
			"payment_intent_invalid_parameter",
			"allowed_payment_method_types" if allowed else None,
		)
	if allowed or (given and not given["enabled"]):
		return None, types
	return {"allow_redirects": (given or {}).get("allow_redirects") or "always", "enabled": True}, types


def _refuse_both(name: str, value, other: str, other_value) -> None:
	if value and other_value:
		raise errors.invalid(f"You may only specify one of these parameters: {name}, {other}.", None, name)


def take_method(ctx, intent: dict, params: dict) -> dict:
	"""The PaymentMethod a confirmation is about: from a token, an id, raw data of a browser, or the intent's own.

	What the token carries besides (return URL, mandate data, setup_future_usage) is merged into `params`.
	"""
	if params.get("confirmation_token"):
		method = _from_confirmation_token(ctx, intent, params)
	elif params.get("payment_method"):
		method = methods.resolve(ctx, params["payment_method"])
	elif params.get("payment_method_data"):
		method = methods.make(ctx, params["payment_method_data"], "payment_method_data")
	elif intent["payment_method"]:
		method = ctx.get("payment_method", intent["payment_method"])
	else:
		title = TITLE[intent["object"]]
		raise errors.unexpected_state(
			f"You cannot confirm this {title} because it's missing a payment method. You can either update the {title} "
			"with a payment method and then confirm it again, or confirm it again directly with a payment method or "
			"ConfirmationToken.",
			f"{intent['object']}_unexpected_state",
		)
	check_method(ctx, intent, method)
	return method


def check_method(ctx, intent: dict, method: dict) -> None:
	"""Raises StripeError unless the intent may use this PaymentMethod: its type, and whose it is."""
	if method["type"] not in intent["payment_method_types"]:
		raise errors.invalid(
			f"The PaymentMethod provided ({method['type']}) is not allowed for this {TITLE[intent['object']]}. Please "
			f"attach a PaymentMethod of one of the following types: {', '.join(intent['payment_method_types'])}.",
			f"{intent['object']}_incompatible_payment_method",
			"payment_method",
		)
	if method["customer"] and intent["customer"] != method["customer"]:
		if intent["customer"]:
			raise errors.invalid(
				f"The customer does not have a payment method with the ID {method['id']}. The payment method must be "
				"attached to the customer.",
				"resource_missing",
				"payment_method",
			)
		raise errors.invalid(
			f"The PaymentMethod supplied ({method['id']}) belongs to a Customer ({method['customer']}). Please include the "
			f"Customer in the `customer` parameter on the {TITLE[intent['object']]}.",
			None,
			"payment_method",
		)
	if not method["customer"] and method["_used"]:
		raise errors.invalid(methods.USED_BEFORE, None, "payment_method")


def check_return_url(intent: dict, options: dict) -> None:
	"""Raises StripeError where a redirect is possible and the request does not say where to return to."""
	automatic = intent["automatic_payment_methods"]
	redirects = automatic and automatic["allow_redirects"] == "always"
	if automatic and options.get("error_on_requires_action"):
		raise errors.invalid(
			"You cannot use `error_on_requires_action` with automatic payment methods. Use `allowed_payment_method_types` "
			"instead.",
			None,
			"error_on_requires_action",
		)
	names = ("return_url", "use_stripe_sdk", "off_session")
	if redirects and not any(options.get(name) for name in names):
		raise errors.invalid(NEEDS_RETURN_URL.format(title=TITLE[intent["object"]]), None, "return_url")


def _from_confirmation_token(ctx, intent: dict, params: dict) -> dict:
	if params.get("payment_method") or params.get("payment_method_data"):
		raise errors.invalid(
			"You may only specify one of these parameters: payment_method, confirmation_token.",
			None,
			"confirmation_token",
		)
	token = ctx.get("confirmation_token", params["confirmation_token"], "confirmation_token")
	used_by = token["payment_intent"] or token["setup_intent"]
	if used_by:
		raise errors.unexpected_state(
			f"This ConfirmationToken has already been used to confirm {used_by}. Please create a new one.",
			"token_already_used",
			param="confirmation_token",
		)
	if token["expires_at"] and token["expires_at"] <= ctx.now:
		raise errors.unexpected_state(
			"This ConfirmationToken has expired. Please create a new one.",
			"resource_missing",
			param="confirmation_token",
		)
	_merge_token(intent, params, token)
	if token.get("_payment_method"):
		return methods.resolve(ctx, token["_payment_method"])
	return dict(token["_method"])


def use_token(ctx, intent: dict, params: dict, method: dict) -> None:
	"""The confirmation goes ahead: its token is spent, and the PaymentMethod that the token carried exists."""
	ctx.put(method)
	token = ctx.find("confirmation_token", params.get("confirmation_token"))
	if token:
		token[intent["object"]] = intent["id"]
		ctx.put(token)


def _merge_token(intent: dict, params: dict, token: dict) -> None:
	params.setdefault("use_stripe_sdk", token["use_stripe_sdk"])
	if token["return_url"]:
		params.setdefault("return_url", token["return_url"])
	if token["mandate_data"] and not params.get("mandate"):
		params.setdefault("mandate_data", token["_mandate_data"])
	usage = token["setup_future_usage"]
	if not usage:
		return
	if intent["object"] == "setup_intent":
		return
	wanted = params.get("setup_future_usage") or intent["setup_future_usage"]
	if wanted and wanted != usage:
		raise errors.invalid(
			f"The provided setup_future_usage ({wanted}) does not match the setup_future_usage of the ConfirmationToken "
			f"({usage}).",
			f"{intent['object']}_invalid_parameter",
			"setup_future_usage",
		)
	params["setup_future_usage"] = usage
