"""Arguments of requests that are JSON as a rule, and may be anything."""

import frappe
from frappe import _


def from_json(value):
	"""What a JSON list or object says; anything else as it is. Raises frappe.ValidationError if it is nested too deeply."""
	if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
		try:
			return frappe.parse_json(value.strip())
		except ValueError:
			return value
		except RecursionError:
			frappe.throw(_("The request is nested too deeply."))
	return value
