"""What Stripe's codes mean, in words that tell the payer what to do next.

Stripe's own messages are written for a shop's checkout, in English, and say "Your card was declined" for forty
different reasons. The codes are Stripe's published lists: https://docs.stripe.com/declines/codes (cards),
https://docs.stripe.com/declines/network-codes and https://docs.stripe.com/payments/ach-direct-debit (bank debits),
https://docs.stripe.com/error-codes. Where Stripe asks not to tell the payer the true reason (fraud, a lost or stolen
card), the sentence is that of a plain decline.

A code that is not listed falls back to Stripe's own message, so that a new one is never shown as a riddle.
"""

from frappe import _, _lt

from stripe_service.utils.language import in_language, language_of, site_language

_ASK_ISSUER = _lt("The bank that issued the card declined the payment. Ask them why, or use another card.")
_ISSUER_LIMIT = _lt(
	"The card's limit is reached. Use another card, pay less, or ask the bank that issued the card."
)
_TRY_AGAIN = _lt(
	"The bank could not process the payment just now. Try again in a few minutes, or use another card."
)
_OTHER_CARD = _lt("This card can't be used for this payment. Use another card.")
_WRONG_NUMBER = _lt("The card number is not right. Check it and try again.")
_WRONG_CVC = _lt("The card's security code is not right. Check it and try again.")
_WRONG_ADDRESS = _lt("The billing address or postal code does not match the card's. Check it and try again.")
_WRONG_MONTH = _lt("The card's expiry month is not right. Check it and try again.")
_WRONG_YEAR = _lt("The card's expiry year is not right. Check it and try again.")
_EXPIRED = _lt("The card has expired. Use another card.")
_NEEDS_AUTHENTICATION = _lt(
	"The bank wants to be sure that it is you. Try again and confirm the payment when asked."
)
_NOT_AUTHENTICATED = _lt(
	"The bank could not confirm that it is you, so nothing was paid. Try again, or use another card."
)
_PIN = _lt("The card asks for a PIN, which can't be entered here. Use another card.")
_DUPLICATE = _lt(
	"The same amount was charged to this card a moment ago. Look whether the payment went through first."
)
_AMOUNT = _lt(
	"The bank does not allow this amount. Pay another amount, or ask the bank that issued the card."
)

# decline_code of a card payment
CARD_DECLINES = {
	"approve_with_id": _lt(
		"The bank did not authorise the payment. Try again; if it fails again, ask the bank."
	),
	"authentication_not_handled": _NEEDS_AUTHENTICATION,
	"authentication_required": _NEEDS_AUTHENTICATION,
	"call_issuer": _ASK_ISSUER,
	"card_not_supported": _lt("The card does not support this kind of payment. Use another card."),
	"card_velocity_exceeded": _ISSUER_LIMIT,
	"currency_not_supported": _lt("The card can't pay in this currency. Use another card."),
	"do_not_honor": _ASK_ISSUER,
	"do_not_try_again": _ASK_ISSUER,
	"duplicate_transaction": _DUPLICATE,
	"expired_card": _EXPIRED,
	"fraudulent": _ASK_ISSUER,
	"generic_decline": _ASK_ISSUER,
	"highest_risk_level": _ASK_ISSUER,
	"incorrect_address": _WRONG_ADDRESS,
	"incorrect_cvc": _WRONG_CVC,
	"incorrect_number": _WRONG_NUMBER,
	"incorrect_pin": _PIN,
	"incorrect_zip": _WRONG_ADDRESS,
	"insufficient_funds": _lt(
		"There is not enough money on this card for the payment. Use another card, or pay less."
	),
	"invalid_account": _lt(
		"The card, or the account behind it, is not valid. Ask the bank, or use another card."
	),
	"invalid_amount": _AMOUNT,
	"invalid_cvc": _WRONG_CVC,
	"invalid_expiry_month": _WRONG_MONTH,
	"invalid_expiry_year": _WRONG_YEAR,
	"invalid_number": _WRONG_NUMBER,
	"invalid_pin": _PIN,
	"issuer_not_available": _TRY_AGAIN,
	"lost_card": _ASK_ISSUER,
	"merchant_blacklist": _ASK_ISSUER,
	"mobile_device_authentication_required": _OTHER_CARD,
	"new_account_information_available": _lt("The bank has issued a new card. Use the new card's details."),
	"no_action_taken": _ASK_ISSUER,
	"not_permitted": _OTHER_CARD,
	"offline_pin_required": _PIN,
	"online_or_offline_pin_required": _PIN,
	"pickup_card": _ASK_ISSUER,
	"pin_try_exceeded": _PIN,
	"previously_declined_do_not_retry": _ASK_ISSUER,
	"processing_error": _TRY_AGAIN,
	"reenter_transaction": _TRY_AGAIN,
	"restricted_card": _ASK_ISSUER,
	"revocation_of_all_authorizations": _ASK_ISSUER,
	"revocation_of_authorization": _ASK_ISSUER,
	"security_violation": _ASK_ISSUER,
	"service_not_allowed": _OTHER_CARD,
	"stolen_card": _ASK_ISSUER,
	"stop_payment_order": _lt(
		"The bank that issued this card has stopped payments to us. Ask the bank, or use another card."
	),
	"testmode_decline": _lt("This is a test card, which can't pay for real. Use a real card."),
	"transaction_not_allowed": _OTHER_CARD,
	"try_again_later": _TRY_AGAIN,
	"withdrawal_count_limit_exceeded": _ISSUER_LIMIT,
}

