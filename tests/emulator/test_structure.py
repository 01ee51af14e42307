"""The emulator's modules import each other in one direction only."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import stripe_emulator

ROOT = Path(stripe_emulator.__file__).parent


@pytest.mark.emulator_only
def test_no_module_imports_itself_by_a_detour():
	files = {name_of(path): path for path in ROOT.rglob("*.py")}
	graph = {name: imported_by(name, path, files) for name, path in files.items()}
	assert len(graph) > 40
	try:
		tuple(TopologicalSorter(graph).static_order())
	except CycleError as error:
		raise AssertionError(" imports ".join(error.args[1][::-1])) from None


def name_of(path: Path) -> str:
	parts = path.relative_to(ROOT.parent).with_suffix("").parts
	return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(name: str, path: Path, files: dict) -> set[str]:
	"""The emulator's modules that `name` imports, at its top or inside a function."""
	package = name if path.name == "__init__.py" else name.rpartition(".")[0]
	found = set()
	for node in ast.walk(ast.parse(path.read_text())):
		if isinstance(node, ast.ImportFrom) and node.level:
			base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
			source = f"{base}.{node.module}" if node.module else base
			for alias in node.names:
				module = f"{source}.{alias.name}"
				found.add(module if module in files else source)
	return found - {name, "stripe_emulator"}  # the package's own file imports nothing
