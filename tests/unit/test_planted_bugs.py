"""The list of planted bugs (tests/planted) follows the code: each can still be planted, and the tests that notice it are there."""

import ast
import json
import re

import pytest

from tests.planted.__main__ import REPO, bugs

BUGS = bugs()
AREAS = ("payments/spread", "payments/ledger", "payments/claim", "payments/refund", "webhooks/", "saved_methods/", "access/",
	"access/portal", "payments/links", "payments/automatic/", "reconcile/")  # fmt: skip


@pytest.mark.parametrize("bug", BUGS, ids=[bug.what for bug in BUGS])
def test_a_bug_can_be_planted_and_its_tests_are_there(bug):
	for change in bug.changes:
		source = (REPO / change.path).read_text()
		assert source.count(change.text) == 1, change
		changed = source.replace(change.text, change.planted)
		assert changed != source
		# A file that can't be loaded would be noticed by anything.
		json.loads(changed) if change.path.suffix == ".json" else ast.parse(changed)
	there = re.findall(r"def (test_\w+)", (REPO / "tests" / bug.tests).read_text())
	for word in bug.k.split(" or "):
		assert any(word in name for name in there), word


def test_each_area_has_its_bugs():
	assert len({bug.what for bug in BUGS}) == len(BUGS) >= 60
	for area in AREAS:
		assert sum(bug.file.startswith(area) for bug in BUGS) >= 2, area