_CLOSED = _lt("The bank account is closed. Remove it and pay with another one.")
_NOT_FOUND = _lt(
	"The bank does not know this account. Remove it, check routing and account number with your bank, and add it again."
)
_FROZEN = _lt("The bank account is frozen. Contact your bank, or pay another way.")
_RESTRICTED = _lt("The bank allows no debits from this account. Contact your bank, or pay another way.")
_UNUSABLE = _lt("The bank account can't be debited. Contact your bank, or pay another way.")
_NOT_AUTHORISED = _lt(
	"The debit was not authorised, or its authorisation was withdrawn. Remove the bank account and add it again to authorise it again."
)
_NO_FUNDS = _lt(
	"There is not enough money in the bank account for this payment. Pay again once there is, or pay another way."
)
_HOLDER = _lt(
	"The account holder's details do not match the bank's. Remove the bank account and add it with the right ones."
)
_BANK_FAILED = _lt("Your bank could not process the debit. Contact your bank, or pay another way.")
_TOKENISED = _lt("The bank has withdrawn this account's number. Remove the bank account and add it again.")
_WEEKLY = _lt(
	"The amount exceeds what may be debited from a bank account in a week. Pay less, or pay another way."
)
_DEBIT_LIMIT = _lt(
	"The amount exceeds what may be debited from this bank account at once. Pay less, or pay another way."
)
_BLOCKED = _lt(
	"Stripe has blocked this bank account after an earlier failure. Contact your bank, or pay another way."
)
_BANK_REFUSED = _lt("The debit was refused. Pay another way, or contact your bank.")

# failure code (or decline_code) of a bank debit
BANK_FAILURES = {
	"account_closed": _CLOSED,
	"account_number_invalid": _NOT_FOUND,
	"bank_account_bad_routing_numbers": _NOT_FOUND,
	"bank_account_closed": _CLOSED,
	"bank_account_declined": _UNUSABLE,
	"bank_account_frozen": _FROZEN,
	"bank_account_invalid_details": _NOT_FOUND,
	"bank_account_restricted": _RESTRICTED,
	"bank_account_unusable": _UNUSABLE,
	"bank_account_unverified": _lt("The bank account is not verified yet. Verify it first."),
	"bank_account_verification_failed": _lt("The bank account could not be verified. Contact your bank."),
	"bank_cannot_process": _BANK_FAILED,
	"bank_ownership_changed": _lt(
		"The account has moved to another bank. Remove it and add it again with its new routing and account number."
	),
	"charge_exceeds_source_limit": _DEBIT_LIMIT,
	"charge_exceeds_transaction_limit": _DEBIT_LIMIT,
	"charge_exceeds_weekly_limit": _WEEKLY,
	"could_not_process": _BANK_FAILED,
	"debit_not_authorized": _NOT_AUTHORISED,
	"declined": _BANK_REFUSED,
	"fraudulent": _BANK_REFUSED,
	"generic_could_not_process": _BANK_FAILED,
	"generic_decline": _BANK_REFUSED,
	"incorrect_account_details": _NOT_FOUND,
	"incorrect_account_holder_address": _HOLDER,
	"incorrect_account_holder_name": _HOLDER,
	"incorrect_account_holder_tax_id": _HOLDER,
	"insufficient_funds": _NO_FUNDS,
	"invalid_account_number": _NOT_FOUND,
	"invalid_currency": _lt("The bank account can't be debited in this currency. Pay another way."),
	"no_account": _NOT_FOUND,
	"partner_generic_decline": _BANK_REFUSED,
	"payment_limit_exceeded": _DEBIT_LIMIT,
	"payment_method_bank_account_blocked": _BLOCKED,
	"payment_method_restricted": _RESTRICTED,
	"recipient_deceased": _FROZEN,
	"refer_to_customer": _BANK_REFUSED,
	"routing_number_invalid": _NOT_FOUND,
	"tokenized_account_number_deactivated": _TOKENISED,
}

