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


class Scene:
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
def stage(frappe_site, faker, http_server):
	"""For the tests that only look: made once."""
	frappe_site.set_user("Administrator")
	return Scene(faker, http_server)


@pytest.fixture
def scene(site_only, stage):
	return stage


@pytest.fixture
def fresh(site_only, faker, http_server):
	"""For the tests that change something."""
	return Scene(faker, http_server)


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
def test_rest(scene, who, shown):
	name = scene.invoice.name
	for path in (f"/api/resource/Portal Invoice/{name}", f"/api/v2/document/Portal Invoice/{name}/"):
		status, text = scene.get(who, path)
		assert (status == 200) is shown, text
		assert (SECRET in text) is shown
	for path in (
		"/api/resource/Portal Invoice?limit_page_length=0",
		"/api/v2/document/Portal Invoice?limit=1000",
	):
		status, text = scene.get(who, path)
		assert status == 200
		assert (name in text) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_rest_count(scene, who, shown):
	filters = quote(json.dumps([["title", "=", scene.title]]))
	status, text = scene.get(who, f"/api/v2/doctype/Portal Invoice/count?filters={filters}")
	assert status == 200
	assert json.loads(text)["data"] == int(shown)


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_client_calls(scene, who, shown):
	ask = lambda method, **more: scene.call(who, f"frappe.client.{method}", doctype="Portal Invoice", **more)  # noqa: E731
	by_title = json.dumps({"title": scene.title})
	assert bool(ask("get", name=scene.invoice.name)) is shown
	assert names(ask("get_list", filters=by_title)) == ([scene.invoice.name] if shown else [])
	assert bool(ask("get_value", fieldname="total", filters=by_title)) is shown
	assert ask("get_count", filters=by_title) == int(shown)
	link = linked(ask, scene.invoice.name, "total")
	assert bool(link.get("name")) is shown
	assert ("total" in link) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_rows_of_the_invoice(scene, who, shown):
	rows = scene.call(
		who,
		"frappe.client.get_list",
		doctype="Portal Invoice Item",
		parent="Portal Invoice",
		fields=json.dumps(["parent", "amount"]),
		limit_page_length=0,
	)
	assert (scene.invoice.name in [row["parent"] for row in rows]) is shown
	item = scene.invoice.items[0].name
	assert (
		bool(
			scene.call(
				who, "frappe.client.get", doctype="Portal Invoice Item", name=item, parent="Portal Invoice"
			)
		)
		is shown
	)


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_form(scene, who, shown):
	args = {"doctype": "Portal Invoice", "name": scene.invoice.name}
	for method in ("frappe.desk.form.load.getdoc", "frappe.desk.form.load.get_docinfo"):
		answer = scene.session(who).call(method, **args)
		assert (answer.status_code == 200) is shown
		assert (SECRET in answer.text) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_list_report_and_export(scene, who, shown):
	args = {
		"doctype": "Portal Invoice",
		"fields": json.dumps(["name", "title"]),
		"filters": json.dumps([["title", "=", scene.title]]),
	}
	answer = scene.session(who).call("frappe.desk.reportview.get", **args)
	assert (scene.title in answer.text) is shown
	assert scene.call(who, "frappe.desk.reportview.get_count", **args) == int(shown)
	export = scene.session(who).call(
		"frappe.desk.reportview.export_query", file_format_type="CSV", title="x", **args
	)
	assert SECRET not in export.text, "payers have no right to export"


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_group_by_and_stats(scene, who, shown):
	units = scene.call(
		who,
		"frappe.desk.listview.get_group_by_count",
		doctype="Portal Invoice",
		current_filters="[]",
		field="organisation_unit",
	)
	assert (scene.unit in names(units)) is shown
	stats = scene.call(
		who,
		"frappe.desk.reportview.get_sidebar_stats",
		doctype="Portal Invoice",
		stats=json.dumps(["_user_tags"]),
	)
	assert (scene.tag in json.dumps(stats)) is shown
	states = scene.call(
		who,
		"frappe.workflow.doctype.workflow.workflow.get_workflow_state_count",
		doctype="Portal Invoice",
		workflow_state_field="workflow_state",
		states=json.dumps(["Draft"]),
	)
	with_list = scene.call(who, "frappe.client.get_count", doctype="Portal Invoice")
	assert sum(row["count"] for row in states) == with_list


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_assignments_counted(scene, who, shown):
	frappe.get_doc(
		doctype="ToDo",
		allocated_to=scene.colleague,
		reference_type="Portal Invoice",
		reference_name=scene.invoice.name,
		description="Look at it",
	).insert()
	frappe.db.commit()
	counted = scene.call(
		who,
		"frappe.desk.listview.get_group_by_count",
		doctype="Portal Invoice",
		current_filters="[]",
		field="assigned_to",
	)
	assert (scene.colleague in names(counted)) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
