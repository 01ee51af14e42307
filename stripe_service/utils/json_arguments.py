"""Arguments of requests: those that are JSON as a rule, and may be anything; and those that are left out.

How deep is too deep is counted here, and not left to the parser: Frappe 15's raises a RecursionError, 16's an ordinary error of
the text, while Frappe's cleaning of what a guest sends reads the same text with Python's own, which gives up at another depth.
"""

import inspect
import re

import frappe
from frappe import _

# Far less than Python's limit of 1000 calls, and far more than any document of Frappe's needs.
DEEPEST = 500
STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


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
	"""Raises frappe.ValidationError for JSON that is nested too deeply to be read. Costs next to nothing for other text."""
	if _may_be_json(text) and _is_nested_too_deeply(text):
		frappe.throw(_("The request is nested too deeply."))


def _may_be_json(value) -> bool:
	return isinstance(value, str) and value.lstrip()[:1] in ("[", "{")


def _is_nested_too_deeply(text: str) -> bool:
	if text.count("[") + text.count("{") <= DEEPEST:
		return False
	depth = 0
	for found in STRING_OR_BRACKET.finditer(text):
		if found[0] in ("[", "{"):
			depth += 1
			if depth > DEEPEST:
				return True
		elif found[0] in ("]", "}"):
			depth -= 1
	return False


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
	if _may_be_json(value):
		refuse_nested(value)
		try:
			return frappe.parse_json(value.strip())
		except ValueError:
			return value
	return value
