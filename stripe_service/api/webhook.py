"""The address that Stripe calls, and the administrator's *Retry*."""

import frappe
from frappe import _
from werkzeug.wrappers import Response

from stripe_service.webhooks import process
from stripe_service.webhooks.receive import Refused, receive_event


# xss_safe: nothing of the request is shown to anyone before its signature was checked over the raw body, and
# cleaning strings that are not used would cost more than all the rest.
@frappe.whitelist(allow_guest=True, methods=["POST"], xss_safe=True)
def receive() -> Response:
	"""Take in one event (`?account=<webhook token>`); for Stripe alone.

	Permission is the signature. 200: it is on disk (also if it was before). 400, without saying why: unknown
	address, wrong or stale signature, too large, not an event; nothing is stored.
	"""
	request = frappe.request
	# From the address, not from form_dict: an event of a connected account has a field `account` of its own.
	token = request.args.get("account", "")
	try:
		receive_event(token, request.get_data(), request.headers.get("Stripe-Signature"))
	except Refused:
		return Response(status=400)
	return Response(status=200)


@frappe.whitelist(methods=["POST"])
def retry(name: str) -> None:
	"""Work on a failed or ignored event again. Needs *write* on the Stripe Event."""
	event = frappe.get_doc("Stripe Event", name)
	event.check_permission("write")
	process.retry(event)
	frappe.msgprint(_("The event will be worked on again in a moment."), alert=True)
