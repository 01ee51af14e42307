#!/usr/bin/env python3
"""Makes docs/permissions.md from the tables that tests/site/test_permissions.py tries cell by cell.

`scripts/permissions_doc.py` writes it; with `--check` it only says whether it is up to date (exit code 1 if not).
"""

import csv
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
TABLES = REPO / "tests" / "site" / "permissions"
PAGE = REPO / "docs" / "permissions.md"
TEXT = REPO / "docs" / "permissions.in.md"


def table(name: str, leave_out: tuple[str, ...] = ()) -> str:
	"""A CSV as a Markdown table, without the columns that are for the test alone."""
	with open(TABLES / f"{name}.csv", newline="") as file:
		rows = list(csv.DictReader(file))
	columns = [column for column in rows[0] if column not in leave_out]
	lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
	lines += ["| " + " | ".join(_cell(row[column]) for column in columns) + " |" for row in rows]
	return "\n".join(lines)


def _cell(value: str) -> str:
	return {"yes": "**yes**", "no": "–", "-": "–"}.get(value, value)


def page() -> str:
	"""docs/permissions.md as it must be: docs/permissions.in.md with the tables of tests/site/permissions put in."""
	text = TEXT.read_text()
	text = text.replace("{{calls}}", table("calls", ("Call",)))
	text = text.replace("{{positions}}", table("positions", ("Call",)))
	text = text.replace("{{doctypes}}", table("doctypes"))
	text = text.replace("{{levels}}", table("levels"))
	return text


def main() -> int:
	"""Write the page, or with --check compare it and write nothing. The exit code."""
	if "--check" in sys.argv[1:]:
		if PAGE.exists() and PAGE.read_text() == page():
			return 0
		print(
			"docs/permissions.md is not what the tables say. Run scripts/permissions_doc.py.", file=sys.stderr
		)
		return 1
	PAGE.write_text(page())
	return 0


if __name__ == "__main__":
	sys.exit(main())
