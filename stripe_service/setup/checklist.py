"""The set-up checklist of Stripe Service Settings: each part that paying needs, how it stands, and how to make it.

It reads the site as it is and remembers nothing, so that it is as true after a migration, or after somebody deleted a
part, as on the first day.
"""

from collections.abc import Callable
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.utils import get_url_to_form, get_url_to_list
from frappe.utils.background_jobs import get_workers
from frappe.utils.scheduler import is_scheduler_inactive
from frappe.utils.user import get_users_with_role

from stripe_service.access.units import UNIT
from stripe_service.accounts import binding, stripe_account, wallet_domain, webhook_endpoint
from stripe_service.payables.workflow_states import all_missing_states, what_to_do
from stripe_service.setup.after_payment_script import NAME as SCRIPT

DONE = "Done"
TO_DO = "To Do"
WARNING = "Warning"
DOCUMENT = "Portal Invoice"


@dataclass(frozen=True)
class Answer:
	"""How a part stands. `make` names what install.make_what_is_missing makes; `link` is where a person does it."""

	state: str
	message: str
	make: str = ""
	link: str = ""


def checklist() -> list[dict]:
	"""[{part, label, state, message, action}] in the order in which they are set up; `action` is None, or
	{"label", "make"} or {"label", "link"}."""
	return [_item(part, label, check()) for part, label, check in _parts()]


def _parts() -> list[tuple[str, str, Callable[[], Answer]]]:
	return [
		("account", _("Stripe account"), _account),
		("webhook", _("Webhook"), _webhook),
		("wallets", _("Apple Pay, Google Pay and Link"), _wallets),
		("payables", _("Documents that can be paid"), _payables),
		("workflow", _("Workflow"), _workflow),
		("units", _("Organisation units"), _units),
		("roles", _("Roles"), _roles),
		("script", _("After-payment script"), _script),
		("server_scripts", _("Server Scripts"), _server_scripts),
		("scheduler", _("Scheduler"), _scheduler),
		("workers", _("Background workers"), _workers),
	]


def _item(part: str, label: str, answer: Answer) -> dict:
	action = None
	if answer.make:
		action = {"label": _("Create"), "make": answer.make}
	elif answer.link:
		action = {"label": _("Open", context="Open a page"), "link": answer.link}
	return {"part": part, "label": label, "state": answer.state, "message": answer.message, "action": action}


def _account() -> Answer:
	account = stripe_account.default_account()
	if not account:
		link = get_url_to_form(stripe_account.DOCTYPE, "new")
		return Answer(TO_DO, _("No Stripe account is connected. Enter its API keys."), link=link)
	row = frappe.get_doc(stripe_account.DOCTYPE, account)
	link = get_url_to_form(stripe_account.DOCTYPE, account)
	if row.status != stripe_account.CONNECTED:
		return Answer(TO_DO, _("No API keys are entered for {0}.").format(account), link=link)
	if not binding.is_here(row):
		return Answer(
			TO_DO,
			_("{0} was connected by another site. Confirm this site in the Stripe Account.").format(account),
			link=link,
		)
	if row.details_source == stripe_account.SOURCE_ADMINISTRATOR and not (
		row.country and row.default_currency
	):
		return Answer(
			TO_DO,
			_("Stripe does not show the account's details to this key. Enter country and currency."),
			link=link,
		)
	if row.problem:
		return Answer(WARNING, row.problem, link=link)
	if row.details_source == stripe_account.SOURCE_STRIPE and not row.charges_enabled:
		return Answer(
			WARNING,
			_("Stripe does not let {0} take payments yet. Finish its set-up in the Stripe Dashboard.").format(
				account
			),
			link=link,
		)
	return Answer(
		DONE, _("{0} is connected ({1} mode).").format(row.business_name or account, _(row.mode)), link=link
	)


_WEBHOOK_FIELDS = [
	"status", "webhook_status", "webhook_message", "last_event_at", "events_missed_at", "webhook_refused_at",
]  # fmt: skip


def _webhook() -> Answer:
	account = stripe_account.default_account()
	row = account and frappe.db.get_value(stripe_account.DOCTYPE, account, _WEBHOOK_FIELDS, as_dict=True)
	if not row or row.status != stripe_account.CONNECTED:
		return Answer(TO_DO, _("Registered automatically once an account is connected."))
	link = get_url_to_form(stripe_account.DOCTYPE, account)
	if row.webhook_status == webhook_endpoint.NOT_REGISTERED:
		return Answer(WARNING, row.webhook_message or _("The webhook is not registered yet."), link=link)
	for fault_at, words in (
		(
			row.webhook_refused_at,
			_(
				"Events are refused because their signature does not match the signing secret; the last one came {0}. Rotate the webhook's secret, or enter the endpoint's own."
			),
		),
		(
			row.events_missed_at,
			_(
				"Stripe's events do not arrive, and are fetched hourly instead, the last one of {0}. See the endpoint's deliveries in the Stripe Dashboard, and whether Stripe can reach this site."
			),
		),
	):
		if fault_at and (not row.last_event_at or row.last_event_at < fault_at):
			return Answer(WARNING, words.format(frappe.utils.pretty_date(fault_at)), link=link)
	if not row.last_event_at:
		return Answer(DONE, _("Registered. No event has arrived yet."), link=link)
	ago = frappe.utils.pretty_date(row.last_event_at)
	return Answer(DONE, _("Registered. The last event arrived {0}.").format(ago), link=link)


