"""SetupIntents: saving a card or a bank account without charging it."""

from .. import charging, errors, intents, mandates, microdeposits, testdata
from ..context import new_id
from ..registry import route
from ..render import page, public
from . import customers, payment_methods

EDITABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CONFIRM_OPTIONS = ("use_stripe_sdk", "return_url")


@route("POST", "/v1/setup_intents", "SetupIntentCreateParams", permission="setup_intent_write")
def create(ctx, params):
	intents.check_account(ctx)
	_refuse_unsupported(params)
	automatic, types = intents.chosen_types(ctx, params, None)
	customer = customers.existing(ctx, params["customer"], "customer") if params.get("customer") else None
	intent = _blank(ctx, params, automatic, types)
	intent["customer"] = customer["id"] if customer else None
	_set_method(ctx, intent, params)
	method = _prepare(ctx, intent, params) if params.get("confirm") else None
	ctx.put(intent)
	ctx.emit("setup_intent.created", intent)
	return _attempt(ctx, intent, method, params) if method else intent


@route(
	"GET",
	"/v1/setup_intents/<id>",
	"SetupIntentRetrieveParams",
	permission="setup_intent_read",
	publishable=True,
)
def retrieve(ctx, params, id):
	return intents.seen(ctx, intents.find(ctx, "setup_intent", id, params))


@route("GET", "/v1/setup_intents", "SetupIntentListParams", permission="setup_intent_read")
def list_(ctx, params):
	ids = None
	if params.get("customer"):
		ids = ctx.store.objects.of(ctx.space, "setup_intent", "customer", params["customer"])
	wanted = params.get("payment_method")
	return page(
		ctx,
		"setup_intent",
		params,
		"/v1/setup_intents",
		lambda row: wanted in (None, row["payment_method"]),
		ids,
	)


@route("POST", "/v1/setup_intents/<id>", "SetupIntentUpdateParams", permission="setup_intent_write")
def update(ctx, params, id):
	intent = ctx.get("setup_intent", id)
	if intent["status"] not in EDITABLE and set(params) - {"metadata", "description", "expand"}:
		raise _unexpected(intent, "update", EDITABLE)
	if params.get("customer"):
		intent["customer"] = customers.existing(ctx, params["customer"], "customer")["id"]
	if "description" in params:
		intent["description"] = params["description"] or None
	if params.keys() & {"allowed_payment_method_types", "excluded_payment_method_types"}:
		_, intent["payment_method_types"] = intents.chosen_types(ctx, params, None)
	if params.get("payment_method_options"):
		intent["payment_method_options"] = _options(
			intent["payment_method_types"], params["payment_method_options"]
		)
	payment_methods.merge_metadata(intent, params)
	_set_method(ctx, intent, params)
	return ctx.put(intent)


@route(
	"POST", "/v1/setup_intents/<id>/confirm", "SetupIntentConfirmParams",
	permission="setup_intent_write", publishable=True, browser=intents.BROWSER_CONFIRM,
)  # fmt: skip
def confirm(ctx, params, id):
	intent = intents.find(ctx, "setup_intent", id, params)
	return intents.seen(ctx, _attempt(ctx, intent, _prepare(ctx, intent, params), params))


@route("POST", "/v1/setup_intents/<id>/cancel", "SetupIntentCancelParams", permission="setup_intent_write")
def cancel(ctx, params, id):
	intent = ctx.get("setup_intent", id)
	if intent["status"] not in EDITABLE:
		raise _unexpected(intent, "cancel", EDITABLE)
	intent.update(
		status="canceled",
		cancellation_reason=params.get("cancellation_reason"),
		next_action=None,
		_microdeposits=None,
	)
	ctx.put(intent)
	ctx.emit("setup_intent.canceled", intent)
	return intent


@route(
	"POST", "/v1/setup_intents/<id>/verify_microdeposits", "SetupIntentVerifyMicrodepositsParams",
	permission="setup_intent_write", publishable=True,
)  # fmt: skip
def verify_microdeposits(ctx, params, id):
	intent = intents.find(ctx, "setup_intent", id, params)
	verify(ctx, intent, params)
	return intents.seen(ctx, intent)


