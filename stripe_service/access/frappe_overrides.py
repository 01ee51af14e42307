"""Calls of Frappe's that answer about documents without asking who may see them, asked here (hooks.py lists them under
`override_whitelisted_methods`).

Each hands on to Frappe's own function unless that would tell more than the user may know; then it answers from what
Frappe would list for the user. Documents that a call names by DocType and name are asked for before any call
(requests.check); here is what finds or counts them by filters, and what a form asks while it is drawn, which answers
nothing instead of an error. Arguments are taken as they come, because they differ between versions of Frappe.
"""

import inspect
from collections import Counter
from traceback import walk_tb

import frappe
from frappe import _
from frappe.core.doctype.report.report import Report
from frappe.desk.notifications import get_dynamic_link_filters, get_filters_for
from frappe.utils import cint, get_url_to_form
from frappe.utils.verified_command import verify_request

from stripe_service.access import permissions, prepared_reports, units
from stripe_service.access.guarded import is_limited, is_open_to
from stripe_service.access.pay_actions import get_pay_transitions
from stripe_service.utils import frappe_versions
from stripe_service.utils.json_arguments import from_json, refuse_incomplete
from stripe_service.utils.masking import mask


def _visible(doctype: str, names) -> set[str]:
	"""Those of `names` that Frappe would list for the session user."""
	names = [name for name in names if name]
	if not names or not frappe.has_permission(doctype, "read"):
		return set()
	return set(frappe.get_list(doctype, filters={"name": ("in", names)}, pluck="name", limit_page_length=0))


# What runs the code of a report that somebody has written.
REPORT_CODE = {Report.execute_module.__code__, Report.execute_script.__code__}


def _call(method: str, /, **given):
	"""Frappe's own function; on a Frappe that has it no more, what a call of an unknown name answers."""
	try:
		function = frappe.get_attr(method)
	except AttributeError:
		raise frappe.DoesNotExistError
	if frappe.session.user == "Guest" and function not in frappe.guest_methods:
		raise frappe.PermissionError
	refuse_incomplete(function, given)
	try:
		return frappe.call(function, **given)
	except Exception as fault:
		if not _is_about_arguments(fault):
			raise
		# Other code than Frappe's may have run in it: whoever wrote that has to find it.
		frappe.logger("stripe_service").error(mask(f"{method}: {frappe.get_traceback()}"))
		_refuse(", ".join(given))


def _is_about_arguments(fault: Exception) -> bool:
	"""Whether Frappe's function has stumbled over what the caller sent, where it has no answer of its own for it. A fault of the
	database's (a lost connection, a lock) is none of the caller's, nor one of a report's own code."""
	if getattr(fault, "http_status_code", None):
		return False
	if any(frame.f_code in REPORT_CODE for frame, _line in walk_tb(fault.__traceback__)):
		return False
	unreadable = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
	in_sql = (frappe.db.ProgrammingError, frappe.db.DataError)
	if isinstance(fault, in_sql):
		return not frappe.db.is_table_missing(fault)
	return isinstance(fault, unreadable) or bool(
		isinstance(fault, frappe.db.OperationalError) and frappe.db.is_missing_column(fault)
	)


def _read(value, kinds):
	"""What a JSON string says, or what is given as it is. Raises frappe.ValidationError for anything but `kinds`."""
	value = from_json(value)
	if not isinstance(value, kinds):
		_refuse(value)
	return value


def _read_filters(value) -> list | dict:
	"""Filters as Frappe takes them. Raises like `_read`."""
	filters = _read(value, list | dict)
	if not all(isinstance(item, str | list | dict) for item in filters):
		_refuse(value)
	return filters


def _refuse(value) -> None:
	frappe.throw(
		_("{0} is not what this call takes.").format(frappe.bold(frappe.utils.escape_html(str(value)[:100])))
	)


# Dispatchers: they call a function by the name that the request gives


@frappe.whitelist()
def get_all_nodes(doctype: str, label: str, parent: str, tree_method: str, **given):
	"""For frappe.desk.treeview.get_all_nodes."""
	return _call(
		"frappe.desk.treeview.get_all_nodes",
		doctype=doctype,
		label=label,
		parent=parent,
		tree_method=_overridden(tree_method),
		**given,
	)


