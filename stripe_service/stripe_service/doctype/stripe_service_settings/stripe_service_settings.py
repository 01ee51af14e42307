"""What is allowed on this site as a whole, and the set-up checklist (setup.checklist)."""

import frappe
from frappe import _
from frappe.model.document import Document

from stripe_service.accounts import stripe_account

BRANDS = ("visa", "mastercard", "amex", "discover", "diners", "jcb")


class StripeServiceSettings(Document):
	def validate(self):
		self._check_default_account()
		self._check_brands()

	def _check_default_account(self):
		if not self.has_value_changed("default_account") or not self.default_account:
			return
		status = frappe.db.get_value(stripe_account.DOCTYPE, self.default_account, "status")
		if status != stripe_account.CONNECTED:
			frappe.throw(_("The default account must be connected: enter its API keys first."))

	def _check_brands(self):
		if self.allow_cards and not any(self.get(f"brand_{brand}") for brand in BRANDS):
			frappe.throw(_("Choose at least one card brand, or switch off paying by card."))