# The Nacha return codes for which Stripe blocks a bank account, https://docs.stripe.com/declines/network-codes.
RETURN_CODES = {
	"R01": "insufficient_funds",
	"R02": "bank_account_closed",
	"R03": "bank_account_invalid_details",
	"R04": "bank_account_invalid_details",
	"R05": "debit_not_authorized",
	"R07": "debit_not_authorized",
	"R08": "debit_not_authorized",
	"R09": "insufficient_funds",
	"R10": "debit_not_authorized",
	"R11": "debit_not_authorized",
	"R15": "recipient_deceased",
	"R16": "bank_account_frozen",
	"R20": "bank_account_restricted",
	"R29": "debit_not_authorized",
	"R31": "debit_not_authorized",
}

VERIFICATION_FAILURES = {
	"payment_method_microdeposit_failed": _lt(
		"The test deposits could not be sent to this account. Check routing and account number and contact your bank; then remove the bank account and add it again."
	),
	"payment_method_microdeposit_processing_error": _lt(
		"The verification could not be processed just now. Try again in a few minutes."
	),
	"payment_method_microdeposit_verification_amounts_invalid": _lt(
		"Enter the two amounts in cents, as your bank statement shows them."
	),
	"payment_method_microdeposit_verification_amounts_mismatch": _lt(
		"These are not the amounts that were sent to the account. Check your bank statement."
	),
	"payment_method_microdeposit_verification_descriptor_code_invalid": _lt(
		"The code has six characters and begins with SM, for example SM11AA."
	),
	"payment_method_microdeposit_verification_descriptor_code_mismatch": _lt(
		"This is not the code that was sent to the account. Check your bank statement."
	),
	"payment_method_microdeposit_verification_attempts_exceeded": _lt(
		"The verification has failed: too many wrong tries. Contact your bank to be sure of the account; then remove it here and add it again."
	),
	"payment_method_microdeposit_verification_timeout": _lt(
		"The verification has failed: it was not completed within 10 days. Contact your bank if the deposit never came; then remove the bank account here and add it again."
	),
	"setup_attempt_failed": _lt(
		"The bank account could not be added. Contact your bank, or try another account."
	),
	"setup_intent_authentication_failure": _NOT_AUTHENTICATED,
	"setup_intent_mandate_invalid": _NOT_AUTHORISED,
	"setup_intent_setup_attempt_expired": _lt("Adding the bank account took too long. Add it again."),
	"payment_method_customer_decline": _lt(
		"The dialog was closed before it was finished. Add the bank account again."
	),
	"payment_method_provider_decline": _lt(
		"The bank account could not be added. Contact your bank, or try another."
	),
	"payment_method_provider_timeout": _lt("The bank did not answer in time. Try again in a few minutes."),
	"financial_connections_account_inactive": _lt(
		"The connection to your bank has ended. Add the bank account again."
	),
	"financial_connections_account_unavailable_account_numbers": _lt(
		"Your bank does not share the numbers of this account. Link another account, or enter its numbers by hand."
	),
	"financial_connections_account_pending_account_numbers": _lt(
		"Your bank has not shared the numbers of this account yet. Try again in a few minutes."
	),
}

