"""What a test may tune while the emulator runs (control route `/emulator/settings`)."""

from .clock import HOUR, MINUTE

DEFAULTS = {
	# Business days until a bank debit settles or fails by itself.
	"ach_settlement_business_days": 4,
	# Seconds after a bank debit succeeded until the test account 000555555559 disputes it.
	"dispute_delay_seconds": 1,
	# Seconds until a charge gets its balance_transaction (capture_method automatic_async) and charge.updated is sent.
	"async_capture_seconds": 2,
	# Business days until an ACH refund, or the pending test refund of a card, is decided.
	"refund_business_days": 5,
	# Whether a refund is refused that the account's balance does not cover.
	"refunds_need_balance": False,
	# Patterns of e-mail addresses that are refused besides the malformed ones.
	"refused_emails": [],
	# "descriptor_code" (Stripe's default) or "amounts".
	"microdeposit_type": "descriptor_code",
	# Business days until a micro-deposit arrives (and until 000666666661 is known to fail).
	"microdeposit_arrival_business_days": 2,
	"microdeposit_expiry_days": 10,
	# Whether a PaymentIntent may be canceled while processing: at Stripe only "in rare cases".
	"cancel_while_processing": False,
	# Seconds of the emulator's clock between the attempts at one webhook; the last lies three days after the first.
	"webhook_retry_delays": [
		5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 6 * HOUR,
	],
	# Real seconds to wait for a webhook's answer.
	"webhook_timeout": 10,
	"event_retention_days": 30,
	"idempotency_retention_hours": 24,
	# Real seconds that a writing request waits for another one on the same object before it gets lock_timeout.
	"lock_wait_seconds": 3,
	# Requests per real second and account before Stripe's 429; 0: no limit. (Stripe: 25 in a sandbox, 100 live.)
	"requests_per_second": 0,
	# What an event says where its endpoint names no version of its own.
	"default_api_version": "2026-10-28.endive",
}  # fmt: skip
