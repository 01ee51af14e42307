"""The ways round the units that an attack found, each over HTTP, each with others of its kind: nothing of Branch B is
read, counted or written to, by payers of another unit, desk users without rights and Website Users.

The sweep (test_sweep.py) goes through every method there is; these say what must not happen in particular.
"""

import json
import re
from urllib.parse import quote

import frappe
import pytest
from frappe.core.doctype.prepared_report.prepared_report import generate_report
from frappe.permissions import add_permission, reset_perms, update_permission_property
from frappe.utils import add_days, now_datetime, nowdate

from stripe_service.access import files
from tests.support import jobs
from tests.support.records import PASSWORD, unique
from tests.sweep.marked_documents import MarkedDocuments

INVOICE = "Portal Invoice"
NOBODY = ("payer of A", "payer without unit", "desk user", "website user")


class Callers:
	"""One session over HTTP for each role, and the marked documents that they ask for."""

	def __init__(self, faker, http):
		self.marked, self.http = MarkedDocuments(faker), http
		self.invoice, self.own = self.marked.invoice.name, self.marked.own.name
		self._sessions = {}

	def session(self, role):
		if role not in self._sessions:
			user = self.marked.member if role == "member" else self.marked.users[role]
			ways = {"guest": self.http.guest, "website user": lambda: self._website_login(user)}
			self._sessions[role] = ways.get(role, lambda: self.http.login(user, PASSWORD))()
		return self._sessions[role]

	def _website_login(self, user):
		"""Frappe asks for a CSRF token only once it has shown the session a page."""
		client = self.http.guest()
		assert client.post("/api/method/login", usr=user, pwd=PASSWORD).status_code == 200
		return client

	def call(self, role, method, /, **arguments):
		given = {
			name: value if isinstance(value, str) else json.dumps(value) for name, value in arguments.items()
		}
		return self.session(role).post(f"/api/method/{method}", **given)

	def tells_nothing(self, answer):
		assert answer.status_code < 500, answer.text
		assert self.marked.mark not in answer.text, answer.text
		return answer

	def target(self, doctype):
		return next(target for target in self.marked.targets if target.doctype == doctype)


@pytest.fixture(scope="module")
def made(frappe_site, faker, http_server):
	frappe_site.set_user("Administrator")
	return Callers(faker, http_server)


@pytest.fixture
def callers(site_only, made):
	return made


# A method's name in the arguments

SEARCH = {"ignore_user_permissions": "1", "as_dict": "1", "page_length": "500"}


@pytest.mark.parametrize("role", NOBODY)
@pytest.mark.parametrize(
	"doctype", [INVOICE, "Invoice Payment", "Saved Card", "Communication", "File", "ToDo"]
)
def test_a_tree_of_a_search(callers, role, doctype):
	fields = [callers.target(doctype).fieldname]
	callers.tells_nothing(
		callers.call(role, "frappe.desk.treeview.get_all_nodes", doctype=doctype, label="x", parent="",
			tree_method="frappe.desk.search.search_widget", filter_fields=fields, **SEARCH)
	)  # fmt: skip


@pytest.mark.parametrize("role", NOBODY)
@pytest.mark.parametrize(
	("method", "answers"),
	[
		("frappe.desk.search.get_link_title", (None, INVOICE)),
		("frappe.client.validate_link", ({},)),
		("frappe.desk.form.document_follow.get_follow_users", ([],)),
		("frappe.desk.like.toggle_like", (None,)),
	],
)
def test_a_document_mapped_by_another_method(callers, role, method, answers):
	answer = callers.tells_nothing(
		callers.call(
			role,
			"frappe.model.mapper.map_docs",
			method=method,
			source_names=[INVOICE],
			target_doc=callers.invoice,
		)
	)
	assert answer.status_code == 403 or answer.json().get("message") in answers


def test_a_function_by_the_name_of_a_module_that_imports_it(callers):
	"""frappe.email.inbox and others import what is overridden elsewhere; nobody needs to call it there."""
	aliases = (
		("frappe.core.doctype.user_permission.user_permission.get_user_permissions", "frappe.permissions"),
	)
	for method, module in aliases:
		alias = f"{module}.{method.rsplit('.', 1)[1]}"
		if getattr(frappe.get_module(module), alias.rsplit(".", 1)[1], None) is frappe.get_attr(method):
			assert callers.call("desk user", alias, user=callers.marked.member).status_code == 403


def test_what_is_not_whitelisted_is_called_by_no_dispatcher(callers):
	for method, arguments in (
		("frappe.model.mapper.map_docs", {"method": "frappe.get_all", "source_names": [INVOICE], "target_doc": "x"}),
		("frappe.model.mapper.make_mapped_doc", {"method": "frappe.get_all", "source_name": INVOICE}),
		("frappe.desk.treeview.get_all_nodes", {"doctype": INVOICE, "label": "x", "parent": "", "tree_method": "frappe.get_all"}),
		("frappe.desk.search.search_widget", {"doctype": INVOICE, "txt": "", "query": "frappe.get_all"}),
	):  # fmt: skip
		callers.tells_nothing(callers.call("payer of A", method, **arguments))


