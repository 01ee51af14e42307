"""What a SetupIntent for a US bank account says about the account. Pure: no Frappe, no Stripe.

The state of a Stripe Bank Account is a function of what Stripe reports and of nothing else, so that webhook, browser
and scheduler arrive at the same one. https://docs.stripe.com/payments/ach-direct-debit/set-up-payment
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timezone

from stripe_service.gateway.references import id_of

NEW = "New"
PENDING = "Verification Pending"
VERIFIED = "Verified"
FAILED = "Failed"
BLOCKED = "Blocked"
REMOVED = "Removed"

# Not settled yet: the SetupIntent, and not the PaymentMethod, is what Remove has to end at Stripe.
UNFINISHED = (NEW, PENDING, FAILED)

# How often a payer may guess, https://support.stripe.com/questions/verify-a-new-ach-direct-debit-customer-using-micro-deposits
TRIES = {"amounts": 3, "descriptor_code": 10}
MANDATE_INACTIVE = "setup_intent_mandate_invalid"


@dataclass(frozen=True)
class BankAccountFacts:
	"""What Stripe reports. `code` and `network_code` say why it failed or is blocked; `details` describe the account."""

	status: str
	code: str = ""
	network_code: str = ""
	payment_method_id: str | None = None
	mandate_id: str | None = None
	microdeposit_type: str | None = None
	arrival_date: date | None = None
	details: dict = field(default_factory=dict)


def facts_of(setup_intent: dict, customer: str) -> BankAccountFacts:
	"""The facts of a SetupIntent whose `payment_method` and `mandate` are expanded; `customer` is whom it was made for."""
	method = _method_of(setup_intent)
	status, code, network_code = _status_of(setup_intent, method, customer)
	deposit = (setup_intent.get("next_action") or {}).get("verify_with_microdeposits") or {}
	return BankAccountFacts(
		status=status,
		code=code,
		network_code=network_code,
		payment_method_id=method.get("id"),
		mandate_id=id_of(setup_intent.get("mandate")),
		microdeposit_type=deposit.get("microdeposit_type"),
		arrival_date=_date_of(deposit.get("arrival_date")),
		details=_details_of(method),
	)


def _method_of(setup_intent: dict) -> dict:
	"""The bank account in question. Once the verification failed, Stripe keeps it in the error alone."""
	for found in (
		setup_intent.get("payment_method"),
		(setup_intent.get("last_setup_error") or {}).get("payment_method"),
	):
		if isinstance(found, dict):
			return found
	return {}


def _status_of(setup_intent: dict, method: dict, customer: str) -> tuple[str, str, str]:
	"""(status, code, network code)"""
	status = setup_intent["status"]
	error = setup_intent.get("last_setup_error") or {}
	if status == "succeeded":
		return _status_of_method(setup_intent, method, customer)
	if status == "processing":
		return PENDING, "", ""
	if status == "requires_action":
		action = (setup_intent.get("next_action") or {}).get("type")
		return (PENDING if action == "verify_with_microdeposits" else NEW), "", ""
	if error:
		return FAILED, error.get("code") or "setup_attempt_failed", ""
	return (REMOVED if status == "canceled" else NEW), "", ""


def _status_of_method(setup_intent: dict, method: dict, customer: str) -> tuple[str, str, str]:
	if id_of(method.get("customer")) != customer:
		return REMOVED, "", ""
	blocked = ((method.get("us_bank_account") or {}).get("status_details") or {}).get("blocked")
	if blocked:
		return BLOCKED, blocked.get("reason") or "", blocked.get("network_code") or ""
	mandate = setup_intent.get("mandate")
	# One that Stripe can't expand is one that it no longer knows.
	if isinstance(mandate, str) or (isinstance(mandate, dict) and mandate.get("status") == "inactive"):
		return BLOCKED, MANDATE_INACTIVE, ""
	return VERIFIED, "", ""


def _details_of(method: dict) -> dict:
	account = method.get("us_bank_account")
	if not account:
		return {}
	keys = ("bank_name", "last4", "routing_number", "account_holder_type", "account_type", "fingerprint")
	holder = (method.get("billing_details") or {}).get("name")
	return {key: account.get(key) for key in keys} | {"account_holder_name": holder}


def tries_left_in(message: str | None) -> int | None:
	"""How many tries Stripe's message about a mismatch leaves: the only place where Stripe tells it."""
	found = re.search(
		r"(\d+)\s+(?:verification\s+)?attempts?\s+(?:remaining|left)", message or "", re.IGNORECASE
	)
	return int(found.group(1)) if found else None


def _date_of(timestamp: int | None) -> date | None:
	return datetime.fromtimestamp(timestamp, timezone.utc).date() if timestamp else None
