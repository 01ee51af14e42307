"""Who may switch what keeps the units apart, and what the app may be made to write: tried by a Stripe Administrator who
belongs to no unit, over everything that writes a document.
"""

import json
import socket
import threading

import frappe
import pytest

from stripe_service.payables import registry
from tests.support import records
from tests.support.records import PASSWORD, unique

SETTINGS = "Stripe Service Settings"


@pytest.fixture
def unit(make_unit):
	return make_unit(f"/{unique('Switch')}/B")


@pytest.fixture
def administrator(make_user, http):
	user = make_user(roles=["Stripe Administrator"], password=PASSWORD)
	return http.login(user, PASSWORD)


@pytest.fixture
def role_administrator(make_user, http):
	return http.login(make_user(roles=["System Manager"], password=PASSWORD), PASSWORD)


def ways_to_write(session, doctype, name, fieldname, value):
	"""set_value, save, REST of both versions, the form, bulk update and bulk edit."""
	loaded = session.call("frappe.client.get", doctype=doctype, name=name).json()["message"]
	doc = json.dumps({**loaded, fieldname: value})
	yield lambda: session.call(
		"frappe.client.set_value", doctype=doctype, name=name, fieldname=fieldname, value=value
	)
	yield lambda: session.call("frappe.client.save", doc=doc)
	yield lambda: session.call("frappe.desk.form.save.savedocs", doc=doc, action="Save")
	yield lambda: session.call(
		"frappe.client.bulk_update",
		docs=json.dumps([{"doctype": doctype, "docname": name, fieldname: value}]),
	)
	yield lambda: session.call("frappe.desk.doctype.bulk_update.bulk_update.submit_cancel_or_update_docs",
		doctype=doctype, docnames=json.dumps([name]), action="update", data=json.dumps({fieldname: value}))  # fmt: skip
	for path in (f"/api/resource/{doctype}/{name}", f"/api/v2/document/{doctype}/{name}/"):
		yield lambda path=path: session.session.put(
			session.server.address + path,
			data=json.dumps({fieldname: value}),
			headers={"Content-Type": "application/json"},
		)


@pytest.mark.parametrize(
	("doctype", "name", "fieldname", "value"),
	[
		(SETTINGS, SETTINGS, "unit_bypass_role", "Stripe Administrator"),
		("Payable DocType", "Portal Invoice", "unit_control", 0),
		("Payable DocType", "Portal Invoice", "unit_fieldname", ""),
		("Stripe Account", "Emulator", "api_base", "http://127.0.0.1:18390"),
		("Stripe Account", "Emulator", "stripe_js_url", "http://127.0.0.1:18390/x.js"),
		("Stripe Account", "Emulator", "events_fetched_until", "2099-01-01 00:00:00"),
	],
)
def test_a_stripe_administrator_does_not_switch_it(site, administrator, doctype, name, fieldname, value):
	before = frappe.db.get_value(doctype, name, fieldname)
	try:
		for write in ways_to_write(administrator, doctype, name, fieldname, value):
			write()
			frappe.db.rollback()
			assert str(frappe.db.get_value(doctype, name, fieldname)) == str(before)
	finally:  # where it was written, the next tests need the units again
		frappe.db.set_value(doctype, name, fieldname, before)
		frappe.db.commit()
		registry.clear_cache()


class Listener:
	"""An address of this machine that is not the emulator's; `heard` is whoever connected to it."""

	def __enter__(self):
		self.heard = []
		self._socket = socket.create_server(("127.0.0.1", 0))
		self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
		threading.Thread(target=self._listen, daemon=True).start()
		return self

	def _listen(self):
		try:
			while True:
				connection, caller = self._socket.accept()
				self.heard.append(caller)
				connection.close()
		except OSError:  # closed
			pass

	def __exit__(self, *_):
		self._socket.close()


def test_a_key_entered_before_is_sent_to_no_other_address(site, administrator):
	"""The account's own save asks Stripe before Frappe puts the address back."""
	with Listener() as listener:
		for write in ways_to_write(administrator, "Stripe Account", "Emulator", "api_base", listener.url):
			answer = write()
			assert listener.url not in answer.text
			assert not listener.heard
	assert frappe.db.get_value("Stripe Account", "Emulator", "status") == "Connected"


def test_a_data_import_does_not_either(site_only, make_user, as_user):
	frappe.get_doc("DocType", "Data Import")
	user = make_user(roles=["Stripe Administrator"])
	with as_user(user):
		row = frappe.get_doc("Payable DocType", "Portal Invoice")
		row.flags.import_file = True
		row.unit_control = 0
		frappe.flags.in_import = True
		try:
			row.save()
		finally:
			frappe.flags.in_import = False
	assert frappe.db.get_value("Payable DocType", "Portal Invoice", "unit_control") == 1


def test_nor_deletes_the_row_that_says_it(site_only, wages, make_user, as_user):
	frappe.get_doc(
		doctype="Custom Field",
		dt=wages,
		fieldname="branch",
		label="Branch",
		fieldtype="Link",
		options="Organisation Unit",
	).insert()
	made = row(wages, unit_fieldname="branch", unit_control=1).insert()
	with as_user(make_user(roles=["Stripe Administrator"])), pytest.raises(frappe.PermissionError):
		frappe.delete_doc("Payable DocType", made.name)
	made.delete()