# Searches that ignore permissions


@pytest.mark.parametrize("role", NOBODY)
@pytest.mark.parametrize(
	"doctype",
	["Communication", "File", "Tag Link", "ToDo", "Notification Log", "Workflow Action", "Document Follow", "Comment", "Version",
		"Discussion Topic"],
)  # fmt: skip
def test_a_search_does_not_ignore_permissions(callers, role, doctype):
	for method in ("search_widget", "search_link"):
		answer = callers.call(role, f"frappe.desk.search.{method}", doctype=doctype, txt="", **SEARCH)
		callers.tells_nothing(answer)
		assert callers.invoice not in answer.text


def test_limit_is_a_number(callers):
	attack = "1 procedure analyse(extractvalue(rand(),concat(0x3a,version())),1)"
	search, listing = {"text": "x"}, {"doctype": "ToDo", "fields": '["name"]'}
	for method, given, name in (
		("frappe.utils.global_search.search", search, "limit"),
		("frappe.utils.global_search.search", search, "start"),
		("frappe.desk.reportview.get_list", listing, "page_length"),
		("frappe.client.get_list", listing, "limit_start"),
	):
		answer = callers.call("desk user", method, **{**given, name: attack})
		assert answer.status_code < 500, answer.text
		assert "MariaDB" not in answer.text


# Files

WRITTEN = (
	"{url}",
	"/private/files/../files/{file}",
	"/private/files/./{file}",
	"/private/files//{file}",
	"%2Fprivate%2Ffiles%2F{file}",
	"{site}/private/files/{file}",
	"{url}?fid=1",
)


@pytest.mark.parametrize("role", NOBODY)
@pytest.mark.parametrize("written", WRITTEN)
def test_a_row_of_ones_own_does_not_open_a_foreign_file(callers, role, written):
	target = callers.target("File")
	url = written.format(
		url=target.address, file=target.address.rsplit("/", 1)[1], site=frappe.utils.get_url()
	)
	for answer in (
		callers.call(role, "upload_file", file_url=url, is_private="1", file_name="x"),
		callers.session(role).post("/api/resource/File", data=json.dumps({"file_url": url, "is_private": 1, "file_name": "x"})),
		callers.call(role, "frappe.client.insert", doc={"doctype": "File", "file_url": url, "is_private": 1}),
		callers.call(role, "frappe.utils.file_manager.add_attachments", doctype="User", name=callers.marked.users[role], attachments=[target.name]),
		callers.call(role, "frappe.handler.download_file", file_url=url),
	):  # fmt: skip
		assert target.secret not in answer.text
	for address in (url, target.address):
		status = callers.session(role).get(quote(address) if address.startswith("/") else "/" + address)
		assert target.secret not in status.text


def test_a_bare_file_name_does_not_either(callers):
	target = callers.target("File")
	name = target.address.rsplit("/", 1)[1]
	callers.call(
		"payer of A", "frappe.client.insert", doc={"doctype": "File", "file_name": name, "is_private": 1}
	)
	for row in frappe.get_all(
		"File", {"file_name": name, "owner": callers.marked.users["payer of A"]}, pluck="name"
	):
		for method in ("zip_files", "unzip_file"):
			answer = callers.call("payer of A", f"frappe.core.api.file.{method}", files=[row], name=row)
			assert target.secret.encode() not in answer.content


def test_a_row_that_came_past_the_check_opens_no_foreign_file(callers):
	"""Written by a script, or before this app was installed. Its owner may always read it, and Frappe opens the address to whoever
	may read a row that bears it."""
	target, user = callers.target("File"), callers.marked.users["payer of A"]
	row = frappe.get_doc(doctype="File", file_url=target.address, file_name="x.txt", is_private=1).insert()
	frappe.db.set_value("File", row.name, "owner", user)
	frappe.db.commit()
	try:
		for answer in (
			callers.session("payer of A").get(target.address),
			callers.call("payer of A", "frappe.handler.download_file", file_url=target.address),
			callers.call("payer of A", "frappe.core.api.file.zip_files", files=[row.name]),
		):
			assert answer.status_code == 403 and target.secret.encode() not in answer.content
		assert target.secret in callers.session("member").get(target.address).text
		assert not files.may_open(target.address, user)
		# Who had the file before it was attached there keeps it.
		frappe.db.set_value("File", row.name, "creation", "2001-01-01")
		frappe.db.commit()
		assert target.secret in callers.session("payer of A").get(target.address).text
	finally:
		frappe.db.delete("File", {"name": row.name})
		frappe.db.commit()


def test_an_own_file_is_not_turned_into_a_foreign_one(callers):
	target = callers.target("File")
	session = callers.session("payer of A")
	answer = callers.call(
		"payer of A", "frappe.client.insert",
		doc={"doctype": "File", "file_name": "mine.txt", "content": "mine " + callers.own, "is_private": 1},
	)  # fmt: skip
	own = answer.json()["message"]["name"]
	callers.call(
		"payer of A",
		"frappe.client.set_value",
		doctype="File",
		name=own,
		fieldname="file_url",
		value=target.address,
	)
	assert frappe.db.get_value("File", own, "file_url") != target.address
	assert target.secret not in session.get(target.address).text


