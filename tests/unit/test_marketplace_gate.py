"""The check that keeps out what Frappe's marketplace refuses finds each such thing, and lets the rest pass."""

from pathlib import Path

import pytest

from scripts.lib import marketplace

APP = Path(__file__).resolve().parents[2] / "stripe_service"
MODULE = Path("payments/charge.py")


@pytest.mark.parametrize(
	"source, path, what",
	[
		("eval('1')", MODULE, "eval()"),
		("exec('1')", MODULE, "exec()"),
		("compile('1', 'f', 'eval')", MODULE, "compile()"),
		("from frappe.utils.safe_exec import safe_exec\nsafe_exec(script)", MODULE, "safe_exec()"),
		("frappe.safe_eval(condition)", MODULE, "safe_eval()"),
		("import os\nos.system('ls')", MODULE, "os.system()"),
		("import subprocess", MODULE, "import subprocess"),
		("def f():\n\tfrom subprocess import run", MODULE, "import subprocess"),
		("frappe.render_template(template, {})", MODULE, "render_template() of something that is no literal"),
		("frappe.db.sql(f'select {field}')", MODULE, "an f-string in db.sql()"),
		("def f():\n\tfrappe.db.commit()", MODULE, "frappe.db.commit() outside a try block"),
		("try:\n\tx()\nexcept E:\n\tfrappe.db.commit()", MODULE, "frappe.db.commit() outside a try block"),
		("import frappe\nfrappe.get_hooks()", Path("__init__.py"), "a call at the top level of __init__.py"),
		("@frappe.whitelist()\ndef f(): pass", Path("tests/test_f.py"), "@frappe.whitelist in a test"),
		("def f():\n\timport stripe", MODULE, "stripe imported outside gateway/"),
		("from stripe import error", Path("gateway/client.py"), "stripe imported when the module is"),
		("def f():\n\tfrappe.set_user(user)", Path("api/pay.py"), "frappe.set_user() in a web request"),
	],
)
def test_what_the_marketplace_refuses_is_found(source, path, what):
	found = marketplace.violations_in(source, path)

	assert len(found) == 1, found
	assert what in found[0]


@pytest.mark.parametrize(
	"source, path",
	[
		("import re\nPATTERN = re.compile('x')", MODULE),
		("frappe.render_template('templates/a.html', {})", MODULE),
		("frappe.db.sql('select %s', (1,))", MODULE),
		("try:\n\twork()\n\tfrappe.db.commit()\nexcept Exception:\n\tfrappe.db.rollback()", MODULE),
		("def f():\n\timport stripe", Path("gateway/client.py")),
		("__version__ = '1.0'\n\n\ndef f():\n\treturn g()", Path("__init__.py")),
		("from stripe_service.gateway import money", MODULE),
		("def f():\n\tfrappe.set_user(user)", Path("webhooks/drain.py")),
	],
)
def test_what_it_allows_passes(source, path):
	assert marketplace.violations_in(source, path) == []


def test_a_symbolic_link_is_found(tmp_path):
	(tmp_path / "real.py").write_text("")
	(tmp_path / "link.py").symlink_to(tmp_path / "real.py")

	assert marketplace.violations(tmp_path) == [f"{tmp_path}/link.py: a symbolic link"]


def test_the_app_passes():
	assert marketplace.violations(APP) == []
