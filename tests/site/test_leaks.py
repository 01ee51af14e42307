"""Every way round the unit that Frappe leaves open, tried over HTTP by a payer of another unit: nothing comes back.

Beside each stands what the payer of the right unit gets, so that no test passes because the call answers nobody.
"""

import json
from urllib.parse import quote

import frappe
import frappe.client
import pytest

from tests.support import records
from tests.support.records import PASSWORD, PAYER_ROLES, unique

SECRET = "Confidential"


class TwoBranches:
	"""One invoice of Branch A with all that can hang on a document, its payer, and a payer of Branch B."""

	def __init__(self, faker, http):
		records.make_outgoing_account()
		self.company = records.make_unit("/" + unique("Company"))
		self.unit = records.make_unit(f"{self.company}/Branch A")
		self.other_unit = records.make_unit(f"{self.company}/Branch B")
		self.title = f"{SECRET} {unique('title')}"
		self.invoice = records.make_invoice(faker, unit=self.unit, total="321.00", title=self.title)
		self.own = records.make_invoice(faker, unit=self.other_unit, total="5.00")
		self.payer = records.make_payer(faker, unit=self.unit)
		self.stranger = records.make_payer(faker, unit=self.other_unit)
		self.colleague = records.make_user(faker, roles=PAYER_ROLES, unit=self.unit)
		self.rights = {"insider": self.payer, "outsider": self.stranger}
		self.http = http
		self._decorate()
		self._sessions = {}

	def _decorate(self):
		self.comment = self.invoice.add_comment("Comment", f"{SECRET} remark")
		self.file = frappe.get_doc(
			doctype="File",
			file_name=f"{unique('confidential')}.txt",
			content=SECRET,
			attached_to_doctype="Portal Invoice",
			attached_to_name=self.invoice.name,
			is_private=1,
		).insert()
		self.tag = unique("tag")
		self.invoice.add_tag(self.tag)
		frappe.get_doc(
			doctype="Communication",
			subject=f"{SECRET} mail",
			content=SECRET,
			communication_type="Communication",
			reference_doctype="Portal Invoice",
			reference_name=self.invoice.name,
		).insert()
		_index_invoices()
		frappe.db.commit()
		frappe.utils.global_search.sync_global_search()
		frappe.db.commit()

	def session(self, who: str):
		if who not in self._sessions:
			self._sessions[who] = self.http.login(self.rights[who], PASSWORD)
		return self._sessions[who]

	def call(self, who: str, method: str, **arguments):
		"""The answer's message; None for a refusal (403, 404), which must not name the title either."""
		answer = self.session(who).call(method, **arguments)
		if answer.status_code in (403, 404, 417):
			assert SECRET not in answer.text
			return None
		assert answer.status_code == 200, answer.text
		return answer.json().get("message")

	def get(self, who: str, path: str):
		answer = self.session(who).get(path)
		return answer.status_code, answer.text


def _index_invoices():
	"""What an administrator does in Global Search Settings to have a DocType in the search bar."""
	settings = frappe.get_doc("Global Search Settings")
	if "Portal Invoice" not in [row.document_type for row in settings.allowed_in_global_search]:
		settings.append("allowed_in_global_search", {"document_type": "Portal Invoice"})
		settings.save()


@pytest.fixture(scope="module")
def shared_branches(frappe_site, faker, http_server):
	"""For the tests that only look: made once."""
	frappe_site.set_user("Administrator")
	return TwoBranches(faker, http_server)


@pytest.fixture
def branches(site_only, shared_branches):
	return shared_branches


@pytest.fixture
def fresh(site_only, faker, http_server):
	"""For the tests that change something."""
	return TwoBranches(faker, http_server)


def names(rows) -> list:
	return [row["name"] for row in rows or []]


def linked(ask, name: str, field: str) -> dict:
	"""What a Link field asks when a name is put into it: Frappe 16 has another method for it."""
	fields = json.dumps([field])
	if hasattr(frappe.client, "validate_link"):
		return ask("validate_link", docname=name, fields=fields)
	answer = ask("validate_link_and_fetch", docname=name, fields_to_fetch=fields)
	return answer or {}  # who may not is refused


