"""A Stripe account, registered by its API keys.

Saving new keys asks Stripe whose they are; that happens before Frappe locks the row, because no lock may be held while
Stripe is asked. What Stripe told, where the account is bound and how its webhook stands are nobody's to write: `validate`
puts them back, whoever sends them, unless our own code set them.

The row stands for one Stripe account in one mode for as long as anything hangs on it, since its customers and payments
exist only there.
"""

from dataclasses import asdict

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, get_link_to_form, now_datetime

from stripe_service.accounts import (
	binding,
	identity,
	keys,
	registration,
	stripe_account,
	wallet_domain,
	webhook_endpoint,
)
from stripe_service.accounts.dashboard import set_dashboard_links
from stripe_service.accounts.secrets import FIELDS as SECRET_FIELDS
from stripe_service.accounts.secrets import read_secret
from stripe_service.gateway import dashboard
from stripe_service.gateway.client import Credentials, Gateway
from stripe_service.utils import masking
from stripe_service.utils.fitting import fit

# Nobody writes these but our own code.
OURS = (
	"status", "mode", "stripe_account_id", "business_name", "email", "charges_enabled", "payouts_enabled",
	"details_source", "ach_capability", "key_message", "webhook_status", "webhook_message", "webhook_url",
	"webhook_endpoint_id", "webhook_token", "previous_webhook_secret", "previous_secret_until", "last_event_at", "events_fetched_until",
	"bound_site", "bound_host", "bound_installation", "bound_by", "bound_at",
	"problem", "problems", "events_missed_at", "webhook_refused_at", "webhook_refused",
	"wallet_domain", "wallet_domain_id", "wallet_domain_enabled_here", "wallet_message",
)  # fmt: skip
# Stripe's where Stripe tells them, the administrator's where it does not.
OURS_IF_TOLD = ("country", "default_currency")
HISTORY = ("Stripe Customer", "Invoice Payment", "Saved Card", "Stripe Bank Account")


