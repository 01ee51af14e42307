"""Frappe Notifications that come with the app: a receipt for the payer, two reminders, what payers are told of automatic payments
and of their end, and what they are told days later of their payments and bank accounts. Made once, switched off.

They are ordinary records and not module files: Frappe lets nobody edit a standard Notification that is enabled, and reads
a module's file again on migrate. So from the day they are made they are the administrator's, who may edit, enable, rename
or delete them; none comes back. Switched off, because on a site without an outgoing Email Account each mail would leave an
error in the log, and because who sends customers mail is not an app's decision.

Reminders are read by people without a user: their text is in the site's language. The receipt is in its payer's, and
so takes its words from payments.receipt.
"""

import frappe
from frappe import _

from stripe_service.utils import notices

MADE = "stripe_service_notifications_made"
# Came later, to sites that had the others already.
AUTOMATIC_MADE = "stripe_service_automatic_notification_made"
NOTICE_MADE = "stripe_service_notice_notification_made"
STOPPED_MADE = "stripe_service_stopped_notification_made"
RECEIPT, DUE_SOON, OVERDUE = "Payment Receipt", "Invoice Due Soon", "Invoice Overdue"
AUTOMATIC, STOPPED = "Automatic Payment", "Automatic Payments Stopped"
NOTICE = "Payment Notice"
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

# The link is for a payer whose bank or card said no, on whatever device the mail is read; never for one who may not pay.
AUTOMATIC_MESSAGE = """\
<p>{{ doc.message | e }}</p>
{% set address = stripe_address_for_payer(doc) %}
<p><a href="{{ address | e }}">{{ doc.reference_name | e }}</a></p>
{% if doc.status in ("Authentication Required", "Failed") %}
{% set link = stripe_payment_link({"doctype": doc.reference_doctype, "name": doc.reference_name}) %}
{% if link %}<p><a href="{{ link | e }}">{{ link | e }}</a></p>{% endif %}
{% endif %}
"""

STOPPED_MESSAGE = """\
{% set stop = stripe_automatic_stop(doc) %}
<p>{{ stop.message | e }}</p>
{% for way in stop.ways %}<p><a href="{{ way.address | e }}">{{ way.label | e }}</a></p>
{% endfor %}
"""

# A notice's subject is stored escaped, for the desk's bell.
NOTICE_MESSAGE = """\
<p>{{ doc.subject | striptags | e }}</p>
{% set address = stripe_address_for_payer(doc) %}
<p><a href="{{ address | e }}">{{ address | e }}</a></p>
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
	_make_once(MADE, _receipt(), _due_soon(), _overdue())
	_make_once(AUTOMATIC_MADE, _automatic())
	_make_once(STOPPED_MADE, _stopped())
	_make_once(NOTICE_MADE, _notice())


def _make_once(made: str, *notifications: dict) -> None:
	if frappe.db.get_default(made):
		return
	for values in notifications:
		if not frappe.db.exists("Notification", values["name"]):
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
	frappe.db.set_default(made, 1)


def forget() -> None:
	"""On uninstall: the Notifications go with the app's module."""
	for made in (MADE, AUTOMATIC_MADE, STOPPED_MADE, NOTICE_MADE):
		frappe.defaults.clear_default(key=made)


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


def _automatic() -> dict:
	"""Whatever a payer is told of a scheduled payment; its text is in their language (payments.automatic.telling)."""
	return {
		"name": AUTOMATIC,
		"document_type": "Scheduled Payment",
		"event": "Value Change",
		"value_changed": "told_at",
		"condition": "doc.told_at",
		"subject": "{{ doc.reference_title }}",
		"message": AUTOMATIC_MESSAGE,
		"recipients": [{"receiver_by_document_field": "user"}],
	}


def _stopped() -> dict:
	"""That nothing is paid automatically any more, unless the payer has stopped it themselves (payments.automatic.mails)."""
	return {
		"name": STOPPED,
		"document_type": "Automatic Payment",
		"event": "Value Change",
		"value_changed": "told_at",
		"condition": "doc.told_at",
		"subject": "{{ stripe_automatic_stop(doc).subject }}",
		"message": STOPPED_MESSAGE,
		"recipients": [{"receiver_by_document_field": "user"}],
	}


def _notice() -> dict:
	"""What a payer is told on the desk's bell, which is no place for whoever has no desk: a debit that failed, was returned or has
	arrived, a refund, a bank account that was verified or blocked. Not of automatic payments, which have Notifications of their own."""
	return {
		"name": NOTICE,
		"document_type": notices.DOCTYPE,
		"event": "Method",
		"method": notices.DELIVERED,
		"condition": f'doc.audience == "{notices.USER}" and doc.reference_doctype in'
		' ("Invoice Payment", "Saved Card", "Stripe Bank Account")',
		"subject": "{{ doc.subject | striptags | truncate(120) }}",
		"message": NOTICE_MESSAGE,
		"recipients": [{"receiver_by_document_field": "user"}],
	}


def _due_soon() -> dict:
	text = _("{0} of invoice {1} ({2}) is to be paid by {3}.")
	return _reminder(DUE_SOON, "Days Before", DAYS_BEFORE, _("Due soon: {0}"), text)


def _overdue() -> dict:
	text = _(
		"{0} of invoice {1} ({2}) was to be paid by {3}. If you have paid it in the meantime, ignore this e-mail."
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