@pytest.mark.parametrize("doctype", ["Invoice Payment", "Saved Card"])
def test_what_hangs_on_a_record_of_this_app_goes_by_that_record(callers, doctype):
	target = callers.target(doctype)
	file = frappe.get_doc(
		doctype="File", file_name=f"{unique('scan')}.txt", content=f"scan {target.secret} {unique('x')}", is_private=1,
		attached_to_doctype=doctype, attached_to_name=target.name,
	).insert()  # fmt: skip
	tag = frappe.get_doc(doctype="Tag", name=callers.marked.secret(unique("tag"))).insert().name
	frappe.get_doc(
		doctype="Tag Link", document_type=doctype, document_name=target.name, tag=tag, title=target.secret
	).insert(ignore_permissions=True)
	frappe.db.commit()
	listed = f'/api/resource/Tag Link?fields=["title"]&filters=[["document_type","=","{doctype}"]]'
	for role in NOBODY:
		row = callers.call(role, "upload_file", file_url=file.file_url, is_private="1", file_name="x")
		callers.tells_nothing(row)
		callers.tells_nothing(callers.session(role).get(file.file_url))
		callers.tells_nothing(callers.session(role).get(listed))
	assert target.secret in callers.session("reader").get(file.file_url).text
	assert target.secret in callers.session("reader").get(listed).text


def test_the_same_content_is_kept_for_each_by_itself(callers):
	"""Frappe keeps one file for the same content; a unit's file would then be opened by whoever has the same."""
	target = callers.target("File")
	doc = {"doctype": "File", "file_name": "same.txt", "content": target.secret, "is_private": 1}
	answer = callers.session("payer of A").post("/api/method/frappe.client.insert", doc=json.dumps(doc))
	assert answer.status_code == 200, answer.text
	own = answer.json()["message"]["file_url"]
	assert own != target.address
	assert target.secret in callers.session("payer of A").get(own).text
	assert target.secret in callers.session("member").get(target.address).text
	assert callers.session("payer of A").get(target.address).status_code == 403


# Counting, and reading by filters


@pytest.mark.parametrize("role", NOBODY)
def test_what_is_not_shown_is_not_counted(callers, role):
	for doctype in ("Version", INVOICE, "Communication", "ToDo", "Comment", "File", "Notification Log"):
		target = callers.target(doctype)
		filters = {target.fieldname: ["like", f"%{target.secret}%"]}
		answer = callers.call(role, "frappe.client.get_count", doctype=doctype, filters=filters)
		assert answer.status_code == 403 or answer.json().get("message", 0) == 0, (doctype, answer.text)


def test_connections_count_what_is_listed(callers, make_user):
	"""The numbers in a form's Connections are of whatever DocType the call names."""
	name, party = unique("Party").replace("-", " "), callers.marked.secret("party")
	frappe.get_doc(
		doctype="DocType", name=name, module="Custom", custom=1, autoname="prompt",
		fields=[{"fieldname": "told", "fieldtype": "Data", "label": "Told"}],
		permissions=[{"role": "Invoice Payers", "read": 1}],
		links=[{"link_doctype": INVOICE, "link_fieldname": "bill_to"}],
	).insert()  # fmt: skip
	frappe.get_doc(doctype=name, name=party).insert()
	frappe.db.set_value(INVOICE, callers.invoice, "bill_to", party)
	frappe.db.commit()
	for items in ([INVOICE], None):
		counts = []
		for role in ("member", "payer of A", "payer without unit"):
			given = {"doctype": name, "name": party} | ({"items": items} if items else {})
			answer = callers.call(role, "frappe.desk.notifications.get_open_count", **given)
			counts += [row["count"] for row in answer.json()["message"]["count"]["external_links_found"]]
		assert counts == [1, 0, 0], items
	for odd in ("[]", "9" * 300, "No Such Thing"):
		answer = callers.call(
			"member", "frappe.desk.notifications.get_open_count", doctype=odd, name=odd, items=[INVOICE]
		)
		assert answer.status_code in (403, 404), answer.text


@pytest.mark.parametrize("role", NOBODY)
def test_an_accounts_token_is_not_read_letter_by_letter(callers, role):
	chart = {"document_type": "Stripe Account", "type": "Heatmap", "chart_type": "Count", "based_on": "creation",
		"filters_json": json.dumps([["Stripe Account", "webhook_token", "like", "%"]])}  # fmt: skip
	assert (
		callers.call(role, "frappe.client.get_count", doctype="Stripe Account", filters={}).status_code == 403
	)
	for answer in (
		callers.call(
			role, "frappe.desk.doctype.dashboard_chart.dashboard_chart.get", chart=chart, no_cache="1"
		),
		callers.call(
			role, "frappe.client.get", doctype="Stripe Account", filters={"webhook_token": ["like", "%"]}
		),
	):
		assert answer.status_code in (403, 404), answer.text


