"""Stripe's published test data: cards, test tokens, bank accounts, micro-deposits, institutions.

Sources: https://docs.stripe.com/testing, https://docs.stripe.com/payments/ach-direct-debit. A card or an account
says what happens to it; the code that makes it happen asks these fields and never a number.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Decline:
	"""What a refused charge answers. `code` is the error's code, `decline_code` the bank's reason."""

	code: str
	message: str
	decline_code: str | None = None
	advice_code: str | None = None
	param: str | None = None
	network_code: str | None = None


def _declined(
	decline_code: str, message: str, advice: str = "try_again_later", network: str = "05"
) -> Decline:
	return Decline("card_declined", message, decline_code, advice, network_code=network)


GENERIC = _declined("generic_decline", "Your card was declined.")
INSUFFICIENT_FUNDS = _declined("insufficient_funds", "Your card has insufficient funds.", network="51")
LOST = _declined("lost_card", "Your card was declined.", "do_not_try_again", "41")
STOLEN = _declined("stolen_card", "Your card was declined.", "do_not_try_again", "43")
VELOCITY = _declined(
	"card_velocity_exceeded",
	"Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
	network="65",
)
FRAUDULENT = _declined("fraudulent", "Your card was declined.", "do_not_try_again", "59")
EXPIRED = Decline(
	"expired_card",
	"Your card has expired.",
	advice_code="do_not_try_again",
	param="exp_month",
	network_code="54",
)
INCORRECT_CVC = Decline(
	"incorrect_cvc", "Your card's security code is incorrect.", param="cvc", network_code="N7",
	advice_code="confirm_card_data",
)  # fmt: skip
PROCESSING_ERROR = Decline(
	"processing_error",
	"An error occurred while processing your card. Try again in a little bit.",
	advice_code="try_again_later",
	network_code="96",
)
INCORRECT_NUMBER = Decline("incorrect_number", "Your card number is incorrect.", param="number")
AUTHENTICATION_REQUIRED = Decline(
	"authentication_required",
	"Your card was declined. This transaction requires authentication.",
	"authentication_required",
)
AUTHENTICATION_FAILED = Decline(
	"payment_intent_authentication_failure",
	"We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)
SETUP_AUTHENTICATION_FAILED = Decline(
	"setup_intent_authentication_failure",
	"We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)


@dataclass(frozen=True)
class Card:
	number: str
	brand: str = "visa"
	funding: str = "credit"
	country: str = "US"
	# None, "always" (3-D Secure on every on-session payment), "unless_set_up" (once it was saved with 3-D Secure,
	# never again; off-session, once it was saved for that), "off_session_ready" (as if saved elsewhere: only on-session
	# payments ask), "lookup_error"
	authentication: str | None = None
	decline: Decline | None = None
	declines_on_attach: bool = True
	risk: str = "normal"
	blocked: bool = False
	checks: dict = field(default_factory=dict)
	dispute: str | None = None
	disputes: int = 1
	inquiry: bool = False
	early_fraud_warning: bool = False
	refund: str = "succeeds"  # "pending_then_succeeds", "succeeds_then_fails"
	available_at_once: bool = False

	@property
	def last4(self) -> str:
		"""The last four digits."""
		return self.number[-4:]


CARDS = {
	card.number: card
	for card in [
		Card("4242424242424242"),
		Card("4000056655665556", funding="debit"),
		Card("5555555555554444", "mastercard"),
		Card("2223003122003222", "mastercard"),
		Card("5200828282828210", "mastercard", "debit"),
		Card("5105105105105100", "mastercard", "prepaid"),
		Card("378282246310005", "amex"),
		Card("371449635398431", "amex"),
		Card("6011111111111117", "discover"),
		Card("6011000990139424", "discover"),
		Card("6011981111111113", "discover", "debit"),
		Card("3056930009020004", "diners"),
		Card("36227206271667", "diners"),
		Card("3566002020360505", "jcb", country="JP"),
		Card("6200000000000005", "unionpay", country="CN"),
		Card("6200000000000047", "unionpay", "debit", "CN"),
		Card("4000000000000002", decline=GENERIC),
		Card("4000000000009995", decline=INSUFFICIENT_FUNDS),
		Card("4000000000009987", decline=LOST),
		Card("4000000000009979", decline=STOLEN),
		Card("4000000000000069", decline=EXPIRED),
		Card("4000000000000127", decline=INCORRECT_CVC, checks={"cvc_check": "fail"}),
		Card("4000000000000119", decline=PROCESSING_ERROR),
		Card("4242424242424241", decline=INCORRECT_NUMBER),
		Card("4000000000006975", decline=VELOCITY),
		Card("4000000000000341", decline=GENERIC, declines_on_attach=False),
		Card("4100000000000019", decline=FRAUDULENT, declines_on_attach=False, risk="highest", blocked=True),
		Card("4000000000004954", decline=FRAUDULENT, declines_on_attach=False, risk="highest", blocked=True),
		Card("4000000000009235", risk="elevated"),
		Card("4000000000000101", checks={"cvc_check": "fail"}),
		Card("4000000000000036", checks={"address_postal_code_check": "fail"}),
		Card("4000000000000028", checks={"address_line1_check": "fail"}),
		Card("4000000000000010", checks={"address_line1_check": "fail", "address_postal_code_check": "fail"}),
		Card("4000000000000044", checks={"address_line1_check": "unavailable", "address_postal_code_check": "unavailable"}),
		Card("4000002500003155", country="FR", authentication="unless_set_up"),
		Card("4000002760003184", country="DE", authentication="always"),
		Card("4000003800000446", country="IE", authentication="off_session_ready"),
		Card("4000008260003178", country="GB", authentication="always", decline=INSUFFICIENT_FUNDS, declines_on_attach=False),
		Card("4000000000003220", authentication="always"),
		Card("4000000000003063", authentication="always"),
		Card("4000000000003055"),
		Card("4000000000003097", authentication="lookup_error"),
		Card("4000008400001629", authentication="always", decline=GENERIC, declines_on_attach=False),
		Card("4000008400001280", decline=GENERIC, declines_on_attach=False),
		Card("4000000000000259", dispute="fraudulent"),
		Card("4000000000002685", dispute="product_not_received"),
		Card("4000000000001976", dispute="fraudulent", inquiry=True),
		Card("4000000000005423", early_fraud_warning=True),
		Card("4000000404000038", dispute="fraudulent", disputes=2),
		Card("4000000000007726", refund="pending_then_succeeds"),
		Card("4000000000005126", refund="succeeds_then_fails"),
		Card("4000000000000077", available_at_once=True),
		Card("4000003720000278", country="IE", available_at_once=True),
	]
}  # fmt: skip

# Test PaymentMethods that need no number: the same behaviour under a published name.
CARD_TOKENS = {
	"pm_card_visa": "4242424242424242",
	"pm_card_visa_debit": "4000056655665556",
	"pm_card_mastercard": "5555555555554444",
	"pm_card_mastercard_debit": "5200828282828210",
	"pm_card_mastercard_prepaid": "5105105105105100",
	"pm_card_amex": "378282246310005",
	"pm_card_discover": "6011111111111117",
	"pm_card_diners": "3056930009020004",
	"pm_card_jcb": "3566002020360505",
	"pm_card_unionpay": "6200000000000005",
	"pm_card_chargeDeclined": "4000000000000002",
	"pm_card_visa_chargeDeclined": "4000000000000002",
	"pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
	"pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
	"pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
	"pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
	"pm_card_chargeDeclinedExpiredCard": "4000000000000069",
	"pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
	"pm_card_chargeDeclinedProcessingError": "4000000000000119",
	"pm_card_visa_chargeDeclinedVelocityLimitExceeded": "4000000000006975",
	"pm_card_chargeDeclinedFraudulent": "4100000000000019",
	"pm_card_chargeCustomerFail": "4000000000000341",
	"pm_card_radarBlock": "4100000000000019",
	"pm_card_riskLevelHighest": "4000000000004954",
	"pm_card_riskLevelElevated": "4000000000009235",
	"pm_card_cvcCheckFail": "4000000000000101",
	"pm_card_avsZipFail": "4000000000000036",
	"pm_card_avsLine1Fail": "4000000000000028",
	"pm_card_avsFail": "4000000000000010",
	"pm_card_avsUnchecked": "4000000000000044",
	"pm_card_authenticationRequiredOnSetup": "4000002500003155",
	"pm_card_authenticationRequired": "4000002760003184",
	"pm_card_authenticationRequiredSetupForOffSession": "4000003800000446",
	"pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
	"pm_card_threeDSecure2Required": "4000000000003220",
	"pm_card_threeDSecureRequired": "4000000000003063",
	"pm_card_threeDSecureOptional": "4000000000003055",
	"pm_card_threeDSecureRequiredChargeDeclined": "4000008400001629",
	"pm_card_threeDSecureRequiredProcessingError": "4000008400001280",
	"pm_card_createDispute": "4000000000000259",
	"pm_card_createDisputeProductNotReceived": "4000000000002685",
	"pm_card_createDisputeInquiry": "4000000000001976",
	"pm_card_createIssuerFraudRecord": "4000000000005423",
	"pm_card_createMultipleDisputes": "4000000404000038",
	"pm_card_pendingRefund": "4000000000007726",
	"pm_card_refundFail": "4000000000005126",
	"pm_card_bypassPending": "4000000000000077",
	"pm_card_bypassPendingInternational": "4000003720000278",
}


def card_for(number: str) -> Card | None:
	"""The test card of this number. None for a number that Stripe has not published, which the emulator refuses."""
	return CARDS.get(number)


def passes_luhn(number: str) -> bool:
	"""Whether the number's check digit is right."""
	digits = [int(digit) for digit in reversed(number)]
	doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
	return (sum(digits[0::2]) + sum(doubled)) % 10 == 0


