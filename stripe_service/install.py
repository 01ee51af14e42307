"""Install, migrate and uninstall.

Everything made here is made only if missing: an administrator owns it from then on, and fixtures, which overwrite on
every migrate, would take that away.
"""

import frappe

# What can be made if it is missing, in the order in which one needs the other.
PARTS = {
	"workflow": "stripe_service.setup.workflow.make_if_missing",
	"payables": "stripe_service.setup.payables.make_payable_doctypes",
	"script": "stripe_service.setup.after_payment_script.make_after_payment_script",
	"workspace": "stripe_service.setup.workspace.make_overview_block",
}
REMOVERS = (
	"stripe_service.setup.after_payment_script.remove_after_payment_script",
	"stripe_service.setup.erpnext.remove_field",
	"stripe_service.setup.scheduled_jobs.remove",
	"stripe_service.setup.workflow.remove",
	"stripe_service.setup.access.remove",
	"stripe_service.setup.workspace.remove_overview_block",
)


def after_install():
	_make_all()


def after_migrate():
	_make_all()


def before_uninstall():
	"""Undo what setup made outside the app's own module."""
	for remover in REMOVERS:
		frappe.get_attr(remover)()


def make_what_is_missing(part: str) -> None:
	"""Make one of PARTS if it is missing; what is there already is left as it is. Raises KeyError for another name."""
	frappe.get_attr(PARTS[part])()


def _make_all():
	for part in PARTS:
		make_what_is_missing(part)