# codes that stand for themselves, whatever the method
OTHER_FAILURES = {
	"amount_too_large": _lt("The amount is more than can be paid at once. Pay it in parts."),
	"amount_too_small": _lt("The amount is less than can be paid at once. Enter a higher one."),
	"balance_insufficient": _TRY_AGAIN,
	"card_decline_rate_limit_exceeded": _lt(
		"This card was declined too often today. Use another card, or try tomorrow."
	),
	"card_declined": _ASK_ISSUER,
	"email_invalid": _lt("The e-mail address is not right. Correct it in your profile."),
	"expired_payment_method": _lt("The payment method has expired. Use another one."),
	"incorrect_postal_code": _WRONG_ADDRESS,
	"invalid_card_type": _OTHER_CARD,
	"invalid_charge_amount": _AMOUNT,
	"lock_timeout": _TRY_AGAIN,
	"payment_intent_authentication_failure": _NOT_AUTHENTICATED,
	"payment_intent_mandate_invalid": _NOT_AUTHORISED,
	"payment_intent_payment_attempt_expired": _lt(
		"The payment took too long and was cancelled. Nothing was paid. Please start again."
	),
	"payment_intent_payment_attempt_failed": _lt("The payment failed. Try again, or pay another way."),
	"payment_method_not_available": _lt(
		"This way of paying is not available just now. Try again later, or pay another way."
	),
	"payment_method_unactivated": _lt("This way of paying is not switched on here. Pay another way."),
	"payment_method_unexpected_state": _lt(
		"This payment method can't be used any more. Choose or add another one."
	),
	"postal_code_invalid": _WRONG_ADDRESS,
	"rate_limit": _lt("Stripe is busy at the moment. Nothing was charged. Try again in a minute."),
	"resource_missing": _lt("This payment method no longer exists at Stripe. Choose or add another one."),
}

_CARD_ONLY = "card_declined"


def failure_message(
	code: str | None,
	decline_code: str | None = None,
	stripe_message: str | None = None,
	method_type: str | None = None,
) -> str:
	"""The translated sentence for a failure: what happened and what to do.

	`code` and `decline_code` as Stripe gives them; `method_type` ("card" or "us_bank_account") where it is known,
	since a few codes (insufficient_funds) belong to both. Unknown codes get `stripe_message`, or a general sentence.
	"""
	tables = _tables(code, decline_code, method_type)
	for key in (decline_code, code):
		for table in tables:
			if key and key in table:
				return str(table[key])
	return stripe_message or _("The payment failed. Try again, or pay another way.")


def failure_of(payment) -> str | None:
	"""Why an Invoice Payment failed, in the language of whoever reads it; None if it did not fail.

	Its `failure_message` is in the language of whoever caused it. Where it is the sentence of its code, that sentence is said
	anew; where it says more than the code does, such as an amount that can be paid, it stays as it was written.
	"""
	stored = payment.failure_message
	if not payment.failure_code and not payment.decline_code:
		return stored
	sentence = _of_code(payment)
	if not stored:
		return sentence
	for written_in in (language_of(payment.user), site_language(), in_language("en")):
		with written_in:
			if stored == _of_code(payment):
				return sentence
	return stored


def _of_code(payment) -> str:
	return failure_message(
		payment.failure_code, payment.decline_code, payment.failure_message, payment.method_type
	)


def _tables(code: str | None, decline_code: str | None, method_type: str | None) -> tuple[dict, ...]:
	bank_first = method_type == "us_bank_account" or (
		method_type is None and code != _CARD_ONLY and not decline_code and code in BANK_FAILURES
	)
	if bank_first:
		return BANK_FAILURES, VERIFICATION_FAILURES, OTHER_FAILURES, CARD_DECLINES
	return CARD_DECLINES, BANK_FAILURES, VERIFICATION_FAILURES, OTHER_FAILURES


def block_message(reason: str | None, network_code: str | None) -> str:
	"""Why Stripe has blocked a bank account: `us_bank_account.status_details.blocked` in words."""
	for key in (reason, RETURN_CODES.get(network_code or "")):
		if key in BANK_FAILURES:
			return str(BANK_FAILURES[key])
	return str(_BLOCKED)