@dataclass(frozen=True)
class Bank:
	"""A test bank account. `failure` is the charge's failure code once the debit comes back."""

	number: str
	failure: str | None = None
	message: str | None = None
	blocked: str | None = None  # the ACH return code after which Stripe blocks the account
	refused: str | None = None  # the confirm itself is refused with this code
	microdeposits_fail: bool = False
	dispute: bool = False
	stays_processing: bool = False

	@property
	def last4(self) -> str:
		"""The last four digits."""
		return self.number[-4:]


BANKS = {
	bank.number: bank
	for bank in [
		Bank("000123456789"),
		Bank("000111111113", "account_closed", "The customer's bank account has been closed.", blocked="R02"),
		Bank("000111111116", "no_account", "The customer's bank account could not be located.", blocked="R03"),
		Bank("000222222227", "insufficient_funds", "The customer's account has insufficient funds to cover this payment."),
		Bank("000333333335", "debit_not_authorized", "The customer has notified their bank that this payment was unauthorized.", blocked="R10"),
		Bank("000444444440", "invalid_currency", "The bank was unable to process this payment because of its currency."),
		Bank("000666666661", microdeposits_fail=True),
		Bank("000555555559", dispute=True),
		Bank("000000000009", stays_processing=True),
		Bank("000777777771", refused="charge_exceeds_weekly_limit"),
		Bank("000000004954", refused="fraudulent"),
		Bank("000888888885", refused="tokenized_account_number_deactivated"),
	]
}  # fmt: skip

