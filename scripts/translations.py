#!/usr/bin/env python3
"""The app's translations: every string that people read, against stripe_service/translations/<language>.csv.

  scripts/translations.py check            what is missing, empty, no longer used, or differs in its placeholders; strings
                                           in the code that can't be translated (scripts/test lint runs this)
  scripts/translations.py missing [de ..]  the strings without a translation, one a line, with where they stand
  scripts/translations.py write [de ..]    add an empty row for each missing string, remove the unused ones, sort. Given a
                                           new language, this makes its file. It never translates: `check` refuses empty rows

Frappe has its own collectors (`bench build-message-files`, and `generate-pot-file` since 15.40). They need a site or a
bench, read each other version's files differently and know nothing of Number Cards, charts or our tables of messages. This
one needs Python alone, so that it runs wherever the linters run. The keys are those under which Frappe looks a string up:
stripped, and in Python without HTML tags (`frappe._`), in JavaScript as written.
"""

import ast
import csv
import json
import re
import sys
from collections import defaultdict
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
APP = REPO / "stripe_service"
LANGUAGES = APP / "translations"
# As Frappe's extractors (frappe/gettext/extractors/utils.py).
NO_OPTIONS = {"naming_series", "number_format", "float_precision", "currency_precision", "icon"}

# What of a record's file Frappe shows through its translation: {DocType: {table or "": fields}}.
RECORDS = {
	"DocType": {
		"": ("name", "module", "description"),
		"permissions": ("role",),
		"links": ("group",),
		"actions": ("label", "group"),
		"states": ("title",),
	},
	"Workspace": {
		"": ("label", "title"),
		"charts": ("label",),
		"number_cards": ("label",),
		"links": ("label", "description"),
		"shortcuts": ("label", "format"),
		"quick_lists": ("label",),
		"roles": ("role",),
	},
	"Workspace Sidebar": {"": ("title",), "items": ("label",)},
	"Desktop Icon": {"": ("label",)},
	"Number Card": {"": ("label",)},
	"Dashboard Chart": {"": ("chart_name",), "y_axis": ()},
	"Page": {"": ("title",), "roles": ("role",)},
	"Report": {"": ("report_name",), "columns": ("label",), "filters": ("label",)},
	"Workflow": {"": (), "states": ("state", "message", "allow_edit"), "transitions": ("action", "allowed")},
	"Print Format": {"": ("name",)},
	"Notification": {"": ()},
	"Web Form": {
		"": ("title", "introduction_text", "success_title", "success_message", "list_title", "button_label"),
		"web_form_fields": ("label", "description"),
		"list_columns": ("label",),
	},
	"Module Onboarding": {"": ("title", "subtitle", "success_message")},
	"Onboarding Step": {"": ("title", "description", "action_label", "report_description")},
}
# Fields that hold a Jinja template: their `_("...")` are collected.
TEMPLATES = ("html", "subject", "message", "condition", "format_data")

JS_STRING = r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`"
JS_CALL = re.compile(rf"(?<![\w.])__\(\s*(?:({JS_STRING})\s*(.)|(?=[^\s\"'`)]))", re.DOTALL)
JINJA_CALL = re.compile(rf"(?<![\w.])_{{1,2}}\(\s*({JS_STRING})\s*(.)", re.DOTALL)
# What people see without a translation: frappe.throw("..."), frappe.msgprint('...'), label: "Some words" ...
JS_PLAIN = re.compile(
	r"(?:frappe\.(?:throw|msgprint|show_alert|confirm)\(\s*|\b(?:label|title|description|placeholder|primary_action_label"
	r"|message|empty_state):\s*)(?:\"[^\"]*[a-z]{2}[^\"]*\"|'[^']*[a-z]{2}[^']*')"
)
PLACEHOLDER = re.compile(r"\{(\d*|\w+)\}|%\((\w+)\)s|%s|</?[a-zA-Z][^>]*>")
TAGS = re.compile(r"<[^>]*>")


class Strings:
	"""The translatable strings by key, with the places where they stand, and what is wrong at the place."""

	def __init__(self):
		self.places: dict[str, list[str]] = defaultdict(list)
		self.faults: list[str] = []

	def add(self, text, place: str, context: str | None = None, python: bool = False):
		"""Keep a text that stands at `place` (path and line), unless there is nothing in it to translate. Frappe takes tags out of Python's texts."""
		if not isinstance(text, str) or not is_translatable(text):
			return
		key = TAGS.sub("", text).strip() if python else text.strip()
		self.places[f"{key}\0{context or ''}"].append(place)

	def fault(self, place: str, what: str):
		"""Keep what is wrong at `place`, so that one run shows everything."""
		self.faults.append(f"{place}: {what}")


def is_translatable(text: str) -> bool:
	"""Frappe's own rule (frappe.translate.is_translatable): it has letters, and is no icon, condition or size."""
	return (
		bool(re.search(r"[A-Za-z]", text))
		and not text.startswith(("fa fa-", "eval:"))
		and not text.endswith("px")
	)


