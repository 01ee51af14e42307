"""What a designer makes in the UI: a DocType, its Payable DocType row, a Workflow."""

import frappe

from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from tests.support.records import unique


def make_doctype(fields: list[dict], read_by: str, **more) -> str:
	"""A custom DocType that System Managers keep and `read_by` may read; its name."""
	rights = {
		"read": 1,
		"write": 1,
		"create": 1,
		"delete": 1,
		"submit": int(bool(more.get("is_submittable"))),
	}
	levels = sorted({field.get("permlevel", 0) for field in fields})
	doctype = frappe.get_doc(
		doctype="DocType",
		name=unique("Fee").replace("-", " "),
		module="Custom",
		custom=1,
		autoname="hash",
		fields=fields,
		permissions=[
			*(
				{"role": "System Manager", "permlevel": level}
				| (rights if not level else {"read": 1, "write": 1})
				for level in levels
			),
			{"role": read_by, "read": 1},
		],
		**more,
	).insert()
	frappe.db.commit()
	return doctype.name


def make_payable(doctype: str, **fields):
	"""The Payable DocType row for `doctype`."""
	row = frappe.get_doc(**{"doctype": "Payable DocType", "document_type": doctype} | fields).insert()
	frappe.db.commit()
	return row


def make_workflow(doctype: str, states: list, transitions: list[tuple[str, str, str, str]]):
	"""An active Workflow: states (a name, or a dict of a state's row), transitions (from, action, to, role)."""
	rows = [state if isinstance(state, dict) else {"state": state} for state in states]
	for row in rows:
		_make("Workflow State", "workflow_state_name", row["state"])
	for _state, action, _next, _role in transitions:
		_make("Workflow Action Master", "workflow_action_name", action)
	workflow = frappe.get_doc(
		doctype="Workflow",
		workflow_name=unique("Way"),
		document_type=doctype,
		is_active=1,
		workflow_state_field="workflow_state",
		states=[{"doc_status": "0", "allow_edit": "System Manager"} | row for row in rows],
		transitions=[
			{"state": state, "action": action, "next_state": next_state, "allowed": role}
			for state, action, next_state, role in transitions
		],
	).insert()
	frappe.db.commit()
	return workflow


def _make(doctype: str, field: str, name: str):
	if not frappe.db.exists(doctype, name):
		frappe.get_doc({"doctype": doctype, field: name}).insert()


def why_not_payable(doc) -> str | None:
	"""Why the document can't be paid as it is now, whoever asks."""
	payable = open_payable(doc)
	return payable.why_not_payable(balance_of(payable, lock=False))