@frappe.whitelist()
def make_mapped_doc(method: str, source_name: str, **given):
	"""For frappe.model.mapper.make_mapped_doc."""
	return _call(
		"frappe.model.mapper.make_mapped_doc", method=_overridden(method), source_name=source_name, **given
	)


@frappe.whitelist()
def map_docs(method: str, source_names: str, target_doc: str | dict, **given):
	"""For frappe.model.mapper.map_docs."""
	return _call(
		"frappe.model.mapper.map_docs",
		method=_overridden(method),
		source_names=source_names,
		target_doc=target_doc,
		**given,
	)


def _overridden(method: str) -> str:
	"""The name of the function that `method` stands for. Raises frappe.PermissionError for one that is not whitelisted."""
	method = frappe_versions.override_of(method)
	function = frappe.get_attr(method)
	if function not in frappe.whitelisted:
		raise frappe.PermissionError
	function = inspect.unwrap(function)
	return frappe_versions.override_of(f"{function.__module__}.{function.__qualname__}")


# Lists and searches


@frappe.whitelist()
def search_link(doctype: str, txt: str, **given):
	"""For frappe.desk.search.search_link, which a caller may tell to ignore User Permissions, and the hooks with them."""
	return _call("frappe.desk.search.search_link", doctype=doctype, txt=txt, **_searching(doctype, given))


@frappe.whitelist()
def search_widget(doctype: str, txt: str, **given):
	"""For frappe.desk.search.search_widget, likewise."""
	return _call("frappe.desk.search.search_widget", doctype=doctype, txt=txt, **_searching(doctype, given))


def _searching(doctype: str, given: dict) -> dict:
	if given.get("query"):
		given["query"] = _overridden(given["query"])
	if not _ignores_user_permissions(doctype, given.get("reference_doctype")):
		given["ignore_user_permissions"] = False
	return given


def _ignores_user_permissions(doctype: str, asked_from: str | None) -> bool:
	"""Whether an administrator has said so on a link field, and it leads to nothing that is limited in other ways."""
	if is_limited(doctype) or not asked_from or not frappe.has_permission(asked_from, "read"):
		return False
	return any(
		field.options == doctype and field.ignore_user_permissions
		for field in frappe.get_meta(asked_from).get_link_fields()
	)


@frappe.whitelist()
def search(text: str, **given):
	"""For frappe.utils.global_search.search, which shows what the index holds of every readable DocType."""
	given |= {name: cint(given[name]) for name in ("start", "limit") if name in given}
	found = _call("frappe.utils.global_search.search", text=text, **given)
	names: dict[str, set] = {}
	for row in found:
		if is_limited(row.doctype):
			names.setdefault(row.doctype, set()).add(row.name)
	visible = {doctype: _visible(doctype, hits) for doctype, hits in names.items()}
	return [row for row in found if row.doctype not in visible or row.name in visible[row.doctype]]


@frappe.whitelist()
def get_tagged_docs(doctype: str, tag: str):
	"""For frappe.desk.doctype.tag.tag.get_tagged_docs, which asks for the DocType only."""
	found = _call("frappe.desk.doctype.tag.tag.get_tagged_docs", doctype=doctype, tag=tag)
	if not is_limited(doctype):
		return found
	visible = _visible(doctype, [row[0] for row in found])
	return [row for row in found if row[0] in visible]


@frappe.whitelist()
def get_coords(doctype: str, filters: str | list | dict, type: str):
	"""For frappe.geo.utils.get_coords, the map of a list, which asks nothing."""
	if not frappe.has_permission(doctype, "read") or not is_open_to(doctype):
		raise frappe.PermissionError
	return _call("frappe.geo.utils.get_coords", doctype=doctype, filters=filters, type=type)


# Counts and sums


@frappe.whitelist()
def get_count(doctype: str, **given):
	"""For frappe.client.get_count, which until 15.44 counted whatever was there."""
	form_dict = frappe.local.form_dict
	frappe.local.form_dict = frappe._dict(doctype=doctype, filters=given.get("filters"))
	try:
		return _call("frappe.desk.reportview.get_count")
	finally:
		frappe.local.form_dict = form_dict


