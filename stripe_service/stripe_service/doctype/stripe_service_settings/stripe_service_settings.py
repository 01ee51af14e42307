"""What is allowed on this site as a whole, and the set-up checklist (setup.checklist)."""

import frappe
from frappe import _
from frappe.model.document import Document

from stripe_service.accounts import stripe_account, wallet_domain
from stripe_service.utils.labels import WALLETS

BRANDS = ("visa", "mastercard", "amex", "discover", "diners", "jcb")


class StripeServiceSettings(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		abandon_after_hours: DF.Int
		after_payment_user: DF.Link | None
		allow_ach: DF.Check
		allow_cards: DF.Check
		allow_saving: DF.Check
		brand_amex: DF.Check
		brand_diners: DF.Check
		brand_discover: DF.Check
		brand_jcb: DF.Check
		brand_mastercard: DF.Check
		brand_visa: DF.Check
		built_in_after_payment: DF.Check
		declines_per_hour: DF.Int
		default_account: DF.Link | None
		email_receipts: DF.Check
		payment_link_days: DF.Int
		payment_links_off: DF.Check
		unit_bypass_role: DF.Link | None
		wallet_apple_pay: DF.Check
		wallet_google_pay: DF.Check
		wallet_link: DF.Check

	# end: auto-generated types

	def validate(self):
		self._check_default_account()
		self._check_brands()

	def on_update(self):
		if any(self.has_value_changed(f"wallet_{wallet}") for wallet in WALLETS):
			frappe.enqueue(wallet_domain.ensure_registered, queue="short", enqueue_after_commit=True)

	def _check_default_account(self):
		if not self.has_value_changed("default_account") or not self.default_account:
			return
		status = frappe.db.get_value(stripe_account.DOCTYPE, self.default_account, "status")
		if status != stripe_account.CONNECTED:
			frappe.throw(_("The default account must be connected: enter its API keys first."))

	def _check_brands(self):
		if self.allow_cards and not any(self.get(f"brand_{brand}") for brand in BRANDS):
			frappe.throw(_("Choose at least one card brand, or switch off paying by card."))
