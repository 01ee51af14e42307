"""The sweep: every whitelisted method of Frappe and of this app, found on the Frappe that is running, is called about
everything of Branch B, by its name and through every dispatcher, as each kind of user. Nothing of it comes back.

A method that a newer Frappe brings is in it without being named here. Counts tell no word: those are tried by asking
twice, once with a filter that fits a document of Branch B and once with one that fits none. The answers must be alike.
"""

import json
import re

import pytest

from tests.support.settings import UNITS, opened
from tests.sweep import calls
from tests.sweep.marked_documents import MarkedDocuments

SLOW = 30  # seconds, of a busy machine; a call that takes longer would be a way to stop the site
ROLES = (
	"payer of A",
	"payer without unit",
	"administrator of A",
	"reader",
	"desk user",
	"website user",
	"guest",
)
# What is asked does not depend on the role, only the answer does: two are asked about everything, the others about these.
ASKED_ABOUT_ALL = ("payer of A", "website user")
MAIN = ("Portal Invoice", "Invoice Payment", "Communication", "File")
DISPATCHED_ABOUT = {"payer of A": ("Portal Invoice", "Communication"), "website user": ("Portal Invoice",)}


@pytest.fixture(scope="module")
def marked(frappe_site, faker):
	frappe_site.set_user("Administrator")
	made = MarkedDocuments(faker)
	with opened(UNITS, None):
		yield made
	frappe_site.set_user("Administrator")


@pytest.fixture(scope="module")
def methods(marked):
	found = calls.all_methods()
	assert len(found) > 300
	assert "frappe.client.get" in found and "stripe_service.api.pay.open_form" in found
	return found


class Findings(list):
	def look(self, marked, role: str, label: str, arguments: dict, answer) -> None:
		given = json.dumps(arguments)
		for word, what, shared_with in marked.marks:
			if word in answer.text and word not in given and role not in shared_with:
				at = answer.text.index(word)
				self.append(f"{role}: {label} tells {what}: …{answer.text[max(at - 60, 0) : at + 60]}…")
		if answer.seconds > SLOW:
			self.append(f"{role}: {label} took {answer.seconds:.1f} s")

	def __str__(self) -> str:
		return f"{len(self)} findings:\n" + "\n".join(sorted(set(self)))


def targets_for(marked, role: str) -> list:
	return [target for target in marked.targets if role in ASKED_ABOUT_ALL or target.doctype in MAIN]


@pytest.mark.parametrize("role", ROLES)
def test_every_method_by_its_name(site_only, marked, methods, role):
	found = Findings()
	with calls.nothing_kept():
		for method in methods:
			every = targets_for(marked, role)
			for target in every if calls.takes_documents(method) else every[:1]:
				for by_name in (True, False) if calls.names_documents_of(method) else (True,):
					arguments = calls.arguments_for(method, target, marked, by_name)
					answer = calls.request(marked.users[role], f"/api/method/{method}", arguments)
					found.look(marked, role, f"{method}({target.doctype})", arguments, answer)
	assert not found, str(found)


@pytest.mark.parametrize("role", DISPATCHED_ABOUT)
def test_every_method_through_every_dispatcher(site_only, marked, methods, role):
	found = Findings()
	targets = [target for target in marked.targets if target.doctype in DISPATCHED_ABOUT[role]]
	with calls.nothing_kept():
		for method in filter(calls.takes_documents, methods):
			for target in targets:
				arguments = calls.arguments_for(method, target, marked)
				for label, path, given in calls.ways(method, target, arguments):
					answer = calls.request(marked.users[role], path, given)
					found.look(marked, role, f"{label} -> {method}({target.doctype})", given, answer)
	assert not found, str(found)


FILTERED = re.compile("filters|chart$")
# What Frappe makes at random for each answer: the mark of an error, the name of a document that could not be inserted.
OF_EVERY_CALL = re.compile(r'"__frappe_exc_id": "\w+"|\[Communication, \w{10}\]')


@pytest.mark.parametrize("role", ["payer of A", "website user"])
def test_no_answer_depends_on_a_filter_that_fits_branch_b(site_only, marked, methods, role):
	found = Findings()
	with calls.nothing_kept():
		for method in methods:
			for target in marked.targets:
				if role in target.shared_with:
					continue
				arguments = calls.arguments_for(method, target, marked, by_name=False)
				filtered = [name for name in arguments if FILTERED.search(name)]
				if not filtered:
					break
				answers = [
					_ask_by_filter(marked, role, method, target, arguments, filtered, word)
					for word in (target.secret, target.secret[::-1])
				]
				if answers[0] != answers[1]:
					found.append(f"{role}: {method} answers otherwise where {target.doctype} fits: {answers}")
	assert not found, str(found)


def _ask_by_filter(marked, role, method, target, arguments, filtered, word) -> str:
	"""The answer, with what was asked for taken out of it."""
	filters = json.dumps([[target.doctype, target.fieldname, "like", f"%{word}%"]])
	arguments = {**arguments, **dict.fromkeys(filtered, filters)}
	if "chart" in arguments:
		chart = json.loads(calls.usual_arguments(target, marked)["chart"])
		arguments["chart"] = json.dumps({**chart, "filters_json": filters})
		arguments = {
			name: value for name, value in arguments.items() if name not in ("chart_name", "filters")
		}
	text = calls.request(marked.users[role], f"/api/method/{method}", arguments).text
	return OF_EVERY_CALL.sub("", text.replace(word, ""))


@pytest.mark.parametrize("role", ROLES)
def test_rest(site_only, marked, role):
	found = Findings()
	with calls.nothing_kept():
		for target in marked.targets:
			fields = {"fields": json.dumps(["*"]), "limit": "1000", "limit_page_length": "1000"}
			for path, given in (
				(f"/api/resource/{target.doctype}", fields),
				(f"/api/resource/{target.doctype}/{target.name}", {"expand_links": "1"}),
				(f"/api/v2/document/{target.doctype}", fields),
				(f"/api/v2/document/{target.doctype}/{target.name}/", {}),
				(f"/api/v2/document/{target.doctype}/{target.name}/copy", {}),
				(f"/api/v2/doctype/{target.doctype}/count", {"filters": json.dumps({"name": target.name})}),
			):
				answer = calls.request(marked.users[role], path, given, http_method="GET")
				found.look(marked, role, f"GET {path}", {**given, "path": path}, answer)
	assert not found, str(found)


def test_the_members_of_branch_b_do_see_it(site_only, marked):
	"""So that the sweep is not silent because it calls nothing."""
	member, told = marked.member, set()
	with calls.nothing_kept():
		for method in (
			"frappe.client.get",
			"frappe.client.get_list",
			"frappe.desk.form.load.getdoc",
			"frappe.handler.download_file",
		):
			for target in marked.targets:
				answer = calls.request(
					member, f"/api/method/{method}", calls.arguments_for(method, target, marked)
				)
				if target.secret in answer.text:
					told.add(target.doctype)
	assert {"Portal Invoice", "Invoice Payment", "Saved Card", "File"} <= told, told