@frappe.whitelist()
def get_chart(chart_name: str | None = None, chart: str | dict | None = None, **given):
	"""For frappe.desk.doctype.dashboard_chart.dashboard_chart.get: a heat map asks for no document, and the figures of
	a saved chart are kept for whoever asks next. Figures of limited documents are each user's own; heat maps of them
	are for those who see all."""
	method = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
	source = frappe.get_doc("Dashboard Chart", chart_name) if chart_name else frappe._dict(_read(chart, dict))
	if source.type == "Heatmap" and source.document_type:
		if not frappe.has_permission(source.document_type, "read") or not permissions.sees_all(
			source.document_type
		):
			raise frappe.PermissionError
	if not is_limited(source.document_type):
		return _call(method, chart_name=chart_name, chart=chart, **given)
	if chart_name:
		source.check_permission("read")
	return frappe.call(inspect.unwrap(frappe.get_attr(method)), chart_name=chart_name, chart=chart, **given)


@frappe.whitelist()
def get_group_by_count(doctype: str, current_filters: str | list | dict, field: str):
	"""For frappe.desk.listview.get_group_by_count, which counts assignments of documents nobody shows."""
	if field != "assigned_to" or is_open_to(doctype):
		return _call(
			"frappe.desk.listview.get_group_by_count",
			doctype=doctype,
			current_filters=current_filters,
			field=field,
		)
	assigned = frappe.get_all(
		"ToDo",
		filters={"reference_type": doctype, "status": ("!=", "Cancelled")},
		fields=["reference_name", "allocated_to"],
	)
	filters = [*_as_list(current_filters), ["name", "in", [row.reference_name for row in assigned] or [""]]]
	listed = set(frappe.get_list(doctype, filters=filters, pluck="name", limit_page_length=0))
	counted = Counter(row.allocated_to for row in assigned if row.reference_name in listed)
	return [{"name": user, "count": count} for user, count in counted.most_common(50)]


def _as_list(filters) -> list:
	filters = _read_filters(filters or [])
	return (
		[[name, "=", value] for name, value in filters.items()]
		if isinstance(filters, dict)
		else list(filters)
	)


@frappe.whitelist()
def get_open_count(doctype: str, name: str, items: str | list | None = None):
	"""For frappe.desk.notifications.get_open_count, the numbers in a form's Connections: it counts the documents of whatever DocType
	it is asked for that name the form's. Those of limited DocTypes are counted as Frappe would list them."""
	links = frappe.get_meta(doctype).get_dashboard_data()  # first: it says so where there is no such DocType
	answer = _call("frappe.desk.notifications.get_open_count", doctype=doctype, name=name, items=items)
	for row in answer["count"]["external_links_found"] if answer["count"] else ():
		if not is_open_to(row["doctype"]):
			row.update(_count_linked(row["doctype"], name, links))
	return answer


def _count_linked(doctype: str, name: str, links) -> dict:
	"""As Frappe counts: up to 100."""
	fieldname = links.get("non_standard_fieldnames", {}).get(doctype, links.get("fieldname"))
	filters = {fieldname: name, **(get_dynamic_link_filters(doctype, links, fieldname) or {})}
	open_ones = get_filters_for(doctype)
	return {
		"count": _count_listed(doctype, filters),
		"open_count": _count_listed(doctype, {**filters, **open_ones}) if open_ones else 0,
	}


def _count_listed(doctype: str, filters: dict) -> int:
	if not frappe.has_permission(doctype, "read"):
		return 0
	return len(frappe.get_list(doctype, filters=filters, pluck="name", limit=100, order_by=None))


