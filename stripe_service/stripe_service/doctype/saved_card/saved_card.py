"""A payer's card at Stripe, whose PaymentMethod's id is the row's name. Which brand, digits and expiry it has is Stripe's to
say; Stripe also renews cards by itself (payment_method.automatically_updated)."""

from frappe import _
from frappe.utils import cint, get_datetime, now_datetime, nowdate

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors
from stripe_service.gateway.references import id_of
from stripe_service.saved_methods import brands
from stripe_service.saved_methods.saved_method import REMOVED, SavedMethod, apply_fresh_reading
from stripe_service.utils.labels import brand_name


class SavedCard(SavedMethod):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		brand: DF.Data | None
		consent_at: DF.Datetime | None
		exp_month: DF.Int
		exp_year: DF.Int
		fingerprint: DF.Data | None
		is_default: DF.Check
		last4: DF.Data | None
		payment_method_id: DF.Data | None
		removed_at: DF.Datetime | None
		status: DF.Literal["Active", "Removed"]
		stripe_account: DF.Link
		stripe_customer: DF.Link
		user: DF.Link
	# end: auto-generated types

	method_type = "card"
	usable_status = "Active"

	def get_formatted(self, fieldname: str, *args, **given):
		"""In print the brand has its name, as everywhere: the field has Stripe's word for it."""
		return (
			brand_name(self.brand)
			if fieldname == "brand"
			else super().get_formatted(fieldname, *args, **given)
		)

	@property
	def made_by(self) -> str | None:
		return self.brand

	@property
	def has_expired(self) -> bool:
		"""A card is good until the end of its month."""
		today = get_datetime(nowdate())
		return bool(self.exp_year) and (cint(self.exp_year), cint(self.exp_month)) < (today.year, today.month)

	def why_not_usable(self) -> str | None:
		if self.status == REMOVED:
			return _("This card was removed. Use another one, or enter it again.")
		if reason := brands.why_not_accepted(self.brand):
			return reason
		if self.has_expired:
			return _("This card expired {0}. Use another one, and remove it from your saved cards.").format(
				f"{cint(self.exp_month):02d}/{self.exp_year}"
			)
		return None

	def sync(self):
		"""New digits or expiry, or gone. Raises gateway.errors."""
		if self.status == REMOVED:
			return self
		return apply_fresh_reading(self.doctype, self.name, self._read, SavedCard.apply)

	def sync_after_refusal(self, error: errors.GatewayError):
		# A declined card is no reason to look: that is between the payer and the bank.
		return super().sync_after_refusal(error) if isinstance(error, errors.InvalidRequest) else self

	def apply(self, payment_method: dict) -> None:
		"""Write what Stripe reports of the PaymentMethod. The caller holds the locks."""
		if self.status == REMOVED:
			return
		if id_of(payment_method.get("customer")) != self.stripe_customer:
			self.write(status=REMOVED, removed_at=now_datetime(), is_default=0)
			return
		details = self.details_of(payment_method)
		if any(self.get(key) != value for key, value in details.items()):
			self.write(**details)

	@staticmethod
	def details_of(payment_method: dict) -> dict:
		"""What a row keeps of a PaymentMethod."""
		card = payment_method.get("card") or {}
		return {key: card.get(key) for key in ("brand", "last4", "exp_month", "exp_year", "fingerprint")}

	def _read(self) -> dict:
		try:
			return gateway_for(self.stripe_account).call("payment_methods.retrieve", self.name)
		except errors.NotFound:
			return {"customer": None}