BY_NAME = ("insider", True), ("outsider", False)


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_rest(branches, who, shown):
	name = branches.invoice.name
	for path in (f"/api/resource/Portal Invoice/{name}", f"/api/v2/document/Portal Invoice/{name}/"):
		status, text = branches.get(who, path)
		assert (status == 200) is shown, text
		assert (SECRET in text) is shown
	for path in (
		"/api/resource/Portal Invoice?limit_page_length=0",
		"/api/v2/document/Portal Invoice?limit=1000",
	):
		status, text = branches.get(who, path)
		assert status == 200
		assert (name in text) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_rest_count(branches, who, shown):
	filters = quote(json.dumps([["title", "=", branches.title]]))
	status, text = branches.get(who, f"/api/v2/doctype/Portal Invoice/count?filters={filters}")
	assert status == 200
	assert json.loads(text)["data"] == int(shown)


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_client_calls(branches, who, shown):
	def ask(method, **more):
		return branches.call(who, f"frappe.client.{method}", doctype="Portal Invoice", **more)

	by_title = json.dumps({"title": branches.title})
	assert bool(ask("get", name=branches.invoice.name)) is shown
	assert names(ask("get_list", filters=by_title)) == ([branches.invoice.name] if shown else [])
	assert bool(ask("get_value", fieldname="total", filters=by_title)) is shown
	assert ask("get_count", filters=by_title) == int(shown)
	link = linked(ask, branches.invoice.name, "total")
	assert bool(link.get("name")) is shown
	assert ("total" in link) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_rows_of_the_invoice(branches, who, shown):
	rows = branches.call(
		who,
		"frappe.client.get_list",
		doctype="Portal Invoice Item",
		parent="Portal Invoice",
		fields=json.dumps(["parent", "amount"]),
		limit_page_length=0,
	)
	assert (branches.invoice.name in [row["parent"] for row in rows]) is shown
	item = branches.invoice.items[0].name
	assert (
		bool(
			branches.call(
				who, "frappe.client.get", doctype="Portal Invoice Item", name=item, parent="Portal Invoice"
			)
		)
		is shown
	)


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_form(branches, who, shown):
	args = {"doctype": "Portal Invoice", "name": branches.invoice.name}
	for method in ("frappe.desk.form.load.getdoc", "frappe.desk.form.load.get_docinfo"):
		answer = branches.session(who).call(method, **args)
		assert (answer.status_code == 200) is shown
		assert (SECRET in answer.text) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_list_report_and_export(branches, who, shown):
	args = {
		"doctype": "Portal Invoice",
		"fields": json.dumps(["name", "title"]),
		"filters": json.dumps([["title", "=", branches.title]]),
	}
	answer = branches.session(who).call("frappe.desk.reportview.get", **args)
	assert (branches.title in answer.text) is shown
	assert branches.call(who, "frappe.desk.reportview.get_count", **args) == int(shown)
	export = branches.session(who).call(
		"frappe.desk.reportview.export_query", file_format_type="CSV", title="x", **args
	)
	assert SECRET not in export.text, "payers have no right to export"


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_group_by_and_stats(branches, who, shown):
	units = branches.call(
		who,
		"frappe.desk.listview.get_group_by_count",
		doctype="Portal Invoice",
		current_filters="[]",
		field="organisation_unit",
	)
	assert (branches.unit in names(units)) is shown
	stats = branches.call(
		who,
		"frappe.desk.reportview.get_sidebar_stats",
		doctype="Portal Invoice",
		stats=json.dumps(["_user_tags"]),
	)
	assert (branches.tag in json.dumps(stats)) is shown
	states = branches.call(
		who,
		"frappe.workflow.doctype.workflow.workflow.get_workflow_state_count",
		doctype="Portal Invoice",
		workflow_state_field="workflow_state",
		states=json.dumps(["Draft"]),
	)
	with_list = branches.call(who, "frappe.client.get_count", doctype="Portal Invoice")
	assert sum(row["count"] for row in states) == with_list


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_assignments_counted(branches, who, shown):
	frappe.get_doc(
		doctype="ToDo",
		allocated_to=branches.colleague,
		reference_type="Portal Invoice",
		reference_name=branches.invoice.name,
		description="Look at it",
	).insert()
	frappe.db.commit()
	counted = branches.call(
		who,
		"frappe.desk.listview.get_group_by_count",
		doctype="Portal Invoice",
		current_filters="[]",
		field="assigned_to",
	)
	assert (branches.colleague in names(counted)) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