@route("GET", "/v1/setup_attempts", "SetupAttemptListParams", permission="setup_intent_read")
def list_attempts(ctx, params):
	wanted = params["setup_intent"]
	return page(ctx, "setup_attempt", params, "/v1/setup_attempts", lambda row: row["setup_intent"] == wanted)


def verify(ctx, intent: dict, params: dict) -> None:
	"""The holder answers what the micro-deposits were; a right answer saves the account."""
	microdeposits.verify(ctx, intent, params)
	_succeed(ctx, intent, ctx.get("payment_method", intent["payment_method"]))


def finish_authentication(ctx, intent: dict, succeeded: bool) -> None:
	"""The bank's 3-D Secure page is done."""
	if intent["status"] != "requires_action" or not intent["next_action"]:
		return
	method = ctx.get("payment_method", intent["payment_method"])
	intent["next_action"] = None
	if succeeded:
		_succeed(ctx, intent, method)
	else:
		fail_setup(ctx, intent, charging.error_of(testdata.SETUP_AUTHENTICATION_FAILED, method))


def fail_setup(ctx, intent: dict, error: dict) -> None:
	"""Back to requires_payment_method, with the reason in last_setup_error."""
	_finish_attempt(ctx, intent, "failed", error)
	intent.update(
		status="requires_payment_method", payment_method=None, next_action=None, last_setup_error=error
	)
	ctx.put(intent)
	ctx.emit("setup_intent.setup_failed", intent)


# Confirming


def _prepare(ctx, intent: dict, params: dict) -> dict:
	"""Everything that may be refused before anything is attempted or kept."""
	if intent["status"] not in EDITABLE:
		raise _unexpected(intent, "confirm", ("requires_confirmation", "requires_action"))
	method = intents.take_method(ctx, intent, params)
	intents.check_return_url(intent, params)
	if method["type"] == "us_bank_account":
		mandates.check(ctx, method, params)
		if not method["_verified"] and _verification_method(intent) == "instant":
			raise errors.invalid(
				"This SetupIntent requires the bank account to be verified instantly with Financial Connections.",
				"intent_verification_method_missing",
			)
	return method


def _attempt(ctx, intent: dict, method: dict, params: dict) -> dict:
	intents.use_token(ctx, intent, params, method)
	intent["_confirm"] = {name: params[name] for name in CONFIRM_OPTIONS if params.get(name)}
	intent["last_setup_error"] = None
	intent["payment_method"] = method["id"]
	_start_attempt(ctx, intent, method)
	if method["type"] == "card":
		_attempt_card(ctx, intent, method)
	else:
		_attempt_bank(ctx, intent, method, params)
	return intent


def _attempt_card(ctx, intent: dict, method: dict) -> None:
	card = testdata.CARDS[method["_number"]]
	if card.decline and card.declines_on_attach:
		error = charging.error_of(card.decline, method)
		fail_setup(ctx, intent, error)
		charging.raise_card_error(intent, error)
	if card.authentication in ("always", "unless_set_up"):
		charging.ask_for_authentication(ctx, intent, method)
		return
	_succeed(ctx, intent, method)


def _attempt_bank(ctx, intent: dict, method: dict, params: dict) -> None:
	mandate = mandates.for_debit(ctx, intent, method, params, multi_use=True)
	if not method["_verified"] and mandate["status"] == "active":
		mandate["status"] = "pending"
		ctx.put(mandate)
	intent["mandate"] = mandate["id"]
	if method["_verified"]:
		_succeed(ctx, intent, method)
	else:
		microdeposits.start(ctx, intent, method, "setup_intent.requires_action")


def _succeed(ctx, intent: dict, method: dict) -> None:
	method["_set_up"] = True
	ctx.put(method)
	if intent["customer"]:
		payment_methods.save_for(ctx, method, intent["customer"])
	mandates.change(ctx, intent["mandate"], "active")
	_finish_attempt(ctx, intent, "succeeded")
	intent.update(status="succeeded", next_action=None, last_setup_error=None, payment_method=method["id"])
	ctx.put(intent)
	ctx.emit("setup_intent.succeeded", intent)


# Attempts


