"""Calls Frappe's and this app's whitelisted methods as a request would, without the network: the same hooks, the same
resolving of names, the same handler; the transaction is rolled back.
"""

import importlib
import inspect
import io
import json
import pkgutil
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import frappe
import frappe.api
import frappe.auth
import frappe.handler
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from tests.support import jobs

SKIPPED_MODULES = (
	".tests",
	".test_",
	".patches",
	".commands",
	"parallel_test_runner",
	"build",
	"setup_wizard",
)
# Not asked, because the answer comes from another machine, or because they would stop the run itself.
SKIPPED = (
	"frappe.integrations.frappe_providers",
	"frappe.push_notification",
	"frappe.translate.get_translations",  # asks translate.erpnext.com
	"frappe.utils.change_log",
)
DOCUMENT_WORDS = ("doctype", "dt", "name", "dn", "doc", "file", "filter", "method", "url", "names", "items", "card",
	"communication", "reference", "chart", "search", "txt", "text", "user", "tag", "attach", "version", "topic")  # fmt: skip


def all_methods(apps=("frappe", "stripe_service")) -> list[str]:
	"""The dotted names of everything a request may call, on the Frappe that is running."""
	for app in apps:
		for module in pkgutil.walk_packages(importlib.import_module(app).__path__, app + "."):
			if not any(part in module.name for part in SKIPPED_MODULES):
				_import(module.name)
	found = set()
	for function in frappe.whitelisted:
		function = inspect.unwrap(function)
		name = f"{function.__module__}.{function.__qualname__}"
		if "." not in function.__qualname__ and name.startswith(apps) and not name.startswith(SKIPPED):
			found.add(name)
	return sorted(found)


def _import(module: str) -> None:
	try:
		with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
			importlib.import_module(module)
	except (Exception, SystemExit):  # a module that needs what is not installed offers no call either
		pass


def parameters_of(method: str) -> list[str]:
	parameters = inspect.signature(inspect.unwrap(frappe.get_attr(method))).parameters.values()
	return [one.name for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]


def takes_documents(method: str) -> bool:
	"""Whether the method can name a document: by a parameter, or, having none, by reading the request itself."""
	parameters = inspect.signature(inspect.unwrap(frappe.get_attr(method))).parameters
	names = [name.lower() for name in parameters]
	if not names or any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters.values()):
		return True
	return any(word in name for name in names for word in DOCUMENT_WORDS)


def arguments_for(method: str, target, marked, by_name: bool = True) -> dict:
	"""A value for each parameter of the method, by its name; for one that reads the request itself, all usual ones.

	Without `by_name` only the DocType is named, so that what lists, counts and searches is not refused for the name.
	"""
	usual = usual_arguments(target, marked, by_name)
	parameters = inspect.signature(inspect.unwrap(frappe.get_attr(method))).parameters
	given = {name: _value(name, usual) for name, kind in parameters.items() if kind.kind != kind.VAR_KEYWORD}
	if len(given) < len(parameters) or not parameters:
		given = {**usual, **given}
	return {name: value for name, value in given.items() if value is not None}


def names_documents_of(method: str) -> bool:
	"""Whether it takes a DocType, so that it can be asked about one without naming a document."""
	parameters = inspect.signature(inspect.unwrap(frappe.get_attr(method))).parameters
	return not parameters or any(
		"doctype" in name or name in ("dt", "chart", "kwargs") for name in parameters
	)


def usual_arguments(target, marked, by_name: bool = True) -> dict:
	document = {"doctype": target.doctype, "name": target.name, "docname": target.name}
	chart = {"document_type": target.doctype, "type": "Heatmap", "chart_type": "Count", "based_on": "creation",
		"filters_json": "[]", "name": "sweep"}  # fmt: skip
	usual = {
		"doctype": target.doctype,
		"name": target.name,
		"dt": target.doctype,
		"dn": target.name,
		"filters": "{}",
		"fields": json.dumps(["*"]),
		"filter_fields": json.dumps([target.fieldname]),
		"fieldname": target.fieldname,
		"field": target.fieldname,
		"names": json.dumps([target.name]),
		"docs": json.dumps([document]),
		"doc": json.dumps({"doctype": target.doctype, "name": target.name}),
		"args": json.dumps(document),
		"chart": json.dumps(chart),
		"file_url": target.address,
		"txt": "",
		"text": marked.mark,
		"user": marked.member,
		"tag": marked.secret("tag"),
		"limit": "100",
		"page_length": "100",
		"limit_page_length": "100",
		"start": "0",
		"ignore_user_permissions": "1",
		"ignore_permissions": "1",
		"as_dict": "1",
		"reference_doctype": target.doctype,
		"reference_name": target.name,
		"is_private": "1",
		"no_cache": "1",
		"expand_links": "1",
		"view": "List",
		"searchfield": target.fieldname,
	}
	return usual if by_name else usual | dict.fromkeys(NAMING)


