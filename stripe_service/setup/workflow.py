"""The Workflow "Invoice Payment" of Portal Invoice, created if it is missing and never overwritten.

It stands as Frappe exports one, in `stripe_service/workflow/invoice_payment/invoice_payment.json`, so that a designer can
compare theirs with it. Frappe does not import it by itself, and a fixture would overwrite on every migrate what a
designer made of it. It is also not created where Portal Invoice has a Workflow already, whatever its name: somebody
replaced ours. Records of other names (states, actions) may be shared with other Workflows; uninstalling leaves those.

Pay is two transitions from each state, told apart by what is outstanding: Frappe makes the work item and the button
because one of them always holds, and whoever moves the document takes the one that is true.
"""

import frappe

DOCTYPE = "Portal Invoice"
STYLES = {
	"Draft": "",
	"To Be Paid": "Warning",
	"Partly Paid": "Primary",
	"Paid": "Success",
	"Cancelled": "Inverse",
}


def shipped_workflow() -> dict:
	"""The Workflow as this app ships it."""
	return frappe.get_file_json(
		frappe.get_app_path(
			"stripe_service", "stripe_service", "workflow", "invoice_payment", "invoice_payment.json"
		)
	)


def make_if_missing() -> None:
	"""Make the shipped Workflow, unless Portal Invoice has one."""
	shipped = shipped_workflow()
	if frappe.db.exists("Workflow", shipped["name"]) or frappe.db.exists(
		"Workflow", {"document_type": DOCTYPE}
	):
		return
	for role in _values(shipped, "transitions", "allowed"):
		_insert_if_missing("Role", role, role_name=role, desk_access=1)
	for state in _values(shipped, "states", "state"):
		_insert_if_missing("Workflow State", state, workflow_state_name=state, style=STYLES[state])
	for action in _values(shipped, "transitions", "action"):
		_insert_if_missing("Workflow Action Master", action, workflow_action_name=action)
	# Without an outgoing account every work item would leave an error in the log instead of an e-mail; whoever sets one
	# up later ticks Send Email Alert on the Workflow.
	mail_is_set_up = frappe.db.exists("Email Account", {"enable_outgoing": 1, "default_outgoing": 1})
	frappe.get_doc({**shipped, "send_email_alert": int(bool(mail_is_set_up))}).insert(ignore_permissions=True)


def _values(shipped: dict, table: str, fieldname: str) -> list[str]:
	"""The values of a column of the Workflow, each once, in their order."""
	return list(dict.fromkeys(row[fieldname] for row in shipped[table]))


def _insert_if_missing(doctype: str, name: str, **values) -> None:
	if not frappe.db.exists(doctype, name):
		frappe.get_doc({"doctype": doctype, **values}).insert(ignore_permissions=True)


def remove() -> None:
	"""On uninstall: the Workflows of Portal Invoice, whose table goes; then those of our states and actions that no
	other Workflow uses."""
	for workflow in frappe.get_all("Workflow", filters={"document_type": DOCTYPE}, pluck="name"):
		frappe.delete_doc("Workflow", workflow, force=True, ignore_permissions=True)
	frappe.db.delete("Workflow Action", {"reference_doctype": DOCTYPE})
	shipped = shipped_workflow()
	for state in _values(shipped, "states", "state"):
		_delete_if_unused("Workflow State", state, "Workflow Document State", "state")
	for action in _values(shipped, "transitions", "action"):
		_delete_if_unused("Workflow Action Master", action, "Workflow Transition", "action")


def _delete_if_unused(doctype: str, name: str, used_in: str, fieldname: str) -> None:
	if frappe.db.exists(doctype, name) and not frappe.db.exists(used_in, {fieldname: name}):
		frappe.delete_doc(doctype, name, force=True, ignore_permissions=True)