# As long as the names of real banks get, which the short one of Stripe's own test bank hides.
BANK_NAME = "STRIPE TEST BANK AND TRUST COMPANY OF THE COMMONWEALTH OF MASSACHUSETTS, NATIONAL ASSOCIATION"
TEST_ROUTING_NUMBERS = {"110000000": BANK_NAME, "110000001": "STRIPE TEST BANK"}

BANK_TOKENS = {
	"pm_usBankAccount": "000123456789",
	"pm_usBankAccount_success": "000123456789",
	"pm_usBankAccount_accountClosed": "000111111113",
	"pm_usBankAccount_noAccount": "000111111116",
	"pm_usBankAccount_insufficientFunds": "000222222227",
	"pm_usBankAccount_debitNotAuthorized": "000333333335",
	"pm_usBankAccount_invalidCurrency": "000444444440",
	"pm_usBankAccount_dispute": "000555555559",
	"pm_usBankAccount_processing": "000000000009",
	"pm_usBankAccount_weeklyLimitExceeded": "000777777771",
}

# What a micro-deposit is answered with, and what that answer does. Anything else is a mismatch.
MICRODEPOSIT_AMOUNTS = {(32, 45): "succeeds", (10, 11): "attempts_exceeded", (40, 41): "timeout"}
MICRODEPOSIT_CODES = {"SM11AA": "succeeds", "SM33CC": "attempts_exceeded", "SM44DD": "timeout"}
MICRODEPOSIT_ATTEMPTS = {"amounts": 3, "descriptor_code": 10}

# Institutions of the stand-in's Financial Connections dialog, and the accounts they share.
INSTITUTIONS = {
	"test_institution": {"name": "Test Institution", "outcome": "success", "number": "000123456789"},
	"test_oauth": {"name": "Test OAuth Institution", "outcome": "success", "number": "000123456789"},
	"test_insufficient_funds": {
		"name": "Insufficient Funds Bank",
		"outcome": "success",
		"number": "000222222227",
	},
	"test_account_closed": {"name": "Account Closed Bank", "outcome": "success", "number": "000111111113"},
	"test_dispute": {"name": "Dispute Bank", "outcome": "success", "number": "000555555559"},
	"test_unavailable": {"name": "Down Bank (Unscheduled)", "outcome": "fail", "number": None},
}