def collect() -> Strings:
	"""Every string of the app that Frappe would ask a translation for."""
	strings = Strings()
	for path in sorted(APP.rglob("*")):
		relative = path.relative_to(REPO)
		# Tests are Python: test_data.js and test_mode.js are what payers see in test mode.
		if path.match("test_*.py") or {"translations", "dist", "node_modules", "tests"} & set(relative.parts):
			continue
		if path.suffix == ".py":
			from_python(path.read_text(), str(relative), strings)
		elif path.suffix == ".js":
			from_javascript(path.read_text(), str(relative), strings)
		elif path.suffix in (".html", ".vue", ".txt", ".md") and path.name not in (
			"modules.txt",
			"patches.txt",
		):
			from_template(path.read_text(), str(relative), strings)
		elif path.suffix == ".json":
			from_record(json.loads(path.read_text()), str(relative), strings)
	return strings


def from_python(code: str, path: str, strings: Strings):
	"""The first arguments of `_()`, and the labels of custom fields; a fault where the text is no literal."""
	for node in ast.walk(ast.parse(code)):
		if isinstance(node, ast.Dict):
			_custom_field(node, f"{path}:{node.lineno}", strings)
		if not isinstance(node, ast.Call) or not node.args:
			continue
		place, name, first = f"{path}:{node.lineno}", _name(node.func), node.args[0]
		if name in ("_", "_lt", "frappe._", "frappe._lt"):
			if isinstance(first, ast.Constant):
				context = next((word.value for word in node.keywords if word.arg == "context"), None)
				strings.add(first.value, place, getattr(context, "value", None), python=True)
			elif isinstance(first, ast.JoinedStr | ast.BinOp) or _is_format(first):
				strings.fault(
					place, "what is translated is put together first: translate the sentence, then format it"
				)
		elif name in ("frappe.throw", "frappe.msgprint", "throw", "msgprint"):
			if isinstance(first, ast.Constant | ast.JoinedStr) and _has_words(first):
				strings.fault(place, f"{name}() of a text that is not translated")


def _name(node) -> str:
	if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
		return f"{node.value.id}.{node.attr}"
	return node.id if isinstance(node, ast.Name) else ""


def _is_format(node) -> bool:
	return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def _has_words(node) -> bool:
	texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
	return any(isinstance(text, str) and re.search(r"[A-Za-z]{2}", text) for text in texts)


def _custom_field(node: ast.Dict, place: str, strings: Strings):
	"""A Custom Field that the app makes: {"fieldname": ..., "label": ...}."""
	values = {
		key.value: value
		for key, value in zip(node.keys, node.values, strict=False)
		if isinstance(key, ast.Constant)
	}
	if "fieldname" in values or "fieldtype" in values:
		for name in ("label", "description"):
			strings.add(getattr(values.get(name), "value", None), place)


def from_javascript(code: str, path: str, strings: Strings):
	"""The first arguments of `__()`; a fault where the text is put together."""
	code = re.sub(r"(?m)^\s*(//|\*|/\*).*$", "", code)
	for found in JS_CALL.finditer(code):
		place = f"{path}:{_line(code, found)}"
		literal, after = found.groups()
		if literal is None:
			continue  # data: what it may be stands elsewhere
		if after not in ",)" or (literal[0] == "`" and "${" in literal):
			strings.fault(
				place, "what is translated is put together first: translate the sentence, then fill it in"
			)
		else:
			strings.add(_unquote(literal), place, _js_context(code[found.end() - 1 :]))
	for found in JS_PLAIN.finditer(code):
		strings.fault(f"{path}:{_line(code, found)}", f"not translated: {' '.join(found.group().split())}")


def _line(code: str, found: re.Match) -> int:
	return code.count("\n", 0, found.start()) + 1


def _unquote(literal: str) -> str:
	body = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), literal[1:-1])
	return re.sub(r"\\(.)", lambda escaped: {"n": "\n", "t": "\t"}.get(escaped[1], escaped[1]), body)


def _js_context(rest: str) -> str | None:
	found = re.match(rf",\s*(?:null|\[[^\]]*\])\s*,\s*({JS_STRING})\s*\)", rest)
	return _unquote(found[1]) if found else None


def from_template(code: str, path: str, strings: Strings):
	"""The first arguments of `_()` in Jinja and Markdown; a fault where the text is put together."""
	for found in JINJA_CALL.finditer(code):
		place = f"{path}:{_line(code, found)}"
		if found[2] not in ",)":
			strings.fault(
				place, "what is translated is put together first: translate the sentence, then fill it in"
			)
		context = re.match(rf",\s*context\s*=\s*({JS_STRING})", code[found.end() - 1 :])
		strings.add(_unquote(found[1]), place, context and _unquote(context[1]), python=True)


