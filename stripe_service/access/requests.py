"""What a request may ask of Frappe, looked at before Frappe answers (hook `auth_hooks`: after the login, before the call).

`override_whitelisted_methods` goes by name, and Frappe has more ways to call a function than its name: another module
that imports it, and calls that take a method's name as an argument (`treeview.get_all_nodes`, `mapper.map_docs`, a
link field's `query`, `upload_file`). Nor can an app list every function that answers about a document by its name
without asking who wants to know: each version of Frappe brings new ones. So this looks at the kind of the arguments,
whatever they and the method are called:

- a method's name means the function that overrides it (`_use_overrides`);
- switches that turn permissions off are dropped (`_drop_switches`);
- numbers are numbers (`_read_numbers`);
- documents, their rows and their private files are named by those alone who may read them (named_documents);
- a query goes by no field that the user may not read, nor through a link into documents that they may not read
  (query_fields).

It holds for Frappe's calls. Calls of this app and of other apps ask for themselves; a name of Frappe's in their
arguments is not passed on by Frappe. Of this app's calls only what every call needs is looked at: that nothing is left
out (`_refuse_incomplete`) and that all of it can be read (`_refuse_unreadable`).
"""

import inspect
import re

import frappe
import frappe.handler
from frappe import _
from frappe.api import API_URL_MAP
from frappe.modules.utils import load_doctype_module
from frappe.utils import cint
from werkzeug.exceptions import HTTPException

from stripe_service.access import files, named_documents, query_fields
from stripe_service.access.guarded import is_guarded
from stripe_service.utils import frappe_versions
from stripe_service.utils.json_arguments import refuse_incomplete, refuse_nested

OVERRIDES = "override_whitelisted_methods"
OURS = "stripe_service."
# The overrides can be called by their own names as well, and then stand for Frappe's.
FRAPPES = ("frappe.", "stripe_service.access.frappe_overrides.")
COUNTS = ("limit", "limit_start", "limit_page_length", "page_length", "page_len")
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
DATE_OR_NUMBER = re.compile(r"[\w\-+:. /]*")

# These answer for themselves: to whoever shows a signature or a key instead of a login, or, where a form asks while it
# is drawn, with nothing instead of an error.
ASK_FOR_THEMSELVES = frozenset(
	{
		"frappe.client.validate_link",
		"frappe.desk.link_preview.get_preview_data",
		"frappe.desk.search.get_link_title",
		"frappe.email.queue.unsubscribe",
		"frappe.utils.print_format.download_pdf",
		"frappe.workflow.doctype.workflow_action.workflow_action.apply_action",
		"frappe.workflow.doctype.workflow_action.workflow_action.confirm_action",
	}
)


def check() -> None:
	"""Hook `auth_hooks`. Raises frappe.PermissionError, and frappe.ValidationError for what is no number."""
	if not getattr(frappe.local, "request", None):
		return
	asked, path = _requested()
	if not asked:
		_check_file(frappe.local.request.path)
		return
	arguments = frappe.local.form_dict
	_refuse_unreadable(arguments)
	method = _true_name(asked)
	_refuse_incomplete(method, arguments)
	_refuse_alias(asked, method)
	_use_overrides(arguments)
	if not method.startswith(FRAPPES):
		return
	_drop_switches(path, arguments)
	_read_numbers(arguments)
	query_fields.check({**arguments, **path})
	if method not in ASK_FOR_THEMSELVES:
		named_documents.check(path, arguments)


def _requested() -> tuple[str | None, dict]:
	"""The name of the function that is asked for, and what the path says of a document (`doctype`, `name`).

	(None, {}) for a web page or a file.
	"""
	if frappe.local.form_dict.get("cmd"):
		return frappe.local.form_dict.cmd, {}
	if not frappe.local.request.path.startswith("/api/"):
		return None, {}
	try:
		endpoint, path = API_URL_MAP.bind_to_environ(frappe.local.request.environ).match()
	except HTTPException:
		return None, {}
	if endpoint.__name__ != "handle_rpc_call":
		return f"{endpoint.__module__}.{endpoint.__name__}", path
	method = path["method"].split("/")[0]
	if path.get("doctype"):
		method = f"{load_doctype_module(path['doctype']).__name__}.{method}"
	return method, {}