def _wallets() -> Answer:
	if not wallet_domain.switched_on():
		return Answer(DONE, _("Switched off in these settings."))
	account = stripe_account.default_account()
	row = account and frappe.db.get_value(
		stripe_account.DOCTYPE, account, ["status", "wallet_domain", "wallet_message"], as_dict=True
	)
	if not row or row.status != stripe_account.CONNECTED:
		return Answer(TO_DO, _("Registered automatically once an account is connected."))
	link = get_url_to_form(stripe_account.DOCTYPE, account)
	if row.wallet_message:
		return Answer(WARNING, row.wallet_message, link=link)
	if not row.wallet_domain:
		return Answer(
			WARNING,
			_("This site's domain is not registered at Stripe yet. Press Refresh Details on the account."),
			link=link,
		)
	return Answer(DONE, _("{0} is registered at Stripe.").format(row.wallet_domain), link=link)


def _payables() -> Answer:
	link = get_url_to_list("Payable DocType")
	enabled = frappe.get_all("Payable DocType", filters={"enabled": 1}, pluck="name")
	if enabled:
		return Answer(DONE, _("Payable: {0}.").format(", ".join(_(name) for name in enabled)), link=link)
	if frappe.db.exists("Payable DocType", DOCUMENT):
		return Answer(TO_DO, _("No DocType is enabled for payment."), link=link)
	return Answer(TO_DO, _("No DocType is set up for payment."), make="payables")


def _workflow() -> Answer:
	workflows = frappe.get_all("Workflow", filters={"document_type": DOCUMENT}, fields=["name", "is_active"])
	if not workflows:
		return Answer(
			TO_DO, _("{0} has no Workflow, so nobody gets a work item.").format(_(DOCUMENT)), make="workflow"
		)
	active = [row.name for row in workflows if row.is_active]
	if not active:
		link = get_url_to_form("Workflow", workflows[0].name)
		return Answer(WARNING, _("The Workflow of {0} is not active.").format(_(DOCUMENT)), link=link)
	for doctype, states in all_missing_states().items():
		link = get_url_to_form("Payable DocType", doctype)
		return Answer(WARNING, what_to_do(doctype, states), link=link)
	return Answer(DONE, _("{0} is active.").format(active[0]), link=get_url_to_form("Workflow", active[0]))


def _units() -> Answer:
	if not frappe.db.exists(UNIT, {}):
		link = get_url_to_form(UNIT, "new")
		return Answer(TO_DO, _("There is no organisation unit yet. Invoices belong to one."), link=link)
	members = frappe.db.count("User Permission", {"allow": UNIT})
	link = get_url_to_list("User Permission")
	if not members:
		return Answer(
			TO_DO,
			_("Nobody belongs to a unit yet. Membership is a User Permission for Organisation Unit."),
			link=link,
		)
	counts = frappe.db.count(UNIT), members
	return Answer(DONE, _("{0} units, {1} memberships.").format(*counts), link=link)


def _roles() -> Answer:
	needed = ("Invoice Payers", "Stripe Payer")
	missing = [role for role in needed if not get_users_with_role(role)]
	link = get_url_to_list("User")
	if missing:
		names = ", ".join(_(role) for role in missing)
		return Answer(
			TO_DO,
			_("Nobody has the role {0}. Paying takes both Invoice Payers and Stripe Payer.").format(names),
			link=link,
		)
	return Answer(DONE, _("There are users who may pay."), link=link)


def _script() -> Answer:
	disabled = frappe.db.get_value("Server Script", SCRIPT, "disabled")
	if disabled is None:
		return _missing_script()
	link = get_url_to_form("Server Script", SCRIPT)
	built_in = frappe.db.get_single_value("Stripe Service Settings", "built_in_after_payment")
	if disabled and not built_in:
		return Answer(
			WARNING,
			_(
				"The built-in update is off and {0} is disabled: nothing sets the status of paid documents."
			).format(SCRIPT),
			link=link,
		)
	if disabled:
		return Answer(
			DONE, _("The built-in update is used. {0} is a script to start from.").format(SCRIPT), link=link
		)
	return Answer(DONE, _("{0} runs after each payment.").format(SCRIPT), link=link)


def _missing_script() -> Answer:
	missing = _("The script {0} is missing.").format(SCRIPT)
	if "Script Manager" in frappe.get_roles():
		return Answer(TO_DO, missing, make="script")
	# Frappe lets nobody else make one, whatever the permissions say.
	return Answer(
		TO_DO, f"{missing} " + _("Ask somebody with the role {0} to create it here.").format("Script Manager")
	)


def _server_scripts() -> Answer:
	if frappe.get_common_site_config().get("server_script_enabled"):
		return Answer(DONE, _("Switched on for this bench."))
	command = "bench set-config -g server_script_enabled 1"
	if frappe.db.get_value("Server Script", SCRIPT, "disabled") == 0:
		message = _(
			"Switched off for this bench, but {0} is enabled, so the steps after a payment fail. Run {1}, or disable the script."
		)
		return Answer(TO_DO, message.format(SCRIPT, command))
	return Answer(
		DONE,
		_("Switched off, and not needed. To change what follows a payment by a script, run {0}.").format(
			command
		),
	)


def _scheduler() -> Answer:
	if is_scheduler_inactive(verbose=False):
		return Answer(
			TO_DO,
			_(
				"Not running, so nothing is looked up at Stripe when an event is lost. Run bench enable-scheduler."
			),
		)
	return Answer(DONE, _("Running."))


def _workers() -> Answer:
	try:
		number = len(get_workers())
	except Exception:
		return Answer(TO_DO, _("Redis does not answer, so no job can run. Start Redis."))
	if not number:
		return Answer(
			TO_DO,
			_("No worker is running: payments are taken, but the steps after them wait. Run bench worker."),
		)
	return Answer(DONE, _("{0} running.").format(number))
