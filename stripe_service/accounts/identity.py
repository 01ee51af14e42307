"""Asking Stripe whose keys these are, before anything is saved.

GET /v1/account answers to a secret key. A restricted key is refused it, as a rule even with every right that can be
given; then the keys are kept and an administrator enters what Stripe does not tell.

Whether the publishable key is of the same account can't be asked directly. But a PaymentIntent or SetupIntent can be
read with a publishable key and the intent's client secret, and only with one of the same account and mode. So the
newest intent is read with both keys; an account that has none gets a SetupIntent, which is cancelled at once.
"""

from dataclasses import dataclass

import frappe
from frappe import _

from stripe_service.accounts.keys import KeyRefused, Keys
from stripe_service.accounts.stripe_account import SOURCE_ADMINISTRATOR, SOURCE_STRIPE
from stripe_service.gateway import errors
from stripe_service.gateway.client import Credentials, Gateway

ACH_CAPABILITY = "us_bank_account_ach_payments"
_CAPABILITY_STATES = {"active": "Active", "pending": "Pending", "inactive": "Inactive"}


@dataclass(frozen=True)
class Facts:
	"""Stripe's answer, in the field names of Stripe Account; what Stripe did not tell is empty."""

	stripe_account_id: str = ""
	business_name: str = ""
	email: str = ""
	country: str = ""
	default_currency: str = ""
	charges_enabled: int = 0
	payouts_enabled: int = 0
	ach_capability: str = "Unknown"
	details_source: str = SOURCE_ADMINISTRATOR
	key_message: str = ""


def ask(pair: Keys, api_base: str = "") -> Facts:
	"""Ask Stripe who the keys belong to. Reads only, except for the SetupIntent described above.

	Raises KeyRefused where Stripe refuses a key, the two are of different accounts, or Stripe can't be reached.
	"""
	gateway = Gateway(Credentials(pair.secret, pair.publishable, api_base))
	try:
		facts = read_facts(gateway)
		_check_publishable(gateway, pair, api_base)
	except errors.AuthenticationFailed as error:
		_refuse_secret(error)
	except errors.GatewayError as error:
		if isinstance(error, errors.Unreachable | errors.RateLimited):
			_refuse(
				_(
					"Stripe could not be reached to check the keys, so nothing was saved. Try again in a moment."
				)
			)
		_refuse(_("Stripe refused to check the keys: {0}").format(frappe.utils.escape_html(error.message)))
	return facts


def read_facts(gateway: Gateway) -> Facts:
	"""What Stripe tells of the account; raises gateway.errors, except PermissionMissing, which is an answer."""
	try:
		return _facts_of(gateway.call("accounts.retrieve_current"))
	except errors.PermissionMissing:
		message = _(
			"This restricted key may not read the account. Enter country and currency, and whether ACH is switched on, below."
		)
		return Facts(key_message=message)


def belongs_to(gateway: Gateway, known_customer: str | None, known_intent: str | None) -> bool | None:
	"""Whether an object that we made under earlier keys is of these keys' account and mode; None if it can't be told.

	For restricted keys, which may not be asked for the account's id.
	"""
	known = [("customers.retrieve", known_customer), ("payment_intents.retrieve", known_intent)]
	for operation, object_id in known:
		if not object_id:
			continue
		try:
			gateway.call(operation, object_id)
			return True
		except errors.NotFound:
			return False
		except errors.PermissionMissing:
			continue
	return None


def _facts_of(account: dict) -> Facts:
	profile = account.get("business_profile") or {}
	dashboard = (account.get("settings") or {}).get("dashboard") or {}
	currency = (account.get("default_currency") or "").upper()
	# A capability that is not listed may also be one that Stripe does not list to the account itself, so that it
	# counts as unknown and the administrator's switch decides.
	ach = _CAPABILITY_STATES.get((account.get("capabilities") or {}).get(ACH_CAPABILITY), "Unknown")
	return Facts(
		stripe_account_id=account["id"],
		business_name=profile.get("name") or dashboard.get("display_name") or "",
		email=account.get("email") or "",
		country=account.get("country") or "",
		default_currency=currency if frappe.db.exists("Currency", currency) else "",
		charges_enabled=int(bool(account.get("charges_enabled"))),
		payouts_enabled=int(bool(account.get("payouts_enabled"))),
		ach_capability=ach,
		details_source=SOURCE_STRIPE,
	)


def _check_publishable(gateway: Gateway, pair: Keys, api_base: str) -> None:
	try:
		operation, intent, made = _any_intent(gateway)
	except (errors.PermissionMissing, errors.InvalidRequest):
		# Nothing to compare with: the key may not, or the account takes no kind of payment yet.
		return
	try:
		_read_with_publishable(operation, intent, pair, api_base)
	finally:
		if made:
			try:
				gateway.call("setup_intents.cancel", intent["id"])
			except errors.GatewayError:
				pass  # an unconfirmed SetupIntent does nothing


def _any_intent(gateway: Gateway) -> tuple[str, dict, bool]:
	for resource in ("payment_intents", "setup_intents"):
		page = gateway.call(f"{resource}.list", params={"limit": 1})
		if page["data"] and page["data"][0].get("client_secret"):
			return f"{resource}.retrieve", page["data"][0], False
	description = "Made to check that the two API keys belong together; cancelled at once."
	params = {"allowed_payment_method_types": ["card"], "description": description}
	key = f"check_{frappe.generate_hash(length=40)}"
	made = gateway.call("setup_intents.create", params=params, idempotency_key=key)
	return "setup_intents.retrieve", made, True


def _read_with_publishable(operation: str, intent: dict, pair: Keys, api_base: str) -> None:
	public = Gateway(Credentials(pair.publishable, pair.publishable, api_base))
	try:
		public.call(operation, intent["id"], params={"client_secret": intent["client_secret"]})
	except errors.AuthenticationFailed:
		_refuse(
			_(
				"Stripe does not know the publishable key, or it was rolled. Copy it again from the Stripe Dashboard."
			)
		)
	except (errors.InvalidRequest, errors.PermissionMissing):
		_refuse(
			_(
				"The publishable key belongs to another Stripe account than the secret key. Copy both from the same account."
			)
		)


def _refuse_secret(error: errors.AuthenticationFailed) -> None:
	if error.code == "api_key_expired":
		_refuse(
			_(
				"The secret key has expired at Stripe. Create a new one in the Stripe Dashboard and enter it here."
			)
		)
	_refuse(
		_("Stripe does not know the secret key, or it was rolled. Copy it again from the Stripe Dashboard.")
	)


def _refuse(message: str) -> None:
	frappe.throw(message, KeyRefused, title=_("Stripe keys not saved"))