def _check_file(path: str) -> None:
	"""A private file, asked for by its address."""
	if path.startswith(files.PRIVATE) and not files.may_download(path):
		frappe.throw(_("You do not have access to this document."), frappe.PermissionError)


def _refuse_unreadable(arguments) -> None:
	"""Text that no database takes (half of a character, which JSON can spell), and JSON that Frappe itself gives up on when it
	cleans what a guest has sent."""
	for key, value in arguments.items():
		if isinstance(value, str) and HALF_CHARACTER.search(value):
			frappe.throw(_("{0} holds a character that can't be read.").format(frappe.utils.escape_html(key)))
		if isinstance(value, str):
			refuse_nested(value)


def _true_name(method: str) -> str:
	"""`module.function` as it was written, whatever name it is asked by; the name itself if there is no such function."""
	try:
		function = frappe.get_attr(method) if "." in method else getattr(frappe.handler, method)
		function = inspect.unwrap(function)
		return f"{function.__module__}.{function.__qualname__}"
	except Exception:
		return method


def _refuse_incomplete(method: str, arguments) -> None:
	"""A call of this app that leaves out what it needs: Frappe would answer as if the fault were the server's. What Frappe
	refuses anyway, such as a GET of what writes, is left to Frappe."""
	if not method.startswith(OURS):
		return
	try:
		function = frappe.get_attr(method)
	except Exception:  # no such method: Frappe says so
		return
	if frappe.local.request.method not in frappe.allowed_http_methods_for_whitelisted_func.get(function, ()):
		return
	refuse_incomplete(function, arguments)


def _refuse_alias(asked: str, method: str) -> None:
	"""A function that this app overrides, asked for by another module that imports it: nobody needs that."""
	if frappe_versions.override_of(asked) == asked and _is_overridden_here(method):
		frappe.throw(
			_("Call this method as {0}.").format(frappe.utils.escape_html(method)), frappe.PermissionError
		)


def _is_overridden_here(method: str) -> bool:
	return any(name.startswith(OURS) for name in frappe.get_hooks(OVERRIDES).get(method, ()))


def _use_overrides(arguments) -> None:
	"""A name in the arguments becomes that of the function that overrides it, as Frappe does with the method's own."""
	apps = frappe.get_installed_apps()
	for key, value in list(arguments.items()):
		if key != "cmd" and isinstance(value, str) and "." in value and value.split(".")[0] in apps:
			method = _true_name(value)
			if _is_overridden_here(method):
				arguments[key] = frappe_versions.override_of(method)


def _drop_switches(path: dict, arguments) -> None:
	"""A caller turns no permission off: what is meant for server code, and links shown with all that they lead to.

	`ignore_user_permissions`, which a form sends for a link field that says so, is left to frappe_overrides.
	"""
	arguments.pop("ignore_permissions", None)
	doctype = path.get("doctype") or arguments.get("doctype")
	if not isinstance(doctype, str) or not ("expand" in arguments or "expand_links" in arguments):
		return
	if _leads_to_guarded(doctype):
		arguments.pop("expand", None)
		arguments.pop("expand_links", None)


def _leads_to_guarded(doctype: str) -> bool:
	"""Whether a link field of `doctype` or of its tables leads to a document that is not shown to everybody."""
	metas = [frappe.get_meta(doctype)]
	metas += [frappe.get_meta(field.options) for field in metas[0].get_table_fields()]
	return any(
		field.fieldtype == "Dynamic Link" or (field.fieldtype == "Link" and is_guarded(field.options))
		for meta in metas
		for field in meta.fields
	)


def _read_numbers(arguments) -> None:
	"""Frappe puts some of these into SQL as they come. `start` is a date in calendars."""
	for key in COUNTS:
		if isinstance(arguments.get(key), str):
			arguments[key] = cint(arguments[key])
	start = arguments.get("start")
	if isinstance(start, str) and not DATE_OR_NUMBER.fullmatch(start):
		frappe.throw(_("{0} is not a number.").format("start"))
