"""Keeps Stripe's secrets out of what Frappe records when something goes wrong.

Frappe writes an unexpected fault to Error Log with the local variables of every frame, and the request's parameters
to its log file. While a key is being saved both hold it in clear, inside the form's JSON, where Frappe's own masking
(by variable name) does not look. So the request forgets the key as soon as it has been read, and anything shaped like
a secret of Stripe's is blotted out of Error Log and of the scheduler's log before it is stored.
"""

import re

import frappe

_KEYS = re.compile(r"\b((?:sk|rk)_(?:test|live)_|whsec_|ctoken_)[A-Za-z0-9_+/=-]+")
# A client secret is the id of a PaymentIntent or SetupIntent, which is no secret, and what follows it.
_CLIENT_SECRETS = re.compile(r"\b((?:pi|seti|cuss|fcsess)_[A-Za-z0-9]+_secret_)[A-Za-z0-9_]+")
_MASK = r"\1********"


def mask(text: str) -> str:
	"""`text` with every secret or restricted key, webhook signing secret, client secret and confirmation token blotted
	out."""
	return _CLIENT_SECRETS.sub(_MASK, _KEYS.sub(_MASK, text))


def mask_error_log(doc, method=None):
	"""Error Log, before_insert."""
	for field in ("method", "error"):
		if doc.get(field):
			doc.set(field, mask(doc.get(field)))


def mask_job_log(doc, method=None):
	"""Scheduled Job Log, on_change: a job's fault is written there, too, with the local variables of every frame, and past the
	document."""
	written = doc.get("details")
	if written and mask(written) != written:
		frappe.db.set_value(doc.doctype, doc.name, "details", mask(written), update_modified=False)


def forget_in_request() -> None:
	"""Blot the secrets out of the current request's parameters, which Frappe logs with a fault."""
	parameters = frappe.local.form_dict or {}
	for name, value in parameters.items():
		if isinstance(value, str):
			parameters[name] = mask(value)
