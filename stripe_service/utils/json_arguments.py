"""Arguments of requests that are JSON as a rule, and may be anything."""

import frappe
from frappe import _


def documents_in(value) -> list[dict]:
	"""A request's list of documents, each with `doctype` and `name`, as text, and what else it was sent with. Raises
	frappe.ValidationError for anything else."""
	documents = from_json(value)
	if not isinstance(documents, list) or not documents or not all(map(_is_document, documents)):
		frappe.throw(_("The request is not valid. Please close the form and open it again."))
	return documents


def _is_document(value) -> bool:
	return isinstance(value, dict) and all(
		isinstance(value.get(key), str) and value[key] for key in ("doctype", "name")
	)


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
