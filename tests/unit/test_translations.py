"""What scripts/translations.py finds: tried on a small app of its own, since the real one has to be without fault."""

import importlib.util
import json
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "translations.py"


@pytest.fixture
def tool(tmp_path, monkeypatch):
	spec = importlib.util.spec_from_file_location("translations_tool", SCRIPT)
	module = importlib.util.module_from_spec(spec)
	spec.loader.exec_module(module)
	monkeypatch.setattr(module, "REPO", tmp_path)
	monkeypatch.setattr(module, "APP", tmp_path / "app")
	monkeypatch.setattr(module, "LANGUAGES", tmp_path / "app" / "translations")
	(tmp_path / "app" / "translations").mkdir(parents=True)
	module.put = lambda name, text: (tmp_path / "app" / name).write_text(text)
	return module


def sources(tool) -> set[str]:
	return {key.split("\0")[0] for key in tool.collect().places}


@pytest.mark.parametrize(
	"name, text",
	[
		("a.py", 'from frappe import _\nwords = _("Pay {0}").format(1)'),
		("a.py", 'import frappe\nwords = frappe._("Pay {0}")'),
		("a.py", 'from frappe import _lt\nTABLE = {1: _lt("Pay {0}")}'),
		("a.py", 'from frappe import _\nwords = _(\n\t"Pay "\n\t"{0}"\n)'),
		("a.py", 'FIELD = {"fieldname": "pay", "label": "Pay {0}"}'),
		("a.js", 'const words = __("Pay {0}", [1]);'),
		("a.js", "const words = __(\n\t'Pay {0}',\n\t[amount]\n);"),
		("a.js", "html = `<b>${__('Pay {0}', [1])}</b>`;"),
		("a.html", '<b>{{ _("Pay {0}").format(1) }}</b>'),
		("a.json", json.dumps({"doctype": "Number Card", "label": "Pay {0}"})),
		("a.json", json.dumps({"doctype": "Workflow", "transitions": [{"action": "Pay {0}"}]})),
		("a.json", json.dumps({"doctype": "Notification", "subject": '{{ _("Pay {0}") }}'})),
		(
			"a.json",
			json.dumps(
				{
					"doctype": "DocType",
					"fields": [{"fieldname": "a", "fieldtype": "Select", "options": "\nPay {0}"}],
				}
			),
		),
	],
)
def test_a_string_is_found_wherever_people_read_it(tool, name, text):
	tool.put(name, text)
	assert sources(tool) == {"Pay {0}"}


@pytest.mark.parametrize(
	"name, text",
	[
		("a.py", 'from frappe import _\nwords = _(f"Pay {amount}")'),
		("a.py", 'from frappe import _\nwords = _("Pay " + amount)'),
		("a.py", 'from frappe import _\nwords = _("Pay {0}".format(amount))'),
		("a.py", 'import frappe\nfrappe.throw("Pay first.")'),
		("a.py", 'import frappe\nfrappe.throw(f"Pay {amount} first.")'),
		("a.js", 'const words = __("Pay " + amount);'),
		("a.js", "const words = __(`Pay ${amount}`);"),
		("a.js", 'frappe.msgprint("Pay first.");'),
		("a.js", 'frappe.ui.Dialog({ title: "Pay first" });'),
		("a.html", '{{ _("Pay " ~ amount) }}'),
	],
)
def test_what_can_not_be_translated_is_a_fault_at_its_line(tool, name, text):
	tool.put(name, text)
	assert [fault for fault in tool.collect().faults if fault.startswith(f"app/{name}:")]


@pytest.mark.parametrize(
	"rows, fault",
	[
		("", "missing"),
		("Pay {0},\n", "missing"),
		("Pay {0},{0} zahlen\nOld,Alt\n", "no longer used"),
		("Pay {0},Zahlen\n", "other placeholders"),
		("Pay {0},{1} zahlen\n", "other placeholders"),
		("Pay {0},<b>{0}</b> zahlen\n", "other placeholders"),
		("Pay {0},{0} zahlen\n", None),
	],
)
def test_a_file_is_complete_and_keeps_the_placeholders(tool, rows, fault):
	tool.put("a.py", 'from frappe import _\nwords = _("Pay {0}")')
	tool.put("translations/de.csv", rows)
	found = tool.problems(tool.collect(), "de")
	assert [line for line in found if fault and fault in line] if fault else found == []


def test_write_adds_the_missing_empty_and_keeps_what_is_translated(tool):
	tool.put("a.py", 'from frappe import _\nwords = _("Pay {0}"), _("Refund")')
	tool.put("translations/de.csv", "Pay {0},{0} zahlen\nOld,Alt\n")
	tool.main(["write", "de"])
	assert (tool.LANGUAGES / "de.csv").read_text() == "Pay {0},{0} zahlen\nRefund,\n"
	assert tool.main(["check"]) == 1, "an empty row is no translation"
