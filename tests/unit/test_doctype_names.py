"""DocType names are global on a site: a second DocType of a name silently takes the first one's place.

The lists in doctype_names/ say in their first line which version they are of. tests/install compares with the Frappe
that is really installed, as well.
"""

import json
from pathlib import Path

import pytest

HERE = Path(__file__).parent
APP = HERE.parents[1] / "stripe_service"


def our_doctypes() -> set[str]:
	found = (json.loads(path.read_text()) for path in APP.glob("*/doctype/*/*.json"))
	return {document["name"] for document in found if document.get("doctype") == "DocType"}


@pytest.mark.parametrize("app", ["frappe", "erpnext", "payments"])
def test_no_doctype_of_ours_bears_a_name_of(app):
	theirs = set((HERE / "doctype_names" / f"{app}.txt").read_text().splitlines()[1:])

	assert len(theirs) > 5
	assert not our_doctypes() & theirs


def test_our_doctypes_are_found():
	assert {"Stripe Account", "Invoice Payment", "Portal Invoice"} <= our_doctypes()