@pytest.mark.parametrize("ignore", ["0", "1"])
def test_link_search(branches, who, shown, ignore):
	for method in ("search_link", "search_widget"):
		found = branches.call(
			who,
			f"frappe.desk.search.{method}",
			doctype="Portal Invoice",
			txt=branches.title,
			ignore_user_permissions=ignore,
		)
		assert (branches.invoice.name in json.dumps(found)) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_global_search(branches, who, shown):
	found = branches.call(who, "frappe.utils.global_search.search", text=branches.title)
	assert (branches.invoice.name in json.dumps(found)) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_link_title_and_preview(branches, who, shown):
	args = {"doctype": "Portal Invoice", "docname": branches.invoice.name}
	assert (branches.call(who, "frappe.desk.search.get_link_title", **args) is not None) is shown
	preview = branches.call(who, "frappe.desk.link_preview.get_preview_data", **args)
	assert SECRET not in json.dumps(preview) or shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_tags(branches, who, shown):
	tagged = branches.call(
		who, "frappe.desk.doctype.tag.tag.get_tagged_docs", doctype="Portal Invoice", tag=f"%{branches.tag}%"
	)
	assert (branches.invoice.name in json.dumps(tagged)) is shown
	documents = branches.call(
		who, "frappe.desk.doctype.tag.tag.get_documents_for_tag", tag=f"#{branches.tag}"
	)
	assert (branches.invoice.name in json.dumps(documents)) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_attachments(branches, who, shown):
	listed = branches.call(
		who,
		"frappe.client.get_list",
		doctype="File",
		filters=json.dumps({"attached_to_name": branches.invoice.name}),
		fields=json.dumps(["name", "file_url"]),
	)
	assert bool(listed) is shown
	status, text = branches.get(who, branches.file.file_url)
	assert (SECRET in text) is shown
	assert (status == 200) is shown
	assert bool(branches.call(who, "frappe.client.get", doctype="File", name=branches.file.name)) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_comments_mails_and_timeline(branches, who, shown):
	for method in ("get_communications",):
		answer = branches.session(who).call(
			f"frappe.desk.form.load.{method}", doctype="Portal Invoice", name=branches.invoice.name
		)
		assert (SECRET in answer.text) is shown
	remark = branches.session(who).call(
		"frappe.desk.form.utils.add_comment",
		reference_doctype="Portal Invoice",
		reference_name=branches.invoice.name,
		content="hello",
		comment_email=branches.rights[who],
		comment_by="me",
	)
	assert (remark.status_code == 200) is shown
	for doctype in ("Comment", "Communication", "Version"):
		answer = branches.session(who).call(
			"frappe.client.get_list", doctype=doctype, fields='["*"]', limit_page_length=0
		)
		assert SECRET not in answer.text, "these lists are for administrators"


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_print_and_pdf(branches, who, shown):
	status, text = branches.get(who, f"/printview?doctype=Portal Invoice&name={branches.invoice.name}")
	assert (SECRET in text) is shown
	status, _text = branches.get(
		who,
		f"/api/method/frappe.utils.print_format.download_pdf?doctype=Portal Invoice&name={branches.invoice.name}&format=Standard",
	)
	if not shown:
		assert status == 403


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_work_items(branches, who, shown):
	rows = branches.call(
		who,
		"frappe.client.get_list",
		doctype="Workflow Action",
		filters=json.dumps({"reference_name": branches.invoice.name}),
	)
	assert bool(rows) is shown
	item = frappe.db.get_value("Workflow Action", {"reference_name": branches.invoice.name})
	assert bool(branches.call(who, "frappe.client.get", doctype="Workflow Action", name=item)) is shown
	transitions = branches.session(who).call(
		"frappe.model.workflow.get_transitions",
		doc=json.dumps({"doctype": "Portal Invoice", "name": branches.invoice.name}),
	)
	assert (transitions.status_code == 200) is shown


