"""What the Notifications on automatic payments mail to payers (hook `jinja`), besides the text that is kept on the row.

A mail is read away from the site, so it names the page on which its payer can go on: which page that is depends on whether they
have a desk (utils.portal_page), and its words are in their language, whatever user's change sets the Notification off.
"""

import frappe
from frappe import _

from stripe_service.utils import portal_page
from stripe_service.utils.language import language_of


def stripe_address_for_payer(doc) -> str:
	"""Where the payer of a Scheduled Payment, or the reader of a Stripe Notice, sees the document that it is about: the form on the
	desk, or the page of the portal."""
	return portal_page.document_url(doc.user, doc.reference_doctype, doc.reference_name)


def stripe_automatic_stop(doc) -> frappe._dict:
	"""For the mail that an Automatic Payment was stopped, in its payer's language: `subject`, `message`, and `ways`, each with an
	`address` and its `label`."""
	with language_of(doc.user):
		return frappe._dict(
			subject=_("Automatic payments with {0} were stopped").format(doc.method_label),
			message=doc.message,
			ways=[
				frappe._dict(
					address=portal_page.home_url(doc.user), label=_("See what is to be paid, and pay it")
				),
				frappe._dict(
					address=portal_page.methods_url(doc.user),
					label=_("Let another card or bank account pay automatically"),
				),
			],
		)
