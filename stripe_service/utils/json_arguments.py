"""Arguments of requests: those that are JSON as a rule, and may be anything; and those that are left out."""

import inspect

import frappe
from frappe import _

# A text with fewer brackets can't be nested so deeply that Python gives up on it.
FEW_BRACKETS = 500


def refuse_incomplete(function, arguments) -> None:
	"""Raises frappe.ValidationError where a call leaves out what `function` needs: Frappe would answer as if the fault were the
	server's."""
	missing = [
		parameter.name
		for parameter in inspect.signature(inspect.unwrap(function)).parameters.values()
		if parameter.default is parameter.empty
		and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
		and parameter.name not in arguments
	]
	if missing:
		frappe.throw(_("The call leaves out: {0}.").format(", ".join(missing)))


def refuse_nested(text: str) -> None:
	"""Raises frappe.ValidationError for JSON that is nested too deeply to be read. Costs nothing for other text."""
	if text.count("[") + text.count("{") > FEW_BRACKETS:
		from_json(text)


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