@frappe.whitelist()
def get_workflow_state_count(doctype: str, workflow_state_field: str, states: str | list):
	"""For the Workflow form's count of documents by state."""
	if is_open_to(doctype):
		return _call(
			"frappe.workflow.doctype.workflow.workflow.get_workflow_state_count",
			doctype=doctype,
			workflow_state_field=workflow_state_field,
			states=states,
		)
	if workflow_state_field not in frappe.get_meta(doctype).get_valid_columns():
		return None
	known = _read(states, list)
	found = frappe.get_list(
		doctype,
		filters={workflow_state_field: ("not in", known)},
		pluck=workflow_state_field,
		limit_page_length=0,
	)
	return [{workflow_state_field: state, "count": count} for state, count in Counter(found).items() if state]


# Reports, calendars, repetitions and boards


@frappe.whitelist()
def run_report(report_name: str, filters: str | list | dict | None = None, **given):
	"""For frappe.desk.query_report.run, which narrows the rows to what the user whom the caller names may see, and answers with
	whatever was prepared for that user."""
	prepared_reports.check_named_in(filters)
	given["user"] = frappe.session.user
	return _call("frappe.desk.query_report.run", report_name=report_name, filters=filters, **given)


@frappe.whitelist()
def export_report():
	"""For frappe.desk.query_report.export_query, which runs the report by itself."""
	prepared_reports.check_named_in(frappe.local.form_dict.get("filters"))
	return _call("frappe.desk.query_report.export_query")


@frappe.whitelist()
def get_events(start: str, end: str, **given):
	"""For frappe.desk.doctype.event.event.get_events, the calendar, which shows the events of the user whom the caller names, and
	asks for no document that an event is about."""
	given.pop("user", None)
	found = _call("frappe.desk.doctype.event.event.get_events", start=start, end=end, **given)
	# One by one: Frappe 15.101 lists public events past the condition that this app adds.
	visible = {name for name in {event.name for event in found} if permissions.may_read("Event", name)}
	return [event for event in found if event.name in visible]


@frappe.whitelist()
def update_reference(docname: str, reference: str):
	"""For frappe.automation.doctype.auto_repeat.auto_repeat.update_reference, which asks nothing of the document that a job copies
	and mails from then on."""
	doctype = frappe.db.get_value("Auto Repeat", docname, "reference_doctype")
	if doctype and not is_open_to(doctype) and reference not in _visible(doctype, [reference]):
		raise frappe.PermissionError
	return _call(
		"frappe.automation.doctype.auto_repeat.auto_repeat.update_reference",
		docname=docname,
		reference=reference,
	)


@frappe.whitelist()
def update_order(board_name: str, order: str | dict):
	"""For frappe.desk.doctype.kanban_board.kanban_board.update_order: it compares what any document holds with what the caller
	says, and only then asks who may write it."""
	doctype = frappe.db.get_value("Kanban Board", board_name, "reference_doctype")
	if doctype and not is_open_to(doctype):
		columns = _read(order, dict).values()
		cards = [card for column in columns for card in _read(column, list)]
		if not all(isinstance(card, str) for card in cards) or set(cards) - _visible(doctype, cards):
			raise frappe.PermissionError
	return _call(
		"frappe.desk.doctype.kanban_board.kanban_board.update_order",
		board_name=board_name,
		order=order if isinstance(order, str) else frappe.as_json(order),
	)


# One document


@frappe.whitelist()
def get(doctype: str, name: str | int | None = None, filters: str | list | dict | None = None, **given):
	"""For frappe.client.get, which finds a document by any filters and then says whether it may be read, and lets
	anybody who may read some parent document see the rows of all of them."""
	filters = from_json(filters)
	if not name and isinstance(filters, str):  # Frappe takes it as a name, too
		name = filters
	if not name and filters is not None and not frappe.get_meta(doctype).issingle:
		found = frappe.get_list(
			doctype,
			filters=_read_filters(filters),
			pluck="name",
			limit_page_length=1,
			parent_doctype=given.get("parent"),
		)
		if not found:
			raise frappe.DoesNotExistError
		name = found[0]
	parents = permissions.parents_of(doctype)
	if name and parents:
		row = frappe.db.get_value(doctype, name, ["parenttype", "parent"], as_dict=True)
		if row and row.parenttype in parents and not _visible(row.parenttype, [row.parent]):
			raise frappe.PermissionError
	return _call("frappe.client.get", doctype=doctype, name=name, **given)


