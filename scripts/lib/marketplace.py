"""What Frappe's marketplace refuses, and the app's own rule about Stripe: looked for in the syntax tree of each file.

The marketplace's audit is frappe/press, press/marketplace/doctype/marketplace_app_audit/checks. This is the part of it
that can be told without Frappe, early and on every machine; it does not replace the audit.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

FORBIDDEN_CALLS = {"eval", "exec", "compile", "safe_exec", "safe_eval", "execute_in_shell", "__import__"}
FORBIDDEN_MODULES = {"subprocess", "pty", "commands"}
ONLY_IN_GATEWAY = "stripe"


def violations(app: Path) -> list[str]:
	"""`file:line: what` for everything found below the app's package."""
	found = [
		f"{path}: a symbolic link"
		for path in sorted(app.rglob("*"))
		if path.is_symlink() and _is_source(path)
	]
	for path in sorted(app.rglob("*.py")):
		found += violations_in(path.read_text(), path.relative_to(app))
	return found


def violations_in(source: str, path: Path) -> list[str]:
	tree = ast.parse(source)
	checks = [_calls, _imports, _stripe_imports, _sql, _commits]
	if path.name == "__init__.py":
		checks.append(_top_level_calls)
	if path.name.startswith("test_") or "tests" in path.parts:
		checks.append(_whitelisted)
	return [f"{path}:{line}: {what}" for check in checks for line, what in check(tree, path)]


def _is_source(path: Path) -> bool:
	return not {"node_modules", "dist"} & set(path.parts)


def _calls(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
	for node in _all(tree, ast.Call):
		name = _last_name(node.func)
		if name in FORBIDDEN_CALLS and not _is_method_of(node.func, "re"):
			yield node.lineno, f"{name}()"
		if _dotted(node.func) in ("os.system", "os.popen"):
			yield node.lineno, f"{_dotted(node.func)}()"
		if name == "render_template" and not (node.args and isinstance(node.args[0], ast.Constant)):
			yield node.lineno, "render_template() of something that is no literal"
		if name == "Template" and isinstance(node.func, ast.Name | ast.Attribute):
			yield node.lineno, "a jinja Template made directly"
		if name == "set_user" and "api" in path.parts:
			yield node.lineno, "frappe.set_user() in a web request"


def _imports(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
	for line, module in _imported(tree):
		if module.split(".")[0] in FORBIDDEN_MODULES:
			yield line, f"import {module}"


def _stripe_imports(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
	in_gateway = path.parts[:1] == ("gateway",)
	at_import = {
		node.lineno for node in ast.iter_child_nodes(tree) if isinstance(node, ast.Import | ast.ImportFrom)
	}
	for line, module in _imported(tree):
		if module.split(".")[0] != ONLY_IN_GATEWAY:
			continue
		if not in_gateway:
			yield line, "stripe imported outside gateway/"
		elif line in at_import:
			yield line, "stripe imported when the module is: import it inside the function that uses it"


def _sql(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
	for node in _all(tree, ast.Call):
		if (
			(_dotted(node.func) or "").endswith("db.sql")
			and node.args
			and isinstance(node.args[0], ast.JoinedStr)
		):
			yield node.lineno, "an f-string in db.sql()"


def _commits(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
	inside_try = {
		id(inner)
		for block in _all(tree, ast.Try)
		for statement in block.body
		for inner in ast.walk(statement)
	}
	for node in _all(tree, ast.Call):
		if _dotted(node.func) == "frappe.db.commit" and id(node) not in inside_try:
			yield node.lineno, "frappe.db.commit() outside a try block"


def _top_level_calls(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
	for statement in ast.iter_child_nodes(tree):
		if isinstance(statement, ast.FunctionDef | ast.ClassDef):
			continue
		for node in _all(statement, ast.Call):
			yield node.lineno, "a call at the top level of __init__.py"


def _whitelisted(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
	for node in _all(tree, ast.FunctionDef):
		for decorator in node.decorator_list:
			target = decorator.func if isinstance(decorator, ast.Call) else decorator
			if _last_name(target) == "whitelist":
				yield node.lineno, "@frappe.whitelist in a test"


def _imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
	for node in ast.walk(tree):
		if isinstance(node, ast.Import):
			yield from ((node.lineno, alias.name) for alias in node.names)
		elif isinstance(node, ast.ImportFrom) and node.level == 0:
			yield node.lineno, node.module or ""


def _all(tree: ast.AST, kind) -> Iterator:
	return (node for node in ast.walk(tree) if isinstance(node, kind))


def _dotted(node: ast.AST) -> str | None:
	if isinstance(node, ast.Name):
		return node.id
	if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
		return f"{before}.{node.attr}"
	return None


def _last_name(node: ast.AST) -> str | None:
	return (_dotted(node) or "").rpartition(".")[2] or None


def _is_method_of(node: ast.AST, module: str) -> bool:
	return (_dotted(node) or "").startswith(f"{module}.")