@pytest.mark.parametrize("role", NOBODY)
@pytest.mark.parametrize("doctype", [INVOICE, "Invoice Payment", "Communication"])
def test_no_heat_map_and_no_saved_chart_of_foreign_documents(callers, role, doctype):
	chart = {
		"document_type": doctype,
		"type": "Heatmap",
		"chart_type": "Count",
		"based_on": "creation",
		"filters_json": "[]",
	}
	answer = callers.call(
		role, "frappe.desk.doctype.dashboard_chart.dashboard_chart.get", chart=chart, no_cache="1"
	)
	assert answer.status_code == 403, answer.text


def test_a_saved_charts_figures_are_each_users_own(callers):
	chart = frappe.get_doc(
		doctype="Dashboard Chart", chart_name=callers.marked.secret("chart")[::-1], chart_type="Count", document_type=INVOICE,
		based_on="creation", timespan="Last Year", time_interval="Yearly", timeseries=1, filters_json="[]", is_public=1,
	).insert()  # fmt: skip
	frappe.db.commit()
	method = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
	seen = [
		sum(
			callers.call(role, method, chart_name=chart.name, refresh=refresh).json()["message"]["datasets"][
				0
			]["values"]
		)
		for role, refresh in (("member", "1"), ("payer of A", "0"), ("payer without unit", "0"))
	]
	assert seen == [1, 1, 0], seen


@pytest.mark.parametrize("role", NOBODY)
def test_a_document_is_found_by_no_filter_and_none_gives_the_same_answer(callers, role):
	target = callers.target(INVOICE)
	answers = [
		callers.call(role, "frappe.client.get", doctype=INVOICE, filters={"remarks": ["like", f"{word}%"]})
		for word in (target.secret, target.secret[::-1])
	]
	assert answers[0].status_code == answers[1].status_code != 200
	assert told(answers[0], target.secret) == told(answers[1], target.secret[::-1])


def told(answer, asked: str) -> str:
	"""The answer without what was asked for, and without the number that Frappe 16 gives to each error."""
	return re.sub(r"(__frappe_exc_id\W+)\w+", r"\1", answer.text.replace(asked, ""))


# A colleague's card, and the merchant's figures


def test_a_payer_reads_no_card_of_a_colleague_and_no_figure_of_the_merchant(callers, make_payer):
	colleague = make_payer(unit=callers.marked.unit_b)
	target = callers.target("Invoice Payment")
	frappe.db.set_value("Invoice Payment", target.name, {"last4": "9876", "stripe_fee": 3.21, "receipt_url": "https://r/9876",
		"decline_code": "lost_card", "failure_message": "lost 9876", "saved_card": callers.target("Saved Card").name})  # fmt: skip
	frappe.db.commit()
	session = callers.http.login(colleague, PASSWORD)
	for answer in (
		session.call("frappe.client.get", doctype="Invoice Payment", name=target.name),
		session.call("frappe.client.get_list", doctype="Invoice Payment", fields='["*"]'),
		session.call("frappe.client.get_list", doctype="Invoice Payment", fields='["name","last4","stripe_fee","receipt_url"]'),
		session.call("frappe.desk.form.load.getdoc", doctype="Invoice Payment", name=target.name),
		session.call("frappe.desk.reportview.get", doctype="Invoice Payment", fields='["`tabInvoice Payment`.`last4`","`tabInvoice Payment`.`name`"]'),
		session.call("stripe_service.api.pay.payment_status", payment=target.name),
		session.get(f"/api/resource/Invoice Payment/{target.name}"),
		session.get(f"/api/resource/Invoice Payment/{target.name}", expand_links="1"),
		session.get(f"/api/v2/document/Invoice Payment/{target.name}/"),
		session.get("/api/resource/Invoice Payment", fields='["*"]', expand='["saved_card"]'),
		session.get("/printview", doctype="Invoice Payment", name=target.name),
	):  # fmt: skip
		assert target.name in answer.text or answer.status_code in (403, 404), answer.text
		for secret in ("9876", "3.21", "lost_card", callers.target("Saved Card").secret):
			assert secret not in answer.text, answer.text


@pytest.mark.parametrize(
	("given", "value"),
	[
		("fields", ["name", "saved_card.fingerprint as x"]),
		("fields", ["name", "`tabSaved Card`.`fingerprint`", "saved_card.name"]),
		("fields", ["name", "concat(name, last4) as x"]),
		("filters", {"stripe_fee": [">", 1]}),
		("filters", [["Invoice Payment", "last4", "like", "9%"]]),
		("filters", [["last4", "like", "9%"]]),
		("or_filters", [["decline_code", "=", "lost_card"]]),
		("filters", [["Invoice Payment Reference", "booked_minor", ">", 1]]),
		("fields", ["name", "`tabInvoice Payment Reference`.`booked_minor`"]),
		("order_by", "stripe_fee desc"),
		("group_by", "last4"),
	],
)
def test_nor_computes_filters_or_sorts_by_them(callers, given, value):
	value = value if isinstance(value, str) else json.dumps(value)
	session = callers.session("payer of A")
	for answer in (
		session.call("frappe.client.get_list", doctype="Invoice Payment", **{given: value}),
		session.get("/api/resource/Invoice Payment", **{given: value}),
		session.call(
			"frappe.desk.reportview.get", doctype="Invoice Payment", **{"fields": '["name"]', given: value}
		),
	):
		assert answer.status_code in (403, 417), answer.text


