"""The Server Script WF_Update_Invoice_After_Payment: made if missing, disabled, and then the administrator's.

It does what the built-in update does, so that somebody who wants something else starts from what works. Disabled,
because an enabled Server Script on a bench where they are switched off would fail every payment's event.
"""

import frappe

from stripe_service.utils.frappe_versions import forget_server_scripts

NAME = "WF_Update_Invoice_After_Payment"

SCRIPT = """\
# WF_Update_Invoice_After_Payment
#
# Does what the built-in update does: the status of an invoice follows what is left to pay. To use it:
#   1. Stripe Service Settings: switch off "Set the status of the paid document (built in)".
#   2. Change this script to your liking and untick Disabled here.
#      Server Scripts must be enabled on the bench: bench set-config -g server_script_enabled 1
#
# It runs in a background job, once each time money has come in for an invoice or has gone back (refund, dispute,
# returned debit). The money is recorded by then: an error here loses nothing. It is shown on the Invoice Payment,
# where Run After-Payment Again runs this script once more; what it wrote before the error is undone.
#
# It is given:
#   doc      the paid document, as it is now
#   payment  about the payment; it can only be read. All names are in the app's docs/after-payment.md, among them
#            payment.outcome      "paid", "partly_paid", "refunded", "disputed" or "dispute_won"
#            payment.change       what came in (or, below zero, went back) this time; payment.currency
#            payment.settled      what the document has received in all
#            payment.outstanding  what is left to pay
#            payment.state        the state that Payable DocType names for this

payment = doc.flags.stripe_payment

# The states between which a payment moves an invoice. One that somebody cancelled or took back to Draft meanwhile
# stays where they put it.
ours = ["To Be Paid", "Partly Paid", "Paid"]

if payment.outstanding <= 0:
	state = "Paid"
elif payment.settled > 0:
	state = "Partly Paid"
else:
	state = "To Be Paid"

if doc.workflow_state in ours and doc.workflow_state != state:
	workflow = frappe.db.exists("Workflow", {"document_type": doc.doctype, "is_active": 1})
	ways = frappe.call("frappe.model.workflow.get_transitions", doc=doc) if workflow else []
	action = None
	for way in ways:
		if way.next_state == state:
			action = way.action
	if action:
		# The Workflow has an arrow from here to there: go it, with all that hangs on it.
		doc.flags.ignore_mandatory = True
		frappe.call("frappe.model.workflow.apply_workflow", doc=doc, action=action)
	elif workflow:
		# No arrow (nobody draws one back from Paid): write the state as it is. The money decides.
		doc.db_set("workflow_state", state, notify=True)
		doc.add_comment("Workflow", state)
	else:
		doc.workflow_state = state
		doc.flags.ignore_mandatory = True
		doc.save(ignore_permissions=True)

# The work item needs nothing here: it goes when nothing is left to pay, and comes back when something is again.
"""


def make_after_payment_script() -> None:
	"""Idempotent; whatever an administrator made of the script stays."""
	if frappe.db.exists("Server Script", NAME):
		return
	script = frappe.get_doc(
		{
			"doctype": "Server Script",
			"name": NAME,
			"script_type": "DocType Event",
			"reference_doctype": "Portal Invoice",
			"doctype_event": "On Payment Authorization",
			"disabled": 1,
			"script": SCRIPT,
		}
	)
	script.insert(ignore_permissions=True)


def remove_after_payment_script() -> None:
	"""On uninstall: gone if it is as it was shipped. A changed one is somebody's work: it stays, disabled, because
	the DocType it is for goes."""
	script = frappe.db.get_value("Server Script", NAME, ["script", "disabled"], as_dict=True)
	if not script:
		return
	if script.script.strip() == SCRIPT.strip():
		frappe.delete_doc("Server Script", NAME, ignore_permissions=True, force=True)
	elif not script.disabled:
		frappe.db.set_value("Server Script", NAME, "disabled", 1)
		forget_server_scripts()
