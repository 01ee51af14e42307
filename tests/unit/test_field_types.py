"""Each controller names its DocType's fields with their types, as Frappe writes them (hook export_python_type_annotations)."""

import json
import re
from pathlib import Path

import pytest

DOCTYPES = Path(__file__).parents[2] / "stripe_service" / "stripe_service" / "doctype"
BLOCK = re.compile("# begin: auto-generated types(.*?)# end: auto-generated types", re.DOTALL)
FIELD = re.compile(r"^\t\t(\w+): DF\.(\w+)", re.MULTILINE)
# What holds no value, and Long Int, which Frappe has no type for.
LEFT_OUT = {
	"Long Int",
	"Section Break",
	"Column Break",
	"Tab Break",
	"HTML",
	"Button",
	"Heading",
	"Fold",
	"Image",
}
OF_ROWS = {"parent", "parentfield", "parenttype"}


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in DOCTYPES.glob("*/*.json")))
def test_a_controller_names_the_fields_of_its_doctype(folder):
	doctype = json.loads((DOCTYPES / folder / f"{folder}.json").read_text())
	controller = (DOCTYPES / folder / f"{folder}.py").read_text()
	(block,) = BLOCK.findall(controller)
	named = dict(FIELD.findall(block))
	fields = {
		field["fieldname"]: field["fieldtype"].replace(" ", "")
		for field in doctype["fields"]
		if field["fieldtype"] not in LEFT_OUT
	}
	fields = {name: "Literal" if kind == "Select" else kind for name, kind in fields.items()}
	assert {name: kind for name, kind in named.items() if name not in OF_ROWS} == fields


LISTED = [
	doctype
	for doctype in (json.loads(path.read_text()) for path in sorted(DOCTYPES.glob("*/*.json")))
	if not doctype.get("istable") and not doctype.get("issingle")
]


@pytest.mark.parametrize("doctype", LISTED, ids=[doctype["name"] for doctype in LISTED])
def test_an_empty_list_says_what_appears_in_it(doctype):
	"""Frappe by itself says that nobody has created one yet, also of what nobody can create."""
	assert doctype.get("description")