@pytest.mark.parametrize("ignore", ["0", "1"])
def test_link_search(scene, who, shown, ignore):
	for method in ("search_link", "search_widget"):
		found = scene.call(
			who,
			f"frappe.desk.search.{method}",
			doctype="Portal Invoice",
			txt=scene.title,
			ignore_user_permissions=ignore,
		)
		assert (scene.invoice.name in json.dumps(found)) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_global_search(scene, who, shown):
	found = scene.call(who, "frappe.utils.global_search.search", text=scene.title)
	assert (scene.invoice.name in json.dumps(found)) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_link_title_and_preview(scene, who, shown):
	args = {"doctype": "Portal Invoice", "docname": scene.invoice.name}
	assert (scene.call(who, "frappe.desk.search.get_link_title", **args) is not None) is shown
	preview = scene.call(who, "frappe.desk.link_preview.get_preview_data", **args)
	assert SECRET not in json.dumps(preview) or shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_tags(scene, who, shown):
	tagged = scene.call(
		who, "frappe.desk.doctype.tag.tag.get_tagged_docs", doctype="Portal Invoice", tag=f"%{scene.tag}%"
	)
	assert (scene.invoice.name in json.dumps(tagged)) is shown
	documents = scene.call(who, "frappe.desk.doctype.tag.tag.get_documents_for_tag", tag=f"#{scene.tag}")
	assert (scene.invoice.name in json.dumps(documents)) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_attachments(scene, who, shown):
	listed = scene.call(
		who,
		"frappe.client.get_list",
		doctype="File",
		filters=json.dumps({"attached_to_name": scene.invoice.name}),
		fields=json.dumps(["name", "file_url"]),
	)
	assert bool(listed) is shown
	status, text = scene.get(who, scene.file.file_url)
	assert (SECRET in text) is shown
	assert (status == 200) is shown
	assert bool(scene.call(who, "frappe.client.get", doctype="File", name=scene.file.name)) is shown


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_comments_mails_and_timeline(scene, who, shown):
	for method in ("get_communications",):
		answer = scene.session(who).call(
			f"frappe.desk.form.load.{method}", doctype="Portal Invoice", name=scene.invoice.name
		)
		assert (SECRET in answer.text) is shown
	remark = scene.session(who).call(
		"frappe.desk.form.utils.add_comment",
		reference_doctype="Portal Invoice",
		reference_name=scene.invoice.name,
		content="hello",
		comment_email=scene.rights[who],
		comment_by="me",
	)
	assert (remark.status_code == 200) is shown
	for doctype in ("Comment", "Communication", "Version"):
		answer = scene.session(who).call(
			"frappe.client.get_list", doctype=doctype, fields='["*"]', limit_page_length=0
		)
		assert SECRET not in answer.text, "these lists are for administrators"


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_print_and_pdf(scene, who, shown):
	status, text = scene.get(who, f"/printview?doctype=Portal Invoice&name={scene.invoice.name}")
	assert (SECRET in text) is shown
	status, _text = scene.get(
		who,
		f"/api/method/frappe.utils.print_format.download_pdf?doctype=Portal Invoice&name={scene.invoice.name}&format=Standard",
	)
	if not shown:
		assert status == 403


@pytest.mark.parametrize(("who", "shown"), BY_NAME)
def test_work_items(scene, who, shown):
	rows = scene.call(
		who,
		"frappe.client.get_list",
		doctype="Workflow Action",
		filters=json.dumps({"reference_name": scene.invoice.name}),
	)
	assert bool(rows) is shown
	item = frappe.db.get_value("Workflow Action", {"reference_name": scene.invoice.name})
	assert bool(scene.call(who, "frappe.client.get", doctype="Workflow Action", name=item)) is shown
	transitions = scene.session(who).call(
		"frappe.model.workflow.get_transitions",
		doc=json.dumps({"doctype": "Portal Invoice", "name": scene.invoice.name}),
	)
	assert (transitions.status_code == 200) is shown


def test_a_work_item_is_not_deleted_by_who_may_only_read(scene):
	item = frappe.db.get_value("Workflow Action", {"reference_name": scene.invoice.name})
	answer = scene.session("insider").call("frappe.client.delete", doctype="Workflow Action", name=item)
	assert answer.status_code == 403
	assert frappe.db.exists("Workflow Action", item)


def test_a_forged_unit_does_not_open_the_document(scene, make_user):
	"""Somebody with write on invoices of Branch B puts Branch B into an invoice of Branch A, to get hold of it."""
	editor = make_user(roles=["Stripe Administrator"], unit=scene.other_unit, password=PASSWORD)
	session = scene.http.login(editor, PASSWORD)
	answer = session.session.put(
		f"{scene.http.address}/api/resource/Portal Invoice/{scene.invoice.name}",
		json={"organisation_unit": scene.other_unit},
		timeout=60,
	)
	assert answer.status_code == 403, answer.text
	answer = session.call(
		"frappe.client.set_value",
		doctype="Portal Invoice",
		name=scene.invoice.name,
		fieldname="organisation_unit",
		value=scene.other_unit,
	)
	assert answer.status_code == 403, answer.text
	frappe.db.rollback()
	assert scene.invoice.reload().organisation_unit == scene.unit


