"""The differences between Frappe's versions, each once and by name.

Everything else in the app is written for both versions. Each function here says with which version it can be removed.
What a version brings is asked of Frappe itself where that is possible (a DocType, a method, a parameter), because
branches get features between two releases; the version number is the last resort. This module imports nothing of the
app.
"""

import inspect
from collections.abc import Callable

import click
import frappe
from frappe.model import dynamic_links

APP = "Stripe Service"
SUPPORTED = (15, 16)
PERMISSION_TYPE = "Permission Type"


def major() -> int:
	"""15 of 15.101.1; 16 of 16.0.0-dev."""
	return int(frappe.__version__.split(".")[0])


def refuse_unsupported_frappe() -> None:
	"""before_install and before_migrate, straight from hooks.py, because the rest of the app may not even import on a
	version that nobody tried. Raises UnsupportedFrappe before anything is written."""
	if major() not in SUPPORTED:
		raise UnsupportedFrappe(
			f"{APP} runs on Frappe {SUPPORTED[0]} and {SUPPORTED[-1]}, and this is Frappe {frappe.__version__}:"
			f" install the version of {APP} that is made for it, or uninstall {APP} first."
		)


class UnsupportedFrappe(frappe.IncompatibleApp, click.ClickException):
	"""IncompatibleApp is what `install-app` shows in one line, ClickException what `migrate` does."""


def no_objection() -> bool | None:
	"""What a has_permission hook answers that has nothing against it.

	On 15 the first hook that answers decides, so it must be None; on 16 every hook must say True. Remove with 15.
	"""
	return True if major() >= 16 else None


def in_test() -> bool:
	"""Whether tests run. 16 keeps it in `frappe.in_test`, 15 in `frappe.flags.in_test`. Remove with 15."""
	return bool(getattr(frappe, "in_test", False) or frappe.flags.in_test)


def has_permission_types() -> bool:
	"""Whether rights of an app's own, such as `pay`, exist: the DocType Permission Type, new in 16. Remove with 15."""
	return bool(frappe.db.exists("DocType", PERMISSION_TYPE))


def has_permission_type(doctype: str, right: str) -> bool:
	"""Whether `doctype` has the right `right` of an app's or a designer's own. Remove with 15."""
	return frappe.get_meta("DocPerm").has_field(right) and bool(
		frappe.db.exists(PERMISSION_TYPE, {"perm_type": right, "doc_type": doctype})
	)


def known_arguments(function: Callable, **wanted) -> dict:
	"""Those of the keyword arguments that `function` takes.

	ERPNext 16 took `ignore_permissions` away from get_payment_entry, which does not check permissions any more.
	Remove with ERPNext 15.
	"""
	known = inspect.signature(function).parameters
	return {name: value for name, value in wanted.items() if name in known}


def forget_server_scripts() -> None:
	"""Let Frappe read anew which Server Scripts are enabled. 16 keeps them in `frappe.client_cache` (a copy in each process),
	15 in `frappe.cache`. Remove with 15."""
	cache = getattr(frappe, "client_cache", None) or frappe.cache
	cache.delete_value("server_script_map")


def override_of(method: str) -> str:
	"""The dotted path that Frappe calls for the whitelisted `method`: the last app's override, or itself. Early versions of 15
	have no function for it. Remove with 15."""
	overrides = frappe.get_hooks("override_whitelisted_methods", {}).get(method, [])
	return overrides[-1] if overrides else method


def announce_dynamic_link(doctype: str, fieldname: str, linked_doctype: str) -> None:
	"""Say that the Dynamic Link's `fieldname` in `doctype` names `linked_doctype`. Early versions of 15 (15.44 among them) keep no
	list of those, so there is nothing to say. Remove with 15."""
	if announce := getattr(dynamic_links, "invalidate_distinct_link_doctypes", None):
		announce(doctype, fieldname, linked_doctype)
