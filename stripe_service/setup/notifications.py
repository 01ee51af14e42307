"""Frappe Notifications that come with the app: a receipt for the payer, and two reminders. Made once, switched off.

They are ordinary records and not module files: Frappe lets nobody edit a standard Notification that is enabled, and reads
a module's file again on migrate. So from the day they are made they are the administrator's, who may edit, enable, rename
or delete them; none comes back. Switched off, because on a site without an outgoing Email Account each mail would leave an
error in the log, and because who sends customers mail is not an app's decision.

Reminders are read by people without a user: their text is in the site's language. The receipt is in its payer's, and
so takes its words from payments.receipt.
"""

import frappe
from frappe import _

MADE = "stripe_service_notifications_made"
RECEIPT, DUE_SOON, OVERDUE = "Payment Receipt", "Invoice Due Soon", "Invoice Overdue"
DAYS_BEFORE, DAYS_AFTER = 3, 1

RECEIPT_MESSAGE = """\
{% set receipt = stripe_receipt_for_payer(doc) %}
<p>{{ receipt.thanks | e }}</p>
{% if receipt.test_mode %}<p><strong>{{ receipt.test_note }}</strong></p>{% endif %}
<table>
<tr><td style="padding: 4px 16px 4px 0">{{ receipt.stamp_label }}</td><td><strong>{{ receipt.stamp }}</strong></td></tr>
{% for row in receipt.rows %}
<tr><td style="padding: 4px 16px 4px 0">{{ row.label }}</td><td>{{ row.value | e }}</td></tr>
{% endfor %}
</table>
{% if receipt.receipt_url %}<p><a href="{{ receipt.receipt_url | e }}">{{ receipt.receipt_label }}</a></p>{% endif %}
"""

# What waits for money that is not on its way already: who is reminded while a debit runs pays twice.
TO_PAY = (
	'doc.workflow_state in ("To Be Paid", "Partly Paid")'
	" and (doc.outstanding_amount or 0) > (doc.reserved_amount or 0)"
)
AMOUNT = "{{ stripe_amount(doc.outstanding_amount - (doc.reserved_amount or 0), doc.currency) }}"
TITLE = "{{ doc.title | e }}"
NUMBER = "{{ (doc.invoice_number or doc.name) | e }}"
DUE_DATE = '{{ frappe.utils.formatdate(doc.due_date, "d MMM yyyy") }}'
LINK = """\
{{% set link = stripe_payment_link(doc) %}}
{{% if link %}}<p>{0}<br><a href="{{{{ link | e }}}}">{{{{ link | e }}}}</a></p>{{% endif %}}
"""


def make_once() -> None:
	"""after_install and after_migrate: what an administrator deleted or renamed since does not come back."""
	if frappe.db.get_default(MADE):
		return
	for values in (_receipt(), _due_soon(), _overdue()):
		if not frappe.db.exists("Notification", values["name"]):
			_insert(values)
	frappe.db.set_default(MADE, 1)


def forget() -> None:
	"""On uninstall: the Notifications go with the app's module."""
	frappe.defaults.clear_default(key=MADE)


def _insert(values: dict) -> None:
	frappe.get_doc(
		{
			"doctype": "Notification",
			"enabled": 0,
			"is_standard": 0,
			"module": "Stripe Service",
			"channel": "Email",
			"message_type": "HTML",
			**values,
		}
	).insert(ignore_permissions=True)


def _receipt() -> dict:
	"""When money has come in, which happens once in the life of a payment: a card's at once, a debit's days later. Not when
	its status becomes Succeeded, which it does again when a dispute is won."""
	return {
		"name": RECEIPT,
		"document_type": "Invoice Payment",
		"event": "Value Change",
		"value_changed": "received_amount",
		"condition": 'doc.status == "Succeeded"',
		"subject": "{{ stripe_receipt_for_payer(doc).subject }}",
		"message": RECEIPT_MESSAGE,
		"print_format": "Payment Receipt",
		"recipients": [
			{"receiver_by_document_field": "payer_email"},
			# payments that were begun before the app kept the address
			{"receiver_by_document_field": "user", "condition": "not doc.payer_email"},
		],
	}


def _due_soon() -> dict:
	text = _("{0} of invoice {1} ({2}) is to be paid by {3}.")
	return _reminder(DUE_SOON, "Days Before", DAYS_BEFORE, _("Due soon: {0}"), text)


def _overdue() -> dict:
	text = _(
		"{0} of invoice {1} ({2}) was to be paid by {3}. If you have paid it meanwhile, ignore this e-mail."
	)
	return _reminder(OVERDUE, "Days After", DAYS_AFTER, _("Overdue: {0}"), text)


def _reminder(name: str, event: str, days: int, subject: str, text: str) -> dict:
	return {
		"name": name,
		"document_type": "Portal Invoice",
		"event": event,
		"date_changed": "due_date",
		"days_in_advance": days,
		"condition": TO_PAY,
		"subject": subject.format("{{ doc.title }}"),
		"message": f"<p>{text.format(AMOUNT, NUMBER, TITLE, DUE_DATE)}</p>\n"
		+ LINK.format(_("Pay it online, without a login:")),
		"recipients": [{"receiver_by_document_field": "bill_to_email"}],
	}
