"""The way from a Stripe Account to a gateway, and what others may know of an account without its secrets.

Every call to Stripe passes `gateway_for`, so this is where a site without keys, a copy of a site and a tampered
address are stopped.
"""

import frappe
from frappe import _
from frappe.utils import cint, escape_html, get_url_to_form

from stripe_service.accounts import binding, keys
from stripe_service.accounts.problems import AccountGateway, method_problem
from stripe_service.accounts.secrets import read_secret
from stripe_service.gateway.client import STRIPE_JS_URL, Credentials, Gateway
from stripe_service.utils.people import editors_of

CONNECTED = "Connected"
NOT_CONNECTED = "Not Connected"
REMOVED = "Removed"
SOURCE_STRIPE = "Stripe"
SOURCE_ADMINISTRATOR = "Administrator"

DOCTYPE = "Stripe Account"

_GATEWAY_FIELDS = ["name", "status", "mode", "publishable_key", "api_base", "stripe_js_url", "problems"]
_ACH_FIELDS = ["ach_capability", "ach_enabled_by_hand"]
_BINDING_FIELDS = ["bound_site", "bound_host", "bound_installation"]


def is_in_test_mode(account: str | None) -> bool:
	"""Whether what is paid to this Stripe Account is no real money. One query a request."""
	return bool(account) and frappe.db.get_value(DOCTYPE, account, "mode", cache=True) == keys.TEST


class NoKeys(frappe.ValidationError):
	"""The Loading error: no API keys are entered. `plain` is its text without markup, `link` where they are entered
	(None for those who may not)."""

	plain = ""
	link: str | None = None


class BoundElsewhere(frappe.ValidationError):
	"""This site is a copy, or was moved: nothing is asked of Stripe until an administrator confirms it."""


def gateway_for(account: str | None, watch: bool = True) -> Gateway:
	"""The gateway that calls Stripe as this Stripe Account. Two queries, no cache: a key that was removed is not used
	once more, and beside a call to Stripe they cost nothing.

	What Stripe refuses for the account's own sake is noted on it (`accounts.problems`), unless `watch` is off, for calls that
	only try what is allowed. Checks no permission: who may do what is decided by the callers. Raises NoKeys, BoundElsewhere, keys.KeyRefused.
	"""
	row = _read(account, [*_GATEWAY_FIELDS, *_BINDING_FIELDS])
	if not row or row.status != CONNECTED:
		raise_no_keys(account)
	if not binding.is_here(row):
		raise_bound_elsewhere(row)
	secret = read_secret(row.name, "secret_key")
	if not (secret and row.publishable_key):
		raise_no_keys(account)
	# Again, although saving has checked it: the row may have been written past the controller.
	keys.check_addresses(keys.mode_of(secret), row.api_base, row.stripe_js_url)
	credentials = Credentials(secret, row.publishable_key, row.api_base or "")
	return AccountGateway(credentials, row.name, row.problems) if watch else Gateway(credentials)


def default_account() -> str | None:
	"""The account that documents are paid to when their Payable DocType names none."""
	return frappe.db.get_single_value("Stripe Service Settings", "default_account")


def usable_accounts() -> list[str]:
	"""The accounts that the scheduler's jobs may work on: connected, and bound to this installation. A copy of the
	site gets none, and so does nothing, quietly."""
	rows = frappe.get_all(DOCTYPE, filters={"status": CONNECTED}, fields=["name", *_BINDING_FIELDS])
	return [row.name for row in rows if binding.is_here(row)]


def browser_facts(account: str | None) -> dict:
	"""What a browser needs to load Stripe's fields for an account: account, publishable_key, stripe_js_url, test_mode.
	No secrets. One query.

	Raises NoKeys where no keys are entered and BoundElsewhere on a copy of the site.
	"""
	row = _read(account, [*_GATEWAY_FIELDS, *_BINDING_FIELDS])
	if not row or row.status != CONNECTED or not row.publishable_key:
		raise_no_keys(account)
	if not binding.is_here(row):
		raise_bound_elsewhere(row)
	keys.check_addresses(keys.mode_of(row.publishable_key), row.api_base, row.stripe_js_url)
	return {
		"account": row.name,
		"publishable_key": row.publishable_key,
		"stripe_js_url": row.stripe_js_url or STRIPE_JS_URL,
		"test_mode": row.mode == keys.TEST,
	}


