"""What is allowed on this site as a whole, and the set-up checklist (setup.checklist)."""

from itertools import pairwise

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, cstr

from stripe_service.accounts import stripe_account, wallet_domain
from stripe_service.utils.labels import WALLETS
from stripe_service.utils.service_settings import forget_settings

BRANDS = ("visa", "mastercard", "amex", "discover", "diners", "jcb")
NOTICE_DAYS = range(1, 31)
RETRY_DAYS = range(1, 31)
MOST_RETRIES = 8


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
		automatic_notice_days: DF.Int
		automatic_payments: DF.Check
		automatic_retry_days: DF.Data | None
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
		"""Raises frappe.ValidationError for a default account that is not connected, cards without a brand, and limits that make no sense."""
		self._check_default_account()
		if self.allow_cards and not any(self.get(f"brand_{brand}") for brand in BRANDS):
			frappe.throw(_("Choose at least one card brand, or switch off paying by card."))
		self._check_automatic_payments()

	def on_update(self):
		"""What others have cached ends. A wallet that is switched on needs the domain of this site registered at Stripe."""
		forget_settings()
		if any(self.has_value_changed(f"wallet_{wallet}") for wallet in WALLETS):
			frappe.enqueue(wallet_domain.ensure_registered, queue="short", enqueue_after_commit=True)

	def _check_default_account(self):
		if not self.has_value_changed("default_account") or not self.default_account:
			return
		status = frappe.db.get_value(stripe_account.DOCTYPE, self.default_account, "status")
		if status != stripe_account.CONNECTED:
			frappe.throw(_("The default account must be connected: enter its API keys first."))

	def _check_automatic_payments(self):
		retry_days = read_retry_days(self.automatic_retry_days)
		self.automatic_retry_days = ", ".join(map(str, retry_days))
		if self.automatic_payments and cint(self.automatic_notice_days) not in NOTICE_DAYS:
			frappe.throw(
				_(
					"Payers are notified before a payment is made automatically: enter 1 to 30 days of notice."
				),
				title=_("Days of Notice"),
			)
		if self.automatic_payments and self.has_value_changed("automatic_payments"):
			_advise_to_mail()


def _advise_to_mail() -> None:
	"""Payers see the notice on the desk's bell; who has no desk, or does not log in for days, does not."""
	names = frappe.get_all(
		"Notification",
		{"document_type": ("in", ("Scheduled Payment", "Automatic Payment")), "enabled": 0},
		pluck="name",
		order_by="name",
	)
	if names:
		frappe.msgprint(
			_(
				"Payers see notices on the desk only. To send them by e-mail as well, enable these Notifications: {0}."
			).format(", ".join(frappe.bold(name) for name in names)),
			indicator="orange",
		)


def read_retry_days(text: str | None) -> list[int]:
	"""The days after a decline on which a payment is tried again: "1, 3, 5" as [1, 3, 5]. Raises frappe.ValidationError for
	what is no such list."""
	parts = [part.strip() for part in cstr(text).split(",") if part.strip()]
	days = [int(part) for part in parts if part.isascii() and part.isdigit()]
	rising = all(earlier < later for earlier, later in pairwise(days))
	if len(days) != len(parts) or len(days) > MOST_RETRIES or not rising or set(days) - set(RETRY_DAYS):
		frappe.throw(
			_(
				"Enter at most {0} whole numbers from 1 to 30, each above the one before, such as 1, 3, 5."
			).format(MOST_RETRIES),
			title=_("Try Again after a Decline (Days)"),
		)
	return days