class StripeAccount(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		account_name: DF.Data
		ach_capability: DF.Literal["", "Unknown", "Active", "Pending", "Inactive"]
		ach_enabled_by_hand: DF.Check
		allow_partial_payments: DF.Check
		api_base: DF.Data | None
		bound_at: DF.Datetime | None
		bound_by: DF.Link | None
		bound_host: DF.Data | None
		bound_installation: DF.Data | None
		bound_site: DF.Data | None
		business_name: DF.Data | None
		charges_enabled: DF.Check
		country: DF.Data | None
		default_currency: DF.Link | None
		details_source: DF.Literal["", "Stripe", "Administrator"]
		email: DF.Data | None
		events_fetched_until: DF.Datetime | None
		events_missed_at: DF.Datetime | None
		key_message: DF.SmallText | None
		last_event_at: DF.Datetime | None
		minimum_partial_amount: DF.Currency
		mode: DF.Literal["", "Test", "Live"]
		payouts_enabled: DF.Check
		previous_secret_until: DF.Datetime | None
		previous_webhook_secret: DF.Password | None
		problem: DF.SmallText | None
		problems: DF.Code | None
		publishable_key: DF.Data | None
		secret_key: DF.Password | None
		status: DF.Literal["Not Connected", "Connected", "Removed"]
		stripe_account_id: DF.Data | None
		stripe_js_url: DF.Data | None
		wallet_domain: DF.Data | None
		wallet_domain_enabled_here: DF.Check
		wallet_domain_id: DF.Data | None
		wallet_message: DF.SmallText | None
		webhook_endpoint_id: DF.Data | None
		webhook_message: DF.SmallText | None
		webhook_refused: DF.Int
		webhook_refused_at: DF.Datetime | None
		webhook_secret: DF.Password | None
		webhook_status: DF.Literal["Not Registered", "Registered", "Secret Entered by Hand"]
		webhook_token: DF.Data | None
		webhook_url: DF.Data | None

	# end: auto-generated types

	def before_insert(self):
		"""Checks the entered keys at Stripe."""
		masking.forget_in_request()
		self.validate_higher_perm_levels()  # Frappe's, early: Stripe is asked at the address that the row names
		self._take_keys(None)

	def save(self, *args, **kwargs):
		"""Checks changed keys at Stripe first, before Frappe locks the row."""
		if not self.is_new() and not self.flags.by_stripe_service:
			masking.forget_in_request()
			self.check_permission("write")
			stored = frappe.get_doc(self.doctype, self.name)
			# Someone else saved meanwhile: Frappe will refuse, so Stripe need not be asked.
			if str(stored.modified) == str(self.modified):
				self.validate_higher_perm_levels()
				self._take_keys(stored)
		return super().save(*args, **kwargs)

	def onload(self):
		"""Whether the account is bound to this site, and the links to Stripe's Dashboard."""
		self.set_onload("bound_here", self.status != stripe_account.CONNECTED or binding.is_here(self))
		if self.mode:
			set_dashboard_links(self, self.name, self.mode == keys.LIVE, {dashboard.HOME: None})

	def validate(self):
		"""Only people come here: what is the app's to write, and stored secrets, are put back."""
		if self.flags.by_stripe_service:
			return
		before = self.get_doc_before_save()
		self._put_back_what_is_ours(before)
		# A form that was opened before a secret was stored sends it empty, which Frappe takes as an order to delete.
		for field in SECRET_FIELDS:
			if before and not self.get(field):
				self.set(field, before.get(field))
		if self.flags.connected:
			self._apply(*self.flags.connected)
		self._take_pasted_webhook_secret(before)
		if flt(self.minimum_partial_amount) < 0:
			frappe.throw(_("The smallest partial payment cannot be negative."))
		keys.check_addresses(self.mode or keys.TEST, self.api_base, self.stripe_js_url)

	def on_update(self):
		"""Newly connected, the account becomes the default if there is none, and is made known to Stripe."""
		if self.flags.connected:
			_make_default(self.name)
			# After the commit, so that Stripe is never told of an account that was not saved after all.
			for job in (webhook_endpoint.register, wallet_domain.register, registration.check_methods):
				frappe.enqueue(job, account=self.name, queue="short", enqueue_after_commit=True)

	def on_trash(self):
		"""Refused while it is connected."""
		if self.status == stripe_account.CONNECTED:
			frappe.throw(
				_(
					"Remove the account first: that deletes the webhook endpoint at Stripe and forgets the keys."
				)
			)

	def get_password(self, fieldname="password", raise_exception=True):
		"""Frappe offers this to System Managers in the desk and to every Server Script: always refused."""
		frappe.throw(_("The secrets of a Stripe Account are shown to nobody."), frappe.PermissionError)

	def _take_keys(self, stored):
		"""Ask Stripe about keys that were entered, and keep the answer for `validate`."""
		self.flags.connected = None
		entered = self.secret_key if not keys.is_masked(self.secret_key) else ""
		self.publishable_key = keys.tidy(self.publishable_key)
		self.api_base = keys.tidy(self.api_base).rstrip("/")
		if not (entered or self._changed(stored)):
			return
		self._check_not_emptied(stored)
		pair = keys.check_pair(self.publishable_key, entered or self._stored_secret(stored))
		keys.check_addresses(pair.mode, self.api_base, self.stripe_js_url)
		facts = identity.ask(pair, self.api_base)
		self._check_same_account(stored, pair, facts)
		if entered:
			self.secret_key = pair.secret
		self.flags.connected = (pair, facts)

	def _changed(self, stored) -> bool:
		if not stored:
			return bool(self.publishable_key)
		fields = ("publishable_key", "api_base", "secret_key")
		return any((self.get(field) or "") != (stored.get(field) or "") for field in fields)

	def _check_not_emptied(self, stored):
		if (
			stored
			and stored.status == stripe_account.CONNECTED
			and not (self.secret_key and self.publishable_key)
		):
			frappe.throw(
				_(
					"The keys of a connected account can be replaced, but not left empty. Use Remove to delete them."
				),
				keys.KeyRefused,
			)

	def _stored_secret(self, stored) -> str | None:
		if not stored or stored.status != stripe_account.CONNECTED:
			return None
		if not binding.is_here(stored):
			stripe_account.raise_bound_elsewhere(stored)
		return read_secret(self.name, "secret_key")

	def _check_same_account(self, stored, pair, facts):
		other = facts.stripe_account_id and frappe.db.get_value(
			self.doctype,
			{
				"stripe_account_id": facts.stripe_account_id,
				"mode": pair.mode,
				"name": ("!=", self.name or ""),
			},
		)
		if other:
			frappe.throw(
				_(
					"These keys belong to the Stripe account that is registered as {0} already. Enter them there."
				).format(get_link_to_form(self.doctype, other)),
				keys.KeyRefused,
			)
		if stored and has_history(self.name) and not self._is_the_same(stored, pair, facts):
			frappe.throw(
				_(
					"These keys belong to another Stripe account, or another mode, than the customers and payments registered here. Create a new Stripe Account for them."
				),
				keys.KeyRefused,
			)

	def _is_the_same(self, stored, pair, facts) -> bool:
		if stored.mode and stored.mode != pair.mode:
			return False
		if stored.stripe_account_id and facts.stripe_account_id:
			return stored.stripe_account_id == facts.stripe_account_id
		gateway = Gateway(Credentials(pair.secret, pair.publishable, self.api_base))
		return bool(identity.belongs_to(gateway, *_known_objects(self.name)))

	def _put_back_what_is_ours(self, before):
		fields = OURS + (
			OURS_IF_TOLD if before and before.details_source == stripe_account.SOURCE_STRIPE else ()
		)
		for field in fields:
			default = self.meta.get_field(field).default
			self.set(field, before.get(field) if before else default)

	def _apply(self, pair, facts):
		told = asdict(facts)
		if facts.details_source == stripe_account.SOURCE_ADMINISTRATOR:
			told = {field: value for field, value in told.items() if field not in OURS_IF_TOLD}
			told["stripe_account_id"] = self.stripe_account_id if has_history(self.name) else ""
		else:
			self.ach_enabled_by_hand = 0 if facts.ach_capability != "Unknown" else self.ach_enabled_by_hand
		self.update(fit(self.doctype, told))
		self.update(
			{"publishable_key": pair.publishable, "mode": pair.mode, "status": stripe_account.CONNECTED}
		)
		# What earlier keys could not do; what these can't will be noted anew.
		self.update({"problem": None, "problems": None})
		self.webhook_token = self.webhook_token or frappe.generate_hash(length=32)
		self.webhook_url = webhook_endpoint.url_of(self.webhook_token)
		place = binding.bind()
		self.bound_site, self.bound_host, self.bound_installation = place.site, place.host, place.installation
		self.bound_by, self.bound_at = frappe.session.user, now_datetime()

	def _take_pasted_webhook_secret(self, before):
		if not self.webhook_secret or keys.is_masked(self.webhook_secret):
			return
		self.webhook_secret = keys.check_webhook_secret(self.webhook_secret)
		self.webhook_token = self.webhook_token or frappe.generate_hash(length=32)
		self.webhook_url = webhook_endpoint.url_of(self.webhook_token)
		self.webhook_status = webhook_endpoint.BY_HAND
		self.webhook_message = _("Stripe's events are checked with the secret that was entered by hand.")
		previous = read_secret(self.name, "webhook_secret") if before else None
		if previous and previous != self.webhook_secret:
			self.previous_webhook_secret = previous
			self.previous_secret_until = webhook_endpoint.end_of_rotation()


def has_history(account: str | None) -> bool:
	"""Whether customers, saved methods or payments hang on this account, which exist only at its Stripe account."""
	return bool(account) and any(
		frappe.db.exists(doctype, {"stripe_account": account}) for doctype in HISTORY
	)


def _known_objects(account: str) -> tuple[str | None, str | None]:
	customer = frappe.db.get_value("Stripe Customer", {"stripe_account": account, "status": "Active"})
	filters = {"stripe_account": account, "payment_intent_id": ("is", "set")}
	return customer, frappe.db.get_value("Invoice Payment", filters, "payment_intent_id")


def _make_default(account: str) -> None:
	"""The first account is the default; a later one only where the default has no keys any more."""
	current = stripe_account.default_account()
	if current and frappe.db.get_value("Stripe Account", current, "status") == stripe_account.CONNECTED:
		return
	frappe.db.set_single_value("Stripe Service Settings", "default_account", account)