def test_the_payer_is_told_ones_own(callers):
	target = callers.target("Invoice Payment")
	frappe.db.set_value("Invoice Payment", target.name, "method_label", target.secret)
	frappe.db.commit()
	status = callers.call("member", "stripe_service.api.pay.payment_status", payment=target.name)
	assert status.json()["message"]["method_label"] == target.secret
	form = callers.call("member", "frappe.desk.form.load.getdoc", doctype="Invoice Payment", name=target.name)
	assert form.json()["docs"][0]["__onload"]["own"]["method_label"] == target.secret


def test_the_history_of_a_payment_holds_no_figure_of_the_merchant(site_only, callers):
	payment = frappe.get_doc("Invoice Payment", callers.target("Invoice Payment").name)
	version = frappe.get_doc(
		doctype="Version", ref_doctype="Invoice Payment", docname=payment.name,
		data=frappe.as_json({"changed": [["stripe_fee", "0", "1.23"], ["status", "Started", "Failed"]]}),
	).insert(ignore_permissions=True)  # fmt: skip
	assert "1.23" not in version.data and "Failed" in version.data


def test_the_history_of_a_payment_holds_no_internal_figure_in_its_rows(site_only, callers):
	payment = callers.target("Invoice Payment")
	internal = {
		"after_payment_error": "Traceback",
		"reserved_minor": 4711,
		"settled_minor": 4711,
		"booked_minor": 4711,
	}
	changes = [[name, None, value] for name, value in internal.items()] + [["settled_amount", 0, "47.11"]]
	row = {"name": "row", "settled_amount": "47.11", **internal}
	version = frappe.get_doc(
		doctype="Version", ref_doctype="Invoice Payment", docname=payment.name,
		data=frappe.as_json({
			"changed": [["received_minor", 0, 4711]],
			"row_changed": [["references", 0, "row", changes], ["references", 1, "other", changes[:-1]]],
			"added": [["references", row]], "removed": [["references", row]],
		}),
	).insert(ignore_permissions=True)  # fmt: skip
	assert "4711" not in version.data and "Traceback" not in version.data
	kept = frappe.parse_json(version.data)
	assert kept["row_changed"] == [["references", 0, "row", [["settled_amount", 0, "47.11"]]]]
	left = {"name": "row", "settled_amount": "47.11"}
	assert kept["added"] == kept["removed"] == [["references", left]]


# Reports, calendars and boards

RUN_REPORT = "frappe.desk.query_report.run"


@pytest.fixture(scope="module")
def report(made):
	"""A report that somebody has written about the invoices of both units, for whoever may read invoices; and what it showed to
	Administrator when it was prepared: (report, Prepared Report)."""
	name = unique("Invoices").replace("-", " ")
	frappe.get_doc(
		doctype="Report", report_name=name, report_type="Query Report", is_standard="No", ref_doctype=INVOICE,
		roles=[{"role": "Invoice Payers"}, {"role": "Stripe Administrator"}],
		query=f"""select name as "Invoice:Link/Portal Invoice:100", organisation_unit as "Unit:Link/Organisation Unit:100",
			remarks as "Remarks:Data:100" from `tabPortal Invoice` where name in ('{made.invoice}', '{made.own}')""",
	).insert()  # fmt: skip
	with jobs.nothing_queued():  # done at once, below
		prepared = frappe.get_doc(doctype="Prepared Report", report_name=name, filters="{}").insert()
		frappe.db.commit()
	generate_report(prepared.name)
	frappe.db.commit()
	assert made.marked.mark in prepared.get_prepared_data().decode()
	yield name, prepared.name
	frappe.set_user("Administrator")
	frappe.delete_doc("Prepared Report", prepared.name, delete_permanently=True)
	frappe.delete_doc("Report", name)
	frappe.db.commit()


@pytest.mark.parametrize("prepared", [0, 1])
def test_a_report_is_run_as_nobody_else(callers, report, prepared):
	name, of_administrator = report
	frappe.db.set_value("Report", name, "prepared_report", prepared)
	frappe.db.commit()
	frappe.clear_document_cache("Report", name)
	as_administrator = {"user": "Administrator", "filters": {}}
	by_name = {"filters": {"prepared_report_name": of_administrator}}
	for role in ("payer of A", "administrator of A"):
		for given in (as_administrator, by_name):
			callers.tells_nothing(callers.call(role, RUN_REPORT, report_name=name, **given))
			callers.tells_nothing(
				callers.call(role, "frappe.desk.treeview.get_all_nodes", doctype=name, label="x",
					parent=given["filters"], tree_method=RUN_REPORT, user=given.get("user", ""))
			)  # fmt: skip
			exported = callers.call(
				role,
				"frappe.desk.query_report.export_query",
				report_name=name,
				file_format_type="CSV",
				visible_idx=[0, 1],
				**given,
			)
			callers.tells_nothing(exported)
	own = callers.call("payer of A", RUN_REPORT, report_name=name, filters={})
	assert own.status_code == 200 and (prepared or callers.own in own.text), own.text