def from_record(record, path: str, strings: Strings):
	"""Labels, descriptions and texts of an exported record (DocType, Workspace, Report and others in RECORDS)."""
	if not isinstance(record, dict) or record.get("doctype") not in RECORDS:
		return
	for table, fields in RECORDS[record["doctype"]].items():
		for row in record.get(table) or [] if table else [record]:
			for field in fields:
				strings.add(row.get(field), path)
	if record["doctype"] in ("DocType", "Web Form"):
		for field in record.get("fields") or record.get("web_form_fields") or []:
			_docfield(field, path, strings)
	if record["doctype"] == "Workspace":
		_workspace(record, path, strings)
	for field in TEMPLATES:
		if isinstance(record.get(field), str):
			from_template(record[field], path, strings)


def _workspace(record: dict, path: str, strings: Strings):
	for block in json.loads(record.get("content") or "[]"):
		if block["type"] in ("header", "paragraph"):
			text = block["data"].get("text", "")
			# A header of one text has that text translated, without its tags.
			strings.add(TAGS.sub("", text) if block["type"] == "header" else text, path)


def _docfield(field: dict, path: str, strings: Strings):
	strings.add(field.get("label"), path)
	strings.add(field.get("description"), path)
	options = field.get("options") or ""
	if field["fieldtype"] == "Select" and field["fieldname"] not in NO_OPTIONS:
		for option in options.split("\n"):
			strings.add(option, path)
	elif field["fieldtype"] == "HTML":
		strings.add(options, path)


def read(language: str) -> dict[str, str]:
	"""{key: translation} of a language's file, as Frappe reads it: source, translation, and perhaps a context."""
	path = LANGUAGES / f"{language}.csv"
	if not path.exists():
		return {}
	with open(path, encoding="utf-8", newline="") as file:
		rows = [row for row in csv.reader(file) if row]
	broken = [row for row in rows if len(row) not in (2, 3)]
	if broken:
		sys.exit(
			f"{path.relative_to(REPO)}: Frappe reads rows of source, translation and context, not {broken[0]}"
		)
	keys = [_from_file(row[0]) + "\0" + (row[2] if len(row) == 3 else "") for row in rows]
	if twice := {key for key in keys if keys.count(key) > 1}:
		sys.exit(f"{path.relative_to(REPO)}: twice: {', '.join(map(shown, sorted(twice)))}")
	return {key: _from_file(row[1]) for key, row in zip(keys, rows, strict=False)}


def write(language: str, translations: dict[str, str]):
	"""Write the language's file, sorted, so that a change shows as a change of few rows."""
	LANGUAGES.mkdir(exist_ok=True)
	with open(LANGUAGES / f"{language}.csv", "w", encoding="utf-8", newline="") as file:
		rows = csv.writer(file, lineterminator="\n")
		for key in sorted(translations):
			source, context = key.split("\0")
			row = [source.replace("\n", "\\n"), translations[key].replace("\n", "\\n")]
			rows.writerow(row + [context] * bool(context))


def _from_file(text: str) -> str:
	return text.replace("\\n", "\n")


def shown(key: str) -> str:
	"""A key as a person reads it in a message."""
	source, context = key.split("\0")
	return json.dumps(source, ensure_ascii=False) + (f" (context {context})" if context else "")


def placeholders(text: str) -> list[str]:
	"""What must be the same in a translation: {0}, %s, HTML tags."""
	return sorted(set(found.group() for found in PLACEHOLDER.finditer(text)))


def problems(strings: Strings, language: str) -> list[str]:
	"""What is wrong with a language's file: missing, no longer used, or other placeholders than the source."""
	translations = read(language)
	name = f"translations/{language}.csv"
	found = [
		f"{name}: missing {shown(key)} ({places[0]})"
		for key, places in sorted(strings.places.items())
		if not translations.get(key, "").strip()
	]
	for key, text in sorted(translations.items()):
		source = key.split("\0")[0]
		if key not in strings.places:
			found.append(f"{name}: no longer used {shown(key)}")
		elif text.strip() and placeholders(text) != placeholders(source):
			found.append(
				f"{name}: other placeholders than in {shown(key)}: {json.dumps(text, ensure_ascii=False)}"
			)
	return found


def languages() -> list[str]:
	"""Those that have a file, by their codes."""
	return sorted(path.stem for path in LANGUAGES.glob("*.csv"))


def main(arguments: list[str]) -> int:
	"""check, missing or write, as the head of this file says. The exit code: 1 where something is wrong."""
	command, *named = arguments or ["check"]
	if command not in ("check", "missing", "write"):
		print(__doc__)
		return 2
	strings = collect()
	for language in (named or languages()) if command != "check" else []:
		known = read(language)
		if command == "missing":
			for key, places in sorted(strings.places.items()):
				if not known.get(key, "").strip():
					print(f"{language}\t{shown(key)}\t{places[0]}")
		else:
			write(language, {key: known.get(key, "") for key in strings.places})
	if command != "check":
		return 0
	wrong = strings.faults + [line for language in languages() for line in problems(strings, language)]
	print("\n".join(wrong) or f"{len(strings.places)} strings in {', '.join(languages())}")
	return bool(wrong)


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
