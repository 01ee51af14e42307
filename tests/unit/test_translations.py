"""The collector of translatable strings overlooks no script: what it does not collect, nobody is asked to translate."""

import csv
import re
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "stripe_service"
WHOLE = re.compile(r'\b__\("([^"\\]+)"[,)]')


@pytest.mark.parametrize("language", sorted(path.stem for path in (APP / "translations").glob("*.csv")))
def test_every_string_of_every_script_is_translated(language):
	with open(APP / "translations" / f"{language}.csv", encoding="utf-8", newline="") as file:
		known = {row[0] for row in csv.reader(file) if row and row[1].strip()}
	missing = {
		(path.name, text)
		for path in (APP / "public" / "js").rglob("*.js")
		for text in WHOLE.findall(path.read_text())
		if re.search("[A-Za-z]", text) and text not in known
	}
	assert missing == set()
