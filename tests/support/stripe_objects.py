"""Events as Stripe words them, for tests that need their shape and not their history."""

import os
import time

API_VERSION = "2026-10-28.endive"


def event(type: str, obj: dict | None = None, /, **fields) -> dict:
	"""An event of this type about `obj` (a PaymentIntent of nobody's, if none is given); its id is new each time."""
	return {
		"id": new_id("evt"),
		"object": "event",
		"api_version": API_VERSION,
		"created": int(time.time()),
		"data": {"object": payment_intent() if obj is None else obj},
		"livemode": False,
		"pending_webhooks": 1,
		"request": {"id": new_id("req"), "idempotency_key": new_id("key")},
		"type": type,
	} | fields


def payment_intent(**fields) -> dict:
	intent = new_id("pi")
	return {
		"id": intent,
		"object": "payment_intent",
		"amount": 2000,
		"amount_capturable": 0,
		"amount_details": {"tip": {}},
		"amount_received": 2000,
		"application": None,
		"application_fee_amount": None,
		"automatic_payment_methods": None,
		"canceled_at": None,
		"cancellation_reason": None,
		"capture_method": "automatic_async",
		"client_secret": f"{intent}_secret_{os.urandom(12).hex()}",
		"confirmation_method": "automatic",
		"created": int(time.time()),
		"currency": "usd",
		"customer": new_id("cus"),
		"description": "Annual support (INV-2026-00017)",
		"last_payment_error": None,
		"latest_charge": new_id("ch"),
		"livemode": False,
		"metadata": {},
		"next_action": None,
		"on_behalf_of": None,
		"payment_method": new_id("pm"),
		"payment_method_options": {
			"card": {
				"installments": None,
				"mandate_options": None,
				"network": None,
				"request_three_d_secure": "automatic",
			}
		},
		"payment_method_types": ["card"],
		"processing": None,
		"receipt_email": "payer@example.com",
		"review": None,
		"setup_future_usage": None,
		"shipping": None,
		"source": None,
		"statement_descriptor": None,
		"statement_descriptor_suffix": None,
		"status": "succeeded",
		"transfer_data": None,
		"transfer_group": None,
	} | fields


def new_id(prefix: str) -> str:
	"""An id that no other object has, in Stripe's manner."""
	return f"{prefix}_{os.urandom(12).hex()}"
