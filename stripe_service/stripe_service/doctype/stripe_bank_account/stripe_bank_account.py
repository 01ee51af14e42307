"""A payer's US bank account for ACH. The row follows one SetupIntent; `sync` re-reads it and may run any number of times, from
anywhere. How it is added and listed is in saved_methods/bank_accounts.py."""

import frappe
from frappe import _
from frappe.utils import cstr, now_datetime

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import bank_account_states, errors
from stripe_service.gateway.bank_account_states import (
	BLOCKED,
	FAILED,
	MANDATE_INACTIVE,
	NEW,
	PENDING,
	REMOVED,
	UNFINISHED,
	VERIFIED,
)
from stripe_service.saved_methods.saved_method import SavedMethod, apply_fresh_reading, detach
from stripe_service.utils import failure_messages
from stripe_service.utils.dates import date_in_words
from stripe_service.utils.notices import notify_user
from stripe_service.utils.transaction import in_fresh_transaction

EXPAND = ["payment_method", "mandate"]


class StripeBankAccount(SavedMethod):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		account_holder_name: DF.Data | None
		account_holder_type: DF.Data | None
		account_type: DF.Data | None
		arrival_date: DF.Date | None
		attempts_left: DF.Int
		bank_name: DF.Data | None
		fingerprint: DF.Data | None
		is_default: DF.Check
		last4: DF.Data | None
		mandate_id: DF.Data | None
		microdeposit_type: DF.Literal["", "amounts", "descriptor_code"]
		network_code: DF.Data | None
		payment_method_id: DF.Data | None
		removed_at: DF.Datetime | None
		routing_number: DF.Data | None
		setup_intent_id: DF.Data | None
		status: DF.Literal["New", "Verification Pending", "Verified", "Failed", "Blocked", "Removed"]
		status_code: DF.Data | None
		status_reason: DF.SmallText | None
		stripe_account: DF.Link
		stripe_customer: DF.Link
		user: DF.Link
		verification_method: DF.Data | None
		verified_at: DF.Datetime | None
	# end: auto-generated types

	method_type = "us_bank_account"
	usable_status = VERIFIED

	@property
	def made_by(self) -> str | None:
		return self.bank_name

	def confirm_params(self) -> dict:
		return {**super().confirm_params(), "mandate": self.mandate_id}

	def why_not_usable(self) -> str | None:
		if self.status == VERIFIED:
			return None
		if self.status == NEW:
			return _("Adding this bank account was not finished. Add it again.")
		if self.status == PENDING:
			return self._pending_advice()
		if self.status == FAILED:
			general = _(
				"The verification has failed. Contact your bank; then remove the bank account here and add it again."
			)
			return failure_messages.failure_message(self.status_code, None, general, "us_bank_account")
		if self.status == BLOCKED and self.status_code == MANDATE_INACTIVE:
			return failure_messages.failure_message(self.status_code, None, None, "us_bank_account")
		if self.status == BLOCKED:
			return failure_messages.block_message(self.status_code, self.network_code)
		return _("This bank account was removed. Use another one, or add it again.")

	def _pending_advice(self) -> str:
		if not self.microdeposit_type:
			return _("The bank is still checking this account. Look again in a few minutes.")
		by = self.arrival_date and date_in_words(self.arrival_date)
		if self.microdeposit_type == "amounts":
			if not by:
				return _(
					"Two small deposits marked ACCTVERIFY arrive within two business days. Then verify the account with their amounts."
				)
			return _(
				"Two small deposits marked ACCTVERIFY arrive by {0}. Then verify the account with their amounts."
			).format(by)
		if not by:
			return _(
				"A deposit of $0.01 arrives within two business days. Then verify the account with the code in its description."
			)
		return _(
			"A deposit of $0.01 arrives by {0}. Then verify the account with the code in its description."
		).format(by)

	# following Stripe

	def sync(self):
		"""Bring the row to what Stripe reports of its SetupIntent. Raises gateway errors."""
		if self.status == REMOVED or not self.setup_intent_id:
			return self
		was_verified = self.status == VERIFIED
		doc = apply_fresh_reading(self.doctype, self.name, self.read, StripeBankAccount.apply)
		if doc.status == VERIFIED and not was_verified:
			doc.remove_duplicates()
		return doc

	def sync_after_refusal(self, error: errors.GatewayError):
		if isinstance(error, errors.NotFound) and error.param == "mandate":
			in_fresh_transaction(self._block_without_mandate)
			return frappe.get_doc(self.doctype, self.name)
		return super().sync_after_refusal(error)

	def _block_without_mandate(self) -> None:
		"""Stripe no longer knows the mandate: the payer has to authorise debits anew."""
		doc = frappe.get_doc(self.doctype, self.name, for_update=True)
		if doc.status == VERIFIED:
			doc.update({"status": BLOCKED, "status_code": MANDATE_INACTIVE, "is_default": 0})
			doc.write(status_reason=doc.why_not_usable())

	def read(self) -> dict:
		"""The SetupIntent, as `apply` takes it."""
		return gateway_for(self.stripe_account).call(
			"setup_intents.retrieve", self.setup_intent_id, params={"expand": EXPAND}
		)

	def apply(self, setup_intent: dict) -> None:
		"""Write what Stripe reports of the SetupIntent. The caller holds the locks."""
		if self.status == REMOVED:
			return
		facts = bank_account_states.facts_of(setup_intent, self.stripe_customer)
		values = self._values_of(facts)
		if any(cstr(self.get(key)) != cstr(value) for key, value in values.items()):
			before = self.status
			self.write(**values)
			self._tell_payer(before)

	def _tell_payer(self, before: str) -> None:
		"""What is decided about a bank account comes days after its payer has closed the form. In the transaction that records it."""
		change = (before, self.status)
		if change == (PENDING, VERIFIED):
			notify_user(
				self.user,
				self.doctype,
				self.name,
				lambda: _("Your bank account {0} is verified. You can pay with it now.").format(self.label),
			)
		if change in ((PENDING, FAILED), (VERIFIED, BLOCKED)):
			notify_user(
				self.user,
				self.doctype,
				self.name,
				lambda: _("You can't pay with your bank account {0}: {1}").format(
					self.label, self.why_not_usable()
				),
			)

	def _values_of(self, facts: bank_account_states.BankAccountFacts) -> dict:
		values = {"status": facts.status, "status_code": facts.code, "network_code": facts.network_code}
		for key, value in {
			"payment_method_id": facts.payment_method_id,
			"mandate_id": facts.mandate_id,
			**facts.details,
		}.items():
			# What Stripe stops reporting (the account behind a failed verification) stays known here.
			if value:
				values[key] = value
		if facts.status == PENDING and facts.microdeposit_type:
			values |= self._deposit_values(facts)
		if facts.status == VERIFIED and self.status != VERIFIED:
			values |= {
				"verified_at": now_datetime(),
				"verification_method": self.verification_method or "instant",
				"is_default": int(self.is_first()),
				"attempts_left": 0,
			}
		if facts.status == REMOVED:
			values["removed_at"] = now_datetime()
		if facts.status != VERIFIED:
			values["is_default"] = 0
		then = frappe.get_doc({**self.as_dict(), **values})
		return values | {"status_reason": then.why_not_usable() or ""}

	def _deposit_values(self, facts: bank_account_states.BankAccountFacts) -> dict:
		values = {
			"microdeposit_type": facts.microdeposit_type,
			"arrival_date": facts.arrival_date,
			"verification_method": "microdeposits",
		}
		if self.status != PENDING or self.payment_method_id != facts.payment_method_id:
			values["attempts_left"] = bank_account_states.TRIES.get(facts.microdeposit_type, 0)
		return values

	# ending

	def end_at_stripe(self) -> None:
		"""Make sure that nothing can be debited or verified with this bank account any more. Raises gateway errors."""
		if self.status not in UNFINISHED:
			super().end_at_stripe()
		elif self.setup_intent_id:
			self._cancel_setup_intent()

	def _cancel_setup_intent(self) -> None:
		gateway = gateway_for(self.stripe_account)
		try:
			gateway.call("setup_intents.cancel", self.setup_intent_id)
		except errors.NotFound:
			return
		except errors.InvalidRequest:
			# Canceled already, or verified while we looked.
			intent = gateway.call("setup_intents.retrieve", self.setup_intent_id)
			if intent["status"] == "succeeded":
				detach(self.stripe_account, intent["payment_method"])
			elif intent["status"] != "canceled":
				raise
