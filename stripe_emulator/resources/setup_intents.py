"""SetupIntents: saving a card or a bank account without charging it."""

from .. import charging, intents, mandates, methods, microdeposits, setup_attempts, testdata
from ..ids import new_id
from ..registry import route
from ..render import page

UNSUPPORTED = ("on_behalf_of", "single_use", "customer_account", "attach_to_self", "flow_directions")
CONFIRM_OPTIONS = ("use_stripe_sdk", "return_url")


@route("POST", "/v1/setup_intents", "SetupIntentCreateParams", permission="setup_intent_write")
def create(ctx, params):
	intents.check_account(ctx)
	intents.refuse_unsupported(params, UNSUPPORTED)
	automatic, types = intents.chosen_types(ctx, params, None)
	return intents.create(ctx, _blank(ctx, params, automatic, types), params, _prepare, _attempt)


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
	if intent["status"] not in intents.EDITABLE and set(params) - {"metadata", "description", "expand"}:
		raise intents.wrong_status(intent, "update", intents.EDITABLE)
	return intents.update(ctx, intent, params, None)


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
	if intent["status"] not in intents.EDITABLE:
		raise intents.wrong_status(intent, "cancel", intents.EDITABLE)
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
		setup_attempts.fail(ctx, intent, charging.error_of(testdata.SETUP_AUTHENTICATION_FAILED, method))


# Confirming


def _prepare(ctx, intent: dict, params: dict) -> dict:
	"""Everything that may be refused before anything is attempted or kept."""
	if intent["status"] not in intents.EDITABLE:
		raise intents.wrong_status(intent, "confirm", ("requires_confirmation", "requires_action"))
	method = intents.take_method(ctx, intent, params)
	intents.check_return_url(intent, params)
	if method["type"] == "us_bank_account":
		mandates.check(ctx, method, params)
		intents.check_verification(intent, method)
	return method


def _attempt(ctx, intent: dict, method: dict, params: dict) -> dict:
	intents.use_token(ctx, intent, params, method)
	intent["_confirm"] = {name: params[name] for name in CONFIRM_OPTIONS if params.get(name)}
	intent["last_setup_error"] = None
	intent["payment_method"] = method["id"]
	setup_attempts.start(ctx, intent, method)
	if method["type"] == "card":
		_attempt_card(ctx, intent, method)
	else:
		_attempt_bank(ctx, intent, method, params)
	return intent


def _attempt_card(ctx, intent: dict, method: dict) -> None:
	card = testdata.CARDS[method["_number"]]
	if card.decline and card.declines_on_attach:
		error = charging.error_of(card.decline, method)
		setup_attempts.fail(ctx, intent, error)
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
	charging.set_up(method, intent["usage"])
	ctx.put(method)
	if intent["customer"]:
		methods.save_for(ctx, method, intent["customer"])
	mandates.change(ctx, intent["mandate"], "active")
	setup_attempts.finish(ctx, intent, "succeeded")
	intent.update(status="succeeded", next_action=None, last_setup_error=None, payment_method=method["id"])
	ctx.put(intent)
	ctx.emit("setup_intent.succeeded", intent)


# Making


def _blank(ctx, params: dict, automatic: dict | None, types: list[str]) -> dict:
	return {
		**intents.blank(ctx, new_id("seti"), "setup_intent", params, automatic, types),
		"flow_directions": None,
		"last_setup_error": None,
		"latest_attempt": None,
		"mandate": None,
		"single_use_mandate": None,
		"usage": params.get("usage") or "off_session",
	}