def test_what_was_prepared_for_somebody_else_is_not_read(callers, report, make_user):
	user = make_user(
		roles=["Stripe Administrator", "Prepared Report User"], unit=callers.marked.unit_a, password=PASSWORD
	)
	frappe.db.commit()
	_report, prepared = report
	session = callers.http.login(user, PASSWORD)
	assert prepared not in session.get("/api/resource/Prepared Report").text
	assert session.get(f"/api/resource/Prepared Report/{prepared}").status_code == 403
	downloaded = session.call(
		"frappe.core.doctype.prepared_report.prepared_report.download_attachment", dn=prepared
	)
	assert downloaded.status_code in (403, 417) and callers.marked.mark not in downloaded.text
	(file,) = frappe.get_all("File", {"attached_to_name": prepared}, pluck="file_url")
	assert session.get(file).status_code == 403


def test_a_calendar_shows_no_event_of_a_foreign_invoice(callers):
	"""Whoever names another user is shown that user's own events, and everybody is shown public ones."""
	if not frappe.get_meta("Event").has_field("reference_doctype"):
		pytest.skip("NOT RUN: on this early version of Frappe 15 an Event is about no document")
	member, method = callers.marked.member, "frappe.desk.doctype.event.event.get_events"
	for kind in ("Private", "Public"):
		event = frappe.get_doc(
			doctype="Event", subject=callers.marked.secret("event"), starts_on=now_datetime(), event_type=kind,
			reference_doctype=INVOICE, reference_docname=callers.invoice,
		).insert()  # fmt: skip
		frappe.db.set_value("Event", event.name, "owner", member)
	frappe.db.commit()
	assert event.event_type == "Private"
	for role in NOBODY:
		callers.tells_nothing(callers.session(role).get('/api/resource/Event?fields=["subject"]&limit=0'))
	# One that was made before this app was installed.
	frappe.db.set_value("Event", event.name, "event_type", "Public")
	frappe.db.commit()
	days = {"start": add_days(nowdate(), -1), "end": add_days(nowdate(), 1)}
	for role in NOBODY:
		callers.tells_nothing(callers.call(role, method, user=member, **days))
	assert callers.call("member", method, **days).text.count(callers.marked.secret("event")) == 2


def test_an_auto_repeat_is_pointed_at_no_foreign_document(callers):
	"""A job copies the document and mails it."""
	role, doctype = "administrator of A", "Auto Repeat"
	method = "frappe.automation.doctype.auto_repeat.auto_repeat.update_reference"
	add_permission(doctype, "Stripe Administrator")
	update_permission_property(doctype, "Stripe Administrator", 0, "write", 1)
	repeat = frappe.get_doc(
		doctype=doctype, name=unique("Repeat"), reference_doctype=INVOICE, reference_document=callers.own
	)
	repeat.db_insert()
	frappe.db.commit()
	try:
		answer = callers.call(role, method, docname=repeat.name, reference=callers.invoice)
		assert answer.status_code == 403, answer.text
		frappe.db.rollback()
		assert frappe.db.get_value(doctype, repeat.name, "reference_document") == callers.own
		answer = callers.call(role, method, docname=repeat.name, reference=callers.own)
		assert answer.status_code == 200, answer.text
	finally:
		frappe.db.rollback()
		frappe.db.delete(doctype, repeat.name)
		reset_perms(doctype)
		frappe.db.commit()


def test_a_report_that_fails_is_no_mistake_of_its_caller(callers):
	"""Who wrote it is to find the fault."""
	name = unique("Broken").replace("-", " ")
	frappe.get_doc(
		doctype="Report", report_name=name, report_type="Script Report", is_standard="No", ref_doctype=INVOICE,
		roles=[{"role": "Stripe Administrator"}], report_script="result = [1 / 0]",
	).insert()  # fmt: skip
	frappe.db.commit()
	answer = callers.call("administrator of A", RUN_REPORT, report_name=name, filters={})
	frappe.delete_doc("Report", name)
	frappe.db.commit()
	assert answer.status_code == 500 and "ZeroDivisionError" in answer.text


def test_a_board_does_not_compare_what_foreign_cards_hold(callers):
	"""An answer that depends on whether a guess is right reads the field letter by letter."""
	board, role = unique("Board"), "administrator of A"
	method = "frappe.desk.doctype.kanban_board.kanban_board"
	made = callers.call(
		role, f"{method}.quick_kanban_board", doctype=INVOICE, board_name=board, field_name="remarks"
	)
	assert made.status_code == 200, made.text
	secret = callers.target(INVOICE).secret
	for cards in (callers.invoice, ["=", callers.invoice], ["like", f"{callers.invoice}%"], {"x": 1}):
		for guess in (secret, secret[::-1]):
			answer = callers.call(role, f"{method}.update_order", board_name=board, order={guess: [cards]})
			assert answer.status_code in (403, 417), (cards, answer.text)
	remarks = frappe.db.get_value(INVOICE, callers.own, "remarks") or ""
	own = callers.call(role, f"{method}.update_order", board_name=board, order={remarks: [callers.own]})
	assert own.status_code == 200, own.text


