"""PaymentIntents: create, confirm, cancel, verify. Their statuses, in order:

requires_payment_method → requires_confirmation → requires_action → processing → succeeded; a failure goes back to
requires_payment_method, and canceled ends it. https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from .. import balance, charging, debits, emails, errors, intents, mandates, microdeposits, money
from ..ids import new_id
from ..registry import route
from ..render import page, public

OPEN = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action")
UNSUPPORTED = ("on_behalf_of", "transfer_data", "application_fee_amount", "hooks", "customer_account")
CONFIRM_OPTIONS = ("off_session", "use_stripe_sdk", "return_url", "error_on_requires_action")
CONFIRM_ONLY = (
	"confirmation_token", "error_on_requires_action", "mandate", "mandate_data", "off_session", "return_url",
	"use_stripe_sdk",
)  # fmt: skip


@route("POST", "/v1/payment_intents", "PaymentIntentCreateParams", permission="payment_intent_write")
def create(ctx, params):
	intents.check_account(ctx)
	for name, value in (("capture_method", "manual"), ("confirmation_method", "manual")):
		if params.get(name) == value:
			raise errors.invalid(f"The Stripe emulator does not support {name}={value}.", None, name)
	intents.refuse_unsupported(params, UNSUPPORTED)
	_check_confirm_only(params)
	emails.check(ctx, params.get("receipt_email"), "receipt_email")
	currency = money.check_currency(params["currency"])
	automatic, types = intents.chosen_types(ctx, params, currency)
	_check_amount(ctx, params["amount"], currency, types)
	intent = _blank(ctx, params, currency, automatic, types)
	return intents.create(ctx, intent, params, _prepare, _attempt)


@route(
	"GET",
	"/v1/payment_intents/<id>",
	"PaymentIntentRetrieveParams",
	permission="payment_intent_read",
	publishable=True,
)
def retrieve(ctx, params, id):
	return intents.seen(ctx, intents.find(ctx, "payment_intent", id, params))


@route("GET", "/v1/payment_intents", "PaymentIntentListParams", permission="payment_intent_read")
def list_(ctx, params):
	ids = None
	if params.get("customer"):
		ids = ctx.store.objects.of(ctx.space, "payment_intent", "customer", params["customer"])
	return page(ctx, "payment_intent", params, "/v1/payment_intents", None, ids)


@route("POST", "/v1/payment_intents/<id>", "PaymentIntentUpdateParams", permission="payment_intent_write")
def update(ctx, params, id):
	intent = ctx.get("payment_intent", id)
	_check_update(intent, params)
	emails.check(ctx, params.get("receipt_email"), "receipt_email")
	if "currency" in params:
		intent["currency"] = money.check_currency(params["currency"])
	if "amount" in params:
		types = intent["payment_method_types"]
		intent["amount"] = _check_amount(ctx, params["amount"], intent["currency"], types)
	_apply_plain(intent, params)
	return intents.update(ctx, intent, params, intent["currency"])


@route(
	"POST", "/v1/payment_intents/<id>/confirm", "PaymentIntentConfirmParams",
	permission="payment_intent_write", publishable=True, browser=intents.BROWSER_CONFIRM,
)  # fmt: skip
def confirm(ctx, params, id):
	intent = intents.find(ctx, "payment_intent", id, params)
	return intents.seen(ctx, _attempt(ctx, intent, _prepare(ctx, intent, params), params))


@route(
	"POST", "/v1/payment_intents/<id>/cancel", "PaymentIntentCancelParams", permission="payment_intent_write"
)
def cancel(ctx, params, id):
	intent = ctx.get("payment_intent", id)
	processing = intent["status"] == "processing" and ctx.settings["cancel_while_processing"]
	if intent["status"] not in OPEN and not processing:
		raise intents.wrong_status(intent, "cancel", OPEN)
	if processing:
		_withdraw(ctx, intent)
	intent["_microdeposits"] = None
	charging.move(
		ctx, intent, "canceled", canceled_at=ctx.now, cancellation_reason=params.get("cancellation_reason"),
		next_action=None, processing=None,
	)  # fmt: skip
	return intent


@route(
	"POST", "/v1/payment_intents/<id>/verify_microdeposits", "PaymentIntentVerifyMicrodepositsParams",
	permission="payment_intent_write", publishable=True,
)  # fmt: skip
def verify_microdeposits(ctx, params, id):
	intent = intents.find(ctx, "payment_intent", id, params)
	verify(ctx, intent, params)
	return intents.seen(ctx, intent)


def verify(ctx, intent: dict, params: dict) -> None:
	"""The holder answers what the micro-deposits were; a right answer sends the debit."""
	microdeposits.verify(ctx, intent, params)
	debits.attempt(ctx, intent, ctx.get("payment_method", intent["payment_method"]))


def finish_authentication(ctx, intent: dict, succeeded: bool) -> None:
	"""The bank's 3-D Secure page is done. Nobody waits for an answer: a decline shows on the intent alone."""
	if intent["status"] != "requires_action" or not intent["next_action"]:
		return
	method = ctx.get("payment_method", intent["payment_method"])
	intent["next_action"] = None
	if succeeded:
		intent["_confirm"]["authenticated"] = True
		charging.attempt_card(ctx, intent, method, authenticated=True)
		return
	error = charging.error_of(charging.testdata.AUTHENTICATION_FAILED, method)
	charging.fail_intent(ctx, intent, error)