def read_browser_facts(account: str | None) -> tuple[dict | None, dict | None]:
	"""(browser_facts, None), or (None, loading error) where the pay form can't be loaded with this account: {"message",
	"link"}, the link only for those who may enter keys."""
	try:
		return browser_facts(account), None
	except NoKeys as error:
		frappe.clear_last_message()
		return None, {"message": error.plain, "link": error.link}
	except (BoundElsewhere, keys.KeyRefused) as error:
		frappe.clear_last_message()
		return None, {"message": str(error), "link": _place(account) if can_edit_account() else None}


def loading_error(account: str | None) -> dict | None:
	"""Why the pay form can't be loaded with this account, or None."""
	return read_browser_facts(account)[1]


def ach_available(account) -> tuple[bool, str]:
	"""Whether the account can be paid by ACH, and if not, why. `account` is a name, a row or a document."""
	if isinstance(account, str):
		account = _read(account, [*_ACH_FIELDS, "problems"])
	if method_problem(account.problems, "us_bank_account"):
		return False, _("Payment by bank account is not switched on at Stripe for this account.")
	return ach_capable(account)


def ach_capable(account) -> tuple[bool, str]:
	"""Whether the account is able to take ACH, and if not, why; whatever its payment method settings switch off.

	Stripe says so by the capability us_bank_account_ach_payments, not by the account's country. Where Stripe does
	not tell this key, the administrator's switch counts.
	"""
	if isinstance(account, str):
		account = _read(account, _ACH_FIELDS)
	if account.ach_capability == "Active":
		return True, ""
	if account.ach_capability == "Pending":
		return False, _("Stripe is still checking whether this account may take ACH payments.")
	if account.ach_capability == "Inactive":
		return False, _("ACH payments are not switched on for this Stripe account.")
	if cint(account.ach_enabled_by_hand):
		return True, ""
	return False, _("It is not known whether this Stripe account may take ACH payments.")


def cards_available(account: str) -> tuple[bool, str]:
	"""Whether the account can be paid by card as far as Stripe has said, and if not, why (translated)."""
	if method_problem(frappe.get_cached_value(DOCTYPE, account, "problems"), "card"):
		return False, _("Payment by card is not switched on at Stripe for this account.")
	return True, ""


def raise_no_keys(account: str | None) -> None:
	"""Raise NoKeys in the words that this user can do something with."""
	problem = (
		_("No API keys are entered for the Stripe account {0}.").format(account)
		if account
		else _("No Stripe account is connected.")
	)
	link = _place(account) if can_edit_account() else None
	plain = f"{problem} " + (_("Enter the keys in the Stripe Account.") if link else contact_hint())
	text = escape_html(plain)
	if link:
		text += f' <a href="{link}">{_("Open Stripe Account")}</a>'
	try:
		frappe.throw(text, NoKeys, title=_("Loading error"))
	except NoKeys as error:
		error.plain, error.link = plain, link
		raise


def raise_bound_elsewhere(row) -> None:
	"""Raises BoundElsewhere, naming the site that connected the account."""
	frappe.throw(
		_(
			"The Stripe account {0} was connected by the site {1} at {2}. This site is another one, or a copy, so nothing is asked of Stripe until an administrator confirms this site in the Stripe Account."
		).format(row.name, row.bound_site, row.bound_host),
		BoundElsewhere,
		title=_("This site is not confirmed"),
	)


def can_edit_account() -> bool:
	"""Whether the session user may enter keys."""
	return bool(frappe.has_permission(DOCTYPE, "write"))


def contact_hint() -> str:
	"""Names those who may enter keys, by their full names and nothing else."""
	names = editors_of(DOCTYPE)
	if not names:
		return _("Ask a system manager to enter them.")
	return _("Ask {0} to enter them.").format(", ".join(names))


def _place(account: str | None) -> str:
	if account and frappe.db.exists(DOCTYPE, account):
		return get_url_to_form(DOCTYPE, account)
	return get_url_to_form(DOCTYPE, "new")


def _read(account: str | None, fields: list[str]):
	return frappe.db.get_value(DOCTYPE, account, fields, as_dict=True) if account else None
