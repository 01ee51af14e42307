"""Verifying a bank account by the micro-deposits that Stripe sent to it.

Stripe sends either two amounts or one cent with a code, and says which in the SetupIntent. It counts the guesses (3 for
amounts, 10 for a code), but tells how many are left in the text of its error alone; the row keeps the count.
"""

import re

import frappe
from frappe import _
from frappe.utils import cint, cstr

from stripe_service.accounts import stripe_account
from stripe_service.gateway import bank_account_states, errors
from stripe_service.gateway.bank_account_states import PENDING, VERIFIED
from stripe_service.saved_methods import bank_accounts, ownership
from stripe_service.saved_methods.ownership import BANK_ACCOUNT
from stripe_service.utils import failure_messages
from stripe_service.utils.stripe_errors import stripe_errors_as_messages
from stripe_service.utils.transaction import in_fresh_transaction

_VERIFICATION = "payment_method_microdeposit_verification"
MISMATCHES = (f"{_VERIFICATION}_amounts_mismatch", f"{_VERIFICATION}_descriptor_code_mismatch")
# Stripe has decided: reading the SetupIntent tells what.
DECIDED = (
	f"{_VERIFICATION}_attempts_exceeded",
	f"{_VERIFICATION}_timeout",
	"payment_method_microdeposit_failed",
	"setup_intent_unexpected_state",
)


class WrongDeposits(frappe.ValidationError):
	"""The amounts or the code are not those that were sent; the message says how many tries are left."""


def verify(
	name: str, amounts: list[int] | None = None, descriptor_code: str | None = None, user: str | None = None
) -> dict:
	"""Verify an own bank account by its micro-deposits: two `amounts` in cents, or the `descriptor_code` (SM and four more).

	Returns the row as listed: Verified, or Failed with the reason, when the tries or the ten days are used up. Raises
	WrongDeposits if the guess was wrong and may be repeated, frappe.PermissionError if the account is another's.
	"""
	row = ownership.check_own(BANK_ACCOUNT, name, user)
	if row.status == VERIFIED:
		return bank_accounts.as_listed(row)
	if row.status != PENDING or not row.microdeposit_type:
		frappe.throw(row.why_not_usable())
	params = _deposits(row, amounts, descriptor_code)
	with stripe_errors_as_messages("us_bank_account"):
		_ask_stripe(row, params)
		return bank_accounts.as_listed(bank_accounts.sync(name))


def _deposits(row, amounts, descriptor_code) -> dict:
	if row.microdeposit_type == "amounts":
		if descriptor_code or not amounts:
			frappe.throw(_("Two amounts were sent to this account. Enter both, in cents."))
		whole = [int(amount) for amount in amounts if re.fullmatch(r"[1-9]\d?", cstr(amount).strip())]
		if len(amounts) != 2 or len(whole) != 2:
			frappe.throw(_("Enter two amounts in cents, each from 1 to 99."))
		return {"amounts": whole}
	if amounts or not descriptor_code:
		frappe.throw(_("A code was sent to this account. Enter the six characters that begin with SM."))
	code = cstr(descriptor_code).strip().upper()
	if not re.fullmatch(r"SM[A-Z0-9]{4}", code):
		frappe.throw(_("The code has six characters and begins with SM, for example SM11AA."))
	return {"descriptor_code": code}


def _ask_stripe(row, params: dict) -> None:
	"""Returns when Stripe has decided, for or against; raises WrongDeposits when it may be asked again."""
	try:
		stripe_account.gateway_for(row.stripe_account).call(
			"setup_intents.verify_microdeposits", row.setup_intent_id, params=params
		)
	except (errors.InvalidRequest, errors.CardError) as error:
		if error.code in MISMATCHES:
			_wrong_deposits(row, error)
		if error.code not in DECIDED:
			raise


def _wrong_deposits(row, error: errors.GatewayError) -> None:
	told = bank_account_states.tries_left_in(error.message)

	def count_try() -> int:
		doc = frappe.get_doc(BANK_ACCOUNT, row.name, for_update=True)
		left = max(cint(doc.attempts_left) - 1, 0) if told is None else told
		return doc.write(attempts_left=left).attempts_left

	left = in_fresh_transaction(count_try)
	frappe.throw(f"{failure_messages.failure_message(error.code)} {tries_left(left)}", WrongDeposits)


def tries_left(left: int) -> str:
	"""The number of tries in words, translated."""
	if left == 1:
		return _("You have one try left.")
	return _("You have {0} tries left.").format(left)
