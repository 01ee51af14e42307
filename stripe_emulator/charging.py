"""Charges: what a confirmed PaymentIntent attempts, and what becomes of it.

Cards are decided at once (or after 3-D Secure). Bank debits are pending for business days; debits.py decides them.
Every change of an intent goes through `move`, so that its event can't be forgotten.
"""

from urllib.parse import urlencode

from . import balance, errors, methods, testdata
from .ids import new_id
from .registry import task
from .render import public

RECEIPT_ADDRESS_LENGTH = 160
INTENT_EVENTS = {
	"requires_action": "payment_intent.requires_action",
	"processing": "payment_intent.processing",
	"succeeded": "payment_intent.succeeded",
	"canceled": "payment_intent.canceled",
}


def move(ctx, intent: dict, status: str, **changes) -> None:
	"""Set the intent's status and other fields, and send the event of that status."""
	intent.update(status=status, **changes)
	ctx.put(intent)
	if status in INTENT_EVENTS:
		ctx.emit(INTENT_EVENTS[status], intent)


def new_charge(ctx, intent: dict, method: dict, status: str, **more) -> dict:
	"""A charge in `status` (succeeded, pending or failed), stored and linked to its intent."""
	charge_id = new_id("ch" if method["type"] == "card" else "py")
	paid = status != "failed"
	charge = {
		"id": charge_id,
		"object": "charge",
		"amount": intent["amount"],
		"amount_captured": intent["amount"] if paid else 0,
		"amount_refunded": 0,
		"application": None,
		"application_fee": None,
		"application_fee_amount": None,
		"balance_transaction": None,
		"billing_details": method["billing_details"],
		"calculated_statement_descriptor": _descriptor(ctx, intent) if method["type"] == "card" else None,
		"captured": paid,
		"created": ctx.now,
		"currency": intent["currency"],
		"customer": intent["customer"],
		"description": intent["description"],
		"destination": None,
		"dispute": None,
		"disputed": False,
		"failure_balance_transaction": None,
		"failure_code": None,
		"failure_message": None,
		"fraud_details": {},
		"livemode": ctx.livemode,
		"metadata": dict(intent["metadata"]),
		"on_behalf_of": None,
		"order": None,
		"outcome": _outcome(method, None),
		"paid": status == "succeeded",
		"payment_intent": intent["id"],
		"payment_method": method["id"],
		"payment_method_details": _method_details(ctx, method, intent),
		"presentment_details": None,
		"radar_options": {},
		"receipt_email": intent["receipt_email"],
		"receipt_number": None,
		"receipt_url": receipt_url(ctx, charge_id) if status == "succeeded" else None,
		"refunded": False,
		"review": None,
		"shipping": intent["shipping"],
		"source": None,
		"source_transfer": None,
		"statement_descriptor": intent["statement_descriptor"],
		"statement_descriptor_suffix": intent["statement_descriptor_suffix"],
		"status": status,
		"transfer_data": None,
		"transfer_group": intent["transfer_group"],
		**more,
	}
	if charge["presentment_details"] is None:
		del charge["presentment_details"]
	ctx.put(charge)
	intent["latest_charge"] = charge_id
	return charge


def receipt_url(ctx, charge_id: str) -> str:
	"""The receipt's page, in an address as long as Stripe's, which were measured at 156 to 159 characters."""
	address = f"{ctx.base_url}/emulator/receipts/{charge_id}-"
	return address + new_id("rcpt", RECEIPT_ADDRESS_LENGTH)[: max(RECEIPT_ADDRESS_LENGTH - len(address), 20)]


def _descriptor(ctx, intent: dict) -> str:
	"""What the payer's bank statement says: at most 22 characters, and Stripe's default uses them."""
	prefix = "".join(c for c in ctx.account["business_name"].upper() if c.isalnum() or c == " ")
	suffix = intent["statement_descriptor_suffix"]
	if suffix:
		return f"{prefix[:10].strip()}* {suffix}"[:22]
	return prefix[:22].strip()


# Cards


def attempt_card(ctx, intent: dict, method: dict, *, authenticated: bool = False) -> dict | None:
	"""Charge a card now. Returns the error of a decline, or None on success or while 3-D Secure is asked for."""
	card = testdata.CARDS[method["_number"]]
	options = intent["_confirm"]
	if not authenticated and needs_authentication(card, method, options):
		if options.get("off_session"):
			return decline_card(ctx, intent, method, testdata.AUTHENTICATION_REQUIRED)
		if options.get("error_on_requires_action"):
			return decline_card(ctx, intent, method, testdata.AUTHENTICATION_REQUIRED)
		ask_for_authentication(ctx, intent, method)
		return None
	if card.decline:
		return decline_card(ctx, intent, method, card.decline)
	charge = new_charge(
		ctx,
		intent,
		method,
		"succeeded",
		_available_at_once=card.available_at_once,
		**({"outcome": {**_outcome(method, None), "risk_level": card.risk}}),
	)
	succeed(ctx, intent, method, charge)
	_aftermath(ctx, charge, card)
	return None


SET_UP = ("on_session", "off_session")


