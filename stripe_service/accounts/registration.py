"""What an administrator does to an account as a whole: connect, refresh, confirm after a move, remove.

None of these checks a permission; `api.account` does. None calls Stripe while it holds a lock.
"""

from dataclasses import asdict
from urllib.parse import urlsplit

import frappe
from frappe import _
from frappe.query_builder.functions import Count

from stripe_service.accounts import (
	binding,
	identity,
	keys,
	problems,
	stripe_account,
	wallet_domain,
	webhook_endpoint,
)
from stripe_service.accounts.jobs import Report, for_each_account
from stripe_service.accounts.secrets import FIELDS as SECRET_FIELDS
from stripe_service.accounts.secrets import forget_secret, read_secret
from stripe_service.gateway import errors
from stripe_service.gateway.client import Credentials, Gateway
from stripe_service.gateway.payment_states import RESERVING
from stripe_service.utils.fitting import fit
from stripe_service.utils.service_settings import service_settings
from stripe_service.utils.transaction import begin_fresh, in_fresh_transaction

DOCTYPE = stripe_account.DOCTYPE
_NO_DOMAIN = {
	"wallet_domain": "",
	"wallet_domain_id": "",
	"wallet_domain_enabled_here": 0,
	"wallet_message": "",
}


def connect_account(account: str, publishable_key: str, secret_key: str, **fields) -> str:
	"""Register the keys with the Stripe Account of this name, which is made if missing, and its webhook endpoint at
	Stripe. Returns the name; commits.

	`fields` are other fields of the document, such as `api_base`. Raises keys.KeyRefused where the keys are refused;
	a webhook that can't be registered is no failure, it is told in `webhook_message`.
	"""
	doc = (
		frappe.get_doc(DOCTYPE, account)
		if frappe.db.exists(DOCTYPE, account)
		else frappe.new_doc(DOCTYPE, account_name=account)
	)
	doc.update({**fields, "publishable_key": publishable_key, "secret_key": secret_key})
	begin_fresh()
	_save(doc)
	webhook_endpoint.register(doc.name)
	wallet_domain.register(doc.name)
	return doc.name


def refresh(account: str, by_hand: bool = False) -> None:
	"""Ask Stripe again what it knows of the account, and which ways of paying are switched on. Commits. Raises gateway.errors
	and what gateway_for raises.

	`by_hand`: an administrator asks, who may have given the key a right that was missing; it is missed anew if not.
	"""
	if by_hand:
		problems.clear(account, problems.missing_rights(account))
	facts = identity.read_facts(stripe_account.gateway_for(account))
	values = fit(DOCTYPE, asdict(facts))
	if facts.details_source != stripe_account.SOURCE_STRIPE:
		values = {"details_source": facts.details_source, "key_message": facts.key_message}

	def write() -> None:
		doc = frappe.get_doc(DOCTYPE, account, for_update=True)
		doc.update(values)
		_write_document(doc)

	in_fresh_transaction(write)
	check_methods(account)
	if by_hand:
		wallet_domain.register(account)


def refresh_all() -> list[Report]:
	"""Daily: the facts of every account that can be used, as `refresh`."""
	return for_each_account(stripe_account.usable_accounts(), lambda account, report: refresh(account))


def check_methods(account: str) -> None:
	"""See whether Stripe takes the ways of paying that are offered here, before a payer meets one that it leaves out.

	Only an intent tells: a SetupIntent is made and cancelled at once. What is missing is noted on the account by its gateway.
	Commits. Raises nothing but what gateway_for raises.
	"""
	wanted = _offered_methods(account)
	if not wanted:
		return
	gateway = stripe_account.gateway_for(account)
	description = "Made to check which payment methods are switched on; cancelled at once."
	try:
		made = gateway.call(
			"setup_intents.create",
			params={"allowed_payment_method_types": wanted, "description": description},
			idempotency_key=f"check_{frappe.generate_hash(length=40)}",
		)
		gateway.call("setup_intents.cancel", made["id"])
	except errors.GatewayError as error:
		frappe.logger("stripe_service").info(f"{account}: methods not checked: {error}")


def _offered_methods(account: str) -> list[str]:
	settings = service_settings()
	wanted = ["card"] if settings.allow_cards else []
	if settings.allow_ach and stripe_account.ach_capable(account)[0]:
		wanted.append("us_bank_account")
	return wanted


