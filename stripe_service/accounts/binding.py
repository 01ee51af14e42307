"""Which installation an account belongs to.

A copy of a site (a restored backup, a staging machine) carries the account's keys along, and would charge, cancel and
register webhooks as if it were the original. So an account remembers where its keys were entered, by three things:
the site's name, the host it is configured to answer on (never the Host header, which a visitor chooses), and a random
mark in site_config.json. The mark is what tells a backup restored under the same names on another machine: it is no
part of the database, so no backup of the database carries it.

A copy of the whole disk, its configuration included, can't be told from the original as long as both are configured
with the same host name; docs/account.md says what to change on such a copy.
"""

from dataclasses import dataclass

import frappe
from frappe.installer import update_site_config

MARK = "stripe_service_installation"


@dataclass(frozen=True)
class Installation:
	"""Which site this is: its name, its address, and a mark that a copied database does not have."""

	site: str
	host: str
	installation: str


def current_installation() -> Installation:
	"""Where this code runs, as far as configuration tells; the mark is empty until an account was bound."""
	return Installation(frappe.local.site, configured_host(), _mark())


def bind() -> Installation:
	"""Like `current_installation`, after making sure that this installation has its mark. Where site_config.json can't be written,
	the mark stays empty, and site and host alone must do."""
	if not _mark():
		try:
			update_site_config(MARK, frappe.generate_hash(length=24))
		except OSError:
			frappe.logger("stripe_service").warning(
				"site_config.json can't be written; bound by site and host only"
			)
	return current_installation()


def is_here(account) -> bool:
	"""`account` is a row (or document) of Stripe Account with its bound_* fields."""
	bound = Installation(account.bound_site or "", account.bound_host or "", account.bound_installation or "")
	return bound == current_installation()


def configured_host() -> str:
	"""Host and port that the site is configured with, else the site's name. No scheme: moving from http to https is
	no other place."""
	address = _host_name() or frappe.local.site
	return address.split("://")[-1].strip("/").lower()


def host_is_configured() -> bool:
	"""Whether the site knows its address by its configuration, and not only by the request."""
	return bool(_host_name())


def _host_name() -> str | None:
	return frappe.local.conf.host_name or frappe.local.conf.hostname


def _mark() -> str:
	# A process that read its configuration before the mark was made must not take itself for a copy.
	on_disk = frappe.get_site_path("site_config.json")
	return frappe.local.conf.get(MARK) or frappe.get_file_json(on_disk).get(MARK) or ""