def _value(name: str, usual: dict):
	lower = name.lower()
	if lower in usual:
		return usual[lower]
	rules = (
		("doctype", "doctype"), ("document_type", "doctype"), ("_type", "doctype"), ("parent", "name"),
		("names", "names"), ("docs", "docs"), ("items", "names"), ("files", "names"), ("attachments", "names"),
		("reports", "names"), ("url", "file_url"), ("path", "file_url"), ("filter", "filters"), ("field", "fieldname"),
		("user", "user"), ("page_len", "page_length"), ("limit", "limit"), ("start", "start"), ("search", "text"),
		("query", "text"), ("args", "args"), ("chart", "chart"), ("doc", "name"), ("name", "name"), ("id", "name"),
	)  # fmt: skip
	return next((usual[key] for part, key in rules if part in lower), usual["name"])


# The arguments by which a document is named.
NAMING = ("name", "dn", "names", "docs", "doc", "args", "file_url", "reference_name", "user")


LEFT_BY_A_CALL = (
	"error_message",
	"has_permission_check_logs",
	"in_print",
	"args",
	"selected_children",
	"ignore_permissions",
)


class Answer:
	"""`text` is everything that would reach the caller: body, messages, errors. `seconds` is how long it took; `problem` what
	was raised, if anything, and `status` the HTTP status that Frappe makes of it."""

	def __init__(self, text: str, seconds: float, problem: BaseException | None, status: int):
		self.text, self.seconds, self.problem, self.status = text, seconds, problem, status


@contextmanager
def nothing_kept():
	"""What is called here leaves nothing behind: a commit of Frappe's own would outlive the rollback, and a job (a backup, the
	optimizing of a table) would be done by the worker of a later test."""
	commit, frappe.db.commit = frappe.db.commit, lambda *args, **more: None
	try:
		with jobs.nothing_queued():
			yield
	finally:
		frappe.db.commit = commit
		frappe.db.rollback()


def request(
	user: str,
	path: str,
	arguments: dict,
	http_method: str = "POST",
	raw: bytes | None = None,
	query: dict | None = None,
	headers: dict | None = None,
) -> Answer:
	"""A request of `user` for `path` with these form fields, or with the body `raw`."""
	builder = EnvironBuilder(
		path=path,
		method=http_method,
		query_string=arguments if http_method == "GET" else query,
		data=raw,
		headers=headers,
	)
	if frappe.session.user != user:
		frappe.set_user(user)
	frappe.local.request = Request(builder.get_environ())
	frappe.local.form_dict = frappe._dict(arguments)
	frappe.local.response = frappe._dict(docs=[])
	frappe.local.message_log, frappe.local.error_log, frappe.local.debug_log = [], [], []
	began, problem, answer = time.monotonic(), None, None
	try:
		with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
			frappe.auth.validate_auth_via_hooks()
			if arguments.get("cmd"):
				answer = frappe.handler.handle()
			else:
				answer = frappe.api.handle(frappe.local.request)
	except (Exception, SystemExit) as raised:
		problem = raised
	seconds = time.monotonic() - began
	text = (
		str(problem or "")
		+ _text_of(answer)
		+ _text_of(dict(frappe.local.response))
		+ _text_of(list(frappe.local.message_log))
	)
	frappe.db.rollback()
	frappe.local.request = None
	frappe.local.form_dict = frappe._dict()
	for flag in LEFT_BY_A_CALL:  # a request of its own would begin without them
		frappe.flags.pop(flag, None)
	return Answer(text, seconds, problem, _status_of(problem, answer))


def _status_of(problem: BaseException | None, answer) -> int:
	"""As frappe.app.handle_exception decides it."""
	if problem is not None:
		return getattr(problem, "http_status_code", None) or getattr(problem, "code", None) or 500
	if isinstance(answer, Response):
		return answer.status_code
	return frappe.local.response.get("http_status_code") or 200


def _text_of(value) -> str:
	if isinstance(value, Response):
		return value.get_data().decode(errors="replace")  # a file may be an image
	if isinstance(value, dict):
		value = {
			key: item.decode(errors="replace") if isinstance(item, bytes) else item
			for key, item in value.items()
		}
	return json.dumps(value, default=str)


def ways(method: str, target, arguments: dict):
	"""The same call through everything that takes a method's name: (label, path, arguments)."""
	base = {
		key: value for key, value in arguments.items() if key not in ("doctype", "method", "query", "parent")
	}
	names = json.dumps([target.doctype])
	yield "cmd", "/", {**arguments, "cmd": method}
	yield "v2", f"/api/v2/method/{method}", arguments
	yield "get_all_nodes", "/api/method/frappe.desk.treeview.get_all_nodes", {
		**base, "doctype": target.doctype, "label": "x", "parent": target.name, "tree_method": method}  # fmt: skip
	yield "map_docs", "/api/method/frappe.model.mapper.map_docs", {
		"method": method, "source_names": names, "target_doc": target.name}  # fmt: skip
	yield "make_mapped_doc", "/api/method/frappe.model.mapper.make_mapped_doc", {
		"method": method, "source_name": target.doctype}  # fmt: skip
	yield "search_link", "/api/method/frappe.desk.search.search_link", {
		"doctype": target.doctype, "txt": target.name, "query": method, "searchfield": target.fieldname}  # fmt: skip
	yield "search_widget", "/api/method/frappe.desk.search.search_widget", {
		"doctype": target.doctype, "txt": target.name, "query": method, "as_dict": "1", "ignore_user_permissions": "1"}  # fmt: skip
	yield "upload_file", "/api/method/upload_file", {**arguments, "doctype": "", "method": method}