# Moving and writing


@pytest.mark.parametrize("role", NOBODY)
def test_a_foreign_mail_is_moved_onto_no_own_invoice(callers, role):
	mail = callers.target("Communication")
	for method in ("frappe.email.relink",):
		answer = callers.call(
			role, method, name=mail.name, reference_doctype=INVOICE, reference_name=callers.own
		)
		assert answer.status_code == 403, answer.text
	assert frappe.db.get_value("Communication", mail.name, "reference_name") == callers.invoice


@pytest.mark.parametrize("role", NOBODY)
def test_nothing_is_written_onto_a_foreign_invoice(callers, role):
	before = _hanging_on(callers.invoice)
	named = {"reference_doctype": INVOICE, "reference_name": callers.invoice}
	user = callers.marked.users[role]
	for method, arguments in (
		("frappe.templates.includes.comments.comments.add_comment", {**named, "comment": "mine", "comment_email": user, "comment_by": "x", "route": ""}),
		("frappe.templates.includes.likes.likes.like", {**named, "like": "1"}),
		("frappe.desk.like.toggle_like", {"doctype": INVOICE, "name": callers.invoice, "add": "Yes"}),
		("frappe.website.doctype.discussion_topic.discussion_topic.submit_discussion", {"doctype": INVOICE, "docname": callers.invoice, "reply": "mine", "title": "mine"}),
		("frappe.website.doctype.discussion_topic.discussion_topic.submit_discussion", {"doctype": "User", "docname": user, "reply": "mine", "title": "", "topic_name": callers.target("Discussion Topic").name}),
		("frappe.model.document.unlock_document", {"doctype": INVOICE, "name": callers.invoice}),
		("frappe.desk.form.document_follow.update_follow", {"doctype": INVOICE, "doc_name": callers.invoice, "following": "1"}),
		("frappe.desk.form.utils.update_comment", {"name": callers.target("Comment").name, "content": "mine"}),
		("frappe.desk.form.assign_to.add", {"assign_to": [user], "doctype": INVOICE, "name": callers.invoice, "ignore_permissions": "1"}),
		("frappe.client.insert", {"doc": {"doctype": "ToDo", "description": "mine", "status": "Closed", "reference_type": INVOICE, "reference_name": callers.invoice}}),
		("frappe.client.insert", {"doc": {"doctype": "Comment", "comment_type": "Comment", "content": "mine", **named}}),
		("frappe.desk.doctype.tag.tag.add_tag", {"tag": "mine", "dt": INVOICE, "dn": callers.invoice}),
	):  # fmt: skip
		answer = callers.call(role, method, **arguments)
		assert answer.status_code == 403, (method, answer.status_code, answer.text)
	assert _hanging_on(callers.invoice) == before


def _hanging_on(invoice) -> dict:
	frappe.db.rollback()
	counts = {
		doctype: frappe.db.count(doctype, {field: invoice})
		for doctype, field in (("Comment", "reference_name"), ("ToDo", "reference_name"), ("Discussion Topic", "reference_docname"),
			("Document Follow", "ref_docname"), ("Discussion Reply", "owner"), ("DocShare", "share_name"))
	}  # fmt: skip
	return counts | {"liked": frappe.db.get_value(INVOICE, invoice, "_liked_by")}


def test_a_foreign_invoice_is_not_fetched_from_by_a_link(callers, make_user, as_user):
	"""A DocType that somebody made with a link: Frappe shows the title of what is linked, and fetches from it."""
	name = unique("Note").replace("-", " ")
	frappe.get_doc(
		doctype="DocType", name=name, module="Custom", custom=1, autoname="hash",
		fields=[
			{"fieldname": "invoice", "fieldtype": "Link", "options": INVOICE, "label": "Invoice"},
			{"fieldname": "told", "fieldtype": "Data", "label": "Told", "fetch_from": "invoice.title"},
		],
		permissions=[{"role": "Invoice Payers", "read": 1, "write": 1, "create": 1}],
	).insert()  # fmt: skip
	frappe.db.commit()
	answer = callers.tells_nothing(
		callers.call("payer of A", "frappe.client.insert", doc={"doctype": name, "invoice": callers.invoice})
	)
	assert answer.status_code == 403, answer.text
	own = callers.call("payer of A", "frappe.client.insert", doc={"doctype": name, "invoice": callers.own})
	assert own.json()["message"]["told"], own.text
	for given in ({"fields": ["invoice.title as t"]}, {"fields": ["name", "invoice.title"]}):
		assert callers.call("payer of A", "frappe.client.get_list", doctype=name, **given).status_code == 403