def set_up(method: dict, usage: str) -> None:
	"""Note that the payer's bank has agreed to later payments with `method`: on_session, or off_session, which includes both."""
	if method.get("_set_up") != "off_session":
		method["_set_up"] = usage


def needs_authentication(card: testdata.Card, method: dict, options: dict) -> bool:
	"""Whether the bank asks for 3-D Secure: it depends on the test card, and on whether the payer is there (`off_session`)."""
	if card.authentication == "always":
		return True
	if card.authentication == "unless_set_up":
		# Set up for payments with its holder alone, it is asked about where the holder is not there.
		return method["_set_up"] not in (["off_session"] if options.get("off_session") else SET_UP)
	if card.authentication == "off_session_ready":
		return not options.get("off_session")
	return False


def ask_for_authentication(ctx, intent: dict, method: dict) -> None:
	"""requires_action, with a page of the emulator standing in for the bank's."""
	source = new_id("src")
	# As many parameters as Stripe's own address has.
	query = {
		"client_secret": intent["client_secret"],
		"merchant": ctx.account["id"],
		"publishable_key": ctx.account["keys"]["publishable"][0],
		"source": source,
		"attempt": new_id("payatt"),
	}
	url = f"{ctx.base_url}/emulator/3ds/{intent['id']}?{urlencode(query)}"
	if intent["_confirm"].get("use_stripe_sdk") or not intent["_confirm"].get("return_url"):
		action = {
			"type": "use_stripe_sdk",
			"use_stripe_sdk": {
				"directory_server_name": method["card"]["brand"],
				"source": source,
				"stripe_js": url,
				"type": "three_d_secure_redirect",
			},
		}
	else:
		back = intent["_confirm"]["return_url"]
		action = {"redirect_to_url": {"return_url": back, "url": url}, "type": "redirect_to_url"}
	intent.update(next_action=action, payment_method=method["id"])
	if intent["object"] == "payment_intent":
		move(ctx, intent, "requires_action")
	else:
		intent["status"] = "requires_action"
		ctx.put(intent)
		ctx.emit("setup_intent.requires_action", intent)


def decline_card(
	ctx, intent: dict, method: dict, decline: testdata.Decline, with_charge: bool = True
) -> dict:
	"""Decline: make a failed charge, and set the intent back to requires_payment_method. Returns the error's body."""
	error = error_of(decline, method)
	if with_charge:
		charge = new_charge(
			ctx,
			intent,
			method,
			"failed",
			failure_code=decline.code,
			failure_message=decline.message,
			outcome=_outcome(method, decline),
		)
		error["charge"] = charge["id"]
		ctx.emit("charge.failed", charge)
	_use_up(ctx, method)
	fail_intent(ctx, intent, error)
	return error


def fail_intent(ctx, intent: dict, error: dict) -> None:
	"""Back to requires_payment_method, with the error kept and the event sent, as after a decline."""
	intent.update(
		status="requires_payment_method", payment_method=None, next_action=None, processing=None,
		last_payment_error=error,
	)  # fmt: skip
	ctx.put(intent)
	ctx.emit("payment_intent.payment_failed", intent)


def error_of(decline: testdata.Decline, method: dict) -> dict:
	"""Stripe's `last_payment_error` of a declined card."""
	error = {
		"code": decline.code,
		"doc_url": errors.doc_url(decline.code),
		"message": decline.message,
		"type": "card_error",
	}
	if decline.decline_code:
		error["decline_code"] = decline.decline_code
	if decline.advice_code:
		error["advice_code"] = decline.advice_code
	if decline.network_code:
		error["network_decline_code"] = decline.network_code
	if decline.param:
		error["param"] = decline.param
	error["payment_method"] = public(method)
	error["payment_method_type"] = method["type"]
	return error


def raise_card_error(intent: dict, error: dict) -> None:
	"""A synchronous refusal: the request was right and the payment failed. It carries the intent, to go on with."""
	shown = {
		name: value for name, value in error.items() if name not in ("message", "code", "type", "doc_url")
	}
	raise errors.StripeError(
		error["message"],
		status=402,
		type=error["type"],
		code=error["code"],
		stored=True,
		**shown,
		**{intent["object"]: public(intent)},
	)


# Success


def succeed(ctx, intent: dict, method: dict, charge: dict) -> None:
	"""The money is there: close the intent, save the method if asked, and book the charge a little later."""
	ctx.put(charge)
	ctx.emit("charge.succeeded", charge)
	if intent["setup_future_usage"] and method["type"] == "card":
		set_up(method, intent["setup_future_usage"])
	save_method(ctx, intent, method)
	move(
		ctx, intent, "succeeded", amount_received=intent["amount"], next_action=None, processing=None,
		last_payment_error=None, payment_method=method["id"],
	)  # fmt: skip
	delay = ctx.settings["async_capture_seconds"]
	if intent["capture_method"] == "automatic_async" and delay >= 0:
		ctx.schedule(ctx.clock.time() + delay, "charging.book", charge=charge["id"])
	else:
		book(ctx, charge["id"])


