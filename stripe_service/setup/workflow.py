"""The Workflow "Invoice Payment" of Portal Invoice, made if it is missing and never touched again.

A fixture would overwrite on every migrate what a designer made of it. It is also not made where Portal Invoice has a
Workflow already, whatever its name: somebody replaced ours. Records of other names (states, actions) may be shared
with other Workflows; uninstalling leaves those that are.

Pay is two transitions from each state, told apart by what is outstanding: Frappe makes the work item and the button
because one of them always holds, and whoever moves the document takes the one that is true.
"""

import frappe

WORKFLOW = "Invoice Payment"
DOCTYPE = "Portal Invoice"
STATE_FIELD = "workflow_state"
PAYERS, ADMINISTRATORS, ANYBODY = "Invoice Payers", "Stripe Administrator", "All"

DRAFT, TO_BE_PAID, PARTLY_PAID, PAID, CANCELLED = "Draft", "To Be Paid", "Partly Paid", "Paid", "Cancelled"
SEND, PAY, CANCEL, REOPEN = "Send for Payment", "Pay", "Cancel", "Reopen"

# state: style, who may edit in the form (DocType permissions decide first), makes no work item for who leads there
STATES = {
	DRAFT: ("", ANYBODY, True),
	TO_BE_PAID: ("Warning", ANYBODY, True),
	PARTLY_PAID: ("Primary", ANYBODY, False),
	PAID: ("Success", ADMINISTRATORS, False),
	CANCELLED: ("Inverse", ADMINISTRATORS, True),
}
OWING, SETTLED = "doc.outstanding_amount > 0", "doc.outstanding_amount <= 0"
UNTOUCHED, BEGUN = (
	"doc.paid_amount <= 0 and doc.outstanding_amount > 0",
	"doc.paid_amount > 0 and doc.outstanding_amount > 0",
)
# state, action, next state, role, condition
TRANSITIONS = (
	(DRAFT, SEND, TO_BE_PAID, ADMINISTRATORS, ""),
	(DRAFT, CANCEL, CANCELLED, ADMINISTRATORS, ""),
	(TO_BE_PAID, PAY, PARTLY_PAID, PAYERS, OWING),
	(TO_BE_PAID, PAY, PAID, PAYERS, SETTLED),
	(TO_BE_PAID, CANCEL, CANCELLED, ADMINISTRATORS, ""),
	(PARTLY_PAID, PAY, PARTLY_PAID, PAYERS, OWING),
	(PARTLY_PAID, PAY, PAID, PAYERS, SETTLED),
	(PARTLY_PAID, REOPEN, TO_BE_PAID, ADMINISTRATORS, UNTOUCHED),
	(PARTLY_PAID, CANCEL, CANCELLED, ADMINISTRATORS, ""),
	(PAID, REOPEN, TO_BE_PAID, ADMINISTRATORS, UNTOUCHED),
	(PAID, REOPEN, PARTLY_PAID, ADMINISTRATORS, BEGUN),
	(CANCELLED, REOPEN, DRAFT, ADMINISTRATORS, ""),
)


def make_if_missing() -> None:
	if frappe.db.exists("Workflow", WORKFLOW) or frappe.db.exists("Workflow", {"document_type": DOCTYPE}):
		return
	for role in (PAYERS, ADMINISTRATORS):
		_insert_if_missing("Role", role, role_name=role, desk_access=1)
	for state, (style, _editor, _optional) in STATES.items():
		_insert_if_missing("Workflow State", state, workflow_state_name=state, style=style)
	for action in (SEND, PAY, CANCEL, REOPEN):
		_insert_if_missing("Workflow Action Master", action, workflow_action_name=action)
	_insert_workflow()


def _insert_if_missing(doctype: str, name: str, **values) -> None:
	if not frappe.db.exists(doctype, name):
		frappe.get_doc({"doctype": doctype, **values}).insert(ignore_permissions=True)


def _insert_workflow() -> None:
	workflow = frappe.new_doc("Workflow")
	workflow.update(
		{
			"workflow_name": WORKFLOW,
			"document_type": DOCTYPE,
			"is_active": 1,
			"send_email_alert": int(_mail_is_set_up()),
			"workflow_state_field": STATE_FIELD,
		}
	)
	for state, (_style, editor, optional) in STATES.items():
		workflow.append(
			"states",
			{
				"state": state,
				"doc_status": "0",
				"allow_edit": editor,
				"is_optional_state": int(optional),
				"send_email": 1,  # Frappe 16 asks each state as well
			},
		)
	for state, action, next_state, role, condition in TRANSITIONS:
		workflow.append(
			"transitions",
			{
				"state": state,
				"action": action,
				"next_state": next_state,
				"allowed": role,
				"allow_self_approval": 1,
				"condition": condition,
			},
		)
	workflow.insert(ignore_permissions=True)


def _mail_is_set_up() -> bool:
	"""Without an outgoing account every work item would leave an error in the log instead of an e-mail; whoever sets
	one up later ticks Send Email Alert on the Workflow."""
	return bool(frappe.db.exists("Email Account", {"enable_outgoing": 1, "default_outgoing": 1}))


def remove() -> None:
	"""On uninstall: the Workflows of Portal Invoice, whose table goes; then those of our states and actions that no
	other Workflow uses."""
	for workflow in frappe.get_all("Workflow", filters={"document_type": DOCTYPE}, pluck="name"):
		frappe.delete_doc("Workflow", workflow, force=True, ignore_permissions=True)
	frappe.db.delete("Workflow Action", {"reference_doctype": DOCTYPE})
	for state in STATES:
		_delete_if_unused("Workflow State", state, "Workflow Document State", "state")
	for action in (SEND, PAY, CANCEL, REOPEN):
		_delete_if_unused("Workflow Action Master", action, "Workflow Transition", "action")


def _delete_if_unused(doctype: str, name: str, used_in: str, fieldname: str) -> None:
	if frappe.db.exists(doctype, name) and not frappe.db.exists(used_in, {fieldname: name}):
		frappe.delete_doc(doctype, name, force=True, ignore_permissions=True)
