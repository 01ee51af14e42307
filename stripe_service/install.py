"""Install, migrate and uninstall.

Everything made here is made only if missing: an administrator owns it from then on, and fixtures, which overwrite on
every migrate, would take that away.
"""

import frappe
from frappe.utils.password import get_encryption_key

from stripe_service.setup import columns, right_to_pay

APP = "stripe_service"

# What can be made if it is missing, in the order in which one needs the other.
PARTS = {
	"workflow": "stripe_service.setup.workflow.make_if_missing",
	"payables": "stripe_service.setup.payables.make_payable_doctypes",
	"script": "stripe_service.setup.after_payment_script.make_after_payment_script",
	"workspace": "stripe_service.setup.workspace.make_blocks",
	"sidebar": "stripe_service.setup.frappe_16.make_sidebar",
	"notifications": "stripe_service.setup.notifications.make_once",
}
REMOVERS = (
	"stripe_service.setup.after_payment_script.remove_after_payment_script",
	"stripe_service.setup.erpnext.remove_field",
	"stripe_service.setup.scheduled_jobs.remove",
	"stripe_service.setup.workflow.remove",
	"stripe_service.setup.portal_role.forget_menu",
	"stripe_service.setup.access.remove",
	"stripe_service.setup.workspace.remove_blocks",
	"stripe_service.setup.onboarding.remove",
	"stripe_service.access.landing.forget",
	"stripe_service.setup.right_to_pay.forget",
	"stripe_service.setup.notifications.forget",
	"stripe_service.setup.frappe_16.remove_permission_type",
	"stripe_service.setup.frappe_16.remove_icon_and_sidebar",
)


def after_install():
	"""Hook: make what the app brings, and on Frappe 16 give the right `pay` once to the roles that paid without it."""
	_make_all()
	right_to_pay.give_once()


def after_migrate():
	"""Hook: the same again; what is there is left as it is."""
	_make_all()
	right_to_pay.give_once()


def before_uninstall():
	"""Undo what setup made outside the app's own module."""
	for remover in REMOVERS:
		frappe.get_attr(remover)()


def after_uninstall():
	"""What can't be rolled back. A dry run comes here as well: the app is still installed then."""
	if APP not in frappe.get_installed_apps():
		columns.drop_unused()


def make_what_is_missing(part: str) -> None:
	"""Make one of PARTS if it is missing; what is there already is left as it is. Raises KeyError for another name."""
	frappe.get_attr(PARTS[part])()


def _make_all():
	# Before any secret is entered. A process whose configuration has no key makes one when it first needs it, and Frappe 16 keeps
	# a process's configuration for a minute: of two web workers, the later would make unreadable what the first has encrypted.
	try:
		get_encryption_key()
	except OSError:
		frappe.logger(APP).warning("site_config.json can't be written; it has no encryption_key")
	for part in PARTS:
		make_what_is_missing(part)
