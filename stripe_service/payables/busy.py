"""A payable document that somebody else is writing at this instant is "busy", not a fault of the server.

People edit, send, cancel and delete while payers pay. The database then ends one of two transactions that wait for each
other, or Frappe refuses to wait (a deletion), and nothing of that transaction is written. Frappe answers with HTTP 500. No
document event sees it, because it may happen anywhere in the request, so the answer is put right when it is made: 409, and
what to do. (Our own transactions are run again by themselves, utils.transaction.)
"""

import json

import frappe
from frappe import _

from stripe_service.payables.registry import get_all_configs

HTTP_CONFLICT = 409
LOCKED = frozenset({"QueryDeadlockError", "QueryTimeoutError"})
LONGEST_REQUEST_SEARCHED = 200_000


def answer_busy(response=None, request=None) -> None:
	"""Hook after_request. Looks at failed requests only."""
	if getattr(response, "status_code", 200) != 500 or not _was_locked(response) or not _concerns_us(request):
		return
	message = _(
		"Somebody else, or a payment, was changing this document at the same moment. Nothing was changed. Please try again."
	)
	shown = {"message": message, "title": _("Please try again"), "indicator": "orange"}
	response.status_code = HTTP_CONFLICT
	response.set_data(
		json.dumps(
			{
				"exc_type": "DocumentBusy",
				"_server_messages": json.dumps([json.dumps(shown)]),
				"errors": [{"type": "DocumentBusy", **shown}],  # as version 2 of Frappe's API has it
			}
		)
	)


def _was_locked(response) -> bool:
	try:
		body = json.loads(response.get_data())
		return body.get("exc_type") in LOCKED or any(
			error.get("type") in LOCKED for error in body.get("errors") or ()
		)
	except (ValueError, AttributeError):
		return False  # no answer of the API


def _concerns_us(request) -> bool:
	"""Whether the request names a DocType that can be paid, or a call of this app."""
	if request.path.startswith("/api/method/stripe_service."):
		return True
	sent = f"{request.path} {dict(frappe.local.form_dict or {})}"[:LONGEST_REQUEST_SEARCHED]
	return any(doctype in sent for doctype in get_all_configs())