@frappe.whitelist()
def validate_link(doctype: str, docname: str, **given):
	"""For frappe.client.validate_link of Frappe 15, which confirms names on DocType level."""
	if is_limited(doctype) and not _visible(doctype, [docname]):
		return {}
	return _call("frappe.client.validate_link", doctype=doctype, docname=docname, **given)


@frappe.whitelist()
def get_link_title(doctype: str, docname: str, **given):
	"""For frappe.desk.search.get_link_title, which tells any document's title."""
	if is_limited(doctype) and not _visible(doctype, [docname]):
		return None
	return _call("frappe.desk.search.get_link_title", doctype=doctype, docname=docname, **given)


@frappe.whitelist()
def get_follow_users(doctype: str, doc_name: str):
	"""For frappe.desk.form.document_follow.get_follow_users, which asks nothing."""
	if is_limited(doctype) and not _visible(doctype, [doc_name]):
		return []
	return _call("frappe.desk.form.document_follow.get_follow_users", doctype=doctype, doc_name=doc_name)


@frappe.whitelist()
def relink(name: str, reference_doctype: str | None = None, reference_name: str | None = None):
	"""For frappe.email.relink, which moves any mail to any document."""
	mail = frappe.get_doc("Communication", name)
	mail.check_permission("write")
	if reference_doctype and reference_name:
		frappe.has_permission(reference_doctype, "write", doc=reference_name, throw=True)
	if mail.reference_doctype and mail.reference_name:
		frappe.has_permission(mail.reference_doctype, "write", doc=mail.reference_name, throw=True)
	return _call(
		"frappe.email.relink", name=name, reference_doctype=reference_doctype, reference_name=reference_name
	)


# What goes on, and whose


@frappe.whitelist(allow_guest=True)
def can_subscribe_doctype(doctype: str):
	"""For frappe.realtime.can_subscribe_doctype: whoever subscribes hears the name of every document that is saved,
	and who saved it."""
	if not is_open_to(doctype):
		raise frappe.PermissionError
	return _call("frappe.realtime.can_subscribe_doctype", doctype=doctype)


@frappe.whitelist(allow_guest=True)
def can_subscribe_doc(doctype: str, docname: str):
	"""For frappe.realtime.can_subscribe_doc: in a unit's room it is told that something in it, or below it, has changed
	(payables.live)."""
	_check_room(doctype, docname)
	return _call("frappe.realtime.can_subscribe_doc", doctype=doctype, docname=docname)


@frappe.whitelist(allow_guest=True)
def has_realtime_permission(doctype: str, name: str | None = None):
	"""For frappe.realtime.has_permission, which takes the place of both in Frappe 16."""
	if not name and not is_open_to(doctype):
		raise frappe.PermissionError
	_check_room(doctype, name)
	return _call("frappe.realtime.has_permission", doctype=doctype, name=name or "")


def _check_room(doctype: str, name: str | None) -> None:
	if doctype == units.UNIT and name and not units.sees_whole(frappe.session.user, name):
		raise frappe.PermissionError


@frappe.whitelist()
def get_user_permissions(user: str | None = None):
	"""For frappe.core.doctype.user_permission.user_permission.get_user_permissions: another's are for those who may
	read User Permissions."""
	if user and user != frappe.session.user:
		frappe.has_permission("User Permission", "read", throw=True)
	return _call("frappe.core.doctype.user_permission.user_permission.get_user_permissions", user=user)


@frappe.whitelist(allow_guest=True)
def apply_action(action: str, doctype: str, docname: str, **given):
	"""For the links in work item e-mails: one that pays leads to the form, where its button opens the payment.

	Frappe's page would offer to confirm what can only be refused. Anything else is Frappe's own.
	"""
	step = get_pay_transitions(doctype)
	if step and action in {name for _state, name, _role in step.transitions}:
		if verify_request():
			frappe.local.response.update(
				{"type": "redirect", "location": get_url_to_form(doctype, docname) + "?pay=1"}
			)
		return None
	return _call(
		"frappe.workflow.doctype.workflow_action.workflow_action.apply_action",
		action=action,
		doctype=doctype,
		docname=docname,
		**given,
	)
