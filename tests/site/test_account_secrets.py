"""A secret key and a signing secret leave the server by no way: tables, log files, answers, exceptions."""

import dataclasses
import importlib
import json
import pkgutil
import re
from collections import defaultdict
from pathlib import Path

import frappe
import pytest

import stripe_service
from stripe_service.accounts.overview import overview
from stripe_service.accounts.secrets import read_secret
from stripe_service.accounts.stripe_account import browser_facts, gateway_for
from stripe_service.utils import masking
from tests.support.site import bench, not_in_test_mode, site_name


def secrets_of(account) -> list[str]:
	stored = [read_secret(account.name, field) for field in ("secret_key", "webhook_secret")]
	return [secret for secret in stored if secret]


def tables_with(text: str) -> list[str]:
	"""Every table of the site that holds `text` in some row, in whatever column."""
	frappe.db.rollback()
	columns = defaultdict(list)
	for table, column in frappe.db.sql(
		"select table_name, column_name from information_schema.columns where table_schema = database()"
	):
		columns[table].append(f"`{column}`")
	return [table for table in columns if _table_has(table, columns[table], text)]


def _table_has(table: str, columns: list[str], text: str) -> bool:
	query = "select 1 from `" + table + "` where concat_ws('|', " + ", ".join(columns) + ") like %s limit 1"
	return bool(frappe.db.sql(query, f"%{text}%"))


def log_files_with(text: str) -> list[str]:
	folders = [bench() / "logs", bench() / "sites" / site_name() / "logs"]
	files = [path for folder in folders for path in folder.glob("*.log*") if path.is_file()]
	return [str(path) for path in files if text in path.read_text(errors="replace")]


def assert_nowhere(text: str):
	assert tables_with(text) == []
	assert log_files_with(text) == []


def save_form(session, **values):
	doc = {
		"doctype": "Stripe Account",
		"__islocal": 1,
		"__unsaved": 1,
		"name": "new-stripe-account-1",
		**values,
	}
	return session.call("frappe.desk.form.save.savedocs", doc=json.dumps(doc), action="Save")


def test_a_stored_secret_is_found_in_no_table_and_no_log(connected):
	stored = secrets_of(connected)
	assert len(stored) == 2
	for secret in stored:
		assert_nowhere(secret)


def test_the_search_finds_what_is_in_clear(connected):
	assert "tabStripe Account" in tables_with(connected.keys["publishable_key"])


def test_replacing_keys_leaves_them_out_of_the_version_history(connected):
	with not_in_test_mode():  # which keeps no versions
		doc = connected.document()
		doc.secret_key = connected.restricted_key(
			"customer_write", "payment_intent_write", "setup_intent_write"
		)
		doc.webhook_secret = "whsec_pasted_by_hand_1"
		doc.save()
		frappe.db.commit()
	assert frappe.db.exists("Version", {"ref_doctype": "Stripe Account", "docname": connected.name})
	for secret in secrets_of(connected):
		assert_nowhere(secret)


def test_an_unexpected_fault_while_saving_leaves_the_key_in_no_log(account, http):
	"""A word where a number belongs makes the database fail, with the form's JSON in the frames that Frappe logs."""
	session = http.login("Administrator", "admin")
	answer = save_form(
		session, account_name=account.name, **account.keys, api_base=account.url, idx="no number"
	)
	secret = account.keys["secret_key"]
	assert answer.status_code == 500, answer.text
	assert secret not in answer.text
	from frappe.deferred_insert import save_to_db

	save_to_db()
	frappe.db.commit()
	[logged] = frappe.get_all("Error Log", filters={"error": ("like", f"%{account.name}%")}, pluck="error")
	assert "sk_test_********" in logged
	assert_nowhere(secret)


def test_a_refused_key_is_repeated_by_no_answer(account, http):
	session = http.login("Administrator", "admin")
	wrong = f"sk_test_wrong_{account.at_stripe}"
	answer = save_form(
		session,
		account_name=account.name,
		publishable_key=account.keys["publishable_key"],
		secret_key=wrong,
		api_base=account.url,
	)
	assert answer.status_code == 417, answer.text
	assert "does not know the secret key" in answer.text
	assert wrong not in answer.text
	assert_nowhere(wrong)