def confirm_binding(account: str) -> str:
	"""Bind the account to this installation: from now on this site acts at Stripe with its keys. Commits.

	Registers a webhook endpoint of this site's own. The one of the site that the account came from is left at Stripe,
	because that site may still be there; what is returned names it, or is "".
	"""
	doc = frappe.get_doc(DOCTYPE, account)
	if doc.status != stripe_account.CONNECTED:
		stripe_account.raise_no_keys(account)
	if binding.is_here(doc):
		return ""
	place = binding.bind()
	left, address = doc.webhook_endpoint_id, doc.webhook_url
	doc.update(
		{
			"bound_site": place.site,
			"bound_host": place.host,
			"bound_installation": place.installation,
			"bound_by": frappe.session.user,
			"bound_at": frappe.utils.now_datetime(),
			"webhook_endpoint_id": "",
			"webhook_url": "",
			**_NO_DOMAIN,
		}
	)
	in_fresh_transaction(lambda: _write_document(doc))
	webhook_endpoint.register(account)
	wallet_domain.register(account)
	if not left:
		return ""
	return _(
		"The webhook endpoint {0} of the site this account came from ({1}) is still at Stripe. Delete it in the Stripe Dashboard when that site is gone."
	).format(left, urlsplit(address or "").netloc)


def rotate_webhook_secret(account: str) -> str:
	"""Replace the webhook's secret; the old one is taken for another 24 hours. Returns `webhook_status`. Commits."""
	stripe_account.gateway_for(account)
	return webhook_endpoint.register(account, fresh=True)


def remove_account(account: str) -> str:
	"""Forget the account's keys, after deleting its webhook endpoint at Stripe; the history stays. Commits.

	Returns "" or what remains to be done by hand at Stripe. Refused (frappe.ValidationError) while a payment of the
	account is open, because nothing could be learnt of its outcome any more. Can be repeated after a crash.
	"""
	doc = frappe.get_doc(DOCTYPE, account)
	gateway, told = _gateway_to_clean_up(doc)
	# First of all no new payment may begin; gateway_for lets nobody through from here on.
	in_fresh_transaction(lambda: _mark_removed(account))
	# A registration that is under way, by the job of a save just before, ends first: it would leave a new endpoint at
	# Stripe, and its secret here.
	with webhook_endpoint.alone(account):
		endpoint = frappe.db.get_value(DOCTYPE, account, "webhook_endpoint_id")
		if gateway and endpoint:
			told = webhook_endpoint.delete(gateway, endpoint)
		if gateway:
			told = " ".join(filter(None, [told, wallet_domain.disable(gateway, account)]))
		in_fresh_transaction(lambda: _forget(account))
	return told


def open_payments(**filters) -> int:
	"""How many payments of this account (or customer) may still move money. A locking read, so that it is true now."""
	payment = frappe.qb.DocType("Invoice Payment")
	query = frappe.qb.from_(payment).select(Count("*")).where(payment.status.isin(list(RESERVING)))
	for field, value in filters.items():
		query = query.where(payment[field] == value)
	return query.for_update().run()[0][0]


def _gateway_to_clean_up(doc) -> tuple[Gateway | None, str]:
	"""A copy of the site forgets its keys without touching the endpoint at Stripe: that one serves the original."""
	secret = read_secret(doc.name, "secret_key")
	if not secret:
		return None, _left_behind(doc)
	if not binding.is_here(doc):
		return None, ""
	keys.check_addresses(keys.mode_of(secret), doc.api_base, doc.stripe_js_url)
	return Gateway(Credentials(secret, doc.publishable_key or "", doc.api_base or "")), ""


def _left_behind(doc) -> str:
	if not doc.webhook_endpoint_id:
		return ""
	return _("The webhook endpoint {0} may still exist. Delete it in the Stripe Dashboard.").format(
		doc.webhook_endpoint_id
	)


def _mark_removed(account: str) -> None:
	doc = frappe.get_doc(DOCTYPE, account, for_update=True)
	still_open = open_payments(stripe_account=account)
	if still_open:
		frappe.throw(
			_(
				"{0} payments of this account are still open. Wait until they are settled, or cancel them."
			).format(still_open),
			title=_("Account not removed"),
		)
	doc.status = stripe_account.REMOVED
	_write_document(doc)


def _forget(account: str) -> None:
	for field in SECRET_FIELDS:
		forget_secret(account, field)
	doc = frappe.get_doc(DOCTYPE, account)
	doc.update(
		{
			"publishable_key": "",
			"webhook_status": webhook_endpoint.NOT_REGISTERED,
			"webhook_message": "",
			"webhook_url": "",
			"webhook_endpoint_id": "",
			"webhook_token": "",
			"previous_secret_until": None,
			"key_message": "",
			"charges_enabled": 0,
			"payouts_enabled": 0,
			"problem": None,
			"problems": None,
			**_NO_DOMAIN,
		}
	)
	_write_document(doc)


def _save(doc) -> None:
	try:
		doc.save()
		frappe.db.commit()
	except Exception:
		frappe.db.rollback()
		raise


def _write_document(doc) -> None:
	doc.flags.by_stripe_service = True
	doc.save(ignore_permissions=True)