def test_an_editor_does_not_push_an_invoice_into_a_foreign_unit(scene, make_user, as_user):
	editor = make_user(roles=["Stripe Administrator"], unit=scene.other_unit)
	scene.own.reload().organisation_unit = scene.unit
	with as_user(editor), pytest.raises(frappe.PermissionError):
		scene.own.save()


def test_a_document_is_not_shared_with_an_outsider(scene):
	for method, more in (("add", {}), ("set_permission", {"permission_to": "read"})):
		with pytest.raises(frappe.PermissionError):
			frappe.call(
				f"frappe.share.{method}",
				doctype="Portal Invoice",
				name=scene.invoice.name,
				user=scene.stranger,
				**more,
			)
	with pytest.raises(frappe.PermissionError):
		frappe.share.add("Portal Invoice", scene.invoice.name, everyone=1)
	assert not frappe.has_permission("Portal Invoice", "read", doc=scene.invoice, user=scene.stranger)


def test_a_document_is_shared_with_a_colleague_of_the_unit(scene):
	assert frappe.share.add("Portal Invoice", scene.invoice.name, user=scene.colleague)


def test_a_document_is_not_assigned_to_an_outsider(scene):
	from frappe.desk.form import assign_to

	args = {"doctype": "Portal Invoice", "name": scene.invoice.name}
	with pytest.raises(frappe.PermissionError):
		assign_to.add({**args, "assign_to": [scene.stranger]})
	frappe.db.rollback()
	assert assign_to.add({**args, "assign_to": [scene.colleague]})
	assert not frappe.db.exists("DocShare", {"share_name": scene.invoice.name})


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


def test_an_outsider_does_not_follow_the_document(scene, as_user):
	frappe.db.set_value("User", scene.stranger, "document_follow_notify", 1)
	frappe.db.set_value("User", scene.colleague, "document_follow_notify", 1)
	follow = "frappe.desk.form.document_follow.follow_document"
	with as_user(scene.stranger), pytest.raises(frappe.PermissionError):
		frappe.call(follow, doctype="Portal Invoice", doc_name=scene.invoice.name, user=scene.stranger)
	with as_user(scene.colleague):
		assert frappe.call(
			follow, doctype="Portal Invoice", doc_name=scene.invoice.name, user=scene.colleague
		)


@pytest.mark.parametrize(("who", "told"), BY_NAME)
def test_a_mention_tells_an_outsider_nothing(scene, who, told):
	log = frappe.get_doc(
		doctype="Notification Log",
		for_user=scene.rights[who],
		document_type="Portal Invoice",
		document_name=scene.invoice.name,
		subject=f"Somebody mentioned you in {scene.title}",
		email_content=SECRET,
		type="Mention",
	).insert(ignore_permissions=True)
	assert (SECRET in log.subject) is told
	assert (log.document_name == scene.invoice.name) is told


def test_mail_about_the_document_goes_to_no_outsider(scene):
	queue = frappe.get_doc(
		doctype="Email Queue",
		sender="portal@example.com",
		message=SECRET,
		reference_doctype="Portal Invoice",
		reference_name=scene.invoice.name,
		recipients=[
			{"recipient": scene.payer},
			{"recipient": scene.stranger},
			{"recipient": "customer@example.org"},
		],
	).insert(ignore_permissions=True)
	assert [row.recipient for row in queue.recipients] == [scene.payer, "customer@example.org"]


def test_mail_for_outsiders_alone_is_not_sent(scene):
	queue = frappe.get_doc(
		doctype="Email Queue",
		sender="portal@example.com",
		message=SECRET,
		reference_doctype="Portal Invoice",
		reference_name=scene.invoice.name,
		recipients=[{"recipient": scene.stranger}],
	).insert(ignore_permissions=True)
	assert queue.status == "Error"
	assert not queue.recipients


@pytest.mark.parametrize("who", ["outsider"])
def test_bulk_actions(scene, who):
	docnames = json.dumps([scene.invoice.name])
	session = scene.session(who)
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
	invoice = scene.invoice.reload()
	assert (invoice.title, invoice.workflow_state) == (scene.title, "To Be Paid")


def test_a_guest_gets_nothing(scene):
	guest = scene.http.guest()
	for path in (
		f"/api/resource/Portal Invoice/{scene.invoice.name}",
		"/api/resource/Portal Invoice",
		"/api/resource/Invoice Payment",
		"/api/resource/Workflow Action",
		"/api/resource/Organisation Unit",
	):
		assert guest.get(path).status_code in (401, 403)
	answer = guest.call("frappe.client.validate_link", doctype="Portal Invoice", docname=scene.invoice.name)
	assert scene.invoice.name not in answer.text
	assert guest.get(scene.file.file_url).status_code in (401, 403, 404)