def test_a_work_item_is_not_deleted_by_who_may_only_read(branches):
	item = frappe.db.get_value("Workflow Action", {"reference_name": branches.invoice.name})
	answer = branches.session("insider").call("frappe.client.delete", doctype="Workflow Action", name=item)
	assert answer.status_code == 403
	assert frappe.db.exists("Workflow Action", item)


def test_a_forged_unit_does_not_open_the_document(branches, make_user):
	"""Somebody with write on invoices of Branch B puts Branch B into an invoice of Branch A, to get hold of it."""
	editor = make_user(roles=["Stripe Administrator"], unit=branches.other_unit, password=PASSWORD)
	session = branches.http.login(editor, PASSWORD)
	answer = session.session.put(
		f"{branches.http.address}/api/resource/Portal Invoice/{branches.invoice.name}",
		json={"organisation_unit": branches.other_unit},
		timeout=60,
	)
	assert answer.status_code == 403, answer.text
	answer = session.call(
		"frappe.client.set_value",
		doctype="Portal Invoice",
		name=branches.invoice.name,
		fieldname="organisation_unit",
		value=branches.other_unit,
	)
	assert answer.status_code == 403, answer.text
	frappe.db.rollback()
	assert branches.invoice.reload().organisation_unit == branches.unit


def test_an_editor_does_not_push_an_invoice_into_a_foreign_unit(branches, make_user, as_user):
	editor = make_user(roles=["Stripe Administrator"], unit=branches.other_unit)
	branches.own.reload().organisation_unit = branches.unit
	with as_user(editor), pytest.raises(frappe.PermissionError):
		branches.own.save()


def test_a_document_is_not_shared_with_an_outsider(branches):
	for method, more in (("add", {}), ("set_permission", {"permission_to": "read"})):
		with pytest.raises(frappe.PermissionError):
			frappe.call(
				f"frappe.share.{method}",
				doctype="Portal Invoice",
				name=branches.invoice.name,
				user=branches.stranger,
				**more,
			)
	with pytest.raises(frappe.PermissionError):
		frappe.share.add("Portal Invoice", branches.invoice.name, everyone=1)
	assert not frappe.has_permission("Portal Invoice", "read", doc=branches.invoice, user=branches.stranger)


def test_a_document_is_shared_with_a_colleague_of_the_unit(branches):
	assert frappe.share.add("Portal Invoice", branches.invoice.name, user=branches.colleague)


def test_a_document_is_not_assigned_to_an_outsider(branches):
	from frappe.desk.form import assign_to

	args = {"doctype": "Portal Invoice", "name": branches.invoice.name}
	with pytest.raises(frappe.PermissionError):
		assign_to.add({**args, "assign_to": [branches.stranger]})
	frappe.db.rollback()
	assert assign_to.add({**args, "assign_to": [branches.colleague]})
	assert not frappe.db.exists("DocShare", {"share_name": branches.invoice.name})


def test_a_share_ends_with_the_membership(fresh):
	frappe.share.add("Portal Invoice", fresh.invoice.name, user=fresh.colleague)
	permission = frappe.db.get_value("User Permission", {"user": fresh.colleague})
	frappe.delete_doc("User Permission", permission)

	assert not frappe.db.exists("DocShare", {"share_name": fresh.invoice.name, "user": fresh.colleague})
	assert not frappe.has_permission("Portal Invoice", "read", doc=fresh.invoice, user=fresh.colleague)