# Confirming


def _prepare(ctx, intent: dict, params: dict) -> dict:
	"""Refuse what Stripe refuses before it attempts or keeps anything. Returns the PaymentMethod to charge."""
	intents.check_account(ctx)
	_check_confirmable(intent)
	emails.check(ctx, params.get("receipt_email"), "receipt_email")
	method = intents.take_method(ctx, intent, params)
	if params.get("amount_to_confirm") not in (None, intent["amount"]):
		raise errors.invalid(
			"The provided amount_to_confirm does not match the PaymentIntent's amount.",
			"payment_intent_invalid_parameter",
			"amount_to_confirm",
		)
	_check_amount(ctx, intent["amount"], intent["currency"], [method["type"]])
	intents.check_return_url(intent, params)
	if method["type"] == "us_bank_account":
		intents.check_ach(ctx, intent["currency"])
		mandates.check(ctx, method, params)
		intents.check_verification(intent, method)
	return method


def _attempt(ctx, intent: dict, method: dict, params: dict) -> dict:
	intents.use_token(ctx, intent, params, method)
	_apply_plain(intent, params)
	intent["last_payment_error"] = None
	intent["_confirm"] = {name: params[name] for name in CONFIRM_OPTIONS if params.get(name)}
	if method["type"] == "card":
		error = charging.attempt_card(ctx, intent, method)
	else:
		error = _attempt_debit(ctx, intent, method, params)
	if error:
		charging.raise_card_error(intent, error)
	return intent


def _attempt_debit(ctx, intent: dict, method: dict, params: dict) -> dict | None:
	multi_use = bool(intent["setup_future_usage"]) or bool(method["customer"])
	mandate = mandates.for_debit(ctx, intent, method, params, multi_use)
	intent["_confirm"]["mandate"] = mandate["id"]
	if method["_verified"]:
		return debits.attempt(ctx, intent, method)
	microdeposits.start(ctx, intent, method, "payment_intent.requires_action")
	return None


def _check_amount(ctx, amount: int, currency: str, types: list[str]) -> int:
	return money.check_amount(amount, currency, balance.settlement_currency(ctx, currency), types)


def _check_confirmable(intent: dict) -> None:
	if intent["status"] in intents.EDITABLE:
		return
	if intent["status"] != "succeeded":
		raise intents.wrong_status(intent, "confirm", ("requires_confirmation", "requires_action"))
	raise errors.unexpected_state(
		"You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.",
		"payment_intent_unexpected_state",
		payment_intent=public(intent),
	)


def _withdraw(ctx, intent: dict) -> None:
	"""The rare case: the debit had not left yet."""
	charge = ctx.get("charge", intent["latest_charge"])
	charge.update(
		status="failed", captured=False, amount_captured=0, failure_code="payment_canceled",
		failure_message="The payment was canceled before it was sent.",
	)  # fmt: skip
	ctx.put(charge)
	ctx.emulator.drop_tasks(lambda t: t["arguments"].get("intent") == intent["id"])
	ctx.emit("charge.failed", charge)


# Making and changing


def _blank(ctx, params: dict, currency: str, automatic: dict | None, types: list[str]) -> dict:
	return {
		**intents.blank(ctx, new_id("pi"), "payment_intent", params, automatic, types),
		"amount": params["amount"],
		"amount_capturable": 0,
		"amount_details": {"tip": {}},
		"amount_received": 0,
		"application_fee_amount": None,
		"canceled_at": None,
		"capture_method": params.get("capture_method") or "automatic_async",
		"confirmation_method": "automatic",
		"currency": currency,
		"last_payment_error": None,
		"latest_charge": None,
		"payment_record": None,
		"processing": None,
		"receipt_email": params.get("receipt_email"),
		"review": None,
		"setup_future_usage": params.get("setup_future_usage"),
		"shipping": params.get("shipping"),
		"source": None,
		"statement_descriptor": params.get("statement_descriptor"),
		"statement_descriptor_suffix": params.get("statement_descriptor_suffix"),
		"transfer_data": None,
		"transfer_group": params.get("transfer_group"),
	}


def _apply_plain(intent: dict, params: dict) -> None:
	for name in (
		"description", "receipt_email", "setup_future_usage", "shipping", "statement_descriptor",
		"statement_descriptor_suffix", "transfer_group",
	):  # fmt: skip
		if name in params:
			intent[name] = params[name] or None
	intents.set_options(intent, params)


def _check_update(intent: dict, params: dict) -> None:
	harmless = {"metadata", "description", "receipt_email", "expand", "transfer_group"}
	frozen = [name for name in params if name not in harmless]
	if intent["status"] in intents.EDITABLE or not frozen:
		return
	raise errors.unexpected_state(
		f"This PaymentIntent's {frozen[0]} could not be updated because it has a status of {intent['status']}. You may only "
		f"update the {frozen[0]} of a PaymentIntent with one of the following statuses: {', '.join(intents.EDITABLE)}.",
		"payment_intent_unexpected_state",
		payment_intent=public(intent),
	)


def _check_confirm_only(params: dict) -> None:
	if params.get("confirm"):
		return
	for name in CONFIRM_ONLY:
		if name in params:
			raise errors.invalid(
				f"The parameter `{name}` cannot be passed when creating a PaymentIntent unless `confirm` is set to true.",
				None,
				name,
			)