def test_a_role_administrator_does(site, role_administrator):
	try:
		answer = role_administrator.call(
			"frappe.client.set_value",
			doctype=SETTINGS,
			name=SETTINGS,
			fieldname="unit_bypass_role",
			value="Stripe Reader",
		)
		assert answer.status_code == 200, answer.text
		frappe.db.rollback()
		assert frappe.db.get_single_value(SETTINGS, "unit_bypass_role", cache=False) == "Stripe Reader"
	finally:
		frappe.db.set_single_value(SETTINGS, "unit_bypass_role", "System Manager")
		frappe.clear_document_cache(SETTINGS, SETTINGS)
		frappe.db.commit()


# The tree of units


def test_a_unit_is_moved_by_members_of_both_places_only(site_only, make_unit, make_user, as_user):
	company = make_unit("/" + unique("Company"))
	a, b = make_unit(f"{company}/A"), make_unit(f"{company}/B")
	for member_of in (None, a, b):
		mover = make_user(roles=["Stripe Administrator"], unit=member_of)
		with as_user(mover), pytest.raises(frappe.PermissionError):
			unit = frappe.get_doc("Organisation Unit", b)
			unit.parent_organisation_unit = a
			unit.save()
	with as_user(make_user(roles=["Stripe Administrator"], unit=company)):
		unit = frappe.get_doc("Organisation Unit", b)
		unit.parent_organisation_unit = a
		unit.save()
	assert frappe.db.exists("Organisation Unit", f"{a}/B")


@pytest.mark.parametrize("fieldname", ["lft", "rgt", "old_parent"])
def test_the_numbers_of_the_tree_are_frappes_own(site, administrator, unit, fieldname):
	before = frappe.db.get_value("Organisation Unit", unit, ["lft", "rgt", "old_parent"])
	for write in ways_to_write(
		administrator, "Organisation Unit", unit, fieldname, 1 if fieldname != "old_parent" else ""
	):
		write()
		frappe.db.rollback()
		assert frappe.db.get_value("Organisation Unit", unit, ["lft", "rgt", "old_parent"]) == before


# What a Payable DocType row makes the app write


@pytest.fixture
def wages(site_only):
	"""A DocType of somebody else's, with a money field that people type in and that holds something."""
	name = unique("Wages").replace("-", " ")
	frappe.get_doc(
		doctype="DocType", name=name, module="Custom", custom=1, autoname="hash",
		fields=[
			{"fieldname": "title", "fieldtype": "Data", "label": "Title"},
			{"fieldname": "hidden_title", "fieldtype": "Data", "label": "Hidden", "permlevel": 1},
			{"fieldname": "currency", "fieldtype": "Link", "options": "Currency", "label": "Currency"},
			{"fieldname": "total", "fieldtype": "Currency", "label": "Total"},
			{"fieldname": "salary", "fieldtype": "Currency", "label": "Salary"},
			{"fieldname": "kept", "fieldtype": "Currency", "label": "Kept", "read_only": 1},
		],
		permissions=[{"role": "System Manager", "read": 1, "write": 1, "create": 1}],
	).insert()  # fmt: skip
	frappe.get_doc(doctype=name, title="x", currency="USD", total=1, salary=5000).insert()
	frappe.db.commit()
	return name


def row(doctype, **fields):
	return frappe.get_doc(
		{
			"doctype": "Payable DocType",
			"document_type": doctype,
			"currency_fieldname": "currency",
			"total_fieldname": "total",
		}
		| fields
	)


def test_who_may_not_write_the_documents_does_not_make_them_payable(wages, make_user, as_user):
	with as_user(make_user(roles=["Stripe Administrator"])), pytest.raises(
		frappe.PermissionError, match="right to write"
	):
		row(wages, paid_fieldname="kept").insert()


@pytest.mark.parametrize("field", ["paid_fieldname", "reserved_fieldname", "outstanding_fieldname"])
def test_an_amount_that_people_type_in_is_not_overwritten(wages, field):
	with pytest.raises(frappe.ValidationError, match="typed in"):
		row(wages, **{field: "salary"}).insert()
	made = row(wages, **{field: "kept"}).insert()
	made.delete()


def test_a_field_of_a_higher_level_is_shown_to_no_payer(wages):
	with pytest.raises(frappe.ValidationError, match="permission level"):
		row(wages, title_fieldname="hidden_title").insert()


def test_the_form_does_not_tell_names_of_a_linked_doctype(site_only, make_user, as_user):
	"""A status that is a link offers what its reader may see."""
	name = unique("Case").replace("-", " ")
	frappe.get_doc(
		doctype="DocType", name=name, module="Custom", custom=1, autoname="hash",
		fields=[
			{"fieldname": "currency", "fieldtype": "Link", "options": "Currency", "label": "Currency"},
			{"fieldname": "total", "fieldtype": "Currency", "label": "Total"},
			{"fieldname": "state", "fieldtype": "Link", "options": "Portal Invoice", "label": "State"},
		],
		permissions=[{"role": "Stripe Administrator", "read": 1, "write": 1}],
	).insert()  # fmt: skip
	invoice = records.make_invoice(records.make_faker(), total="1.00")
	with as_user(make_user(roles=["Stripe Administrator"])):
		offered = row(name, status_fieldname="state").choices()
		assert invoice.name not in (offered["states"] or [])
