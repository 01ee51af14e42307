"""Work items are Frappe's Workflow Actions; this module does what Frappe does not.

Frappe makes one when a state is entered for the first time and mails those who may act. It makes none when a state is
entered again (a failed debit, a refund, a reopened invoice), knows nothing of Work Item Rules, and completes items by
the roles of the session user. Whatever Frappe does right is left to Frappe.
"""

import frappe
from frappe import _
from frappe.model.workflow import get_workflow_name, send_email_alert
from frappe.utils import get_link_to_form
from frappe.workflow.doctype.workflow_action import workflow_action as frappe_items

from stripe_service.access import rules
from stripe_service.payables import registry
from stripe_service.utils import frappe_versions
from stripe_service.utils.pdf import can_attach_print


def close_for(doc, by_user: str | None) -> None:
	"""The open work items of `doc` are done, by `by_user` (a User; None, or Guest, who pays by a link: nobody in particular)."""
	_close(_open_items(doc), by_user)


def _close(items: list[str], by_user: str | None) -> None:
	by_user = None if by_user == "Guest" else by_user
	for name in items:
		frappe.db.set_value(
			"Workflow Action",
			name,
			{"status": "Completed", "completed_by": by_user, "completed_by_role": _role_of(by_user, name)},
		)


def reopen(doc) -> None:
	"""See to it that `doc` has an open work item in its state, if its Workflow leads anywhere from there."""
	if not _open_items(doc, rules.state_of(doc)):
		renew(doc, None)


def renew(doc, closed_by: str | None) -> bool:
	"""A fresh work item, mailed as the Workflow's settings say; False if the state leads nowhere.

	Items that were open before are done, by `closed_by`.
	"""
	close_for(doc, closed_by)
	workflow = get_workflow_name(doc.doctype)
	transitions = (
		frappe_items.get_next_possible_transitions(workflow, rules.state_of(doc), doc) if workflow else []
	)
	if not transitions:
		return False
	frappe_items.create_workflow_actions_for_roles({row.allowed for row in transitions}, doc)
	if _is_mailed(workflow, rules.state_of(doc)):
		frappe.enqueue(
			send_emails,
			queue="short",
			doc=doc,
			transitions=transitions,
			enqueue_after_commit=True,
			now=frappe_versions.in_test(),
		)
	return True


def _is_mailed(workflow: str, state: str) -> bool:
	"""By the Workflow's own settings; Frappe 16 has one for each state as well."""
	row = next(
		(row for row in frappe.get_cached_doc("Workflow", workflow).states if row.state == state), None
	)
	return bool(send_email_alert(workflow)) and bool(row) and row.get("send_email") != 0


def create_item_first(doc, method: str | None = None) -> None:
	"""doc_events "*", before the document is written (after_insert for a new one): the item of the state that is entered is made
	here, so that Frappe finds it made.

	Where Work Item Rules narrow the state, Frappe would mail everybody with the role. And it ends the old items by a DELETE
	over an index range, whose gap locks deadlock with the items that others are making.
	"""
	if not _enters_state(doc) or (doc.is_new() and method != "after_insert"):
		return
	renew(doc, frappe.session.user)


def sync_open_items(doc, method: str | None = None) -> None:
	"""doc_events "*", after the document is written: what Frappe left undone.

	It leaves an item open if the role that acted is not one for whom the item was made, and makes none in a state
	that was entered before.
	"""
	if not _enters_state(doc):
		return
	if not _open_items(doc, rules.state_of(doc)):
		renew(doc, frappe.session.user)
	else:
		_close(_open_items(doc, ("!=", rules.state_of(doc))), frappe.session.user)


def _enters_state(doc) -> bool:
	"""No query for a DocType that nobody made payable."""
	if not registry.get_config(doc.doctype) or not get_workflow_name(doc.doctype):
		return False
	before = doc.get_doc_before_save()
	return not before or rules.state_of(before) != rules.state_of(doc)


def send_emails(doc, transitions) -> None:
	"""Frappe's work item e-mail, to those whom the Work Item Rules address."""
	recipients = {
		user: data
		for user, data in frappe_items.get_users_next_action_data(transitions, doc).items()
		if rules.addresses(doc, user)
	}
	if not recipients:
		return
	common = _email_args(doc)
	message = common.pop("message", None)
	for data in recipients.values():
		actions = list(frappe_items.deduplicate_actions(data.get("possible_actions")))
		try:
			frappe.sendmail(
				recipients=[data.get("email")],
				args={"actions": actions, "message": message},
				reference_doctype=doc.doctype,
				reference_name=doc.name,
				**common,
			)
		except frappe.OutgoingEmailError:
			frappe.log_error("Failed to send work item e-mail")
			return


def _email_args(doc) -> dict:
	"""Frappe's, whose print of the document needs a program that not every machine has: without it none is attached."""
	if can_attach_print(doc.meta.default_print_format):
		return frappe_items.get_common_email_args(doc)
	template = frappe.db.get_value(
		"Workflow Document State",
		{"parent": get_workflow_name(doc.doctype), "state": rules.state_of(doc)},
		"next_action_email_template",
	)
	written = (
		frappe.get_doc("Email Template", template).get_formatted_email(doc.as_dict()) if template else {}
	)
	name = f"{_(doc.doctype)}: {doc.name}"
	return {
		"template": "workflow_action",
		"header": _("Workflow Action"),
		"subject": written.get("subject") or f"{_('Workflow Action')}: {name}",
		"message": written.get("message") or get_link_to_form(doc.doctype, doc.name, name),
	}


def _open_items(doc, state=None) -> list[str]:
	filters = {"reference_doctype": doc.doctype, "reference_name": doc.name, "status": "Open"}
	if state:
		filters["workflow_state"] = state
	return frappe.get_all("Workflow Action", filters=filters, pluck="name")


def _role_of(user: str | None, item: str) -> str | None:
	if not user:
		return None
	permitted = frappe.get_all("Workflow Action Permitted Role", filters={"parent": item}, pluck="role")
	return next((role for role in sorted(permitted) if role in frappe.get_roles(user)), None)