def test_a_colleague_may_still_comment_and_like(callers):
	for method, arguments in (
		("frappe.desk.like.toggle_like", {"doctype": INVOICE, "name": callers.own, "add": "Yes"}),
		("frappe.desk.form.utils.add_comment", {"reference_doctype": INVOICE, "reference_name": callers.own, "content": "seen", "comment_email": callers.marked.users["payer of A"], "comment_by": "x"}),
	):  # fmt: skip
		assert callers.call("payer of A", method, **arguments).status_code == 200


# The same name, written otherwise, as MariaDB finds it

SPELLINGS = {
	"blanks at the end": lambda name: name + " " * 200,
	"other case": lambda name: name.swapcase(),
	"characters that are not shown": lambda name: f"{name[:4]}\u200b\u0301{name[4:]}" + "\u200b" * 200,
	"letters of another width": lambda name: "".join(
		chr(ord(one) + 0xFEE0) if one.isalnum() else one for one in name
	),
	"digits of another script": lambda name: name.translate(
		{48 + digit: 0x966 + digit for digit in range(10)}
	)
	+ "\ufcf2" * 200,
	"accents": lambda name: name.replace("a", "á").replace("I", "Î").replace("e", "é"),
}


@pytest.mark.parametrize("spelt", SPELLINGS.values(), ids=SPELLINGS)
def test_a_name_written_otherwise_opens_no_foreign_document(callers, spelt):
	before = _hanging_on(callers.invoice)
	user = callers.marked.users["payer of A"]
	payment, topic = callers.target("Invoice Payment"), callers.target("Discussion Topic")
	forged = {
		"doctype": "Invoice Payment", "name": spelt(payment.name), "user": user, "currency": "USD", "status": "Succeeded",
		"references": [],
	}  # fmt: skip
	for method, arguments in (
		("frappe.desk.like.toggle_like", {"doctype": INVOICE, "name": spelt(callers.invoice), "add": "Yes"}),
		("frappe.desk.form.document_follow.get_follow_users", {"doctype": spelt(INVOICE), "doc_name": callers.invoice}),
		("frappe.www.printview.get_html_and_style", {"doc": json.dumps(forged), "print_format": "Payment Receipt"}),
		("frappe.website.doctype.discussion_topic.discussion_topic.submit_discussion", {"doctype": "User", "docname": user, "reply": "mine", "title": "", "topic_name": spelt(topic.name)}),
	):  # fmt: skip
		answer = callers.tells_nothing(callers.call("payer of A", method, **arguments))
		assert answer.status_code == 403, (method, answer.status_code, answer.text)
	assert _hanging_on(callers.invoice) == before


# Who belongs where, and what goes on


@pytest.mark.parametrize("role", NOBODY)
def test_anothers_memberships_are_not_told(callers, role):
	method = "frappe.core.doctype.user_permission.user_permission.get_user_permissions"
	callers.tells_nothing(callers.call(role, method, user=callers.marked.member))
	assert callers.call("payer of A", method).json()["message"]["Organisation Unit"]


@pytest.mark.parametrize("role", NOBODY)
@pytest.mark.parametrize("doctype", [INVOICE, "Invoice Payment", "Workflow Action", "Communication"])
def test_nobody_subscribes_to_documents_they_do_not_all_see(callers, role, doctype):
	calls = [name for name in ("can_subscribe_doctype", "has_permission") if hasattr(frappe.realtime, name)]
	for name in calls:
		assert callers.call(role, f"frappe.realtime.{name}", doctype=doctype, name="").status_code == 403


def test_what_is_left_to_pay_is_not_told_when_the_invoice_left_the_unit(
	callers, make_invoice, make_payer, as_user
):
	from stripe_service.payments.result import payment_result

	payer, invoice = make_payer(unit=callers.marked.unit_a), make_invoice(unit=callers.marked.unit_a)
	payment = frappe.copy_doc(frappe.get_doc("Invoice Payment", callers.target("Invoice Payment").name))
	payment.update(
		{"user": payer, "reference_name": invoice.name, "status": "Succeeded", "stripe_status": "succeeded"}
	)
	payment.references[0].reference_name = invoice.name
	with as_user(payer):
		assert "outstanding" in payment_result(payment)
	frappe.db.set_value(INVOICE, invoice.name, "organisation_unit", callers.marked.unit_b)
	with as_user(payer):
		assert "outstanding" not in payment_result(payment)


def test_a_guest_confirms_no_name(callers):
	for doctype, name in (
		("DocType", "Stripe Account"),
		("Stripe Account", "Emulator"),
		("User", "Administrator"),
	):
		answer = callers.call("guest", "frappe.client.validate_link", doctype=doctype, docname=name)
		assert answer.status_code in (403, 404), answer.text


def test_a_document_nested_too_deeply_is_refused(callers):
	doc = "[" * 3000 + "]" * 3000
	answer = callers.call("payer of A", "frappe.client.get_doc_permissions", doctype=INVOICE, docname=doc)
	assert answer.status_code in (403, 404, 417), answer.text