def return_message(reason: str | None) -> str:
	"""Why money that had come was taken back: the reason of a dispute on a bank debit, in words."""
	if reason in BANK_FAILURES:
		return str(BANK_FAILURES[reason])
	return _("The account holder told the bank that this debit was not in order.")


# `reason` of a dispute, https://docs.stripe.com/api/disputes/object#dispute_object-reason
DISPUTE_REASONS = {
	"bank_cannot_process": _lt("the bank could not process it"),
	"check_returned": _lt("the cheque was returned"),
	"credit_not_processed": _lt("a refund that was promised did not come"),
	"customer_initiated": _lt("the payer asked the bank to take it back"),
	"debit_not_authorized": _lt("the debit was not authorised"),
	"duplicate": _lt("it was charged twice"),
	"fraudulent": _lt("the payer says that it was not them"),
	"general": _lt("no particular reason"),
	"incorrect_account_details": _lt("the account's details were wrong"),
	"insufficient_funds": _lt("there was not enough money in the account"),
	"noncompliant": _lt("a rule of the card network was broken"),
	"product_not_received": _lt("what was paid for did not come"),
	"product_unacceptable": _lt("what was paid for was not as described"),
	"subscription_canceled": _lt("a subscription had been cancelled"),
	"unrecognized": _lt("the payer does not recognise it"),
}


def dispute_reason(reason: str | None) -> str:
	"""Why a payment is disputed, in words that follow a colon; for administrators. A new reason is shown as Stripe's code."""
	return str(DISPUTE_REASONS.get(reason or "", reason or _("no reason given")))


# `failure_reason` of a refund, https://docs.stripe.com/refunds#failed-refunds
_NOT_RETURNED = _lt("The payer's bank could not take the money back. Ask the payer for another way.")
REFUND_FAILURES = {
	"charge_for_pending_refund_disputed": _lt(
		"The payer has disputed the payment in the meantime. Answer the dispute on the Stripe Dashboard."
	),
	"declined": _NOT_RETURNED,
	"expired_or_canceled_card": _lt("The card has expired or was cancelled. Ask the payer for another way."),
	"insufficient_funds": _lt(
		"The Stripe balance does not cover the refund. Add money to the balance, then try again."
	),
	"lost_or_stolen_card": _lt("The card was lost or stolen. Ask the payer for another way."),
	"merchant_request": _lt("The refund was cancelled."),
	"unknown": _NOT_RETURNED,
}
# `code` of a refund that Stripe refuses at once
REFUND_REFUSALS = {
	"amount_too_large": _lt(
		"Less than this amount is left to refund. Read the payment from Stripe, then try again."
	),
	"charge_already_refunded": _lt("The payment was refunded already."),
	"charge_disputed": _lt("The payment is disputed, so the money is with the payer's bank."),
	"charge_expired_for_capture": _lt("The payment is too old to be refunded through Stripe."),
	"charge_not_refundable": _lt("Stripe can't refund this payment."),
	"lock_timeout": _lt("Stripe is working on this payment just now. Try again in a minute."),
	"rate_limit": _lt("Stripe is busy at the moment. Try again in a minute."),
}


def refund_failure(failure_reason: str | None) -> str:
	"""Why a refund that Stripe had accepted failed, and what to do; translated."""
	return str(REFUND_FAILURES.get(failure_reason or "", _NOT_RETURNED))


def refund_refusal(code: str | None, stripe_message: str | None) -> str:
	"""Why Stripe refused a refund, translated; what is not listed falls back to Stripe's own message."""
	if code in REFUND_REFUSALS:
		return str(REFUND_REFUSALS[code])
	return stripe_message or _("The refund was refused.")


def method_not_on(method_type: str | None) -> str:
	"""What a payer reads whose way of paying Stripe does not take for this account."""
	if method_type == "us_bank_account":
		return _(
			"Payment by bank account is not switched on at the moment. Nothing was charged. Pay by card; the administrators have been notified."
		)
	return _(
		"Payment by card is not switched on at the moment. Nothing was charged. Pay another way; the administrators have been notified."
	)


def payments_unavailable() -> str:
	"""What a payer reads whose payment fails for a reason that only an administrator can mend."""
	return _("Payments can't be taken at the moment; the administrators have been notified.")
