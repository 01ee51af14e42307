"""docs/api.md names every whitelisted method with its arguments, and none that is gone."""

import ast
import re
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
PAGE = REPO / "docs" / "api.md"


def whitelisted() -> dict[str, list[str]]:
	"""Dotted name -> arguments, of every whitelisted function in api/ (read as text: no Frappe needed)."""
	found = {}
	for path in sorted((REPO / "stripe_service" / "api").glob("*.py")):
		for node in ast.parse(path.read_text()).body:
			if isinstance(node, ast.FunctionDef) and any(
				"whitelist" in ast.unparse(d) for d in node.decorator_list
			):
				found[f"stripe_service.api.{path.stem}.{node.name}"] = [a.arg for a in node.args.args]
	return found


@pytest.mark.parametrize("method, arguments", sorted(whitelisted().items()))
def test_each_method_is_documented_with_its_arguments(method, arguments):
	lines = [line for line in PAGE.read_text().splitlines() if f"`{method}`" in line]
	assert lines, f"docs/api.md does not name {method}"
	for argument in arguments:
		assert any(f"`{argument}`" in line for line in lines), f"docs/api.md: {method} without {argument}"


def test_no_method_is_documented_that_is_gone():
	named = set(re.findall(r"`(stripe_service\.api\.\w+\.\w+)`", PAGE.read_text()))
	assert named <= set(whitelisted())


def test_every_argument_of_a_whitelisted_method_has_a_type():
	for path in sorted((REPO / "stripe_service" / "api").glob("*.py")):
		for node in ast.walk(ast.parse(path.read_text())):
			if isinstance(node, ast.FunctionDef) and any(
				"whitelist" in ast.unparse(d) for d in node.decorator_list
			):
				for argument in node.args.args:
					assert argument.annotation, f"{path.name}: {node.name}({argument.arg})"