def save_method(ctx, intent: dict, method: dict) -> None:
	"""With setup_future_usage and a customer the method is attached; without, it was good for this once."""
	if method["customer"]:
		return
	if intent["setup_future_usage"] and intent["customer"]:
		methods.save_for(ctx, method, intent["customer"])
	else:
		_use_up(ctx, method)


@task("charging.book")
def book(ctx, charge: str) -> None:
	"""The balance transaction of an asynchronous capture, and charge.updated with it."""
	row = ctx.get("charge", charge)
	entry = balance.for_charge(ctx, row)
	row["balance_transaction"] = entry["id"]
	ctx.put(row)
	ctx.emit("charge.updated", row, {"balance_transaction": None})


@task("balance.make_available")
def make_available(ctx, transaction: str) -> None:
	entry = ctx.find("balance_transaction", transaction)
	if entry:
		entry["status"] = "available"
		ctx.put(entry)


def _aftermath(ctx, charge: dict, card: testdata.Card) -> None:
	soon = ctx.clock.time() + ctx.settings["dispute_delay_seconds"]
	for _ in range(card.disputes if card.dispute else 0):
		ctx.schedule(
			soon, "disputes.open", charge=charge["id"], reason=card.dispute, inquiry=card.inquiry,
			amount=charge["amount"] // card.disputes,
		)  # fmt: skip
	if card.early_fraud_warning:
		ctx.schedule(soon, "charging.warn_of_fraud", charge=charge["id"])


@task("charging.warn_of_fraud")
def warn_of_fraud(ctx, charge: str) -> None:
	row = ctx.get("charge", charge)
	warning = {
		"id": new_id("issfr"),
		"object": "radar.early_fraud_warning",
		"actionable": True,
		"charge": charge,
		"created": ctx.now,
		"fraud_type": "unauthorized_use_of_card",
		"livemode": ctx.livemode,
		"payment_intent": row["payment_intent"],
	}
	ctx.put(warning)
	ctx.emit("radar.early_fraud_warning.created", warning)


def _use_up(ctx, method: dict) -> None:
	if not method["customer"]:
		method["_used"] = True
		ctx.put(method)


# Shapes


def _outcome(method: dict, decline: testdata.Decline | None) -> dict:
	card = testdata.CARDS.get(method["_number"])
	blocked = bool(decline and card and card.blocked)
	outcome = {
		"advice_code": decline.advice_code if decline else None,
		"network_advice_code": None,
		"network_decline_code": decline.network_code if decline else None,
		"network_status": "approved_by_network",
		"reason": None,
		"risk_level": card.risk if card else "not_assessed",
		"risk_score": {"normal": 20, "elevated": 70, "highest": 95}[card.risk] if card else None,
		"seller_message": "Payment complete.",
		"type": "authorized",
	}
	if outcome["risk_score"] is None:
		del outcome["risk_score"]
	if blocked:
		outcome.update(
			network_status="not_sent_to_network", reason="highest_risk_level", rule=None, type="blocked",
			seller_message="Stripe blocked this payment as too risky.",
		)  # fmt: skip
	elif decline:
		outcome.update(
			network_status="declined_by_network",
			reason=decline.decline_code or decline.code,
			seller_message="The bank did not return any further details with this decline.",
			type="issuer_declined",
		)
	return outcome


def _method_details(ctx, method: dict, intent: dict) -> dict:
	if method["type"] == "card":
		return {"card": _card_details(method, intent), "type": "card"}
	bank = method["us_bank_account"]
	return {
		"type": "us_bank_account",
		"us_bank_account": {
			"account_holder_type": bank["account_holder_type"],
			"account_type": bank["account_type"],
			"bank_name": bank["bank_name"],
			"expected_debit_date": None,
			"fingerprint": bank["fingerprint"],
			"last4": bank["last4"],
			"mandate": intent["_confirm"].get("mandate"),
			"payment_reference": None,
			"routing_number": bank["routing_number"],
		},
	}


def _card_details(method: dict, intent: dict) -> dict:
	card = method["card"]
	secured = None
	if intent["_confirm"].get("authenticated"):
		secured = {
			"authentication_flow": "challenge",
			"electronic_commerce_indicator": "05",
			"exemption_indicator": None,
			"result": "authenticated",
			"result_reason": None,
			"transaction_id": new_id("3ds", 20),
			"version": "2.2.0",
		}
	return {
		"amount_authorized": intent["amount"],
		"authorization_code": "123456",
		"brand": card["brand"],
		"checks": card["checks"],
		"country": card["country"],
		"exp_month": card["exp_month"],
		"exp_year": card["exp_year"],
		"extended_authorization": {"status": "disabled"},
		"fingerprint": card["fingerprint"],
		"funding": card["funding"],
		"incremental_authorization": {"status": "unavailable"},
		"installments": None,
		"last4": card["last4"],
		"mandate": None,
		"multicapture": {"status": "unavailable"},
		"network": card["brand"],
		"network_token": {"used": False},
		"network_transaction_id": None,
		"overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
		"regulated_status": "unregulated",
		"three_d_secure": secured,
		"wallet": card["wallet"],
	}