def _start_attempt(ctx, intent: dict, method: dict) -> None:
	attempt = {
		"id": new_id("setatt"),
		"object": "setup_attempt",
		"application": None,
		"created": ctx.now,
		"customer": intent["customer"],
		"customer_account": None,
		"flow_directions": None,
		"livemode": ctx.livemode,
		"on_behalf_of": None,
		"payment_method": method["id"],
		"payment_method_details": {method["type"]: _attempt_details(method), "type": method["type"]},
		"setup_error": None,
		"setup_intent": intent["id"],
		"status": "requires_action",
		"usage": intent["usage"],
	}
	ctx.put(attempt)
	intent["latest_attempt"] = attempt["id"]


def _attempt_details(method: dict) -> dict:
	if method["type"] == "us_bank_account":
		return {}
	card = method["card"]
	shown = {
		n: card[n] for n in ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
	}
	return {
		**shown,
		"checks": card["checks"],
		"network": card["brand"],
		"three_d_secure": None,
		"wallet": None,
	}


def _finish_attempt(ctx, intent: dict, status: str, error: dict | None = None) -> None:
	attempt = ctx.find("setup_attempt", intent["latest_attempt"])
	if attempt:
		attempt.update(status=status, setup_error=error)
		ctx.put(attempt)


# Making


def _blank(ctx, params: dict, automatic: dict | None, types: list[str]) -> dict:
	intent_id = new_id("seti")
	return {
		"id": intent_id,
		"object": "setup_intent",
		"allowed_payment_method_types": params.get("allowed_payment_method_types"),
		"application": None,
		"automatic_payment_methods": automatic,
		"cancellation_reason": None,
		"client_secret": intents.new_secret(intent_id),
		"created": ctx.now,
		"customer": None,
		"customer_account": None,
		"description": params.get("description"),
		"excluded_payment_method_types": params.get("excluded_payment_method_types"),
		"flow_directions": None,
		"last_setup_error": None,
		"latest_attempt": None,
		"livemode": ctx.livemode,
		"mandate": None,
		"metadata": params.get("metadata") or {},
		"next_action": None,
		"on_behalf_of": None,
		"payment_method": None,
		"payment_method_configuration_details": (
			{"id": f"pmc_{ctx.account['name']}", "parent": None} if automatic else None
		),
		"payment_method_options": _options(types, params.get("payment_method_options")),
		"payment_method_types": types,
		"single_use_mandate": None,
		"status": "requires_payment_method",
		"usage": params.get("usage") or "off_session",
		"_confirm": {},
		"_microdeposits": None,
	}


def _options(types: list[str], given: dict | None) -> dict:
	defaults = {
		"card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"},
		"us_bank_account": {"mandate_options": {}, "verification_method": "automatic"},
	}
	given = given or {}
	return {kind: {**defaults[kind], **(given.get(kind) or {})} for kind in types}


def _verification_method(intent: dict) -> str:
	return ((intent["payment_method_options"] or {}).get("us_bank_account") or {}).get("verification_method")


def _set_method(ctx, intent: dict, params: dict) -> None:
	if params.get("confirm") or not (params.get("payment_method") or params.get("payment_method_data")):
		return
	if params.get("payment_method_data"):
		method = payment_methods.make(ctx, params["payment_method_data"], "payment_method_data")
	else:
		method = payment_methods.resolve(ctx, params["payment_method"])
	intents.check_method(ctx, intent, method)
	intent.update(payment_method=method["id"], status="requires_confirmation", next_action=None)


def _unexpected(intent: dict, verb: str, allowed: tuple) -> errors.StripeError:
	past = {"confirm": "confirmed", "cancel": "canceled", "update": "updated"}[verb]
	return errors.unexpected_state(
		f"You cannot {verb} this SetupIntent because it has a status of {intent['status']}. Only a SetupIntent with one of the "
		f"following statuses may be {past}: {', '.join(allowed)}.",
		"setup_intent_unexpected_state",
		setup_intent=public(intent),
	)


def _refuse_unsupported(params: dict) -> None:
	for name in ("on_behalf_of", "single_use", "customer_account", "attach_to_self", "flow_directions"):
		if params.get(name):
			raise errors.invalid(f"The Stripe emulator does not support {name}.", None, name)