@pytest.mark.parametrize(
	"path",
	[
		"/api/resource/Stripe Account/{name}",
		"/api/method/frappe.desk.form.load.getdoc?doctype=Stripe Account&name={name}",
		'/api/resource/Stripe Account?fields=["*"]&limit_page_length=1000',
		"/api/method/frappe.client.get_password?doctype=Stripe Account&name={name}&fieldname=secret_key",
		"/api/method/frappe.client.get_value?doctype=Stripe Account&filters={name}&fieldname=secret_key",
		"/api/method/stripe_service.api.account.overview",
	],
)
def test_no_answer_of_the_server_holds_a_secret(connected, http, path):
	session = http.login("Administrator", "admin")
	answer = session.get(path.format(name=connected.name))
	for secret in secrets_of(connected):
		assert secret not in answer.text


def test_frappes_own_way_to_a_password_is_closed(connected, http):
	doc = frappe.get_doc("Stripe Account", connected.name)
	for field in ("secret_key", "webhook_secret"):
		with pytest.raises(frappe.PermissionError):
			doc.get_password(field)


def test_what_the_browser_is_given_holds_no_secret(connected):
	given = json.dumps([browser_facts(connected.name), overview()], default=str)
	for secret in secrets_of(connected):
		assert secret not in given


def test_neither_the_gateway_nor_an_error_of_stripes_shows_the_key(connected, emulator):
	gateway = gateway_for(connected.name)
	assert connected.keys["secret_key"] not in repr(gateway)
	emulator.revoke_key(connected.keys["secret_key"])
	with pytest.raises(Exception) as caught:
		gateway.call("customers.list")
	assert connected.keys["secret_key"] not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


LOOKS_LIKE_NO_SECRET = "looks-like-no-secret-of-stripe"
# Fields that hold a secret, or an object of Stripe's, which may hold a client secret.
NAMED_LIKE_A_SECRET = re.compile("secret|token|credential|intent|object|(^|_)keys?$")


def dataclasses_with_secrets() -> list[type]:
	"""Every dataclass of the app with such a field, whoever adds one later included."""
	found = set()
	for module in pkgutil.walk_packages(stripe_service.__path__, "stripe_service."):
		for thing in vars(importlib.import_module(module.name)).values():
			if isinstance(thing, type) and dataclasses.is_dataclass(thing):
				found.add(thing)
	return sorted(
		(
			one
			for one in found
			if any(NAMED_LIKE_A_SECRET.search(field.name) for field in dataclasses.fields(one))
		),
		key=lambda one: one.__qualname__,
	)


def filled(kind: type):
	"""One of `kind`, with a secret in every field that can hold one."""
	values = {}
	for field in dataclasses.fields(kind):
		if NAMED_LIKE_A_SECRET.search(field.name):
			holder = {"id": "pi_1", "status": "processing", "inner": {"value": LOOKS_LIKE_NO_SECRET}}
			is_text = str(field.type) in ("<class 'str'>", "str")
			values[field.name] = LOOKS_LIKE_NO_SECRET if is_text else holder
		elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
			values[field.name] = frappe._dict(name="something", status="Started")
	return kind(**values)


def test_dataclasses_with_secrets_are_found():
	assert {"Credentials", "Keys", "Endpoint", "IntentSnapshot"} <= {
		one.__name__ for one in dataclasses_with_secrets()
	}


@pytest.mark.parametrize("kind", dataclasses_with_secrets(), ids=lambda kind: kind.__qualname__)
def test_no_traceback_shows_what_a_local_variable_holds(site_only, kind):
	"""Frappe's Error Log prints local variables; its masking goes by the names of variables and by the shape of Stripe's
	keys, so neither may be what keeps a secret in."""

	def fail(something):
		one_among_others = [something]
		raise RuntimeError(f"with {len(one_among_others)}")

	try:
		fail(filled(kind))
	except RuntimeError:
		logged = frappe.get_traceback(with_context=True)

	assert "one_among_others" in logged
	assert LOOKS_LIKE_NO_SECRET not in logged


@pytest.mark.parametrize(
	"text, masked",
	[
		("key sk_live_51Habc_DEF, end", "key sk_live_********, end"),
		('{"secret_key": "rk_test_abc123"}', '{"secret_key": "rk_test_********"}'),
		("whsec_aGVsbG8+/=", "whsec_********"),
		("pk_test_abc is public", "pk_test_abc is public"),
		("risk_test_abc", "risk_test_abc"),
	],
)
def test_what_looks_like_a_secret_is_blotted_out(text, masked):
	assert masking.mask(text) == masked


def test_logs_are_where_this_test_looks():
	assert Path(bench() / "logs").is_dir()
