"""What follows a payment that was declined: by Stripe's code, and never against it.

https://docs.stripe.com/declines/codes, https://docs.stripe.com/payments/ach-direct-debit#ach-direct-debit-failure-codes. What
Stripe or the card networks say must not be tried again is not; a code that is not listed may be.
"""

AUTHENTICATE = "authenticate"
RETRY = "retry"
STOP = "stop"

# The bank wants to ask the payer, who is not there.
NEEDS_THE_PAYER = frozenset(("authentication_required", "authentication_not_handled"))

# The card or account will never pay again, or its holder has forbidden it.
NEVER_AGAIN = frozenset(
	(
		# decline codes of cards
		"card_not_supported", "currency_not_supported", "do_not_try_again", "expired_card", "fraudulent",
		"highest_risk_level", "incorrect_number", "invalid_account", "invalid_expiry_month", "invalid_expiry_year",
		"invalid_number", "lost_card", "merchant_blacklist", "new_account_information_available", "not_permitted",
		"pickup_card", "previously_declined_do_not_retry", "restricted_card", "revocation_of_all_authorizations",
		"revocation_of_authorization", "security_violation", "service_not_allowed", "stolen_card", "stop_payment_order",
		"testmode_decline", "transaction_not_allowed",
		# failures of bank debits
		"account_closed", "account_number_invalid", "bank_account_bad_routing_numbers", "bank_account_closed",
		"bank_account_declined", "bank_account_frozen", "bank_account_invalid_details", "bank_account_restricted",
		"bank_account_unusable", "bank_account_unverified", "bank_ownership_changed", "debit_not_authorized",
		"incorrect_account_details", "incorrect_account_holder_name", "invalid_account_number", "invalid_currency",
		"no_account", "payment_method_bank_account_blocked", "payment_method_restricted", "recipient_deceased",
		"refer_to_customer", "routing_number_invalid", "tokenized_account_number_deactivated",
		# codes of a refused request: the method or its mandate is gone
		"payment_intent_mandate_invalid", "payment_method_unexpected_state", "resource_missing",
	)
)  # fmt: skip


def what_follows(code: str | None, decline_code: str | None) -> str:
	"""AUTHENTICATE, RETRY or STOP, for the failure and decline codes of an Invoice Payment."""
	codes = {code, decline_code}
	if codes & NEEDS_THE_PAYER:
		return AUTHENTICATE
	return STOP if codes & NEVER_AGAIN else RETRY