def test_a_share_ends_when_the_document_goes_to_another_unit(fresh):
	frappe.share.add("Portal Invoice", fresh.invoice.name, user=fresh.colleague)
	invoice = fresh.invoice.reload()
	invoice.organisation_unit = fresh.other_unit
	invoice.save()

	assert not frappe.db.exists("DocShare", {"share_name": invoice.name, "user": fresh.colleague})


def test_an_outsider_does_not_follow_the_document(branches, as_user):
	frappe.db.set_value("User", branches.stranger, "document_follow_notify", 1)
	frappe.db.set_value("User", branches.colleague, "document_follow_notify", 1)
	follow = "frappe.desk.form.document_follow.follow_document"
	with as_user(branches.stranger), pytest.raises(frappe.PermissionError):
		frappe.call(follow, doctype="Portal Invoice", doc_name=branches.invoice.name, user=branches.stranger)
	with as_user(branches.colleague):
		assert frappe.call(
			follow, doctype="Portal Invoice", doc_name=branches.invoice.name, user=branches.colleague
		)


@pytest.mark.parametrize(("who", "told"), BY_NAME)
def test_a_mention_tells_an_outsider_nothing(branches, who, told):
	log = frappe.get_doc(
		doctype="Notification Log",
		for_user=branches.rights[who],
		document_type="Portal Invoice",
		document_name=branches.invoice.name,
		subject=f"Somebody mentioned you in {branches.title}",
		email_content=SECRET,
		type="Mention",
	).insert(ignore_permissions=True)
	assert (SECRET in log.subject) is told
	assert (log.document_name == branches.invoice.name) is told


def test_mail_about_the_document_goes_to_no_outsider(branches):
	queue = frappe.get_doc(
		doctype="Email Queue",
		sender="portal@example.com",
		message=SECRET,
		reference_doctype="Portal Invoice",
		reference_name=branches.invoice.name,
		recipients=[
			{"recipient": branches.payer},
			{"recipient": branches.stranger},
			{"recipient": "customer@example.org"},
		],
	).insert(ignore_permissions=True)
	assert [row.recipient for row in queue.recipients] == [branches.payer, "customer@example.org"]


def test_mail_for_outsiders_alone_is_not_sent(branches):
	queue = frappe.get_doc(
		doctype="Email Queue",
		sender="portal@example.com",
		message=SECRET,
		reference_doctype="Portal Invoice",
		reference_name=branches.invoice.name,
		recipients=[{"recipient": branches.stranger}],
	).insert(ignore_permissions=True)
	assert queue.status == "Error"
	assert not queue.recipients


@pytest.mark.parametrize("who", ["outsider"])
def test_bulk_actions(branches, who):
	docnames = json.dumps([branches.invoice.name])
	session = branches.session(who)
	session.call(
		"frappe.model.workflow.bulk_workflow_approval",
		docnames=docnames,
		doctype="Portal Invoice",
		action="Pay",
	)
	session.call(
		"frappe.desk.doctype.bulk_update.bulk_update.submit_cancel_or_update_docs",
		doctype="Portal Invoice",
		docnames=docnames,
		action="update",
		data=json.dumps({"title": "taken"}),
	)
	session.call("frappe.desk.reportview.delete_items", doctype="Portal Invoice", items=docnames)
	frappe.db.rollback()
	invoice = branches.invoice.reload()
	assert (invoice.title, invoice.workflow_state) == (branches.title, "To Be Paid")


def test_a_guest_gets_nothing(branches):
	guest = branches.http.guest()
	for path in (
		f"/api/resource/Portal Invoice/{branches.invoice.name}",
		"/api/resource/Portal Invoice",
		"/api/resource/Invoice Payment",
		"/api/resource/Workflow Action",
		"/api/resource/Organisation Unit",
	):
		assert guest.get(path).status_code in (401, 403)
	answer = guest.call(
		"frappe.client.validate_link", doctype="Portal Invoice", docname=branches.invoice.name
	)
	assert branches.invoice.name not in answer.text
	assert guest.get(branches.file.file_url).status_code in (401, 403, 404)
