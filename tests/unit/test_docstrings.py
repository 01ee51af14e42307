"""Every public function says what it does, in what units, what it raises and whose permission it needs.

No text of its own is needed where one is known already: a patch (its module says why it is there), a method that does for one class what
the base class describes, and an endpoint of the emulator, whose decorator names the page of Stripe's reference or of docs/emulator.md.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
# By the bases in utils/written_by_app.py and saved_methods/saved_method.py.
DESCRIBED_BY_THE_BASE = {
	"WrittenByApp": {"written_by"},
	"SavedMethod": {"written_by", "made_by", "why_not_usable", "confirm_params", "sync_after_refusal"},
}
ENDPOINTS = {"route", "control", "task"}


def without_docstring(code: str, path: str) -> Iterator[str]:
	"""`path:name` of each public function and method; what is defined inside a function is nobody else's."""
	tree = ast.parse(code)
	if path.startswith("stripe_service/patches/"):
		if not ast.get_docstring(tree) and tree.body:
			yield path
		return
	classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
	for owner in [tree, *classes]:
		described = {"__init__"}.union(
			*(DESCRIBED_BY_THE_BASE.get(ast.unparse(base), ()) for base in getattr(owner, "bases", ()))
		)
		for node in owner.body:
			if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
				if not (ast.get_docstring(node) or node.name in described or _is_endpoint(node)):
					yield f"{path}:{node.name}"


def _is_endpoint(node: ast.FunctionDef) -> bool:
	calls = [decorator for decorator in node.decorator_list if isinstance(decorator, ast.Call)]
	return any(ast.unparse(call.func) in ENDPOINTS for call in calls)


@pytest.mark.parametrize("folder", ["stripe_service", "stripe_emulator", "scripts"])
def test_public_functions_have_a_docstring(folder):
	paths = [
		path
		for path in (REPO / folder).rglob("*.py")
		if not path.name.startswith("test_") and path.parent.name != "tests"
	]
	names = [path.relative_to(REPO).as_posix() for path in paths]
	found = [
		each
		for path, name in zip(paths, names, strict=True)
		for each in without_docstring(path.read_text(), name)
	]
	assert paths and found == []


def test_one_without_a_docstring_is_found():
	code = "def a(): ...\ndef _b(): ...\n@route('GET', '/x')\ndef c(): ...\nclass D(WrittenByApp):\n\tdef written_by(self): ...\n\tdef e(self): ..."
	assert list(without_docstring(code, "x.py")) == ["x.py:a", "x.py:e"]
	assert list(without_docstring("def execute(): ...", "stripe_service/patches/x.py")) == [
		"stripe_service/patches/x.py"
	]
